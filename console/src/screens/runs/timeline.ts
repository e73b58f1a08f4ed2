import type { LedgerEvent, Run, RunTimeline } from "../../api/wire.ts";
import { DOTS } from "./reads.ts";

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

/** Lanes of one kind: what steps did, what was waited for, what was called, by what authority, and in whose hands it was. */
export interface LaneGroup {
  readonly name: "steps" | "waits" | "calls" | "authority" | "owners";
  readonly lanes: readonly Lane[];
}

export interface Picture {
  readonly groups: readonly LaneGroup[];
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Narrower than a dot a bar cannot be seen, in per cent. */
const WIDTH_MIN = 100 / DOTS;

type Shown = Pick<RunTimeline, "rows" | "calls" | "marks" | "started_at" | "ended_at" | "generated_at">;
type Call = RunTimeline["calls"][number];
type Approvers = Pick<Run["approvals"][number], "approval_id" | "approved_by">;
type Place = (at: string | null) => number;

/** A run over time. Who approved what is read from the approvals. */
export function pictureOf(timeline: Shown, approvals: readonly Approvers[] = []): Picture {
  const { rows, calls, marks, started_at, ended_at, generated_at } = timeline;
  const startedAt = Date.parse(started_at);
  const endedAt = Math.max(Date.parse(ended_at ?? generated_at), startedAt + 1);
  const place: Place = (at) => ((Date.parse(at ?? generated_at) - startedAt) / (endedAt - startedAt)) * 100;
  const groups: readonly LaneGroup[] = [
    { name: "steps", lanes: barLanes(rows, place, (category) => category !== "WAIT" && category !== "APPROVAL") },
    { name: "waits", lanes: barLanes(rows, place, (category) => category === "WAIT" || category === "APPROVAL") },
    { name: "calls", lanes: callLanes(calls, place, ({ tool }) => tool) },
    {
      name: "authority",
      lanes: callLanes(
        calls.filter(({ authority }) => authority !== null),
        place,
        (call) => letThroughBy(call, approvals),
      ),
    },
    { name: "owners", lanes: markLanes(marks, place) },
  ];
  return { startedAt, endedAt, groups: groups.filter(({ lanes }) => lanes.length > 0) };
}

type Category = Shown["rows"][number]["bars"][number]["category"];

function barLanes(rows: Shown["rows"], place: Place, isOf: (category: Category) => boolean): readonly Lane[] {
  return rows.flatMap(({ lane, step, bars }) => {
    const spans = bars
      .filter(({ category }) => isOf(category))
      .map((bar) => ({
        ...spanOf(place(bar.from), place(bar.to)),
        kind: bar.kind,
        severity: bar.severity,
        says: saysOf(bar.times, [bar.kind, bar.attempt === null ? null : `attempt ${bar.attempt}`, bar.code]),
      }));
    return spans.length === 0 ? [] : [{ name: lane === "main" ? step : `${lane} / ${step}`, spans }];
  });
}

/** What a bar says; of several that look like one, how many, and the first of them. */
const saysOf = (times: number, parts: readonly (string | null)[]): string =>
  `${times === 1 ? "" : `${times} × `}${parts.filter((part) => part !== null).join(", ")}`;

const OUTCOMES: { readonly [outcome: string]: Span["severity"] } = {
  refused: "error",
  failed: "warning",
  unknown: "error",
};

function callLanes(calls: readonly Call[], place: Place, nameOf: (call: Call) => string): readonly Lane[] {
  const lanes = new Map<string, Span[]>();
  for (const call of calls) {
    const spans = lanes.get(nameOf(call)) ?? [];
    lanes.set(nameOf(call), spans);
    spans.push({
      ...spanOf(place(call.from), place(call.to)),
      kind: "call",
      severity: OUTCOMES[call.outcome] ?? "info",
      says: saysOf(call.times, [`${call.tool} at ${call.step}`, call.outcome, call.code]),
    });
  }
  return [...lanes].map(([name, spans]) => ({ name, spans }));
}

const MARKED: { readonly [category: string]: string } = {
  HEARTBEAT: "signs of life",
  LEASE: "leases",
  TAKEOVER: "takeovers",
};

const SEVERITIES: { readonly [severity: string]: Span["severity"] } = { WARN: "warning", ERROR: "error" };

/** What happened to a run's ownership, each kind on a lane; approvals have their waits already. */
function markLanes(marks: Shown["marks"], place: Place): readonly Lane[] {
  return Object.entries(MARKED).flatMap(([category, name]) => {
    const spans = marks
      .filter((mark) => mark.category === category)
      .map(({ occurred_at, severity, summary, times }) => ({
        ...spanOf(place(occurred_at), place(occurred_at)),
        kind: "mark",
        severity: SEVERITIES[severity] ?? "info",
        says: saysOf(times, [summary]),
      }));
    return spans.length === 0 ? [] : [{ name, spans }];
  });
}

function spanOf(from: number, to: number): Pick<Span, "left" | "width"> {
  const left = Math.max(0, Math.min(from, 100 - WIDTH_MIN));
  return { left, width: Math.max(WIDTH_MIN, Math.min(to - left, 100 - left)) };
}

/** Who or what let a call through, or stopped it, in a few words. */
export function letThroughBy(
  { outcome, authority }: Pick<Call, "outcome" | "authority">,
  approvals: readonly Approvers[],
): string {
  if (outcome === "refused") return `refused by ${authority?.rules.at(-1)?.guard ?? "a guard"}`;
  const approval = approvals.find(({ approval_id }) => approval_id === authority?.approval_id);
  if (approval !== undefined && approval.approved_by.length > 0) return approval.approved_by.join(" and ");
  return authority?.approval_id == null ? "the guards alone" : "an approval";
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
