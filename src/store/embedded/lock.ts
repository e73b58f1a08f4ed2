/**
 * An exclusive lock between processes, which survives the crash of its holder.
 *
 * L1 The lock is a symbolic link whose target names its holder (`identify`): made in one step, never half-written.
 * L2 A link of a living process is removed by that process only.
 * L3 A dead holder's link is removed only under the lock `<path>.stale`, after reading it again. So of two processes
 *    that saw the same dead holder, the slower one cannot remove the lock that the quicker one has taken since.
 */
import { readlink, symlink, unlink } from "node:fs/promises";
import { type Clock, Fault } from "../../contracts/index.ts";
import { isErrno } from "./errno.ts";
import { poll } from "./poll.ts";
import { isAlive } from "./process.ts";

/** Longer than an initialisation or a long recovery of another process: after that it is stuck. */
const LOCK_WAIT_MS_MAX = 180_000;

export interface Lock {
  readonly path: string;
  /** This process, as `identify` names it. */
  readonly owner: string;
  readonly clock: Clock;
}

/** Does `work` while holding the lock. Throws `EMBEDDED_UNAVAILABLE` when a living process keeps it for too long. */
export async function withLock<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  const taken = await poll(lock.clock, LOCK_WAIT_MS_MAX, () => take(lock));
  if (taken === undefined) {
    throw new Fault("EMBEDDED_UNAVAILABLE", `another process has held \`${lock.path}\` for too long`, { retry: "now" });
  }
  try {
    return await work();
  } finally {
    await unlink(lock.path); // L2
  }
}

async function take(lock: Lock): Promise<true | undefined> {
  try {
    await symlink(lock.owner, lock.path); // L1
    return true;
  } catch (cause) {
    if (!isErrno(cause, "EEXIST")) throw cause;
  }
  const holder = await holderOf(lock.path);
  if (holder !== undefined && !(await isAlive(holder))) await removeStale(lock, holder);
  return undefined;
}

function removeStale(lock: Lock, deadHolder: string): Promise<void> {
  return withLock({ ...lock, path: `${lock.path}.stale` }, async () => {
    if ((await holderOf(lock.path)) === deadHolder) await unlink(lock.path); // L3
  });
}

async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return undefined; // released in between
    throw cause;
  }
}
