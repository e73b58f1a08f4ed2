import { after, formatInstant, type Instant } from "../../contracts/index.ts";
import type { Decision, GateRow } from "../../gate/index.ts";

/*
 * What becomes of a bundle that is tried on a share of the new runs. Pure: the canary, a decision on what ran on it and the instant in,
 * the next thing out.
 *
 * C1 What is critical aborts at once, at whatever look; a ratio that is shown to be too bad aborts at looks on schedule only, so that
 *    looking often does not make a good version fail.
 * C2 The next share is taken only on a GO, after the step's time, with its number of runs.
 * C3 A step that does not come to its number of runs in four times its time is held for people; it can still abort or go on.
 */

/** One share of the new runs, for how long at least, and how many runs of it have to have ended at least. */
export interface CanaryStep {
  readonly share_percent: number;
  readonly dwell_seconds: number;
  readonly runs_min: number;
}

/** Steps of a tenant that is live, and those of one that only tries things out. */
export const LIVE_STEPS: readonly CanaryStep[] = [
  { share_percent: 5, dwell_seconds: 1_800, runs_min: 50 },
  { share_percent: 25, dwell_seconds: 3_600, runs_min: 200 },
  { share_percent: 100, dwell_seconds: 86_400, runs_min: 200 },
];
export const SANDBOX_STEPS: readonly CanaryStep[] = [
  { share_percent: 5, dwell_seconds: 0, runs_min: 5 },
  { share_percent: 25, dwell_seconds: 0, runs_min: 10 },
  { share_percent: 100, dwell_seconds: 0, runs_min: 20 },
];

/** Looks on schedule in a step's time. */
const LOOKS_OF_STEP = 6;
/** Between two glances for what is critical, at most; a step that may be short is glanced at more often. */
const GLANCE_MS_MAX = 60_000;
const GLANCE_MS_MIN = 2_000;
/** Times a step's own time, after which one without enough runs is put to people. */
const STALLED_AFTER = 4;

/** A canary as looks see it. */
export interface CanaryState {
  readonly steps: readonly CanaryStep[];
  readonly step: number;
  readonly step_since: Instant;
  readonly next_look_at: Instant;
  readonly stalled_at: Instant | null;
}

/** The step that a canary is in. */
export const stepOf = ({ steps, step }: Pick<CanaryState, "steps" | "step">): CanaryStep =>
  steps[step] ?? { share_percent: 100, dwell_seconds: 0, runs_min: 0 };

/** When a step that began is judged first, or again: on schedule, and for what is critical. */
export function nextLooks({ dwell_seconds }: CanaryStep, from: Instant) {
  const lookMs = (dwell_seconds * 1_000) / LOOKS_OF_STEP;
  return {
    next_look_at: after(from, lookMs),
    next_glance_at: after(from, Math.min(GLANCE_MS_MAX, Math.max(GLANCE_MS_MIN, lookMs))),
  };
}

/** What a look comes to. */
export type LookEnd =
  | { readonly end: "hold"; readonly why: string }
  /** Held, and the environment is held too until people have seen to it. */
  | { readonly end: "stall"; readonly why: string }
  | { readonly end: "advance"; readonly step: number }
  | { readonly end: "pass" }
  | { readonly end: "abort"; readonly why: string; readonly gates: readonly string[] };

type Judged = Pick<Decision, "gates" | "verdict" | "blocked_by" | "evidence">;

/** What to do with a canary after a decision on what ran on it. */
export function lookEnd(canary: CanaryState, decision: Judged, now: Instant): LookEnd {
  const isScheduled = canary.next_look_at <= now;
  const failed = decision.gates.filter((row) => isAbort(row, isScheduled)); // C1
  if (failed.length > 0) return aborted(failed);
  if (!isScheduled) return { end: "hold", why: "nothing critical; the next look decides" };
  const { dwell_seconds, runs_min } = stepOf(canary);
  const runs = decision.evidence.units.run ?? 0;
  const stood = now - canary.step_since;
  const lack = // C2
    stood < dwell_seconds * 1_000
      ? "its time is not over"
      : runs < runs_min
        ? `${runs} of the ${runs_min} runs that it takes`
        : decision.verdict === "NO-GO"
          ? `not GO yet: ${decision.blocked_by.join(", ")}`
          : null;
  if (lack === null)
    return canary.step + 1 < canary.steps.length ? { end: "advance", step: canary.step + 1 } : { end: "pass" };
  const isStalled = dwell_seconds > 0 && stood >= dwell_seconds * 1_000 * STALLED_AFTER && canary.stalled_at === null; // C3
  return { end: isStalled ? "stall" : "hold", why: lack };
}

const isAbort = ({ status, standing, severity }: GateRow, isScheduled: boolean): boolean =>
  status === "FAIL" && standing === "counts" && (severity === "critical" || (severity === "high" && isScheduled));

const aborted = (rows: readonly GateRow[]): LookEnd => ({
  end: "abort",
  why: rows.map(({ id, reasons }) => [id, ...reasons].join(": ")).join("; "),
  gates: rows.map(({ id }) => id),
});

/** What to do about a version that does badly where it was promoted (7.7). Wire form. */
export interface RollbackGuidance {
  readonly situation: "canary regression after promotion";
  readonly metric: string;
  readonly since: string;
  readonly recommended_action: string;
  readonly target_bundle_id: string;
  readonly owner_role: "release_owner";
  readonly deadline: string;
}

/** A rollback takes minutes; past them somebody has to look. */
const ROLLBACK_MS = 10 * 60_000;

/** Of a canary that was aborted; null of any other. */
export function guidanceOf(
  { started_at, baseline_bundle_id }: { readonly started_at: Instant; readonly baseline_bundle_id: string },
  end: LookEnd,
  now: Instant,
): RollbackGuidance | null {
  if (end.end !== "abort") return null;
  return {
    situation: "canary regression after promotion",
    metric: end.gates.join(", "),
    since: formatInstant(started_at),
    recommended_action: "the environment goes back to what did well there before; mend the version, and build it anew",
    target_bundle_id: baseline_bundle_id,
    owner_role: "release_owner",
    deadline: formatInstant(after(now, ROLLBACK_MS)),
  };
}
