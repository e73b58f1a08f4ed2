import { type Host, isJsonObject } from "../../contracts/index.ts";
import { AUDIT_STREAM, appendOutside } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import {
  type Escalation,
  escalate,
  evaluateHeartbeat,
  type HeartbeatEvaluation,
  type HeartbeatStatus,
} from "./heartbeat.ts";
import { CONTROLLER, type LeaseRecord } from "./lease-record.ts";
import { append } from "./locked-stream.ts";
import { CONTINUITY_POLICY } from "./policy.ts";
import { isRecorded, knownKeys, type LockedRun } from "./queries.ts";

/**
 * What is recorded of the signs of life of who holds a lease by token: one event for a streak of silence, one for its end.
 *
 * B1  Of the run's holder it stands in the run's stream: whoever is silent does not write there, and whoever beats is its writer.
 * B2  Of any other lane's it stands beside that stream, whose writer may well be alive.
 */

export interface BeatPorts {
  readonly host: Pick<Host, "clock" | "ids">;
  readonly tenantId: string;
  /** Who says so. */
  readonly by: string;
}

/** Judges the silence of a lease's holder, and records it where it has become one; null for a sign of life from the future. */
export async function noteSilence(
  sql: TenantQuery,
  ports: BeatPorts,
  run: LockedRun,
  lease: LeaseRecord,
): Promise<HeartbeatEvaluation["status"] | null> {
  const { evaluation, said } = judged(run, lease, "RUNNING");
  if (said !== null) await record(sql, ports, { run, lease, said });
  return evaluation?.status ?? null;
}

/** Records that a holder is back whose silence was recorded. `before` is its lease as it was before the beat. */
export async function noteReturn(
  sql: TenantQuery,
  ports: BeatPorts,
  run: LockedRun,
  { before, lease }: { readonly before: LeaseRecord; readonly lease: LeaseRecord },
): Promise<void> {
  const silence = judged(run, before, "RUNNING").said;
  if (silence === null || !(await isKnown(sql, run, lease, silence))) return;
  const { said } = judged(run, lease, "STALE");
  if (said !== null) await record(sql, ports, { run, lease, said });
}

function judged(
  run: LockedRun,
  lease: LeaseRecord,
  status: HeartbeatStatus,
): { readonly evaluation: HeartbeatEvaluation | null; readonly said: Escalation | null } {
  const evaluated = evaluateHeartbeat(
    {
      now: run.now,
      isActive: true,
      awaitsApproval: run.status === "SUSPENDED_HITL",
      beatAt: lease.last_heartbeat_at,
      outputAt: null,
      leasedAt: lease.created_at,
    },
    CONTINUITY_POLICY,
  );
  if (!evaluated.ok) return { evaluation: null, said: null };
  const { stale_after_seconds } = CONTINUITY_POLICY;
  const at = { task: run.workflow_id, run: run.run_id, step: lease.step_id, now: run.now, stale_after_seconds };
  return { evaluation: evaluated.value, said: escalate(status, evaluated.value, at) };
}

const isKnown = async (
  sql: TenantQuery,
  run: LockedRun,
  { lane }: LeaseRecord,
  { dedupKey }: Escalation,
): Promise<boolean> =>
  lane === CONTROLLER
    ? (await knownKeys(sql, run, [dedupKey])).length > 0
    : await isRecorded(sql, AUDIT_STREAM, dedupKey);

async function record(
  sql: TenantQuery,
  { host, tenantId, by }: BeatPorts,
  { run, lease, said }: { readonly run: LockedRun; readonly lease: LeaseRecord; readonly said: Escalation },
): Promise<void> {
  if (await isKnown(sql, run, lease, said)) return;
  const { event, dedupKey } = said;
  if (lease.lane === CONTROLLER) {
    const keyed = { event: { ...event, at: host.clock.now() }, dedupKey };
    await append(sql, run, [keyed], { host, tenantId, epoch: Math.max(lease.epoch, run.epoch), actor: by }); // B1
    return;
  }
  const payload = isJsonObject(event.payload) ? event.payload : {};
  await appendOutside(sql, host, {
    tenantId,
    stream: AUDIT_STREAM,
    type: event.type,
    actor: by,
    correlation: run.correlation_id,
    channel: run.channel,
    severity: event.severity ?? "info",
    payload: { ...payload, run_id: run.run_id, step_id: lease.step_id, lane: lease.lane },
    dedupKey,
  }); // B2
}
