import { after, assert, type Instant } from "../contracts/index.ts";
import { findTenant } from "../guard/index.ts";
import { type Database, inTenant } from "../store/index.ts";
import { type DriverOptions, driveRun } from "./driver.ts";
import { type ClaimedDue, claimDue, renewLeases } from "./queries.ts";
import { openRun } from "./run-file.ts";

/** How a worker holds runs; data, so that another profile is another value. */
export interface LeaseProfile {
  /** Milliseconds a lease lasts without a beat. */
  readonly leaseMs: number;
  /** Milliseconds between beats; a third of the lease leaves room for two lost ones. */
  readonly beatMs: number;
  /** Claims of one run without a commit in between, after which it is blocked instead of tried again. */
  readonly claimsMax: number;
  /** Runs driven at a time. */
  readonly runsMax: number;
  /** Milliseconds between looks for due runs when nobody nudges. */
  readonly pollMs: number;
}

export const WORKER_PROFILE: LeaseProfile = { leaseMs: 10_000, beatMs: 3_000, claimsMax: 20, runsMax: 64, pollMs: 200 };

export interface WorkerOptions extends DriverOptions {
  readonly database: Database;
  readonly profile: LeaseProfile;
  /** Told of what should not happen and does not end the worker: a run that could not be driven. */
  readonly onTrouble: (runId: string, error: unknown) => void;
}

interface Held {
  readonly tenantId: string;
  readonly runId: string;
  readonly epoch: number;
  readonly lost: AbortController;
  readonly done: Promise<void>;
}

/** Claims due runs and drives them until stopped. Any number of workers may run against one database. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #held = new Map<string, Held>();
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #loops: Promise<unknown> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    assert(this.#loops === null, "a worker is started once");
    this.#loops = Promise.all([this.#claiming(), this.#beating()]);
  }

  /** Something became due in this process: look now, not at the next poll. */
  nudge(): void {
    this.#wake.abort();
  }

  /** Takes no more runs, lets those it holds come to a commit, and gives back the rest. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.nudge();
    for (const { lost } of this.#held.values()) lost.abort();
    await this.#loops;
    await Promise.all([...this.#held.values()].map(({ done }) => done));
    await this.#options.committer.idle();
  }

  /** Number of runs in hand. */
  get busy(): number {
    return this.#held.size;
  }

  async #claiming(): Promise<void> {
    const { profile } = this.#options;
    while (!this.#stopped.signal.aborted) {
      const room = profile.runsMax - this.#held.size;
      const claimed = room > 0 ? await this.#claim(room) : [];
      for (const due of claimed) this.#hold(due);
      if (claimed.length === 0 || claimed.length < room) await this.#sleep(profile.pollMs);
    }
  }

  async #claim(limit: number): Promise<readonly ClaimedDue[]> {
    const { database, workerId, profile } = this.#options;
    try {
      return await claimDue(database.worker, workerId, limit, profile.leaseMs);
    } catch (error) {
      this.#options.onTrouble("", error);
      return [];
    }
  }

  #hold(due: ClaimedDue): void {
    const lost = new AbortController();
    const key = `${due.tenant_id}/${due.id}`;
    const done = this.#drive(due, lost.signal).finally(() => {
      this.#held.delete(key);
      this.nudge();
    });
    this.#held.set(key, { tenantId: due.tenant_id, runId: due.id, epoch: due.epoch, lost, done });
  }

  /** A run that cannot be driven keeps its lease until it expires; it is tried again then, and blocked in the end. */
  async #drive(due: ClaimedDue, lost: AbortSignal): Promise<void> {
    const { database, control: room, onTrouble } = this.#options;
    try {
      const { file, revision } = await inTenant(database, due.tenant_id, async (sql) => ({
        file: await openRun(sql, due.id),
        revision: (await findTenant(sql))?.control_revision ?? 0,
      }));
      assert(file !== undefined, "what is due exists");
      const control = await room.at(due.tenant_id, revision);
      const pack = await room.pack(due.tenant_id, file.row.pack_digest);
      const workflow = pack.workflows[file.row.workflow_id];
      assert(workflow !== undefined, "a run's pack has its workflow");
      await driveRun(this.#options, { file, tenantId: due.tenant_id, epoch: due.epoch, pack, workflow, control, lost });
    } catch (error) {
      onTrouble(due.id, error);
    }
  }

  async #beating(): Promise<void> {
    const { profile, host } = this.#options;
    for (let at = host.clock.now(); !this.#stopped.signal.aborted; ) {
      at = after(at, profile.beatMs);
      await host.clock.wake(at, this.#stopped.signal);
      await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    const { database, workerId, profile, onTrouble } = this.#options;
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    try {
      const kept = await renewLeases(database.worker, workerId, held, profile.leaseMs);
      const keys = new Set(kept.map(({ tenant_id, id }) => `${tenant_id}/${id}`));
      // A run that was given back meanwhile is not lost: it is not held any more.
      for (const { tenantId, runId, lost } of held) if (!keys.has(`${tenantId}/${runId}`)) lost.abort();
    } catch (error) {
      onTrouble("", error);
    }
  }

  async #sleep(ms: number): Promise<void> {
    const { clock } = this.#options.host;
    const until: Instant = after(clock.now(), ms);
    await clock.wake(until, AbortSignal.any([this.#wake.signal, this.#stopped.signal]));
    this.#wake = new AbortController();
  }
}
