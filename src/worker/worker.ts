import { after, assert, Fault, type Instant } from "../contracts/index.ts";
import { type Database, inTenant } from "../store/index.ts";
import { blockRun, isExcused, mustBlock } from "./block.ts";
import { handOver, ROTATION } from "./continuity/hand-over.ts";
import { noteStaleWrite } from "./continuity/leases.ts";
import { reportTakeovers } from "./continuity/report.ts";
import { LeaseWatch, WATCH_MS } from "./continuity/watch.ts";
import { type DriverOptions, driveRun } from "./driver.ts";
import { applyOpenChanges } from "./entities.ts";
import { missingTool } from "./equipment.ts";
import { Lease } from "./lease.ts";
import { analyzeHot, type ClaimedDue, excuseClaims, renewLeases } from "./queries.ts";
import { Roster, type Station } from "./roster/roster.ts";
import { BrokenRun, entriesAfter, openRead, type RunFile } from "./run-file.ts";
import { type RunReader, runReader } from "./run-reader.ts";
import type { Schedule, Scheduler } from "./scheduler.ts";

/** How a worker holds runs; data, so that another profile is another value. */
export interface LeaseProfile {
  /** Milliseconds a lease lasts without a beat. */
  readonly leaseMs: number;
  /** Milliseconds between beats; a third of the lease leaves room for two lost ones. */
  readonly beatMs: number;
  /** Claims of one run since it last came to rest, after which it is blocked instead of tried again; see `isExcused`. */
  readonly claimsMax: number;
  /** Runs driven at a time. */
  readonly runsMax: number;
  /** Milliseconds between looks for due runs when nobody nudges. */
  readonly pollMs: number;
  /** What becomes of a run whose holder is lost: it goes on under a fresh lease, or waits for a person. `recover` unless told. */
  readonly onLoss?: "recover" | "block";
}

export const WORKER_PROFILE: LeaseProfile = {
  leaseMs: 10_000,
  beatMs: 3_000,
  claimsMax: 20,
  runsMax: 64,
  pollMs: 200,
  onLoss: "recover",
};

/** How long a run is left to others by a worker that lacks one of its tools. */
const LEFT_FOR_MS = 2_000;

export interface WorkerOptions extends DriverOptions {
  readonly database: Database;
  readonly profile: LeaseProfile;
  readonly station: Station;
  /** Who says that a run is due. */
  readonly schedule: Schedule;
  /** Resolves once everything that can run now has run; a simulation passes its own. */
  readonly turn?: () => Promise<void>;
  /** What else is looked after while it works; nothing unless told. */
  readonly chores?: readonly Chore[];
  /** Told of what should not happen and does not end the worker: a run that could not be driven. */
  readonly onTrouble: (runId: string, error: unknown) => void;
}

/** Milliseconds that calls in flight get to land when the worker stops; then they are abandoned, and their leases expire. */
const STOP_GRACE_MS = 10_000;

/** Milliseconds between two looks into the roster: so long may a worker take to hear that it is to drain. */
const SHOW_MS = 2_000;

/** Something that any worker looks after beside its runs, every few seconds; of several workers each looks. */
export type Chore = () => Promise<void>;

interface Held {
  readonly lease: Lease;
  readonly done: Promise<void>;
}

/** Drives the runs that its scheduler hands over, until stopped. Any number of workers may run against one database. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #held = new Map<string, Held>();
  /** Claims to be taken off the count before another is made: so they are no more than runs were in hand. */
  #excused: readonly Lease[] = [];
  /** Stopping ends the claims at once; the beats go on until everything has landed. */
  readonly #stopping = new AbortController();
  readonly #stopped = new AbortController();
  readonly #scheduler: Scheduler;
  #claimed = 0;
  #analyzeAt = 32;
  #beats: Promise<void> | null = null;
  #shows: Promise<void> | null = null;
  /** Null where no chore is being done. */
  #chores: Promise<void> | null = null;
  #watches: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  readonly #over = new AbortController();
  readonly #roster: Roster;
  readonly #runs: RunReader;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#runs = runReader(options.database, options.turn);
    const room = () => options.profile.runsMax - this.#held.size;
    this.#scheduler = options.schedule({ room, take: (claim) => this.#take(claim) }, options);
    this.#roster = new Roster(options.database, options.workerId, options.station);
  }

  /** Names it in leases, events and the list of workers. */
  get id(): string {
    return this.#options.workerId;
  }

  /** Aborts once it has stopped, by whoever's word. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  start(): void {
    assert(this.#beats === null, "a worker is started once");
    this.#scheduler.start();
    this.#beats = this.#beating();
    this.#shows = this.#showing();
    this.#watches = this.#watching();
  }

  /** Something became due in this process: look now, not at the next poll. */
  nudge(): void {
    this.#scheduler.nudge();
  }

  /** Takes no more runs, lets the calls in flight land, and gives back every run, so that another worker may have it at once. */
  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    await this.#scheduler.stop();
    await this.#landed();
    this.#stopped.abort();
    await this.#beats;
    await this.#shows;
    await this.#chores;
    await this.#watches;
    await this.#options.committer.idle();
    await this.#scheduler.close();
    await this.#told(() => this.#roster.leave());
    this.#over.abort();
  }

  /** The roster serves people: a worker that cannot write into it works on. */
  async #told<T>(tell: () => Promise<T>): Promise<T | null> {
    try {
      return await tell();
    } catch (error) {
      this.#options.onTrouble("", error);
      return null;
    }
  }

  async #landed(): Promise<void> {
    const { clock } = this.#options.host;
    const held = [...this.#held.values()];
    const landed = new AbortController();
    const abandoned = clock.wake(after(clock.now(), STOP_GRACE_MS), landed.signal).then(() => {
      if (!landed.signal.aborted) for (const { lease } of held) lease.lose();
    });
    await Promise.all(held.map(({ done }) => done));
    landed.abort();
    await abandoned;
  }

  /** Number of runs in hand. */
  get busy(): number {
    return this.#held.size;
  }

  /** Drives what a claim took. */
  async #take(claim: () => Promise<readonly ClaimedDue[]>): Promise<readonly Promise<void>[]> {
    const { profile, host } = this.#options;
    try {
      const until = after(host.clock.now(), profile.leaseMs);
      await this.#excuse();
      const claimed = await claim();
      const drives = claimed.map((due) => this.#hold(due, until));
      await this.#analyze(claimed.length);
      return drives;
    } catch (error) {
      this.#options.onTrouble("", error);
      return [];
    }
  }

  async #excuse(): Promise<void> {
    const excused = this.#excused;
    if (excused.length === 0) return;
    this.#excused = [];
    try {
      await excuseClaims(this.#options.database.worker, excused);
    } catch (error) {
      this.#excused = [...excused, ...this.#excused];
      throw error;
    }
  }

  /** Statistics follow growth: after 32 claims, then each time there were four times as many. */
  async #analyze(claimed: number): Promise<void> {
    this.#claimed += claimed;
    if (this.#claimed < this.#analyzeAt) return;
    this.#analyzeAt = this.#claimed * 4;
    await analyzeHot(this.#options.database.owner);
  }

  #hold(due: ClaimedDue, until: Instant): Promise<void> {
    const { tenant_id: tenantId, id: runId, epoch } = due;
    const key = `${tenantId}/${runId}`;
    // A worker that was paused may claim what it holds itself: the older lease is over.
    this.#held.get(key)?.lease.lose();
    const lease = new Lease(this.#options.host.clock, { tenantId, runId, epoch, until });
    const done = this.#drive(lease, due).finally(() => {
      if (this.#held.get(key)?.lease === lease) this.#held.delete(key);
    });
    this.#held.set(key, { lease, done });
    return done;
  }

  /** A run that cannot be driven keeps its lease until it expires; it is tried again then, and blocked in the end. */
  async #drive(lease: Lease, { claims, previous_worker: previous }: ClaimedDue): Promise<void> {
    const { control: room, onTrouble, profile } = this.#options;
    const { tenantId, runId } = lease;
    const openedAt = this.#options.host.clock.now();
    try {
      const begun = await this.#open(lease, claims);
      if (begun === null) return; // left to a person
      const { opened, revision } = begun;
      const found = previous === null ? { file: opened, isBlocked: false } : await this.#report(opened, lease);
      if (found === null || found.isBlocked) return; // taken over by somebody since, or left to a person
      const { file } = found;
      if (mustBlock(file, claims, profile.claimsMax))
        return await blockRun(this.#options, file, { lease, payload: { code: "RUN_BLOCKED", claims } });
      // Who gives a run back leaves no change open: only a dead holder does, or one that had it blocked for what it could not do.
      if (previous !== null || file.row.status === "BLOCKED") await applyOpenChanges(this.#options, file.state);
      const control = await room.at(tenantId, revision, openedAt);
      const pack = await room.pack(tenantId, file.row.pack_digest);
      const workflow = pack.workflows[file.row.workflow_id];
      assert(workflow !== undefined, "a run's pack has its workflow");
      const missing = missingTool(this.#options.registry, pack, workflow);
      if (missing !== null) return await this.#leave({ lease, file, missing });
      const stopping = this.#stopping.signal;
      const end = await driveRun(this.#options, { file, lease, pack, workflow, control, stopping });
      if (end === "lost" || end === "fenced") this.#failedBy(lease, lease.unheard);
      if (end === "fenced") await noteStaleWrite(this.#options, lease);
      if (end === "given_back") await this.#handOver(lease);
    } catch (error) {
      this.#failedBy(lease, error);
      onTrouble(runId, error);
    }
  }

  /** Notes what a drive came to nothing of. */
  #failedBy(lease: Lease, error: unknown): void {
    if (isExcused(lease, error)) this.#excused = [...this.#excused, lease];
  }

  /** Opens a run; null where what is recorded of it is broken, and it was left to a person. */
  async #open(lease: Lease, claims: number): Promise<{ readonly opened: RunFile; readonly revision: number } | null> {
    const { database, onTrouble } = this.#options;
    const { tenantId, runId } = lease;
    try {
      const { run, revision } = await this.#runs.read({ tenantId, runId });
      assert(run !== undefined, "what is due exists");
      const restOf = (afterSeq: number) => inTenant(database, tenantId, (sql) => entriesAfter(sql, runId, afterSeq));
      const opened = await openRead(run, restOf);
      if (opened.isSnapshotAltered) onTrouble(runId, snapshotAltered(runId));
      return { opened, revision };
    } catch (error) {
      if (!(error instanceof BrokenRun)) throw error;
      const { seq, rule } = error.broken;
      await blockRun(this.#options, error.file, { lease, payload: { code: error.why, claims, seq, rule } });
      return null;
    }
  }

  #report(file: RunFile, lease: Lease) {
    return reportTakeovers(this.#options, { file, lease, blocks: this.#options.profile.onLoss === "block" });
  }

  /** What the next holder of a run finds of this one, beside the record. */
  async #handOver({ tenantId, runId }: Lease): Promise<void> {
    const { workerId: by } = this.#options;
    await handOver(this.#options, { ...ROTATION, tenantId, runId, by });
  }

  /** Leaves a run to a worker that has its tools: it is due again a little later, and nothing of it has changed. */
  async #leave({ lease, file, missing }: { readonly lease: Lease; readonly file: RunFile; readonly missing: string }) {
    const { committer, onTrouble } = this.#options;
    const { row, state, folded } = file;
    await committer.commit({
      tenantId: lease.tenantId,
      runId: lease.runId,
      epoch: lease.epoch,
      version: row.version,
      status: row.status,
      outcome: null,
      code: row.code,
      events: [],
      snapshot: null,
      documentSha256: null,
      costMicros: 0,
      release: true,
      dueInMs: LEFT_FOR_MS,
      folded,
      extras: null,
    });
    const message = `run \`${state.run_id}\` needs tool \`${missing}\` as its pack has it, which this worker does not have`;
    onTrouble(lease.runId, new Fault("TOOL_NOT_FOUND", message, { retry: "never" }));
  }

  async #beating(): Promise<void> {
    const { profile, host } = this.#options;
    for (let at = host.clock.now(); !this.#stopped.signal.aborted; ) {
      at = after(at, profile.beatMs);
      await host.clock.wake(at, this.#stopped.signal);
      await this.#beat();
    }
  }

  /** Shows itself in the roster, and drains if somebody asks it there. Apart from the beats: no lease waits for it. */
  async #showing(): Promise<void> {
    const { clock } = this.#options.host;
    while (!this.#stopped.signal.aborted) {
      if (await this.#told(() => this.#roster.beat())) void this.stop();
      this.#chores ??= this.#doChores().finally(() => {
        this.#chores = null;
      });
      await clock.wake(after(clock.now(), SHOW_MS), this.#stopped.signal);
    }
  }

  /** One after another; the next round begins when they are done, and no sign of life waits for them. */
  async #doChores(): Promise<void> {
    for (const chore of this.#options.chores ?? []) await this.#told(chore);
  }

  /** Looks after what others hold by token. No lease of this worker waits for it. */
  async #watching(): Promise<void> {
    const { host, onTrouble } = this.#options;
    const watch = new LeaseWatch(this.#options);
    while (!this.#stopped.signal.aborted) {
      try {
        await watch.look();
      } catch (error) {
        onTrouble("", error);
      }
      await host.clock.wake(after(host.clock.now(), WATCH_MS), this.#stopped.signal);
    }
  }

  async #beat(): Promise<void> {
    const { database, workerId, profile, onTrouble, host } = this.#options;
    const held = [...this.#held.values()].map(({ lease }) => lease);
    if (held.length === 0) return;
    try {
      const until = after(host.clock.now(), profile.leaseMs);
      const kept = await renewLeases(database.worker, workerId, held, profile.leaseMs);
      const told = new Map(kept.map(({ tenant_id, id, signals }) => [`${tenant_id}/${id}`, signals]));
      // A run that was given back meanwhile is not lost: it is not held any more.
      for (const lease of held) {
        const signals = told.get(`${lease.tenantId}/${lease.runId}`);
        if (signals === undefined) lease.lose();
        else lease.renew(until, signals);
      }
    } catch (error) {
      for (const lease of held) lease.unheard = error;
      onTrouble("", error);
    }
  }
}

const snapshotAltered = (runId: string): Fault =>
  new Fault("SNAPSHOT_ALTERED", `the snapshot of run \`${runId}\` is not what was written`, { retry: "never" });
