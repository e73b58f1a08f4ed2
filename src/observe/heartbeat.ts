import { type Instant, parseInstant, utcText } from "../contracts/index.ts";
import {
  type ContinuityEvent,
  type Correlation,
  correlationOf,
  inOrder,
  secondsBetween,
  utcTextOrNull,
} from "./continuity-event.ts";
import type { DiagnosisScope } from "./diagnosis-input.ts";

/** The contract `heartbeat_status`: whether somebody is at work, as it was last persisted. */
export interface HeartbeatRecord {
  readonly status: string | null;
  readonly last_heartbeat_at: string | null;
  readonly reason_code: string | null;
  readonly warning_after_seconds: number | null;
  readonly stale_after_seconds: number | null;
  /** The step that the record is about; null for the run as a whole. */
  readonly step_id: string | null;
}

export const HEARTBEAT_STATUSES: readonly string[] = ["IDLE", "RUNNING", "WARNING", "STALE", "BLOCKED"];

/** How fresh the last sign of life is. */
export interface HeartbeatDiagnostic {
  readonly status: string;
  readonly reason_code: string | null;
  readonly observed_at: string;
  readonly last_signal_at: string | null;
  readonly silence_seconds: number;
  readonly warning_after_seconds: number | null;
  readonly stale_after_seconds: number | null;
  readonly correlation: Correlation;
}

export function heartbeatDiagnostic(
  record: HeartbeatRecord | null,
  events: readonly ContinuityEvent[],
  scope: DiagnosisScope,
): HeartbeatDiagnostic {
  const { generatedAt } = scope;
  const signal = lastSignal(record);
  const newest = inOrder(events.filter(isHeartbeatEvent), generatedAt).at(-1);
  return {
    status: statusOf(record),
    reason_code: record?.reason_code ?? null,
    observed_at: utcText(generatedAt),
    last_signal_at: utcTextOrNull(signal),
    silence_seconds:
      signal === null ? (record?.stale_after_seconds ?? 0) : Math.max(secondsBetween(signal, generatedAt), 0),
    warning_after_seconds: record?.warning_after_seconds ?? null,
    stale_after_seconds: record?.stale_after_seconds ?? null,
    correlation:
      newest === undefined
        ? ownCorrelation(record, scope)
        : { ...correlationOf(newest), occurred_at: correlationOf(newest).occurred_at ?? utcText(generatedAt) },
  };
}

/** The evaluator's word for a live run is the record's `RUNNING`. */
const statusOf = (record: HeartbeatRecord | null): string => {
  const status = record?.status?.toUpperCase() ?? "UNKNOWN";
  return status === "ACTIVE" ? "RUNNING" : status;
};

export const lastSignal = (record: HeartbeatRecord | null): Instant | null =>
  parseInstant(record?.last_heartbeat_at ?? "") ?? null;

const isHeartbeatEvent = ({ event_type }: ContinuityEvent): boolean =>
  event_type === "HEARTBEAT_STALE" || event_type === "HEARTBEAT_WARNING";

const ownCorrelation = (
  record: HeartbeatRecord | null,
  { taskId, runId, generatedAt }: DiagnosisScope,
): Correlation => ({
  task_id: taskId,
  run_id: runId,
  step_id: record?.step_id ?? null,
  event_id: null,
  event_type: null,
  occurred_at: utcText(generatedAt),
});
