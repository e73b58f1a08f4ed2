import { type EventEntry, formatInstant, GENESIS_HASH, sha256Hex } from "../contracts/index.ts";
import { entryHash } from "../ledger/index.ts";
import { type CompiledPack, foldRun, type RunEvent, type RunState, recordedRunEvent, replay } from "../run/index.ts";
import type { Effect } from "./bank.ts";
import type { SeenApproval, SeenEvent, SeenRun } from "./queries.ts";

/**
 * What must hold after everything that happens, judged from what is stored and what the provider did.
 *
 * N1  An epoch of a run has one owner, and no later entry of its stream has an earlier epoch.
 * N2  A stream is gap-free and every hash in it holds; the run's head is its last entry.
 * N3  A provider does at most one thing under a reference.
 * N4  The run's row says what the fold of its events says, and deciding them again gives the same document.
 * N5  An approval is answered once, spent once, and by one call; a closed one never opens.
 * N6  What a version of a row said stays so: a run's version and epoch only grow, and what has ended stays ended.
 * N7  No run is lost or blocked, and each ends as it was asked to, with each of its effects.
 */

/** A broken rule, and what broke it. */
export interface Violation {
  readonly rule: "N1" | "N2" | "N3" | "N4" | "N5" | "N6" | "N7";
  readonly message: string;
}

/** What is stored, as of now. */
export interface Sight {
  readonly runs: readonly SeenRun[];
  /** Since the last look. */
  readonly events: readonly SeenEvent[];
  readonly approvals: readonly SeenApproval[];
  readonly effects: readonly Effect[];
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
}

export class Watch {
  readonly #tenant: string;
  readonly #streams = new Map<string, Stream>();
  readonly #runs = new Map<string, SeenRun>();
  readonly #leases = new Map<string, string>();
  readonly #approvals = new Map<string, SeenApproval>();
  #effects = 0;
  #takeovers = 0;

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

  stateOf(runId: string): RunState {
    return foldRun(this.#streams.get(runId)?.events ?? []);
  }

  /** Judges what is seen against what was seen before. */
  look(sight: Sight): readonly Violation[] {
    return [
      ...sight.events.flatMap((event) => this.#event(event)),
      ...sight.runs.flatMap((run) => this.#run(run)),
      ...sight.approvals.flatMap((approval) => this.#approval(approval)),
      ...this.#effect(sight.effects),
    ];
  }

  /** Decides a run again. */
  decideAgain(run: SeenRun, pack: CompiledPack): readonly Violation[] {
    const stream = this.#streams.get(run.run_id);
    const { workflow_id } = this.stateOf(run.run_id);
    const workflow = pack.workflows[workflow_id];
    if (stream === undefined || workflow === undefined) return [broken("N4", run.run_id, "has no stream")];
    const recorded = stream.events.map((event, index) => ({ seq: stream.seqs[index] ?? 0, event }));
    const again = replay(workflow, pack.pack.bounds, recorded);
    if (!again.equal) return [broken("N4", run.run_id, "is decided differently when decided again")];
    return again.document_sha256 === run.document_sha256
      ? []
      : [broken("N4", run.run_id, "is decided again to another document")];
  }

  #event(seen: SeenEvent): readonly Violation[] {
    const { hash, payload, at, recorded_at, ...rest } = seen;
    const stream = this.#stream(seen.stream);
    const entry: EventEntry = {
      ...rest,
      tenant: this.#tenant,
      at: formatInstant(at),
      recorded_at: formatInstant(recorded_at),
    };
    const owner = stream.owners.get(seen.epoch) ?? seen.actor;
    const violations = [
      check(seen.seq === stream.seq + 1, "N2", seen.stream, `entry ${seen.seq} follows entry ${stream.seq}`),
      check(seen.prev_hash === stream.hash, "N2", seen.stream, `entry ${seen.seq} does not extend the one before it`),
      check(entryHash(entry) === hash, "N2", seen.stream, `entry ${seen.seq} has another hash`),
      check(payload === null || sha256Hex(payload) === seen.payload_sha256, "N2", seen.stream, "a payload was altered"),
      check(seen.epoch >= stream.epoch, "N1", seen.stream, `epoch ${seen.epoch} writes after epoch ${stream.epoch}`),
      check(owner === seen.actor, "N1", seen.stream, `epoch ${seen.epoch} is written by ${owner} and ${seen.actor}`),
    ].flat();
    stream.owners.set(seen.epoch, owner);
    stream.seq = seen.seq;
    stream.hash = hash;
    stream.epoch = seen.epoch;
    stream.newest = seen.epoch;
    const event =
      payload === null
        ? null
        : recordedRunEvent({ type: seen.type, at, step: seen.step, payload: JSON.parse(payload) });
    if (event !== null) {
      stream.events.push(event);
      stream.seqs.push(seen.seq);
    }
    return violations;
  }

  #stream(name: string): Stream {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = { events: [], seqs: [], owners: new Map(), seq: 0, hash: GENESIS_HASH, epoch: 0, newest: 0 };
    this.#streams.set(name, stream);
    return stream;
  }

  #run(run: SeenRun): readonly Violation[] {
    const before = this.#runs.get(run.run_id);
    const lease = `${run.run_id} ${run.lease_epoch}`;
    const owner = this.#leases.get(lease) ?? run.worker_id;
    if (owner !== null) this.#leases.set(lease, owner);
    const stream = this.#stream(run.run_id);
    const isNews = before === undefined || before.version !== run.version || before.head_seq !== run.head_seq;
    this.#runs.set(run.run_id, run);
    if (before !== undefined && before.worker_id !== null && run.lease_epoch > before.lease_epoch) this.#takeovers += 1;
    const { newest } = stream;
    stream.newest = 0;
    return [
      check(newest === 0 || newest === run.epoch, "N1", run.run_id, "an epoch writes that is over"),
      check(run.epoch === run.lease_epoch, "N1", run.run_id, "run and lease have different epochs"),
      check(
        run.worker_id === null || owner === run.worker_id,
        "N1",
        run.run_id,
        `${owner} and ${run.worker_id} hold one epoch`,
      ),
      check(
        run.head_seq === stream.seq && run.head_hash === stream.hash,
        "N2",
        run.run_id,
        "the head is not the last entry",
      ),
      before === undefined ? [] : moved(before, run),
      // Nobody has had it yet: the row is as it was begun.
      isNews && run.version > 0 ? this.#folded(run) : [],
    ].flat();
  }

  #folded(run: SeenRun): readonly Violation[] {
    if (run.status === "BLOCKED") return [broken("N7", run.run_id, "is blocked, and nothing in it is poison")];
    const { status, outcome, code } = this.stateOf(run.run_id);
    // A run whose first holder died before it did anything has its takeover in the record, and is still as it was begun.
    const isBegun = run.status === "PENDING" && status === "RUNNING";
    const isSame = (isBegun || status === run.status) && outcome === run.outcome && code === run.code;
    const row = `${run.status} ${run.outcome} ${run.code}`;
    return check(isSame, "N4", run.run_id, `the row says ${row}, its events ${status} ${outcome} ${code}`);
  }

  #approval(approval: SeenApproval): readonly Violation[] {
    const { approval_id: id, status } = approval;
    const before = this.#approvals.get(id);
    this.#approvals.set(id, approval);
    const spentFor = [...this.#approvals.values()].filter(
      (other) => other.internal_key === approval.internal_key && other.consumed_at !== null,
    );
    return [
      check(approval.decisions <= 1, "N5", id, `has ${approval.decisions} decisions`),
      check(spentFor.length <= 1, "N5", id, "is spent for a call that another approval was spent for"),
      before === undefined
        ? []
        : [
            check(maySucceed(before.status, status), "N5", id, `goes from ${before.status} to ${status}`),
            check(
              before.consumed_at === null || before.consumed_at === approval.consumed_at,
              "N5",
              id,
              "is spent again",
            ),
          ].flat(),
    ].flat();
  }

  #effect(effects: readonly Effect[]): readonly Violation[] {
    const fresh = effects.slice(this.#effects);
    this.#effects = effects.length;
    return fresh.flatMap(({ path, reference }) => {
      const times = effects.filter((effect) => effect.path === path && effect.reference === reference).length;
      return check(times <= 1, "N3", reference, `${path} did it ${times} times`);
    });
  }
}

function moved(before: SeenRun, run: SeenRun): readonly Violation[] {
  const grows = run.version >= before.version && run.epoch >= before.epoch && run.head_seq >= before.head_seq;
  return [
    check(grows, "N6", run.run_id, "version, epoch or head went back"),
    check(before.outcome === null || before.outcome === run.outcome, "N6", run.run_id, "has ended twice"),
  ].flat();
}

/** Where a status of an approval may lead. */
const maySucceed = (before: string, status: string): boolean =>
  before === status || before === "PENDING" || (before === "APPROVED" && status === "VOIDED");

const broken = (rule: Violation["rule"], what: string, message: string): Violation => ({
  rule,
  message: `${what}: ${message}`,
});

const check = (holds: boolean, rule: Violation["rule"], what: string, message: string): readonly Violation[] =>
  holds ? [] : [broken(rule, what, message)];
