import { accepted, after, assert, type Instant, type Result, rejected } from "../../contracts/index.ts";
import {
  CONTROLLER,
  fingerprint,
  isExpired,
  isHeld,
  type LeaseAct,
  type LeaseRecord,
  nextStatus,
} from "./lease-record.ts";

/**
 * What may be done with the leases of one run; its caller holds the run's lock and writes what changed.
 *
 * L1  A step, and the run's controller lane, have one lease that is active.
 * L2  Epochs of a run rise strictly, whoever gets them.
 * L3  Only an active lease changes, and nothing brings one back.
 */

/** The leases after an act, and what came of it. Touching one that has run out expires it, though the act is refused. */
export interface Registered<T> {
  readonly leases: readonly LeaseRecord[];
  readonly result: Result<T>;
}

export interface Registration {
  readonly lane: string;
  readonly step_id: string;
  readonly run_id: string;
  readonly thread_id: string;
  readonly host_id: string;
  readonly pid: number;
  readonly ttl_seconds: number;
  readonly token_sha256: string;
}

/** What names a lease: its token, for exactly the run and step that it was given for. */
export interface Presented {
  readonly token_sha256: string;
  readonly run_id: string;
  readonly step_id: string;
}

/** Gives a step to whoever asks first. Refused: E_LOCK_CONFLICT, REQUEST_INVALID. `epochMin` is the newest that the run has had. */
export function register(
  leases: readonly LeaseRecord[],
  asked: Registration,
  { now, epochMin }: { readonly now: Instant; readonly epochMin: number },
): Registered<LeaseRecord> {
  const wrong = malformed(asked);
  if (wrong !== null) return { leases, result: rejected({ code: "REQUEST_INVALID", message: wrong }) };
  const lane = asked.lane === "default" ? CONTROLLER : asked.lane;
  const rivals = leases.filter(
    (lease) =>
      lease.status === "ACTIVE" && (lease.step_id === asked.step_id || (lane === CONTROLLER && lease.lane === lane)),
  );
  const holder = rivals.find((lease) => isHeld(lease, now));
  if (holder !== undefined) {
    const message = `\`${holder.thread_id}\` holds step \`${holder.step_id}\` under epoch ${holder.epoch}`;
    return { leases, result: rejected({ code: "E_LOCK_CONFLICT", message }) }; // L1
  }
  const epoch = Math.max(epochMin, ...leases.map((lease) => lease.epoch)) + 1; // L2
  const lease = granted({ ...asked, lane }, { epoch, now, predecessor_token_fp: null });
  const closed = leases.map((other) => (rivals.includes(other) ? changed(other, "expire", now) : other));
  return { leases: [...closed, lease], result: accepted(lease) };
}

/** A sign of life, which leaves the expiry as it is; with a time to live also a longer lease. Refused: E_LEASE_LOST, STATE_TRANSITION_ILLEGAL. */
export const touch = (
  leases: readonly LeaseRecord[],
  presented: Presented,
  { now, ttlSeconds }: { readonly now: Instant; readonly ttlSeconds: number | null },
): Registered<LeaseRecord> =>
  act(leases, presented, {
    now,
    act: ttlSeconds === null ? "heartbeat" : "renew",
    change: (lease) => ({
      last_heartbeat_at: now,
      ...(ttlSeconds === null ? {} : { ttl_seconds: ttlSeconds, expiry: after(now, ttlSeconds * 1_000) }),
      epoch: lease.epoch,
    }),
  });

/** Gives a lease up. Refused: E_LEASE_LOST, STATE_TRANSITION_ILLEGAL. */
export const release = (leases: readonly LeaseRecord[], presented: Presented, now: Instant): Registered<LeaseRecord> =>
  act(leases, presented, { now, act: "release", change: () => ({}) });

/** The lease that may write under an epoch. Refused: E_STALE_WRITER. */
export function writer(
  leases: readonly LeaseRecord[],
  { token_sha256, epoch }: { readonly token_sha256: string; readonly epoch: number },
  now: Instant,
): Result<LeaseRecord> {
  const lease = leases.find((one) => one.token_sha256 === token_sha256 && one.epoch === epoch);
  if (lease !== undefined && isHeld(lease, now)) return accepted(lease);
  return rejected({ code: "E_STALE_WRITER", message: `epoch ${epoch} may not write any more` });
}

/** Closes what has run out. */
export const sweep = (leases: readonly LeaseRecord[], now: Instant): readonly LeaseRecord[] =>
  leases.map((lease) => (lease.status === "ACTIVE" && isExpired(lease, now) ? changed(lease, "expire", now) : lease));

/** Who takes a run over. */
export interface Successor {
  readonly thread_id: string;
  readonly host_id: string;
  readonly pid: number;
  readonly ttl_seconds: number;
  /** A new token for each lease that is adopted. */
  readonly token_sha256: (adopted: LeaseRecord) => string;
}

export interface Succession {
  readonly leases: readonly LeaseRecord[];
  readonly adopted: readonly LeaseRecord[];
  /** What had run out. */
  readonly failed: readonly LeaseRecord[];
}

/** Closes every active lease of a run: what still holds goes to the successor, what has run out is lost. */
export function succeed(
  leases: readonly LeaseRecord[],
  successor: Successor,
  { now, epochMin }: { readonly now: Instant; readonly epochMin: number },
): Succession {
  const active = leases.filter(({ status }) => status === "ACTIVE");
  const held = active.filter((lease) => isHeld(lease, now)).toSorted(controllerLast);
  const newest = Math.max(epochMin, ...leases.map(({ epoch }) => epoch));
  const adopted = held.map((lease, index) =>
    granted(
      { ...lease, ...successor, token_sha256: successor.token_sha256(lease) },
      { epoch: newest + index + 1, now, predecessor_token_fp: fingerprint(lease.token_sha256) }, // L2
    ),
  );
  const closed = leases.map((lease) => {
    if (!active.includes(lease)) return lease;
    return changed(lease, held.includes(lease) ? "adopt" : "expire", now);
  });
  return { leases: [...closed, ...adopted], adopted, failed: active.filter((lease) => !held.includes(lease)) };
}

/** The run's own epoch is its newest: no lane of it is adopted under a later one. */
const controllerLast = (one: LeaseRecord, other: LeaseRecord): number =>
  Number(one.lane === CONTROLLER) - Number(other.lane === CONTROLLER);

/** The leases that a takeover ends: what still holds was taken over, what has run out has expired. */
export const close = (leases: readonly LeaseRecord[], now: Instant): readonly LeaseRecord[] =>
  leases
    .filter(({ status }) => status === "ACTIVE")
    .map((lease) => changed(lease, isHeld(lease, now) ? "adopt" : "expire", now));

function act(
  leases: readonly LeaseRecord[],
  { token_sha256, run_id, step_id }: Presented,
  asked: { readonly now: Instant; readonly act: LeaseAct; change(lease: LeaseRecord): Partial<LeaseRecord> },
): Registered<LeaseRecord> {
  const lease = leases.find(
    (one) => one.token_sha256 === token_sha256 && one.run_id === run_id && one.step_id === step_id,
  );
  // Which part differs is not told: a token proves nothing about another step.
  if (lease === undefined) return { leases, result: rejected({ code: "E_LEASE_LOST", message: "no such lease" }) };
  const next = nextStatus(lease.status, asked.act);
  if (!next.ok) return { leases, result: next }; // L3
  const { now } = asked;
  const swap = (by: LeaseRecord) => leases.map((one) => (one === lease ? by : one));
  if (isExpired(lease, now)) {
    const message = `the lease on step \`${step_id}\` has run out`;
    return { leases: swap(changed(lease, "expire", now)), result: rejected({ code: "E_LEASE_LOST", message }) };
  }
  const moved = { ...lease, ...asked.change(lease), status: next.value, updated_at: now };
  return { leases: swap(moved), result: accepted(moved) };
}

function changed(lease: LeaseRecord, by: LeaseAct, now: Instant): LeaseRecord {
  const next = nextStatus(lease.status, by);
  assert(next.ok, "only an active lease changes"); // L3
  return { ...lease, status: next.value, updated_at: now };
}

const granted = (
  asked: Registration,
  { epoch, now, predecessor_token_fp }: Pick<LeaseRecord, "epoch" | "predecessor_token_fp"> & { readonly now: Instant },
): LeaseRecord => ({
  lane: asked.lane,
  step_id: asked.step_id,
  run_id: asked.run_id,
  thread_id: asked.thread_id,
  host_id: asked.host_id,
  pid: asked.pid,
  token_sha256: asked.token_sha256,
  predecessor_token_fp,
  epoch,
  ttl_seconds: asked.ttl_seconds,
  status: "ACTIVE",
  expiry: after(now, asked.ttl_seconds * 1_000),
  last_heartbeat_at: now,
  created_at: now,
  updated_at: now,
});

function malformed({ lane, step_id, run_id, thread_id, pid, ttl_seconds }: Registration): string | null {
  if ([lane, step_id, run_id, thread_id].includes("")) return "lane, step, run and thread are not empty";
  if (!Number.isSafeInteger(pid) || pid < 1) return "a process id is an integer of one or more";
  if (!Number.isSafeInteger(ttl_seconds) || ttl_seconds < 1) return "a time to live is whole seconds of one or more";
  return null;
}
