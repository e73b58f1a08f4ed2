import {
  accepted,
  assert,
  formatInstant,
  type Host,
  type Instant,
  type Json,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { AUDIT_STREAM, appendOutside } from "../../ledger/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import { openRun } from "../run-file.ts";
import { evaluateHeartbeat } from "./heartbeat.ts";
import { CONTROLLER, isHeld, type LeaseRecord, nextStatus } from "./lease-record.ts";
import { append } from "./locked-stream.ts";
import { CONTINUITY_POLICY } from "./policy.ts";
import {
  effectsInFlight,
  isRecorded,
  type LockedRun,
  leasesOf,
  lockDue,
  lockRun,
  markReported,
  takeRun,
  unreportedTakeovers,
  writeLease,
} from "./queries.ts";
import { inFlight, latencies, stepsInHand } from "./report.ts";
import {
  type DecisionPlace,
  decideTakeover,
  decisionEvent,
  type KeyedEvent,
  type LeaseReason,
  leaseReason,
  type Override,
  type RunActivity,
  type TakeoverDecision,
} from "./self-heal.ts";
import { takeoverEvents } from "./takeover-events.ts";

/**
 * Looks at a run's holder and takes the run from it where the decision says so: one transaction, under the run's lock.
 *
 * S1  Decided over what is read under the lock, so of two at once one takes the run and the other finds it taken.
 * S2  Whoever held the run is fenced from the same commit on.
 * S3  A decision that leaves the run alone writes nothing into its stream, which is its holder's.
 */

export interface TakeoverPorts {
  readonly database: Pick<Database, "app">;
  readonly host: Pick<Host, "clock" | "ids">;
}

export interface TakeoverRequest {
  readonly tenantId: string;
  readonly runId: string;
  /** The principal, or the process, on whose word this happens. */
  readonly by: string;
  readonly override: Pick<Override, "kind" | "reason"> | null;
  /** Only from the holder of this epoch; null whoever it is. */
  readonly fromEpoch: number | null;
}

/** What came of a look at a run's holder. */
export interface TakeoverOutcome extends TakeoverDecision {
  readonly takeover: {
    readonly task_id: string;
    readonly run_id: string;
    readonly takeover_at: Instant;
    readonly adopted_step_ids: readonly string[];
    readonly failed_step_ids: readonly string[];
  } | null;
  readonly handoff_applied: boolean;
  readonly handoff_resume_step_id: string | null;
}

/** Refused: RUN_NOT_FOUND; E_TAKEOVER_FAILED where the run changed hands meanwhile, or is forced and nobody holds it; CLOCK_SKEW. */
export const takeOver = (ports: TakeoverPorts, request: TakeoverRequest): Promise<Result<TakeoverOutcome>> =>
  inTenant(ports.database, request.tenantId, async (sql) => {
    const run = await lockRun(sql, request.runId);
    if (run === undefined) return rejected({ code: "RUN_NOT_FOUND", message: `there is no run \`${request.runId}\`` });
    const held = await holdOf(sql, run);
    if (request.fromEpoch !== null && request.fromEpoch !== held.epoch)
      return failed(`the run is held under epoch ${held.epoch} by now, not ${request.fromEpoch}`, held.epoch);
    const facts = factsOf(run, held);
    if (!facts.ok) return facts;
    const override = request.override === null ? null : { ...request.override, by: request.by };
    const decision = decideTakeover({ ...facts.value, override });
    const place = placeOf({ run, held, request, override });
    if (decision.action === "TAKEOVER" && (override !== null || !(await isVetoed(sql, decision, place))))
      return accepted(await taken(sql, ports, { run, held, request, decision, place }));
    if (override?.kind === "force")
      return failed(`the run is not taken from anybody: ${decision.decision_reason_code}`, held.epoch);
    const left = decision.action === "TAKEOVER" ? vetoed(decision) : decision;
    await observe(sql, ports, { run, request, keyed: decisionEvent(left, place) });
    return accepted({ ...left, takeover: null, handoff_applied: false, handoff_resume_step_id: null });
  });

const failed = (message: string, epoch: number): Result<never> =>
  rejected({ code: "E_TAKEOVER_FAILED", message, details: { epoch } });

const vetoed = (decision: TakeoverDecision): TakeoverDecision => ({
  ...decision,
  action: "OBSERVE",
  decision_reason_code: "MANUAL_VETO",
});

/** Who has a run. */
interface Hold {
  readonly worker: string | null;
  readonly epoch: number;
  readonly expiry: Instant | null;
  /** Those that are active, and the one under which the run is held, should its owner have let it run out. */
  readonly own: readonly LeaseRecord[];
  readonly leases: readonly LeaseRecord[];
}

async function holdOf(sql: TenantQuery, run: LockedRun): Promise<Hold> {
  const due = await lockDue(sql, run.run_id);
  assert(due !== undefined, "a run has its due row");
  const leases = await leasesOf(sql, run.run_id);
  const own = leases.filter(
    ({ status, epoch }) => status === "ACTIVE" || (due.worker_id !== null && epoch === due.epoch),
  );
  return { worker: due.worker_id, epoch: due.epoch, expiry: due.due_at, own, leases };
}

interface Facts {
  readonly activity: RunActivity;
  readonly heartbeat: string;
  readonly lease: LeaseReason;
}

/** A worker's beats are what renews its lease; the holder of a registered one beats apart from renewing it. */
function factsOf(run: LockedRun, { worker, expiry, own }: Hold): Result<Facts> {
  const controller = own.find(({ lane }) => lane === CONTROLLER);
  const isHeldByAny = worker !== null || own.length > 0;
  const activity = activityOf(run, isHeldByAny);
  if (controller === undefined) {
    const isOver = expiry === null || expiry <= run.now;
    if (worker === null) return accepted({ activity, heartbeat: "IDLE", lease: "MISSING_CONTROLLER_LEASE" });
    const lease = isOver ? "EXPIRED_CONTROLLER_LEASE" : "VALID_ACTIVE_LEASE";
    return accepted({ activity, heartbeat: isOver ? "STALE" : "RUNNING", lease });
  }
  const evaluated = evaluateHeartbeat(
    {
      now: run.now,
      isActive: activity !== "not_active",
      awaitsApproval: activity === "awaiting_approval",
      beatAt: controller.last_heartbeat_at,
      outputAt: null,
      leasedAt: controller.created_at,
    },
    CONTINUITY_POLICY,
  );
  if (!evaluated.ok) return evaluated;
  const lease = leaseReason(own, { lane: CONTROLLER, step_id: controller.step_id, now: run.now });
  return accepted({ activity, heartbeat: evaluated.value.status, lease });
}

/** A run that rests is nobody's to advance: it waits for people, events or time, or has ended. */
function activityOf({ status, ended_at }: LockedRun, isHeldByAny: boolean): RunActivity {
  if (ended_at !== null || !isHeldByAny) return "not_active";
  return status === "SUSPENDED_HITL" ? "awaiting_approval" : "active";
}

const signalOf = ({ own, expiry, worker }: Hold, now: Instant): Instant | null => {
  const controller = own.find(({ lane }) => lane === CONTROLLER);
  if (controller !== undefined) return controller.last_heartbeat_at;
  return worker !== null && expiry !== null && expiry <= now ? expiry : null;
};

interface Looked {
  readonly run: LockedRun;
  readonly held: Hold;
  readonly request: TakeoverRequest;
}

const placeOf = ({ run, held, request, override }: Looked & { readonly override: Override | null }): DecisionPlace => ({
  task: run.workflow_id,
  run: run.run_id,
  step: held.own.find(({ lane }) => lane === CONTROLLER)?.step_id ?? null,
  epoch: held.epoch,
  signalAt: signalOf(held, run.now),
  decidedAt: run.now,
  decidedBy: request.by,
  override,
});

/** A veto holds for its incident: the same holder, as silent, under the same lease. */
async function isVetoed(sql: TenantQuery, decision: TakeoverDecision, place: DecisionPlace): Promise<boolean> {
  const override = { kind: "veto", by: place.decidedBy, reason: "" } as const;
  const { dedupKey } = decisionEvent(vetoed(decision), { ...place, override });
  return dedupKey !== null && isRecorded(sql, AUDIT_STREAM, dedupKey);
}

/** S3 */
async function observe(
  sql: TenantQuery,
  { host }: TakeoverPorts,
  { run, request, keyed }: { readonly run: LockedRun; readonly request: TakeoverRequest; readonly keyed: KeyedEvent },
): Promise<void> {
  const { event, dedupKey } = keyed;
  if (dedupKey !== null && (await isRecorded(sql, AUDIT_STREAM, dedupKey))) return;
  await appendOutside(sql, host, {
    tenantId: request.tenantId,
    stream: AUDIT_STREAM,
    type: event.type,
    actor: request.by,
    correlation: run.correlation_id,
    channel: run.channel,
    severity: event.severity ?? "info",
    payload: ofRun(event.payload, run.run_id),
    dedupKey,
  });
}

const ofRun = (payload: Json, runId: string): Json => ({ ...Object(payload), run_id: runId });

interface Taking extends Looked {
  readonly decision: TakeoverDecision;
  readonly place: DecisionPlace;
}

async function taken(sql: TenantQuery, ports: TakeoverPorts, taking: Taking): Promise<TakeoverOutcome> {
  const { run, held, request, decision, place } = taking;
  const steps = await stepsOf(sql, taking);
  const isRegistered = held.own.length > 0;
  const blocked = isRegistered && steps.adopted.length === 0;
  const epoch = Math.max(held.epoch, ...held.leases.map((lease) => lease.epoch)) + 1;
  for (const lease of held.own) if (lease.status === "ACTIVE") await writeLease(sql, closed(lease, run.now));
  await takeRun(sql, run.run_id, { epoch, blocked }); // S2
  const at = ports.host.clock.now();
  const decided = decisionEvent(decision, place);
  const events = [
    { ...decided, event: { ...decided.event, at } },
    ...takeoverEvents({
      task: place.task,
      run: run.run_id,
      takeoverAt: run.now,
      at,
      reasonCode: decision.decision_reason_code,
      ...steps,
      resumed: isRegistered ? [] : steps.failed,
      report: await reportOf(sql, run, epoch),
    }),
    ...(blocked ? [blockedEvent(at)] : []),
  ];
  const done = await append(sql, run, events, {
    host: ports.host,
    tenantId: request.tenantId,
    epoch,
    actor: request.by,
  });
  const seq = done.sealed.find(({ entry }) => entry.type === "lease.taken_over")?.entry.seq ?? done.run.head_seq;
  await markReported(sql, run.run_id, { epoch, seq });
  return {
    ...decision,
    takeover: {
      task_id: place.task,
      run_id: run.run_id,
      takeover_at: run.now,
      adopted_step_ids: steps.adopted,
      failed_step_ids: steps.failed,
    },
    handoff_applied: false,
    handoff_resume_step_id: null,
  };
}

/** What still holds goes on; what has run out is lost. */
async function stepsOf(
  sql: TenantQuery,
  { run, held }: Looked,
): Promise<{ readonly adopted: readonly string[]; readonly failed: readonly string[] }> {
  if (held.own.length > 0) {
    const stepIds = (holds: boolean) =>
      held.own.filter((lease) => isHeld(lease, run.now) === holds).map(({ step_id }) => step_id);
    return { adopted: stepIds(true), failed: stepIds(false) };
  }
  const file = await openRun(sql, run.run_id);
  assert(file !== undefined, "a locked run exists");
  const steps = stepsInHand(file.state);
  const isOver = held.expiry === null || held.expiry <= run.now;
  return isOver ? { adopted: [], failed: steps } : { adopted: steps, failed: [] };
}

function closed(lease: LeaseRecord, now: Instant): LeaseRecord {
  const next = nextStatus(lease.status, isHeld(lease, now) ? "adopt" : "expire");
  assert(next.ok, "an active lease can be closed");
  return { ...lease, status: next.value, updated_at: now };
}

async function reportOf(sql: TenantQuery, run: LockedRun, epoch: number): Promise<{ readonly [member: string]: Json }> {
  const row = (await unreportedTakeovers(sql, run.run_id)).find((taken) => taken.epoch === epoch);
  if (row === undefined) return { epoch_after: epoch, detected_at: formatInstant(run.now), in_flight_effects: [] };
  const effects = await effectsInFlight(sql, run.run_id, epoch);
  return { ...latencies(row, row.detected_at), in_flight_effects: effects.map(inFlight) };
}

const blockedEvent = (at: Instant): KeyedEvent => ({
  event: { type: "run.blocked", at, step: null, severity: "error", payload: { code: "E_LEASE_LOST", claims: 0 } },
  dedupKey: null,
});
