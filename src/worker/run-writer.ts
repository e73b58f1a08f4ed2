import type { Instant, Json, ProposedEvent } from "../contracts/index.ts";
import type { CallNote } from "../guard/index.ts";
import { type SealedEvent, type StreamHead, sealEvent } from "../ledger/index.ts";
import { type PlannedCall, type RunEvent, type RunState, snapshotText } from "../run/index.ts";
import type { CommitExtras, CommitResult, Intent } from "./commit.ts";
import type { Committer } from "./committer.ts";
import type { ControlRoom, HeardControl, TenantControl } from "./control.ts";
import type { DeskOptions } from "./desk.ts";
import { applyOpenChanges, entityRows, type StepChanges } from "./entities.ts";
import type { Lease } from "./lease.ts";
import { joinExtras, NOTHING } from "./rows.ts";
import type { RunFile } from "./run-file.ts";

/**
 * What a run has to record, until it is recorded: one writer for each drive, so the chain has one end.
 *
 * W1  What is handed over is written in the order in which it came, all of it or nothing.
 * W2  Once a commit is fenced or fails, nothing more is written.
 * W3  The run runs ahead of its commits by events alone, by few, and on facts that are fresh. What carries a row, an intent or
 *     the end of the lease is waited for, together with everything before it.
 */

export interface WriterOptions extends Pick<DeskOptions, "database" | "host"> {
  readonly committer: Pick<Committer, "commit">;
  readonly control: Pick<ControlRoom, "at" | "heard">;
  readonly workerId: string;
  /** Told once the outcome of a call is durable. */
  readonly onOutcome: (planned: PlannedCall) => void;
  /** Told when a commit that nobody waits for is fenced, or fails: the next one would say so too, but it may be far. */
  readonly onBroken: (failure: Failure | null) => void;
}

export interface Asked {
  readonly intent: Intent | null;
  readonly release: boolean;
  readonly dueAt: Instant | null;
}

interface Written extends Omit<Asked, "intent"> {
  readonly noted: Noted;
  readonly extras: CommitExtras;
}

export interface Failure {
  readonly error: unknown;
}

/** What is written: what moved the run, and what a call did that somebody must hear of. */
type Entry = RunEvent | (CallNote & { readonly at: Instant });

/** Events, and what they cost; the last call that landed among them. */
interface Noted {
  readonly events: readonly Entry[];
  readonly costMicros: number;
  readonly landed: PlannedCall | null;
}

/** What a writer goes on from. */
interface WrittenFile extends Pick<RunFile, "head" | "folded"> {
  readonly row: Pick<RunFile["row"], "snapshot_seq" | "version">;
}

const NOTHING_NOTED: Noted = { events: [], costMicros: 0, landed: null };

/**
 * Events since the last snapshot that make a new one worth its while. Taken at every rest, a snapshot of 15 KB was a fifth of
 * what the database spent on a run of forty steps; folding a hundred events takes a millisecond.
 */
const SNAPSHOT_EVENTS_MIN = 100;

/**
 * Events that may wait behind a commit that is on its way. So many READ calls a crash repeats at most, twice over; and so long
 * a run of them keeps the process from the others.
 */
const AHEAD_EVENTS_MAX = 16;

/**
 * How old the tenant's facts (revocations, mode, credentials) may be while a run runs ahead: so much later than they change do
 * they hold for its READ calls. Every commit tells the newest to all runs of its tenant in this process, and a call that writes
 * claims them. With 64 runs a commit takes about 20 ms: with that as the limit each of them held two events, now nine.
 */
const FACTS_FRESH_MS = 50;

/** Keeps the lease and makes no claim. */
export const JUST_RECORD: Asked = { intent: null, release: false, dueAt: null };

export class RunWriter {
  readonly #options: WriterOptions;
  readonly #lease: Lease;
  /** The tenant's facts when the run was opened. */
  readonly #openedWith: TenantControl;
  #head: StreamHead;
  #snapshotSeq: number;
  #version: number;
  #folded: number;
  #events: Entry[] = [];
  #extras: CommitExtras = NOTHING;
  #changes: StepChanges[] = [];
  #costMicros = 0;
  #landed: PlannedCall | null = null;
  /** What is to be written next without anybody waiting, and the run as of then. */
  #behind: { readonly noted: Noted; readonly state: RunState } | null = null;
  #trail: Promise<void> | null = null;
  /** The write of the trail that is on its way. */
  #writing: Promise<unknown> | null = null;
  #isFenced = false;
  #failure: Failure | null = null;

  constructor(
    options: WriterOptions,
    held: { readonly lease: Lease; readonly file: WrittenFile; readonly control: TenantControl },
  ) {
    this.#options = options;
    this.#lease = held.lease;
    this.#openedWith = held.control;
    this.#head = held.file.head;
    this.#snapshotSeq = held.file.row.snapshot_seq;
    this.#version = held.file.row.version;
    this.#folded = held.file.folded;
  }

  /** The tenant's facts as of the newest commit of any of its runs here. */
  get control(): TenantControl {
    return this.#heard?.control ?? this.#openedWith;
  }

  get #heard(): HeardControl | undefined {
    return this.#options.control.heard(this.#lease.tenantId);
  }

  get isFenced(): boolean {
    return this.#isFenced;
  }

  /** Inbox entries folded so far. */
  get folded(): number {
    return this.#folded;
  }

  /** Whether an attempt has ended whose record is not written yet. */
  get hasSettled(): boolean {
    return this.#extras.settle !== undefined;
  }

  add(events: readonly Entry[], extras: CommitExtras = NOTHING): void {
    this.#events.push(...events);
    this.#extras = joinExtras(this.#extras, extras);
  }

  /** What a call changed and cost; the next commit carries its outcome. */
  addOutcome(
    planned: PlannedCall,
    outcome: { readonly changes: StepChanges["changes"]; readonly costMicros: number },
  ): void {
    if (outcome.changes.length > 0) this.#changes.push({ stepId: planned.step, changes: outcome.changes });
    this.#costMicros += outcome.costMicros;
    this.#landed = planned;
  }

  addFolded(inboxIds: readonly string[]): void {
    this.#folded += inboxIds.length;
    this.add([], { folded: inboxIds });
  }

  /** Writes what was added if any event is among it; the rest rides with the next commit. */
  async commitEvents(state: RunState): Promise<void> {
    if (this.#events.length > 0) await this.commit(state, JUST_RECORD);
  }

  /** Has what was added written while the run goes on; what is more than events, or too many, is to be waited for. W3 */
  commitBehind(state: RunState): Promise<unknown> | null {
    if (!this.#mayRunAhead()) return this.commit(state, JUST_RECORD);
    if (this.#failure !== null) throw this.#failure.error; // W2
    if (this.#events.length === 0 || this.#isFenced) return null;
    this.#behind = { noted: this.#takeNoted(), state };
    this.#trail ??= this.#writeTrail();
    return this.#ahead >= AHEAD_EVENTS_MAX ? this.#writing : null;
  }

  #mayRunAhead(): boolean {
    const isEventsAlone = this.#extras === NOTHING && this.#changes.length === 0;
    const asOf = this.#heard?.asOf;
    return isEventsAlone && asOf !== undefined && this.#options.host.clock.now() - asOf <= FACTS_FRESH_MS;
  }

  get #ahead(): number {
    return this.#behind?.noted.events.length ?? 0;
  }

  /** Writes everything added since. Null: there was nothing to commit. */
  async commit(state: RunState, asked: Asked): Promise<CommitResult | null> {
    const { release, dueAt } = asked;
    const changes = this.#changes;
    const entities = changes.length === 0 ? [] : await entityRows(this.#options.database, runOf(state), changes);
    const extras = this.#takeExtras(entities, asked.intent);
    const noted = await this.#takeBehind();
    if (noted === null) return { kind: "fenced" };
    if (noted.events.length === 0 && extras === NOTHING && !release) return null;
    // What moved an entity meanwhile is found by the commit; so while changes may be open, the lease is kept.
    const result = await this.#write(state, { noted, extras, release: release && changes.length === 0, dueAt });
    if (changes.length === 0 || result.kind === "fenced") return result;
    if (result.conflict !== null) await applyOpenChanges(this.#options, state);
    return release ? this.#write(state, { noted: NOTHING_NOTED, extras: {}, release, dueAt }) : result;
  }

  /** Resolves once nothing of this run is on its way any more. */
  async settled(): Promise<void> {
    await this.#trail;
  }

  async #writeTrail(): Promise<void> {
    try {
      while (this.#behind !== null && !this.#isFenced) {
        const { noted, state } = this.#behind;
        this.#behind = null;
        this.#writing = this.#write(state, { noted, extras: NOTHING, release: false, dueAt: null });
        await this.#writing;
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#trail = null;
    if (this.#isFenced || this.#failure !== null) this.#options.onBroken(this.#failure);
  }

  /** Everything that is still to be written, once what is on its way has arrived. Null: it was fenced. */
  async #takeBehind(): Promise<Noted | null> {
    const noted = this.#takeNoted();
    this.#behind = null;
    await this.#trail;
    if (this.#failure !== null) throw this.#failure.error; // W2
    return this.#isFenced ? null : noted;
  }

  /** What was noted and is not on its way yet, in order. */
  #takeNoted(): Noted {
    const before = this.#behind?.noted ?? NOTHING_NOTED;
    const noted = {
      events: before.events.length === 0 ? this.#events : [...before.events, ...this.#events],
      costMicros: before.costMicros + this.#costMicros,
      landed: this.#landed ?? before.landed,
    };
    this.#events = [];
    this.#costMicros = 0;
    this.#landed = null;
    return noted;
  }

  async #write(state: RunState, { noted, extras, release, dueAt }: Written): Promise<CommitResult> {
    const now = this.#options.host.clock.now();
    const result = await this.#options.committer.commit({
      tenantId: state.tenant_id,
      runId: state.run_id,
      epoch: this.#lease.epoch,
      version: this.#version,
      status: state.status,
      outcome: state.outcome,
      code: state.code,
      events: this.#seal(state, noted.events),
      snapshot: release ? this.#snapshot(state) : null,
      documentSha256: documentDigest(noted.events),
      costMicros: noted.costMicros,
      release,
      dueInMs: dueAt === null ? null : Math.max(0, dueAt - now),
      folded: this.#folded,
      extras,
    });
    if (this.#took(result)) await this.#options.control.at(state.tenant_id, result.controlRevision, now);
    if (noted.landed !== null && result.kind === "committed") this.#options.onOutcome(noted.landed);
    return result;
  }

  /** A snapshot saves folding what came before it, so one is taken only where that is much. */
  #snapshot(state: RunState): string | null {
    if (this.#head.seq - this.#snapshotSeq < SNAPSHOT_EVENTS_MIN) return null;
    this.#snapshotSeq = this.#head.seq;
    return snapshotText(state);
  }

  /** Notes what became of a commit; false where it was fenced. */
  #took(result: CommitResult): result is Extract<CommitResult, { kind: "committed" }> {
    if (result.kind === "fenced")
      this.#isFenced = true; // W2
    else this.#version += 1;
    return result.kind === "committed";
  }

  #takeExtras(entities: CommitExtras["entities"] & {}, intent: Intent | null): CommitExtras {
    const extras = joinExtras(this.#extras, entities.length === 0 ? NOTHING : { entities });
    this.#extras = NOTHING;
    this.#changes = [];
    return intent === null ? extras : { ...extras, intent };
  }

  #seal(state: RunState, events: readonly Entry[]): readonly SealedEvent[] {
    const { host, workerId } = this.#options;
    const recordedAt = host.clock.now();
    const frame = {
      tenant: state.tenant_id,
      stream: state.run_id,
      correlation: state.correlation_id,
      causation: null,
      actor: workerId,
      channel: state.channel,
      epoch: this.#lease.epoch,
      dedupKey: null,
    };
    return events.map((event) => {
      const next = sealEvent({ proposed: plain(event), head: this.#head, frame, recordedAt, ids: host.ids });
      this.#head = { seq: next.entry.seq, hash: next.hash };
      return next;
    });
  }
}

const runOf = ({ tenant_id, correlation_id }: RunState) => ({ tenantId: tenant_id, correlationId: correlation_id });

/** Run events are plain JSON by construction; the ledger's canonical writer refuses what is not. */
const plain = (event: Entry): ProposedEvent<string, Json> => event as ProposedEvent<string, Json>;

/** The document's hash where a commit's events seal it: at suspension and at the end. */
function documentDigest(events: readonly Entry[]): string | null {
  const sealing = events.findLast(({ type }) => type === "run.suspended" || type === "run.ended");
  return sealing !== undefined && "document_sha256" in sealing.payload ? sealing.payload.document_sha256 : null;
}
