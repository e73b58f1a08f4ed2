import { accepted, assert, type Host, type Instant, type Json, type Result, rejected } from "../../contracts/index.ts";
import { AUDIT_STREAM, appendOutside } from "../../ledger/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import { evaluateHeartbeat } from "./heartbeat.ts";
import { CONTROLLER } from "./lease-record.ts";
import { CONTINUITY_POLICY } from "./policy.ts";
import { candidatesAmong, isRecorded, type LockedRun, leasesOf, lockDue, lockRun } from "./queries.ts";
import { repeatedTakeover } from "./repeated-takeover.ts";
import {
  type DecisionPlace,
  decideTakeover,
  decisionEvent,
  type Election,
  electSuccessor,
  type KeyedEvent,
  type LeaseReason,
  leaseReason,
  type Override,
  type RunActivity,
  type TakeoverDecision,
} from "./self-heal.ts";
import { type Hold, type NamedSuccessor, type TakeoverOutcome, type TakeoverRequest, taken } from "./taking.ts";

/**
 * Looks at a run's holder and takes the run from it where the decision says so: one transaction, under the run's lock.
 *
 * S1  Decided over what is read under the lock, so of two at once one takes the run and the other finds it taken.
 * S3  A decision that leaves the run alone writes nothing into its stream, which is its holder's.
 */

export interface TakeoverPorts {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
}

/** Refused: RUN_NOT_FOUND; E_TAKEOVER_FAILED where the run changed hands meanwhile, or is forced and nobody holds it; CLOCK_SKEW. */
export const takeOver = (ports: TakeoverPorts, request: TakeoverRequest): Promise<Result<TakeoverOutcome>> =>
  inTenant(ports.database, request.tenantId, async (sql) => {
    const run = await lockRun(sql, request.runId);
    if (run === undefined) return rejected({ code: "RUN_NOT_FOUND", message: `there is no run \`${request.runId}\`` });
    const held = await holdOf(sql, run);
    const repeated = await repeatedTakeover(sql, run, held, request);
    if (repeated !== null) return accepted(repeated);
    if (request.fromEpoch !== null && request.fromEpoch !== held.epoch)
      return failed(`the run is held under epoch ${held.epoch} by now, not ${request.fromEpoch}`, held.epoch);
    const facts = factsOf(run, held);
    if (!facts.ok) return facts;
    const override = request.override === null ? null : { ...request.override, by: request.by };
    const decision = decideTakeover({ ...facts.value, override });
    const place = placeOf({ run, held, request, override });
    if (decision.action === "TAKEOVER" && (override !== null || !(await isVetoed(sql, decision, place)))) {
      const settled = await settle(sql, run, held, request);
      if (!settled.ok) return settled;
      const { successor, election } = settled.value;
      const taking = { run, held, request: { ...request, successor }, decision, place: { ...place, election } };
      return accepted(await taken(sql, ports, taking));
    }
    if (override?.kind === "force")
      return failed(
        `nobody has to drive the run now, so it is taken from nobody: ${decision.decision_reason_code}`,
        held.epoch,
      );
    const left = decision.action === "TAKEOVER" ? vetoed(decision) : decision;
    await observe(sql, ports, { run, request, keyed: decisionEvent(left, place) });
    return accepted({ ...left, ...NOTHING_TAKEN });
  });

interface Settled {
  readonly successor: NamedSuccessor | null;
  readonly election: Election | null;
}

/** Who succeeds. Whoever has the run now is no candidate. Refused: E_TAKEOVER_FAILED where nothing was heard of any. */
async function settle(
  sql: TenantQuery,
  run: LockedRun,
  held: Hold,
  { successor }: TakeoverRequest,
): Promise<Result<Settled>> {
  if (successor === null || !("among" in successor)) return accepted({ successor, election: null });
  const holder = held.own.find(({ lane }) => lane === CONTROLLER)?.thread_id;
  const others = successor.among.filter((thread) => thread !== holder);
  const { warning_after_seconds: freshSeconds } = CONTINUITY_POLICY;
  const election = electSuccessor(await candidatesAmong(sql, others), run.now, freshSeconds);
  if (election === null)
    return failed(`none of ${others.join(", ")} gave a sign of life in the last ${freshSeconds} s`, held.epoch);
  const { thread_id: threadId, host_id: hostId, pid } = election.elected;
  return accepted({ successor: { threadId, hostId, pid, ttlSeconds: successor.ttlSeconds }, election });
}

const NOTHING_TAKEN = {
  takeover: null,
  handoff_applied: false,
  handoff_resume_step_id: null,
  warnings: [],
  successor_thread_id: null,
  leases: [],
} as const;

const failed = (message: string, epoch: number): Result<never> =>
  rejected({ code: "E_TAKEOVER_FAILED", message, details: { epoch } });

const vetoed = (decision: TakeoverDecision): TakeoverDecision => ({
  ...decision,
  action: "OBSERVE",
  decision_reason_code: "MANUAL_VETO",
});

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
  election: null,
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
