import { isJsonObject, type Json } from "../../contracts/index.ts";

/** The closed list under which the continuity contracts know every event. */
export const CONTINUITY_EVENT_TYPES = [
  "STEP_STARTED",
  "STEP_COMPLETED",
  "STEP_FAILED",
  "ACCEPTANCE_PASSED",
  "ACCEPTANCE_FAILED",
  "HEARTBEAT_WARNING",
  "HEARTBEAT_STALE",
  "LEASE_TAKEOVER",
  "SYSTEM",
] as const;

export type ContinuityEventType = (typeof CONTINUITY_EVENT_TYPES)[number];

const TYPES: { readonly [type: string]: ContinuityEventType } = {
  "step.succeeded": "STEP_COMPLETED",
  "step.failed": "STEP_FAILED",
  "wait.resumed": "STEP_COMPLETED",
  "wait.released": "STEP_COMPLETED",
  "wait.elapsed": "STEP_COMPLETED",
  "lease.taken_over": "LEASE_TAKEOVER",
  "lease.not_adopted": "STEP_FAILED",
  "heartbeat.stale": "HEARTBEAT_STALE",
};

/**
 * As which type the continuity contracts know an event of a stream; finer meaning is in its payload's `operation`. A decision about
 * a takeover is of the type of what it was made on.
 */
export function continuityEventType(type: string, payload: Json): ContinuityEventType {
  if (type !== "takeover.decided" || !isJsonObject(payload)) return TYPES[type] ?? "SYSTEM";
  if (payload.heartbeat_status === "STALE") return "HEARTBEAT_STALE";
  return payload.decision_reason_code === "HEARTBEAT_WARNING_OBSERVE_ONLY" ? "HEARTBEAT_WARNING" : "SYSTEM";
}
