import {
  accepted,
  assert,
  formatInstant,
  type Host,
  type Json,
  type Refusal,
  type Result,
  rejected,
  type Severity,
} from "../../contracts/index.ts";
import { AUDIT_STREAM, appendOutside } from "../../ledger/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import { noteReturn } from "./beats.ts";
import { handOverLocked, ROTATION } from "./hand-over.ts";
import {
  CONTROLLER,
  fingerprint,
  holderName,
  type LeaseRecord,
  TOKEN_BYTES,
  tokenHash,
  tokenOf,
} from "./lease-record.ts";
import { append } from "./locked-stream.ts";
import { holdRun, type LockedRun, leasesOf, lockDue, lockRun, releaseRun, writeLease } from "./queries.ts";
import { type Registered, register, release, touch, writer } from "./registry.ts";

/**
 * Leases that are held by token, for who advances a run outside a worker's loop. Each act is one transaction under the run's
 * lock, judged by the database's clock.
 *
 * L4  The controller's lease is the run's lease: it holds the due row, and its epoch fences the run's commits.
 * L5  What was refused because a lease is over, or its writer's epoch is, is recorded; nothing else of it is.
 */

export interface LeasePorts {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
}

/** Whom a lease is for. */
export interface LeaseRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly lane: string;
  readonly stepId: string;
  readonly threadId: string;
  readonly hostId: string;
  readonly pid: number;
  readonly ttlSeconds: number;
}

/** A lease that its owner holds by its token, which nobody can show it again. */
export interface GrantedLease {
  readonly lease: LeaseRecord;
  readonly token: string;
}

/** Gives a step of a run, or the run, to who asks. Refused: RUN_NOT_FOUND, RUN_CLOSED, E_LOCK_CONFLICT, REQUEST_INVALID. */
export const registerLease = (ports: LeasePorts, request: LeaseRequest): Promise<Result<GrantedLease>> =>
  inTenant(ports.database, request.tenantId, async (sql) => {
    const run = await lockRun(sql, request.runId);
    if (run === undefined) return rejected(noRun(request.runId));
    if (run.ended_at !== null)
      return rejected({ code: "RUN_CLOSED", message: `run \`${run.run_id}\` has ended ${run.status}` });
    const due = await lockDue(sql, run.run_id);
    assert(due !== undefined, "a run has its due row");
    const isController = request.lane === CONTROLLER || request.lane === "default";
    if (isController && due.worker_id !== null)
      return rejected({
        code: "E_LOCK_CONFLICT",
        message: `\`${due.worker_id}\` holds the run under epoch ${due.epoch}`,
      });
    const token = tokenOf(ports.host.random.bytes(TOKEN_BYTES));
    const before = await leasesOf(sql, run.run_id);
    const asked = { ...wireOf(request), token_sha256: tokenHash(token) };
    const registered = register(before, asked, { now: run.now, epochMin: Math.max(due.epoch, run.epoch) });
    await writeChanged(sql, before, registered.leases);
    if (!registered.result.ok) return registered.result;
    const lease = registered.result.value;
    if (isController)
      await holdRun(sql, run.run_id, { holder: holderName(lease), epoch: lease.epoch, until: lease.expiry }); // L4
    await record(sql, ports, { run, tenantId: request.tenantId, lease, what: REGISTERED });
    return accepted({ lease, token });
  });

/** What a holder shows: its token, for exactly the run and step that it was given for. */
export interface LeaseClaim {
  readonly tenantId: string;
  readonly runId: string;
  readonly stepId: string;
  readonly token: string;
}

/** A sign of life. Refused: E_LEASE_LOST, STATE_TRANSITION_ILLEGAL. */
export const heartbeatLease = (ports: LeasePorts, claim: LeaseClaim): Promise<Result<LeaseRecord>> =>
  held(ports, claim, (leases, presented, now) => touch(leases, presented, { now, ttlSeconds: null }));

/** A sign of life, and a longer lease. Refused: E_LEASE_LOST, STATE_TRANSITION_ILLEGAL. */
export const renewLease = (ports: LeasePorts, claim: LeaseClaim, ttlSeconds: number): Promise<Result<LeaseRecord>> =>
  held(ports, claim, (leases, presented, now) => touch(leases, presented, { now, ttlSeconds }));

/** Gives a lease up; a run is the workers' from then on. Refused: E_LEASE_LOST, STATE_TRANSITION_ILLEGAL. */
export const releaseLease = (ports: LeasePorts, claim: LeaseClaim): Promise<Result<LeaseRecord>> =>
  held(ports, claim, release);

/** Whether a holder may write under an epoch, in the transaction in which it writes. Refused: E_STALE_WRITER, which is recorded. */
export async function assertWriter(
  sql: TenantQuery,
  ports: Pick<LeasePorts, "host">,
  claim: Omit<LeaseClaim, "stepId"> & { readonly epoch: number },
): Promise<Result<LeaseRecord>> {
  const run = await lockRun(sql, claim.runId);
  if (run === undefined) return rejected(noRun(claim.runId));
  const allowed = writer(
    await leasesOf(sql, run.run_id),
    { token_sha256: tokenHash(claim.token), epoch: claim.epoch },
    run.now,
  );
  if (allowed.ok) return allowed;
  const payload = staleWrite(run.run_id, { offered: claim.epoch, current: run.epoch });
  await outside(sql, ports, {
    run,
    tenantId: claim.tenantId,
    type: STALE_WRITE,
    actor: "stale writer",
    payload,
    severity: "error",
  });
  return allowed;
}

/** Records that a worker tried to commit under an epoch that was over: nothing was written but this. */
export const noteStaleWrite = (
  {
    database,
    host,
    workerId,
  }: Pick<LeasePorts, "database"> & { readonly host: Pick<Host, "clock" | "ids">; readonly workerId: string },
  { tenantId, runId, epoch }: { readonly tenantId: string; readonly runId: string; readonly epoch: number },
): Promise<void> =>
  inTenant(database, tenantId, async (sql) => {
    const run = await lockRun(sql, runId);
    assert(run !== undefined, "what was driven exists");
    const payload = staleWrite(runId, { offered: epoch, current: run.epoch });
    await outside(sql, { host }, { run, tenantId, type: STALE_WRITE, actor: workerId, payload, severity: "error" });
  });

const STALE_WRITE = "lease.stale_write_rejected";

/** The record of a write that came under an epoch that was over. L5 */
const staleWrite = (runId: string, epochs: { readonly offered: number; readonly current: number }): Json => ({
  operation: "STALE_WRITE_REJECTED",
  run_id: runId,
  offered_epoch: epochs.offered,
  current_epoch: epochs.current,
});

/** A lease as it may be shown: its token only as a fingerprint. */
export const leaseView = ({ token_sha256, ...lease }: LeaseRecord) => ({
  ...lease,
  lease_token: fingerprint(token_sha256),
});

async function held(
  ports: LeasePorts,
  { tenantId, runId, stepId, token }: LeaseClaim,
  act: (
    leases: readonly LeaseRecord[],
    presented: { readonly token_sha256: string; readonly run_id: string; readonly step_id: string },
    now: LockedRun["now"],
  ) => Registered<LeaseRecord>,
): Promise<Result<LeaseRecord>> {
  return inTenant(ports.database, tenantId, async (sql) => {
    const run = await lockRun(sql, runId);
    if (run === undefined) return rejected({ code: "E_LEASE_LOST", message: "no such lease" });
    const before = await leasesOf(sql, runId);
    const presented = { token_sha256: tokenHash(token), run_id: runId, step_id: stepId };
    const { leases, result } = act(before, presented, run.now);
    await writeChanged(sql, before, leases);
    const lease = leases.find(({ token_sha256 }) => token_sha256 === presented.token_sha256);
    if (lease === undefined) return result;
    const was = before.find(({ token_sha256 }) => token_sha256 === presented.token_sha256);
    if (result.ok && was !== undefined)
      await noteReturn(sql, { host: ports.host, tenantId, by: lease.thread_id }, run, {
        before: was,
        lease: result.value,
      });
    if (result.ok) await follow(sql, ports, { run, tenantId, lease: result.value });
    else await record(sql, ports, { run, tenantId, lease, what: refusedAs(result.refusal) });
    return result;
  });
}

/** L4: the due row follows the controller's lease. */
async function follow(
  sql: TenantQuery,
  ports: LeasePorts,
  { run, tenantId, lease }: { readonly run: LockedRun; readonly tenantId: string; readonly lease: LeaseRecord },
): Promise<void> {
  const isController = lease.lane === CONTROLLER;
  if (lease.status === "RELEASED") {
    if (isController) await handOverLocked(sql, ports, run, { ...ROTATION, by: lease.thread_id });
    await record(sql, ports, { run, tenantId, lease, what: RELEASED });
    if (isController) await releaseRun(sql, run.run_id, lease.epoch);
  } else if (isController) {
    await holdRun(sql, run.run_id, { holder: holderName(lease), epoch: lease.epoch, until: lease.expiry });
  }
}

const wireOf = ({ lane, stepId, runId, threadId, hostId, pid, ttlSeconds }: LeaseRequest) => ({
  lane,
  step_id: stepId,
  run_id: runId,
  thread_id: threadId,
  host_id: hostId,
  pid,
  ttl_seconds: ttlSeconds,
});

async function writeChanged(sql: TenantQuery, before: readonly LeaseRecord[], after: readonly LeaseRecord[]) {
  for (const lease of after) if (!before.includes(lease)) await writeLease(sql, lease);
}

interface Happening {
  readonly type: string;
  readonly operation: string;
  readonly reason: string;
  readonly severity: Severity;
}

const REGISTERED: Happening = {
  type: "lease.registered",
  operation: "LEASE_REGISTERED",
  reason: "REGISTERED",
  severity: "info",
};
const RELEASED: Happening = {
  type: "lease.released",
  operation: "LEASE_RELEASED",
  reason: "RELEASED",
  severity: "info",
};

/** What the table of a lease does not have is recorded with the move that was asked for. */
const refusedAs = ({ code, details }: Refusal): Happening =>
  code === "STATE_TRANSITION_ILLEGAL"
    ? {
        type: "lease.transition_refused",
        operation: "LEASE_TRANSITION_REFUSED",
        reason: String(details?.reason_code),
        severity: "error",
      }
    : { type: "lease.expired", operation: "LEASE_EXPIRED", reason: code, severity: "warning" };

/** Into the run's stream by who holds the run; everybody else's acts stand beside it. */
async function record(
  sql: TenantQuery,
  ports: LeasePorts,
  happened: {
    readonly run: LockedRun;
    readonly tenantId: string;
    readonly lease: LeaseRecord;
    readonly what: Happening;
  },
): Promise<void> {
  const { run, tenantId, lease, what } = happened;
  const { type, operation, reason, severity } = what;
  const payload = {
    operation,
    reason_code: reason,
    lease_to: lease.status,
    lease_token: fingerprint(lease.token_sha256),
    lane: lease.lane,
    step_id: lease.step_id,
    thread_id: lease.thread_id,
    pid: lease.pid,
    epoch: lease.epoch,
    expiry: formatInstant(lease.expiry),
  };
  const isHolder = lease.lane === CONTROLLER && (what === REGISTERED || what === RELEASED);
  if (!isHolder) {
    const beside = { ...payload, run_id: run.run_id };
    return outside(sql, ports, { run, tenantId, type, actor: lease.thread_id, payload: beside, severity });
  }
  const at = ports.host.clock.now();
  const event = { type, at, step: lease.step_id, severity, payload };
  const appender = { host: ports.host, tenantId, epoch: Math.max(lease.epoch, run.epoch), actor: lease.thread_id };
  await append(sql, run, [{ event, dedupKey: null }], appender);
}

async function outside(
  sql: TenantQuery,
  { host }: { readonly host: Pick<Host, "clock" | "ids"> },
  said: {
    readonly run: LockedRun;
    readonly tenantId: string;
    readonly type: string;
    readonly actor: string;
    readonly payload: Json;
    readonly severity: Severity;
  },
): Promise<void> {
  const { run, ...rest } = said;
  await appendOutside(sql, host, {
    ...rest,
    stream: AUDIT_STREAM,
    correlation: run.correlation_id,
    channel: run.channel,
  });
}

const noRun = (runId: string): Refusal => ({ code: "RUN_NOT_FOUND", message: `there is no run \`${runId}\`` });
