import { assert, formatInstant, type Host, type Instant, type Json } from "../../contracts/index.ts";
import { currentStep, type RunState } from "../../run/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { openRun } from "../run-file.ts";
import { takeHandoff } from "./hand-over.ts";
import { CONTROLLER, holderName, isHeld, type LeaseRecord, TOKEN_BYTES, tokenHash, tokenOf } from "./lease-record.ts";
import { append } from "./locked-stream.ts";
import { effectsInFlight, type LockedRun, markReported, takeRun, unreportedTakeovers, writeLease } from "./queries.ts";
import { close, register, succeed } from "./registry.ts";
import { blockedEvent, inFlight, latencies, stepsInHand } from "./report.ts";
import { type DecisionPlace, decisionEvent, type Override, type TakeoverDecision } from "./self-heal.ts";
import { takeoverEvents } from "./takeover-events.ts";

/**
 * Takes a run from its holder, in the transaction that decided so.
 *
 * S2  Whoever held the run is fenced from this commit on.
 * S4  What still holds goes to the successor, or to whichever worker is next; what has run out is lost.
 * S5  Who held the run by token and let its lease run out leaves it to a person; a worker leaves it to the next one.
 */

/** Who takes a run over by name, and holds it by token from then on. */
export interface NamedSuccessor {
  readonly threadId: string;
  readonly hostId: string;
  readonly pid: number;
  readonly ttlSeconds: number;
}

/** Several who could; see `electSuccessor`. */
export interface SuccessorAmong {
  readonly among: readonly string[];
  readonly ttlSeconds: number;
}

export interface TakeoverRequest {
  readonly tenantId: string;
  readonly runId: string;
  /** The principal, or the process, on whose word this happens. */
  readonly by: string;
  readonly override: Pick<Override, "kind" | "reason"> | null;
  /** Only from the holder of this epoch; null whoever it is. */
  readonly fromEpoch: number | null;
  /** Null: whichever worker is next. */
  readonly successor: NamedSuccessor | SuccessorAmong | null;
  /** The handoff package to apply; null takes what the holder left. */
  readonly handoff: Json;
}

/** A request of which it is known who succeeds. */
export interface SettledRequest extends TakeoverRequest {
  readonly successor: NamedSuccessor | null;
}

/** A lease that a successor was given. Its token is shown this once. */
export interface TakenLease {
  readonly lane: string;
  readonly step_id: string;
  readonly epoch: number;
  readonly expiry: Instant;
  readonly lease_token: string;
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
  /** STALE_HANDOFF: the package was older than the record, which was followed. */
  readonly warnings: readonly string[];
  /** Who holds the run by token from then on; null where whichever worker is next does. */
  readonly successor_thread_id: string | null;
  /** Those of a named successor. */
  readonly leases: readonly TakenLease[];
}

/** Who has a run. */
export interface Hold {
  readonly worker: string | null;
  readonly epoch: number;
  readonly expiry: Instant | null;
  /** Those that are active, and the one under which the run is held, should its owner have let it run out. */
  readonly own: readonly LeaseRecord[];
  readonly leases: readonly LeaseRecord[];
}

export interface Taking {
  readonly run: LockedRun;
  readonly held: Hold;
  readonly request: SettledRequest;
  readonly decision: TakeoverDecision;
  readonly place: DecisionPlace;
}

export async function taken(
  sql: TenantQuery,
  { host }: { readonly host: Host },
  taking: Taking,
): Promise<TakeoverOutcome> {
  const { run, request, decision, place } = taking;
  const file = await openRun(sql, run.run_id);
  assert(file !== undefined, "a locked run exists");
  const steps = stepsOf(taking, file.state);
  const at = host.clock.now();
  const handoff = await takeHandoff(
    sql,
    { host },
    {
      run,
      state: file.state,
      lost: steps.isLost ? steps.failed : [],
      takeoverAt: run.now,
      at,
      by: request.by,
      brought: request.handoff,
    },
  );
  const blockedBy = steps.isLost ? "E_LEASE_LOST" : handoff.failure === null ? null : "E_HANDOFF_FAILED";
  const passed = passedOn({ host }, taking, { steps, state: file.state });
  for (const lease of passed.changed) await writeLease(sql, lease);
  const { epoch, granted } = passed;
  await takeRun(sql, run.run_id, { epoch, blockedBy, to: passed.controller }); // S2
  const decided = decisionEvent(decision, place);
  const events = [
    { ...decided, event: { ...decided.event, at } },
    ...takeoverEvents({
      task: place.task,
      run: run.run_id,
      takeoverAt: run.now,
      at,
      reasonCode: decision.decision_reason_code,
      adopted: steps.adopted,
      failed: steps.failed,
      resumed: steps.isRecovered ? steps.failed : [],
      report: { ...(await reportOf(sql, run, epoch)), successor_thread_id: request.successor?.threadId ?? null },
    }),
    handoff.event,
    ...(blockedBy === null ? [] : [blockedEvent(at, blockedBy)]),
  ];
  const appender = { host, tenantId: request.tenantId, epoch, actor: request.by };
  const done = await append(sql, run, events, appender);
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
    handoff_applied: handoff.applied !== null,
    handoff_resume_step_id: handoff.applied?.resume_step_id ?? null,
    warnings: handoff.applied?.warnings ?? [],
    successor_thread_id: granted.length === 0 ? null : (request.successor?.threadId ?? null),
    leases: granted,
  };
}

interface Steps {
  readonly adopted: readonly string[];
  readonly failed: readonly string[];
  /** Whether the run waits for a person. S5 */
  readonly isLost: boolean;
  /** Whether what has run out goes on under a fresh lease. S5 */
  readonly isRecovered: boolean;
}

/** S4 */
function stepsOf({ run, held }: Taking, state: RunState): Steps {
  const controller = held.own.find(({ lane }) => lane === CONTROLLER);
  const stepIds = (holds: boolean) =>
    held.own.filter((lease) => isHeld(lease, run.now) === holds).map(({ step_id }) => step_id);
  const [adopted, failed] = [stepIds(true), stepIds(false)];
  if (controller !== undefined) return { adopted, failed, isLost: !isHeld(controller, run.now), isRecovered: false };
  const inHand = held.worker === null ? [] : stepsInHand(state);
  const isOver = held.expiry === null || held.expiry <= run.now;
  return {
    adopted: isOver ? adopted : [...adopted, ...inHand],
    failed: isOver ? [...failed, ...inHand] : failed,
    isLost: held.worker === null && adopted.length === 0 && failed.length > 0,
    isRecovered: isOver && held.worker !== null,
  };
}

interface PassedOn {
  readonly epoch: number;
  /** Leases as they are from now on, those that end before those that begin. */
  readonly changed: readonly LeaseRecord[];
  /** The successor's hold on the run; null leaves it to the workers. */
  readonly controller: { readonly holder: string; readonly until: Instant } | null;
  readonly granted: readonly TakenLease[];
}

/** Who has what from now on. S4 */
function passedOn(
  { host }: { readonly host: Host },
  { run, held, request }: Taking,
  { steps, state }: { readonly steps: Steps; readonly state: RunState },
): PassedOn {
  const { successor } = request;
  const epochMin = Math.max(held.epoch, run.epoch, ...held.leases.map(({ epoch }) => epoch));
  if (successor === null)
    return { epoch: epochMin + 1, changed: close(held.leases, run.now), controller: null, granted: [] };
  const tokens = new Map<string, string>();
  const newToken = (): string => {
    const token = tokenOf(host.random.bytes(TOKEN_BYTES));
    tokens.set(tokenHash(token), token);
    return tokenHash(token);
  };
  const who = { thread_id: successor.threadId, host_id: successor.hostId, pid: successor.pid };
  const asked = { ...who, ttl_seconds: successor.ttlSeconds };
  const adopted = succeed(held.leases, { ...asked, token_sha256: newToken }, { now: run.now, epochMin });
  const fresh = { ...asked, lane: CONTROLLER, run_id: run.run_id, step_id: freeStep(adopted.leases, run, state) };
  const needsLease = !steps.isLost && !adopted.adopted.some(({ lane }) => lane === CONTROLLER);
  const leases = needsLease
    ? register(adopted.leases, { ...fresh, token_sha256: newToken() }, { now: run.now, epochMin }).leases
    : adopted.leases;
  const own = leases.filter((lease) => tokens.has(lease.token_sha256));
  const controller = own.find(({ lane }) => lane === CONTROLLER);
  return {
    epoch: controller?.epoch ?? Math.max(epochMin, ...leases.map(({ epoch }) => epoch)) + 1,
    changed: leases.filter((lease) => !held.leases.includes(lease)),
    controller: controller === undefined ? null : { holder: holderName(controller), until: controller.expiry },
    granted: own.map(({ lane, step_id, epoch, expiry, token_sha256 }) => ({
      lane,
      step_id,
      epoch,
      expiry,
      lease_token: tokens.get(token_sha256) ?? "",
    })),
  };
}

/** The step that the run is at; where a lane holds that, the run as a whole. */
function freeStep(leases: readonly LeaseRecord[], run: LockedRun, state: RunState): string {
  const step = currentStep(state);
  const isTaken = leases.some((lease) => lease.step_id === step && isHeld(lease, run.now));
  return step === null || isTaken ? run.workflow_id : step;
}

async function reportOf(sql: TenantQuery, run: LockedRun, epoch: number): Promise<{ readonly [member: string]: Json }> {
  const row = (await unreportedTakeovers(sql, run.run_id)).find((one) => one.epoch === epoch);
  if (row === undefined) return { epoch_after: epoch, detected_at: formatInstant(run.now), in_flight_effects: [] };
  const effects = await effectsInFlight(sql, run.run_id, epoch);
  return { ...latencies(row, row.detected_at), in_flight_effects: effects.map(inFlight) };
}
