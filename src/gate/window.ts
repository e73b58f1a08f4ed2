import { after, assert, type Instant, instant } from "../contracts/index.ts";
import type { MetricText, PolicyText } from "./policy-shape.ts";

/** Half-open intervals: what began in `[start, end)` is judged, what became of it is watched until the cutoff. */
export interface Window {
  readonly start: Instant;
  readonly end: Instant;
  readonly cutoff: Instant;
}

/** Instants from `from` on and before `until`; null for all of them, and for what has none. */
export type Span = { readonly from: Instant; readonly until: Instant } | null;

/** The instant of a decision, floored to the second: evidence of that second is not there yet. */
export const cutoffOf = (decidedAt: Instant): Instant => instant(Math.floor(decidedAt / 1000) * 1000);

/** The fact that a window needs and the evidence does not bring as whole seconds; null where nothing is missing. */
export function missingFact(window: PolicyText["window"], facts: { readonly [name: string]: number }): string | null {
  const settle = window?.settle_seconds ?? 0;
  if (typeof settle === "number") return null;
  const seconds = facts[settle.fact];
  return seconds !== undefined && Number.isSafeInteger(seconds) && seconds >= 0 ? null : settle.fact;
}

/** The window that a policy states, for a decision at an instant; null where it states none. No fact may be missing. */
export function windowOf(
  window: PolicyText["window"],
  facts: { readonly [name: string]: number },
  decidedAt: Instant,
): Window | null {
  if (window === undefined) return null;
  assert(missingFact(window, facts) === null, "the evidence brings what a window is made of");
  const cutoff = cutoffOf(decidedAt);
  const settle = window.settle_seconds;
  const settleSeconds = typeof settle === "number" ? settle : (facts[settle.fact] ?? Number.NaN);
  const settled = after(cutoff, -settleSeconds * 1000);
  if (window.kind === "rolling") return { start: after(settled, -window.length_seconds * 1000), end: settled, cutoff };
  const end = beginningOf(window.unit, settled);
  return { start: beginningOf(window.unit, after(end, -1)), end, cutoff };
}

const DAY_MS = 86_400_000;
/** 1970-01-05, the first Monday. */
const MONDAY_MS = 4 * DAY_MS;

/** The beginning, in UTC, of the day, week or month that an instant lies in. */
function beginningOf(unit: "day" | "week" | "month", at: Instant): Instant {
  if (unit === "day") return instant(Math.floor(at / DAY_MS) * DAY_MS);
  if (unit === "week") return instant(Math.floor((at - MONDAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + MONDAY_MS);
  const date = new Date(at);
  return instant(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}

/** When a unit has to have happened for a metric to see it. */
export function spanOf(of: MetricText["window"], window: Window | null, decidedAt: Instant): Span {
  if (typeof of === "object") {
    const until = cutoffOf(decidedAt);
    return { from: after(until, -of.length_seconds * 1000), until };
  }
  if (window === null || of === "all") return null;
  return { from: window.start, until: of === "outcome" ? window.cutoff : window.end };
}
