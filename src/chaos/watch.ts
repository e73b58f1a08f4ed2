import { type EventEntry, formatInstant, GENESIS_HASH, type Instant, sha256Hex } from "../contracts/index.ts";
import { entryHash } from "../ledger/index.ts";
import { continuityEvent } from "../observe/index.ts";
import { type CompiledPack, foldRun, type RunEvent, type RunState, recordedRunEvent, replay } from "../run/index.ts";
import type { Kept } from "./answers.ts";
import { type AssertionId, Judge, type Violation } from "./assertions.ts";
import type { Effect } from "./bank.ts";
import type { SeenApproval, SeenEvent, SeenReceipt, SeenRun } from "./queries.ts";
import { readable, TakeoverWatch, type ToldTakeover } from "./takeover-watch.ts";

/**
 * What must hold after everything that happens, judged from what is stored and what the provider did.
 *
 * N1  An epoch of a run has one owner, and no later entry of its stream has an earlier epoch.
 * N2  A stream is gap-free and every hash in it holds; the run's head is its last entry.
 * N3  A provider does at most one thing under a reference.
 * N4  The run's row says what the fold of its events says, and deciding them again gives the same document.
 * N5  An approval is answered once, spent once, and by one call; a closed one never opens.
 * N6  What a version of a row said stays so: a run's version and epoch only grow, what has ended stays ended, and a receipt
 *     is never changed.
 * N7  No run is lost or blocked, and each ends as it was asked to, with each of its effects.
 * N8  A takeover is on record as it was, once, and what was lost by it goes on under a fresh lease.
 */

/** What is stored, as of now. */
export interface Sight {
  readonly at: Instant;
  readonly runs: readonly SeenRun[];
  /** Since the last look. */
  readonly events: readonly SeenEvent[];
  readonly approvals: readonly SeenApproval[];
  readonly receipts: readonly SeenReceipt[];
  readonly effects: readonly Effect[];
  /** Leases that workers were told they still have, since the last look. */
  readonly kept: readonly Kept[];
}

interface Stream {
  readonly events: RunEvent[];
  readonly seqs: number[];
  readonly owners: Map<number, string>;
  seq: number;
  hash: string;
  epoch: number;
  /** Epoch of what was written since the last look; 0 for nothing. */
  newest: number;
  /** Whether all of it can be read; what cannot folds to nothing. */
  isReadable: boolean;
}

export class Watch {
  readonly #tenant: string;
  readonly #streams = new Map<string, Stream>();
  readonly #runs = new Map<string, SeenRun>();
  readonly #leases = new Map<string, string>();
  readonly #approvals = new Map<string, SeenApproval>();
  readonly #ids = new Set<string>();
  readonly #receipts = new Map<string, string>();
  readonly #judge = new Judge();
  readonly #takeoverWatch = new TakeoverWatch(this.#judge);
  #effects = 0;
  #takeovers = 0;
  #replayed = 0;

  constructor(tenant: string) {
    this.#tenant = tenant;
  }

  /** Entries seen of each stream. */
  get seen(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#streams].map(([stream, { seq }]) => [stream, seq]));
  }

  get runs(): readonly SeenRun[] {
    return [...this.#runs.values()];
  }

  get approvals(): readonly SeenApproval[] {
    return [...this.#approvals.values()];
  }

  /** Claims of runs whose holder had not given them back. */
  get takeovers(): number {
    return this.#takeovers;
  }

  /** Assertions that were put to the test. */
  get evaluated(): ReadonlySet<AssertionId> {
    return this.#judge.evaluated;
  }

  /** The last takeover on record. */
  get told(): ToldTakeover | null {
    return this.#takeoverWatch.told;
  }

  /** Entries of the runs that were decided again to the same. */
  get replayed(): number {
    return this.#replayed;
  }

  stateOf(runId: string): RunState {
    return foldRun(this.#streams.get(runId)?.events ?? []);
  }

  /** Judges what is seen against what was seen before. */
  look(sight: Sight): readonly Violation[] {
    return [
      ...sight.events.flatMap((event) => this.#event(event, sight.at)),
      ...sight.runs.flatMap((run) => this.#run(run, sight.at)),
      ...sight.kept.flatMap((kept) => this.#keeps(kept)),
      ...sight.approvals.flatMap((approval) => this.#approval(approval)),
      ...this.#evidence(sight.receipts),
      ...this.#effect(sight.effects),
    ];
  }

  /** At the end of a history: decides each run again, and asks that each takeover is on record. */
  end(pack: CompiledPack): readonly Violation[] {
    return [...this.runs.flatMap((run) => this.#decideAgain(run, pack)), ...this.#takeoverWatch.end()];
  }

  #decideAgain(run: SeenRun, pack: CompiledPack): readonly Violation[] {
    const stream = this.#stream(run.run_id);
    const { workflow_id } = this.stateOf(run.run_id);
    const workflow = pack.workflows[workflow_id];
    const recorded = stream.events.map((event, index) => ({ seq: stream.seqs[index] ?? 0, event }));
    const again = workflow === undefined ? null : replay(workflow, pack.pack.bounds, recorded);
    const isEqual = again?.equal === true;
    if (isEqual) this.#replayed += stream.seq;
    const isSame = !isEqual || again.document_sha256 === run.document_sha256;
    return [
      this.#check(isEqual, DECIDED_AGAIN, `${run.run_id}: is decided differently when decided again`),
      this.#check(isSame, STATE, `${run.run_id}: is decided again to another document`),
    ].flat();
  }

  #event(seen: SeenEvent, at: Instant): readonly Violation[] {
    const stream = this.#stream(seen.stream);
    const payload = seen.payload === null ? {} : readable(seen.payload);
    if (payload === null) stream.isReadable = false;
    const violations = [
      this.#check(payload !== null, READABLE, `${seen.stream}: entry ${seen.seq} cannot be read`),
      payload === null ? [] : [...this.#chained(seen, stream), ...this.#told(seen)],
      this.#owned(seen, stream),
      stream.events.length === 0 || payload === null
        ? []
        : this.#takeoverWatch.entry(seen, payload, { stateBefore: () => foldRun(stream.events), at }),
    ].flat();
    stream.owners.set(seen.epoch, stream.owners.get(seen.epoch) ?? seen.actor);
    stream.seq = seen.seq;
    stream.hash = seen.hash;
    stream.epoch = seen.epoch;
    stream.newest = seen.epoch;
    const event =
      seen.payload === null || payload === null
        ? null
        : recordedRunEvent({ type: seen.type, at: seen.at, step: seen.step, payload });
    if (event !== null) {
      stream.events.push(event);
      stream.seqs.push(seen.seq);
    }
    return violations;
  }

  #told(seen: SeenEvent): readonly Violation[] {
    const { schema_version: version } = continuityEvent(seen, "");
    return this.#check(version === "1.0.0", CONTRACT, `${seen.stream}: entry ${seen.seq} is of contract ${version}`);
  }

  #chained(seen: SeenEvent, stream: Stream): readonly Violation[] {
    const { hash, payload, at, recorded_at, ...rest } = seen;
    const { stream: run, seq } = seen;
    const times = { at: formatInstant(at), recorded_at: formatInstant(recorded_at) };
    const entry: EventEntry = { ...rest, ...times, tenant: this.#tenant };
    const isNew = !this.#ids.has(seen.event_id);
    this.#ids.add(seen.event_id);
    return [
      this.#check(seq === stream.seq + 1, CHAIN, `${run}: entry ${seq} follows entry ${stream.seq}`),
      this.#check(isNew, CHAIN, `${run}: entry ${seq} has the id of another`),
      this.#check(seen.prev_hash === stream.hash, CHAIN, `${run}: entry ${seq} does not extend the one before it`),
      this.#check(entryHash(entry) === hash, CHAIN, `${run}: entry ${seq} has another hash`),
      this.#check(
        payload === null || sha256Hex(payload) === seen.payload_sha256,
        CHAIN,
        `${run}: the payload of entry ${seq} was altered`,
      ),
    ].flat();
  }

  #owned({ stream: run, epoch, actor }: SeenEvent, stream: Stream): readonly Violation[] {
    const owner = stream.owners.get(epoch) ?? actor;
    return [
      this.#check(epoch >= stream.epoch, OWNER, `${run}: epoch ${epoch} writes after epoch ${stream.epoch}`),
      this.#check(owner === actor, OWNER, `${run}: epoch ${epoch} is written by ${owner} and ${actor}`),
    ].flat();
  }

  #stream(name: string): Stream {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream: Stream = {
      events: [],
      seqs: [],
      owners: new Map(),
      seq: 0,
      hash: GENESIS_HASH,
      epoch: 0,
      newest: 0,
      isReadable: true,
    };
    this.#streams.set(name, stream);
    return stream;
  }

  #run(run: SeenRun, at: Instant): readonly Violation[] {
    const { run_id: id } = run;
    const before = this.#runs.get(id);
    const stream = this.#stream(id);
    const isNews = before === undefined || before.version !== run.version || before.head_seq !== run.head_seq;
    this.#runs.set(id, run);
    const { newest } = stream;
    stream.newest = 0;
    const isWhole = run.head_seq === stream.seq;
    return [
      this.#check(newest === 0 || newest === run.epoch, FENCED, `${id}: an epoch writes that is over`),
      this.#check(isWhole, WHOLE, `${id}: counts ${run.head_seq} entries, and there are ${stream.seq}`),
      this.#check(!isWhole || run.head_hash === stream.hash, CHAIN, `${id}: the head is not the last entry`),
      this.#leased(before, run, at),
      before === undefined ? [] : this.#moved(before, run),
      // Nobody has had it yet: the row is as it was begun.
      isNews && run.version > 0 && isWhole && stream.isReadable ? this.#folded(run) : [],
    ].flat();
  }

  #leased(before: SeenRun | undefined, run: SeenRun, at: Instant): readonly Violation[] {
    const { run_id: id, lease_epoch: epoch } = run;
    const lease = `${id} ${epoch}`;
    const owner = this.#leases.get(lease) ?? run.worker_id;
    if (owner !== null) this.#leases.set(lease, owner);
    const isTaken = before !== undefined && before.worker_id !== null && epoch > before.lease_epoch;
    if (isTaken) this.#takeovers += 1;
    const wasOver = !isTaken || (before.due_at ?? 0) <= at;
    return [
      this.#check(run.epoch === epoch, OWNER, `${id}: run and lease have different epochs`),
      this.#check(
        run.worker_id === null || owner === run.worker_id,
        OWNER,
        `${id}: ${owner} and ${run.worker_id} hold one epoch`,
      ),
      this.#check(epoch <= (before?.lease_epoch ?? 0) + 1, OWNER, `${id}: an epoch was left out before ${epoch}`),
      this.#check(wasOver, OWNER, `${id}: a lease was taken that is not over`),
      isTaken ? this.#takeoverWatch.claimed(run, at) : [],
    ].flat();
  }

  #keeps({ run: id, worker }: Kept): readonly Violation[] {
    const owner = this.#runs.get(id)?.worker_id ?? null;
    return this.#check(owner === worker, OWNER, `${id}: ${worker} prolongs the lease of ${owner}`);
  }

  #moved(before: SeenRun, run: SeenRun): readonly Violation[] {
    const grows = run.version >= before.version && run.epoch >= before.epoch && run.head_seq >= before.head_seq;
    const isOnce = before.outcome === null || before.outcome === run.outcome;
    return [
      this.#check(grows, STAYS, `${run.run_id}: version, epoch or head went back`),
      this.#check(isOnce, STAYS, `${run.run_id}: has ended twice`),
    ].flat();
  }

  #folded(run: SeenRun): readonly Violation[] {
    const isBlocked = run.status === "BLOCKED";
    if (isBlocked) return this.#check(false, LOST, `${run.run_id}: is blocked, and nothing in it is poison`);
    const { status, outcome, code } = this.stateOf(run.run_id);
    // A run whose first holder died before it did anything has its takeover in the record, and is still as it was begun.
    const isBegun = run.status === "PENDING" && status === "RUNNING";
    const isSame = (isBegun || status === run.status) && outcome === run.outcome && code === run.code;
    const row = `${run.status} ${run.outcome} ${run.code}`;
    return this.#check(isSame, STATE, `${run.run_id}: the row says ${row}, its events ${status} ${outcome} ${code}`);
  }

  #approval(approval: SeenApproval): readonly Violation[] {
    const { approval_id: id, status } = approval;
    const before = this.#approvals.get(id);
    this.#approvals.set(id, approval);
    const spentFor = [...this.#approvals.values()].filter(
      (other) => other.internal_key === approval.internal_key && other.consumed_at !== null,
    );
    const isKept = before === undefined || maySucceed(before.status, status);
    const isOnce = before === undefined || before.consumed_at === null || before.consumed_at === approval.consumed_at;
    return [
      this.#check(approval.decisions <= 1, APPROVED, `${id}: has ${approval.decisions} decisions`),
      this.#check(spentFor.length <= 1, APPROVED, `${id}: is spent for a call that another was spent for`),
      this.#check(isKept, APPROVED, `${id}: goes from ${before?.status} to ${status}`),
      this.#check(isOnce, APPROVED, `${id}: is spent again`),
    ].flat();
  }

  /** Receipts that were there before are there, and as they were. */
  #evidence(receipts: readonly SeenReceipt[]): readonly Violation[] {
    const now = new Map(receipts.map(({ receipt_id, text_md5 }) => [receipt_id, text_md5]));
    const violations = [...this.#receipts].flatMap(([id, text]) =>
      this.#check(now.get(id) === text, EVIDENCE, `receipt ${id}: was changed or removed`),
    );
    for (const [id, text] of now) this.#receipts.set(id, text);
    return violations;
  }

  #effect(effects: readonly Effect[]): readonly Violation[] {
    const fresh = effects.slice(this.#effects);
    this.#effects = effects.length;
    return fresh.flatMap(({ path, reference }) => {
      const times = effects.filter((effect) => effect.path === path && effect.reference === reference).length;
      return this.#check(times <= 1, EFFECT, `${reference}: ${path} did it ${times} times`);
    });
  }

  #check(isSo: boolean, ground: Omit<Violation, "message">, message: string): readonly Violation[] {
    return this.#judge.check(isSo, ground, message);
  }
}

const OWNER = { rule: "N1", assertion: "CONT-012" } as const;
const FENCED = { rule: "N1", assertion: "CONT-014" } as const;
const WHOLE = { rule: "N2", assertion: "CONT-003" } as const;
const READABLE = { rule: "N2", assertion: "CONT-004" } as const;
const CONTRACT = { rule: "N2", assertion: "CONT-011" } as const;
const CHAIN = { rule: "N2", assertion: "CONT-013" } as const;
const EFFECT = { rule: "N3", assertion: "CONT-016" } as const;
const DECIDED_AGAIN = { rule: "N4", assertion: "CONT-010" } as const;
const STATE = { rule: "N4", assertion: "CONT-015" } as const;
const APPROVED = { rule: "N5", assertion: "CONT-017" } as const;
const EVIDENCE = { rule: "N6", assertion: "CONT-020" } as const;
const STAYS = { rule: "N6", assertion: null } as const;
const LOST = { rule: "N7", assertion: null } as const;

/** Where a status of an approval may lead. */
const maySucceed = (before: string, status: string): boolean =>
  before === status || before === "PENDING" || (before === "APPROVED" && status === "VOIDED");
