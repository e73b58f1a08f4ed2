import type { LedgerEvent, RunTimeline } from "../../api/wire.ts";

/** One bar of the picture: where on the run's time it begins and ends, in per cent of the whole. */
export interface Span {
  readonly left: number;
  readonly width: number;
  readonly kind: string;
  readonly severity: "info" | "warning" | "error";
  readonly says: string;
}

export interface Lane {
  readonly name: string;
  readonly spans: readonly Span[];
}

export interface Picture {
  readonly lanes: readonly Lane[];
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Narrower than this a bar cannot be seen, in per cent. */
const WIDTH_MIN = 0.4;

type Shown = Pick<RunTimeline, "rows" | "started_at" | "ended_at" | "generated_at">;

/** A run over time, a lane a step. */
export function pictureOf({ rows, started_at, ended_at, generated_at }: Shown): Picture {
  const startedAt = Date.parse(started_at);
  const endedAt = Math.max(Date.parse(ended_at ?? generated_at), startedAt + 1);
  const place = (at: string | null): number =>
    ((Date.parse(at ?? generated_at) - startedAt) / (endedAt - startedAt)) * 100;
  return {
    startedAt,
    endedAt,
    lanes: rows.map(({ lane, step, bars }) => ({
      name: lane === "main" ? step : `${lane} / ${step}`,
      spans: bars.map((bar) => {
        const left = Math.min(place(bar.from), 100 - WIDTH_MIN);
        return {
          left,
          width: Math.max(WIDTH_MIN, Math.min(place(bar.to) - left, 100 - left)),
          kind: bar.kind,
          severity: bar.severity,
          says: [bar.kind, bar.attempt === null ? null : `attempt ${bar.attempt}`, bar.code]
            .filter((part) => part !== null)
            .join(", "),
        };
      }),
    })),
  };
}

/** What let a call through, or stopped it: the guards it passed, and what each said that had something to say. */
export interface Authority {
  readonly tool: string;
  readonly outcome: string;
  readonly passed: readonly string[];
  readonly rules: readonly (readonly [guard: string, rule: string])[];
}

/** The authority recorded in an event's call; null where it made none. */
export function authorityOf({ payload }: Pick<LedgerEvent, "payload">): Authority | null {
  const call = memberOf(payload, "call");
  const authority = memberOf(call, "authority");
  const passed = memberOf(authority, "passed");
  const rules = memberOf(authority, "rules");
  if (typeof passed !== "string") return null;
  return {
    tool: textOf(memberOf(call, "tool")),
    outcome: textOf(memberOf(call, "outcome")),
    passed: passed.split(" "),
    rules: isRecord(rules) ? Object.entries(rules).map(([guard, rule]) => [guard, textOf(rule)]) : [],
  };
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const memberOf = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value ?? ""));
