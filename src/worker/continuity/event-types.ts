import { isJsonObject, type Json } from "../../contracts/index.ts";

/** The closed list under which the continuity contracts know every event. */
export type ContinuityEventType =
  | "STEP_STARTED"
  | "STEP_COMPLETED"
  | "STEP_FAILED"
  | "ACCEPTANCE_PASSED"
  | "ACCEPTANCE_FAILED"
  | "HEARTBEAT_WARNING"
  | "HEARTBEAT_STALE"
  | "LEASE_TAKEOVER"
  | "SYSTEM";

const TYPES: { readonly [type: string]: ContinuityEventType } = {
  "lease.taken_over": "LEASE_TAKEOVER",
  "lease.not_adopted": "STEP_FAILED",
  "heartbeat.stale": "HEARTBEAT_STALE",
  "step.succeeded": "STEP_COMPLETED",
  "step.failed": "STEP_FAILED",
};

/** As which type the continuity contracts know an event of a stream; finer meaning is in its payload's `operation`. */
export function continuityEventType(type: string, payload: Json): ContinuityEventType {
  if (type !== "takeover.decided" || !isJsonObject(payload)) return TYPES[type] ?? "SYSTEM";
  if (payload.heartbeat_status === "STALE") return "HEARTBEAT_STALE";
  return payload.decision_reason_code === "HEARTBEAT_WARNING_OBSERVE_ONLY" ? "HEARTBEAT_WARNING" : "SYSTEM";
}
