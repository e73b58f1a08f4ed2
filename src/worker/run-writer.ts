import type { Instant, Json, ProposedEvent } from "../contracts/index.ts";
import { type SealedEvent, type StreamHead, sealEvent } from "../ledger/index.ts";
import type { PlannedCall, RunEvent, RunState } from "../run/index.ts";
import type { CommitExtras, CommitResult, Intent } from "./commit.ts";
import type { Committer } from "./committer.ts";
import type { ControlRoom, TenantControl } from "./control.ts";
import type { DeskOptions } from "./desk.ts";
import { applyOpenChanges, entityRows, type StepChanges } from "./entities.ts";
import type { Lease } from "./lease.ts";
import { joinExtras, NOTHING } from "./rows.ts";
import type { RunFile } from "./run-file.ts";

/**
 * What a run has to record, until it is recorded: one writer for each drive, so the chain has one end.
 *
 * W1  What is handed over is written in the order in which it came, all of it or nothing.
 * W2  Once a commit is fenced, nothing more is written.
 */

export interface WriterOptions extends DeskOptions {
  readonly committer: Committer;
  readonly control: ControlRoom;
  readonly workerId: string;
  /** Told once the outcome of a call is durable. */
  readonly onOutcome: (planned: PlannedCall) => void;
}

export interface Asked {
  readonly intent: Intent | null;
  readonly release: boolean;
  readonly dueAt: Instant | null;
}

interface Written extends Omit<Asked, "intent"> {
  readonly events: readonly SealedEvent[];
  readonly documentSha256: string | null;
  readonly extras: CommitExtras;
}

/**
 * Events since the last snapshot that make a new one worth its while. Taken at every rest, a snapshot of 15 KB was a fifth of
 * what the database spent on a run of forty steps; folding a hundred events takes a millisecond.
 */
const SNAPSHOT_EVENTS_MIN = 100;

const NO_EVENTS = { events: [], documentSha256: null } as const;

/** Keeps the lease and makes no claim. */
export const JUST_RECORD: Asked = { intent: null, release: false, dueAt: null };

export class RunWriter {
  readonly #options: WriterOptions;
  readonly #lease: Lease;
  #control: TenantControl;
  #head: StreamHead;
  #snapshotSeq: number;
  #version: number;
  #folded: number;
  #events: RunEvent[] = [];
  #extras: CommitExtras = NOTHING;
  #changes: StepChanges[] = [];
  #costMicros = 0;
  #isFenced = false;
  #landed: PlannedCall | null = null;

  constructor(
    options: WriterOptions,
    held: { readonly lease: Lease; readonly file: RunFile; readonly control: TenantControl },
  ) {
    this.#options = options;
    this.#lease = held.lease;
    this.#control = held.control;
    this.#head = held.file.head;
    this.#snapshotSeq = held.file.row.snapshot_seq;
    this.#version = held.file.row.version;
    this.#folded = held.file.folded;
  }

  /** The tenant's facts as of the newest commit. */
  get control(): TenantControl {
    return this.#control;
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

  add(events: readonly RunEvent[], extras: CommitExtras = NOTHING): void {
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

  /** Writes everything added since. Null: there was nothing to commit. */
  async commit(state: RunState, asked: Asked): Promise<CommitResult | null> {
    const documentSha256 = documentDigest(this.#events);
    const events = this.#seal(state);
    const changes = this.#changes;
    const entities = changes.length === 0 ? [] : await entityRows(this.#options.database, runOf(state), changes);
    const extras = this.#takeExtras(entities, asked.intent);
    if (events.length === 0 && extras === NOTHING && !asked.release) return null;
    const { release, dueAt } = asked;
    // What moved an entity meanwhile is found by the commit; so while changes may be open, the lease is kept.
    const result = await this.#write(state, {
      events,
      documentSha256,
      extras,
      release: release && changes.length === 0,
      dueAt,
    });
    if (this.#landed !== null && result.kind === "committed") this.#options.onOutcome(this.#landed);
    this.#landed = null;
    if (changes.length === 0 || result.kind === "fenced") return result;
    if (result.conflict !== null) await applyOpenChanges(this.#options, state);
    return release ? this.#write(state, { ...NO_EVENTS, extras: {}, release, dueAt }) : result;
  }

  async #write(state: RunState, { events, documentSha256, extras, release, dueAt }: Written): Promise<CommitResult> {
    const costMicros = this.#costMicros;
    this.#costMicros = 0;
    const result = await this.#options.committer.commit({
      tenantId: state.tenant_id,
      runId: state.run_id,
      epoch: this.#lease.epoch,
      version: this.#version,
      status: state.status,
      outcome: state.outcome,
      code: state.code,
      events,
      snapshot: release ? this.#snapshot(state) : null,
      documentSha256,
      costMicros,
      release,
      dueInMs: dueAt === null ? null : Math.max(0, dueAt - this.#options.host.clock.now()),
      folded: this.#folded,
      extras,
    });
    if (this.#took(result)) this.#control = await this.#options.control.at(state.tenant_id, result.controlRevision);
    return result;
  }

  /** A snapshot saves folding what came before it, so one is taken only where that is much. */
  #snapshot(state: RunState): string | null {
    if (this.#head.seq - this.#snapshotSeq < SNAPSHOT_EVENTS_MIN) return null;
    this.#snapshotSeq = this.#head.seq;
    return JSON.stringify(state);
  }

  /** Notes what became of a commit; true where it saw newer facts than the run is judged by. */
  #took(result: CommitResult): result is Extract<CommitResult, { kind: "committed" }> {
    if (result.kind === "fenced") {
      this.#isFenced = true; // W2
      return false;
    }
    this.#version += 1;
    return result.controlRevision > this.#control.revision;
  }

  #takeExtras(entities: CommitExtras["entities"] & {}, intent: Intent | null): CommitExtras {
    const extras = joinExtras(this.#extras, entities.length === 0 ? NOTHING : { entities });
    this.#extras = NOTHING;
    this.#changes = [];
    return intent === null ? extras : { ...extras, intent };
  }

  #seal(state: RunState): readonly SealedEvent[] {
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
    const sealed = this.#events.map((event) => {
      const next = sealEvent({ proposed: plain(event), head: this.#head, frame, recordedAt, ids: host.ids });
      this.#head = { seq: next.entry.seq, hash: next.hash };
      return next;
    });
    this.#events = [];
    return sealed;
  }
}

const runOf = ({ tenant_id, correlation_id }: RunState) => ({ tenantId: tenant_id, correlationId: correlation_id });

/** Run events are plain JSON by construction; the ledger's canonical writer refuses what is not. */
const plain = (event: RunEvent): ProposedEvent<string, Json> => event as ProposedEvent<string, Json>;

/** The document's hash where a commit's events seal it: at suspension and at the end. */
function documentDigest(events: readonly RunEvent[]): string | null {
  const sealing = events.findLast(({ type }) => type === "run.suspended" || type === "run.ended");
  return sealing !== undefined && "document_sha256" in sealing.payload ? sealing.payload.document_sha256 : null;
}
