import { isJsonObject, type Json, type JsonObject, parseInstant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { CONTROLLER, isHeld } from "./lease-record.ts";
import { type LockedRun, lastPayload } from "./queries.ts";
import type { LeaseReason } from "./self-heal.ts";
import type { Hold, TakeoverOutcome, TakeoverRequest } from "./taking.ts";

/**
 * What a takeover came to that is asked for once more: the named successor holds the run already, and took it from whoever is
 * meant. Nothing is done again, and no token is shown again. Null: it is not such a one.
 */
export async function repeatedTakeover(
  sql: TenantQuery,
  run: LockedRun,
  held: Hold,
  { successor, fromEpoch }: TakeoverRequest,
): Promise<TakeoverOutcome | null> {
  const lease = held.own.find(({ lane }) => lane === CONTROLLER);
  if (successor === null || lease === undefined || !isHeld(lease, run.now)) return null;
  const isSame =
    "among" in successor
      ? successor.among.includes(lease.thread_id)
      : lease.thread_id === successor.threadId && lease.host_id === successor.hostId && lease.pid === successor.pid;
  if (!isSame) return null;
  const taken = objectOf(await lastPayload(sql, run, "lease.taken_over"));
  // Candidates are asked again whenever somebody looks; it is the same incident only where its epoch is said.
  const isMeant = fromEpoch === taken.epoch_before || (fromEpoch === null && !("among" in successor));
  if (taken.successor_thread_id !== lease.thread_id || taken.epoch_after !== lease.epoch || !isMeant) return null;
  const decided = objectOf(await lastPayload(sql, run, "takeover.decided"));
  const handoff = objectOf(await lastPayload(sql, run, "handoff.applied"));
  const isApplied = handoff.takeover_at === taken.takeover_at;
  return {
    action: "TAKEOVER",
    decision_reason_code: String(decided.decision_reason_code),
    heartbeat_status: String(decided.heartbeat_status),
    lease_reason_code: leaseReasonOf(decided.lease_reason_code),
    takeover: {
      task_id: run.workflow_id,
      run_id: run.run_id,
      takeover_at: parseInstant(String(taken.takeover_at)) ?? run.now,
      adopted_step_ids: textsOf(taken.adopted_step_ids),
      failed_step_ids: textsOf(taken.failed_step_ids),
    },
    handoff_applied: isApplied,
    handoff_resume_step_id: isApplied && typeof handoff.resume_step_id === "string" ? handoff.resume_step_id : null,
    warnings: isApplied ? textsOf(handoff.warnings) : [],
    successor_thread_id: lease.thread_id,
    leases: [],
  };
}

const objectOf = (value: Json): JsonObject => (isJsonObject(value) ? value : {});

const textsOf = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const REASONS: readonly LeaseReason[] = ["MISSING_CONTROLLER_LEASE", "EXPIRED_CONTROLLER_LEASE", "VALID_ACTIVE_LEASE"];

const leaseReasonOf = (value: Json | undefined): LeaseReason =>
  REASONS.find((reason) => reason === value) ?? "NON_ACTIVE_CONTROLLER_LEASE";
