import { parseInstant, sha256Hex, utcText } from "../contracts/index.ts";
import {
  type ContinuityEvent,
  type Correlation,
  correlationOf,
  occurredAt,
  operationOf,
  sortedBy,
  textOrNull,
} from "./continuity-event.ts";
import type { DiagnosisScope } from "./diagnosis-input.ts";

/** One lease of the contract `process_leases`. */
export interface LeaseRecord {
  readonly lane: string;
  readonly step_id: string;
  readonly task_id: string;
  readonly run_id: string;
  readonly thread_id: string;
  readonly pid: number;
  readonly lease_token: string;
  readonly expiry: string;
  readonly last_heartbeat_at: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: "ACTIVE" | "RELEASED" | "EXPIRED" | "TAKEN_OVER";
}

/** What happened to a lease: as its record has it now, or as an event tells. */
export interface LeaseTransition {
  readonly transition_kind: "SNAPSHOT" | "EVENT";
  readonly from_status: string | null;
  readonly to_status: string;
  /** The lease's own statuses, where `to_status` is a step's. */
  readonly lease_from: string | null;
  readonly lease_to: string;
  readonly reason_code: string | null;
  /** A fingerprint: whoever has the token has the lease. */
  readonly lease_token: string | null;
  readonly lane: string | null;
  readonly thread_id: string | null;
  readonly pid: number | null;
  readonly transition_at: string;
  readonly correlation: Correlation;
}

export const FINGERPRINT_DIGITS = 12;

/** Tells tokens apart without giving them away; of a token that only its fingerprint is known of, that. */
export const tokenFingerprint = (token: string): string =>
  token.startsWith("fp:") ? token : `fp:${sha256Hex(token).slice(0, FINGERPRINT_DIGITS)}`;

export const isOfRun = ({ task_id, run_id }: LeaseRecord, { taskId, runId }: DiagnosisScope): boolean =>
  task_id === taskId && run_id === runId;

export const leaseTransitions = (
  leases: readonly LeaseRecord[],
  events: readonly ContinuityEvent[],
  scope: DiagnosisScope,
): readonly LeaseTransition[] =>
  sortedBy(
    [
      ...leases.filter((lease) => isOfRun(lease, scope)).map((lease) => snapshotOf(lease, scope)),
      ...events.flatMap((event) => eventTransition(event, scope)),
    ],
    ({ transition_at, correlation, reason_code }) => [
      transition_at,
      correlation.event_id,
      correlation.step_id,
      reason_code,
    ],
  );

function snapshotOf(lease: LeaseRecord, { generatedAt }: DiagnosisScope): LeaseTransition {
  const at = utcText(parseInstant(lease.updated_at) ?? parseInstant(lease.created_at) ?? generatedAt);
  return {
    transition_kind: "SNAPSHOT",
    from_status: null,
    to_status: lease.status,
    lease_from: null,
    lease_to: lease.status,
    reason_code: `LEASE_${lease.status}_SNAPSHOT`,
    lease_token: tokenFingerprint(lease.lease_token),
    lane: lease.lane,
    thread_id: lease.thread_id,
    pid: lease.pid,
    transition_at: at,
    correlation: {
      task_id: lease.task_id,
      run_id: lease.run_id,
      step_id: lease.step_id,
      event_id: null,
      event_type: "LEASE_SNAPSHOT",
      occurred_at: at,
    },
  };
}

const NOT_ADOPTED = "LEASE_NOT_ADOPTED";

export const isAdoption = (event: ContinuityEvent): boolean => operationOf(event) === "LEASE_ADOPTED";

export const isNonAdoption = ({ event_type, payload }: ContinuityEvent): boolean =>
  event_type === "STEP_FAILED" && payload.reason_code === NOT_ADOPTED;

/** Operations whose event tells itself between which statuses the lease moved. */
const TOLD: { readonly [operation: string]: { readonly from: string; readonly to: string } } = {
  STALE_WRITE_REJECTED: { from: "ACTIVE", to: "ACTIVE" },
  LEASE_EXPIRED: { from: "ACTIVE", to: "EXPIRED" },
  LEASE_RELEASED: { from: "ACTIVE", to: "RELEASED" },
};

function eventTransition(event: ContinuityEvent, scope: DiagnosisScope): readonly LeaseTransition[] {
  const reason = textOrNull(event.payload.reason_code);
  if (event.event_type === "LEASE_TAKEOVER") {
    return [moved(event, scope, { from: "ACTIVE", to: "ACTIVE", reason: reason ?? "LEASE_TAKEOVER" })];
  }
  if (isAdoption(event)) {
    return [moved(event, scope, { from: "ACTIVE", to: "ACTIVE", reason: reason ?? "VALID_UNEXPIRED_LEASE" })];
  }
  if (isNonAdoption(event)) {
    return [{ ...moved(event, scope, { from: "ACTIVE", to: "EXPIRED", reason: NOT_ADOPTED }), to_status: "FAILED" }];
  }
  const operation = operationOf(event);
  const told = operation === null || !Object.hasOwn(TOLD, operation) ? undefined : TOLD[operation];
  if (operation === null || told === undefined) return [];
  const from = textOrNull(event.payload.from_status) ?? told.from;
  return [moved(event, scope, { from, to: textOrNull(event.payload.to_status) ?? told.to, reason: operation })];
}

const moved = (
  event: ContinuityEvent,
  { generatedAt }: DiagnosisScope,
  { from, to, reason }: { readonly from: string; readonly to: string; readonly reason: string },
): LeaseTransition => ({
  transition_kind: "EVENT",
  from_status: from,
  to_status: to,
  lease_from: from,
  lease_to: to,
  reason_code: reason,
  lease_token: null,
  lane: textOrNull(event.payload.lane),
  thread_id: textOrNull(event.payload.thread_id),
  pid: null,
  transition_at: utcText(occurredAt(event, generatedAt)),
  correlation: correlationOf(event),
});
