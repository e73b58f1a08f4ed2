import type { GateRow, LedgerEvent } from "../../api/wire.ts";

/** One look at a canary, as its environment's stream records it. */
export interface CanaryLook {
  readonly at: string;
  readonly share: number;
  readonly step: number;
  readonly end: string;
  readonly why: string | null;
  readonly verdict: string;
  /** Runs that were judged. */
  readonly runs: number;
  readonly evaluation: string;
  readonly gates: readonly LookedGate[];
}

export type LookedGate = Pick<GateRow, "id" | "status" | "value" | "bound" | "rule">;

/** A bundle that was tried in an environment, and every look that was had. */
export interface Trial {
  readonly bundle: string;
  readonly baseline: string;
  readonly began: string;
  readonly looks: readonly CanaryLook[];
}

/** The trials in an environment's events, the newest first. */
export function trialsOf(events: readonly Pick<LedgerEvent, "seq" | "type" | "at" | "payload">[]): readonly Trial[] {
  const trials: Trial[] = [];
  for (const { type, at, payload } of events.toSorted((a, b) => a.seq - b.seq)) {
    const body = objectIn(payload);
    const canary = objectIn(body.canary);
    if (type === "environment.promoted" && typeof canary.baseline_bundle_id === "string")
      trials.push({ bundle: textIn(body.bundle_id), baseline: canary.baseline_bundle_id, began: at, looks: [] });
    const last = trials.at(-1);
    if (type === "environment.canary" && last !== undefined)
      trials[trials.length - 1] = { ...last, looks: [...last.looks, lookOf(at, body)] };
  }
  return trials.toReversed();
}

const lookOf = (at: string, body: Members): CanaryLook => ({
  at,
  share: numberIn(body.share_percent),
  step: numberIn(body.step),
  end: textIn(body.end),
  why: typeof body.why === "string" ? body.why : null,
  verdict: textIn(body.verdict),
  runs: numberIn(body.runs),
  evaluation: textIn(body.evaluation_id),
  gates: Array.isArray(body.gates) ? body.gates.map(gateOf) : [],
});

function gateOf(value: unknown): LookedGate {
  const { id, status, value: measured, bound, rule } = objectIn(value);
  return {
    id: textIn(id),
    status: STATUSES.find((one) => one === status) ?? "UNKNOWN",
    value: typeof measured === "string" ? measured : null,
    bound: typeof bound === "string" ? bound : null,
    rule: textIn(rule),
  };
}

const STATUSES = ["PASS", "FAIL", "UNKNOWN", "INSUFFICIENT"] as const;

type Members = { readonly [name: string]: unknown };

const objectIn = (value: unknown): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
const textIn = (value: unknown): string => (typeof value === "string" ? value : "");
const numberIn = (value: unknown): number => (typeof value === "number" ? value : 0);
