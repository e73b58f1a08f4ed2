import {
  accepted,
  formatInstant,
  type Instant,
  type Json,
  type ProposedEvent,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import type { HeartbeatThresholds } from "./policy.ts";

/** What is recorded of a holder's signs of life. */
export type HeartbeatStatus = "IDLE" | "RUNNING" | "WARNING" | "STALE" | "BLOCKED";

/** How a holder's signs of life look now. */
export interface HeartbeatEvaluation {
  readonly status: "IDLE" | "ACTIVE" | "WARNING" | "STALE" | "BLOCKED";
  readonly reason_code: string | null;
  /** Since the last sign of life; for one that never gave any, since its lease began. */
  readonly silence_seconds: number;
  /** The last sign of life; null when there was none. */
  readonly effective_signal_at: Instant | null;
}

export interface HeartbeatFacts {
  readonly now: Instant;
  /** Whether the run is one that somebody should be advancing. */
  readonly isActive: boolean;
  readonly awaitsApproval: boolean;
  /** The last explicit beat. */
  readonly beatAt: Instant | null;
  /** The last output that counts as one; see `latestOutput`. */
  readonly outputAt: Instant | null;
  /** When the present lease began; null without one. */
  readonly leasedAt: Instant | null;
}

/** How far ahead another machine's clock may be before its signs of life are refused. */
const SKEW_MS = 5_000;

/** Judges a silence. Refused: CLOCK_SKEW for a sign of life from the future, which would hide any silence. */
export function evaluateHeartbeat(facts: HeartbeatFacts, thresholds: HeartbeatThresholds): Result<HeartbeatEvaluation> {
  const signalAt = latest(facts.beatAt, facts.outputAt);
  if (!facts.isActive)
    return accepted({ status: "IDLE", reason_code: null, silence_seconds: 0, effective_signal_at: signalAt });
  if (signalAt !== null && signalAt > facts.now + SKEW_MS)
    return rejected({ code: "CLOCK_SKEW", message: `a sign of life at ${formatInstant(signalAt)} is in the future` });
  const since = signalAt ?? facts.leasedAt;
  const silence =
    since === null ? thresholds.stale_after_seconds : Math.max(Math.floor((facts.now - since) / 1_000), 0);
  const common = { silence_seconds: silence, effective_signal_at: signalAt };
  // Who waits for a person gives no sign of life, and need not.
  if (facts.awaitsApproval) return accepted({ status: "BLOCKED", reason_code: "AWAITING_APPROVAL", ...common });
  const { warning_after_seconds: warning, stale_after_seconds: stale } = thresholds;
  if (silence >= stale) return accepted({ status: "STALE", reason_code: silenceCode(stale), ...common });
  if (silence >= warning) return accepted({ status: "WARNING", reason_code: silenceCode(warning), ...common });
  return accepted({ status: "ACTIVE", reason_code: null, ...common });
}

/** As which status an evaluation is recorded. */
export const recordedStatus = ({ status }: Pick<HeartbeatEvaluation, "status">): HeartbeatStatus =>
  status === "ACTIVE" ? "RUNNING" : status;

/** `NO_OUTPUT_15M`: a threshold in the largest unit that divides it. */
export const silenceCode = (seconds: number): string => `NO_OUTPUT_${durationCode(seconds)}`;

/** How long a step may beat and never end, in seconds. */
export const STEP_SECONDS_MAX = 3_600;

/** The code with which a step ends that lives and makes no progress; null while it has time. */
export const overtimeCode = (
  startedAt: Instant,
  now: Instant,
  limitSeconds: number = STEP_SECONDS_MAX,
): string | null => (now - startedAt >= limitSeconds * 1_000 ? `TIMEOUT_${minutesCode(limitSeconds)}` : null);

function durationCode(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600}H`;
  return minutesCode(seconds);
}

const minutesCode = (seconds: number): string => (seconds % 60 === 0 ? `${seconds / 60}M` : `${seconds}S`);

/** An output that could be a sign of life. */
export interface Output {
  readonly run_id: string;
  readonly step_id: string;
  readonly epoch: number;
  readonly at: Instant;
}

/** The last output of a step under its present epoch: what anybody else wrote is no sign of life of its holder. */
export const latestOutput = (
  outputs: readonly Output[],
  { run_id, step_id, epoch }: Omit<Output, "at">,
): Instant | null =>
  outputs
    .filter((output) => output.run_id === run_id && output.step_id === step_id && output.epoch === epoch)
    .reduce<Instant | null>((at, output) => latest(at, output.at), null);

/** What a change of a heartbeat's status has recorded: one event for a streak of silence, one for its end. */
export interface Escalation {
  readonly event: ProposedEvent<"heartbeat.stale" | "heartbeat.recovered", Json>;
  readonly dedupKey: string;
}

/** The event of a status that was `before` and is evaluated anew; null where nothing is to be said. */
export function escalate(
  before: HeartbeatStatus,
  evaluation: HeartbeatEvaluation,
  at: {
    readonly task: string;
    readonly run: string;
    readonly step: string | null;
    readonly now: Instant;
    readonly stale_after_seconds: number;
  },
): Escalation | null {
  const { status, reason_code, silence_seconds, effective_signal_at } = evaluation;
  const signal = effective_signal_at === null ? null : formatInstant(effective_signal_at);
  const place = `${at.task}:${at.run}:${at.step}`;
  if (status === "STALE" && before !== "STALE") {
    const payload = {
      reason_code,
      silence_seconds,
      stale_after_seconds: at.stale_after_seconds,
      effective_signal_at: signal,
    };
    return {
      event: { type: "heartbeat.stale", at: at.now, step: at.step, payload, severity: "warning" },
      dedupKey: `heartbeat-stale:${place}:${reason_code}:${signal ?? "none"}`,
    };
  }
  if (before === "STALE" && status === "ACTIVE") {
    const payload = { operation: "HEARTBEAT_RECOVERED", silence_seconds };
    return {
      event: { type: "heartbeat.recovered", at: at.now, step: at.step, payload, severity: "info" },
      dedupKey: `heartbeat-recovered:${place}:${signal ?? "none"}`,
    };
  }
  return null;
}

const latest = (one: Instant | null, other: Instant | null): Instant | null =>
  one === null || (other !== null && other > one) ? other : one;
