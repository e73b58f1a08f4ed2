import { assert, Fault, nextTurn } from "../contracts/index.ts";
import { asFault, type Query } from "../store/index.ts";
import type { Commit, CommitResult } from "./commit.ts";
import { Gathering, type Taken } from "./gathering.ts";
import { flushCommits } from "./queries.ts";

/**
 * Group commit: callers queue, and a flush takes what is queued (`Gathering`), on one connection.
 *
 * C1 A caller is answered only after its commit.
 * C2 A flush holds at most one commit of a run, so its fence is judged against a row that nothing else in it moves. The
 *    database takes flushes one after the other.
 * C3 A commit that the database refuses fails alone: the flush is halved until it stands by itself.
 * C4 A flush that the database undid because of another transaction (a deadlock) wrote nothing, so it is written again: the
 *    effects that its commits record have happened, and nobody but a person may know of them otherwise.
 */
export class Committer {
  readonly #sql: Query;
  readonly #waiting: Gathering<Waiting>;

  /** @param turn resolves once everything that can run now has run; a simulation passes its own */
  constructor(sql: Query, turn: () => Promise<void> = nextTurn) {
    this.#sql = sql;
    this.#waiting = new Gathering({ turn, take: flushOf, carry: (batch) => this.#flush(batch) });
  }

  /** Resolves once the commit is durable or fenced. Rejects with a `Fault` when it cannot be known to have been written. */
  commit(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => this.#waiting.add({ commit, resolve, reject }));
  }

  /** Resolves when nothing is queued or being written. */
  idle(): Promise<void> {
    return this.#waiting.idle();
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const written = await this.#write(batch.map(({ commit }) => commit));
      for (const { commit, resolve } of batch) {
        resolve(written.get(`${commit.tenantId}/${commit.runId}`) ?? { kind: "fenced" }); // C1
      }
    } catch (error) {
      await this.#split(batch, error);
    }
  }

  async #write(commits: readonly Commit[]): Promise<ReadonlyMap<string, CommitResult>> {
    for (let repeats = 0; ; repeats++) {
      try {
        return await flushCommits(this.#sql, commits);
      } catch (error) {
        const fault = asFault(error);
        const isUndone = fault instanceof Fault && fault.retry === "now"; // C4
        if (!isUndone || repeats === REPEATS_MAX) throw fault;
      }
    }
  }

  /** C3: a refusal by the database concerns one row of the flush; a lost connection concerns them all. */
  async #split(batch: readonly Waiting[], error: unknown): Promise<void> {
    assert(batch.length > 0, "a flush holds a commit");
    const refused = error instanceof Fault && (error.code === "DATABASE_FAILED" || error.code === "DATABASE_CONFLICT");
    if (!refused || batch.length === 1) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const middle = batch.length >> 1;
    await this.#flush(batch.slice(0, middle));
    await this.#flush(batch.slice(middle));
  }
}

/** Commits in a flush: beyond this the statement grows faster than its fixed cost shrinks. */
const FLUSH_COMMITS_MAX = 256;

/** Fewer commits than this are not worth a second flush's fixed cost. */
const SPLIT_COMMITS_MIN = 8;

/** Each deadlock lets one of its transactions through, so a flush outlasts as many others as this. */
const REPEATS_MAX = 10;

interface Waiting {
  readonly commit: Commit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What of the queue goes into the next flush; half of it where nothing is on its way, so that a second can follow. */
function flushOf(queue: readonly Waiting[], isAlone: boolean): Taken<Waiting> {
  const limit = isAlone && queue.length >= SPLIT_COMMITS_MIN ? queue.length >> 1 : FLUSH_COMMITS_MAX;
  const batch: Waiting[] = [];
  const later: Waiting[] = [];
  const runs = new Set<string>();
  for (const waiting of queue) {
    const run = `${waiting.commit.tenantId}/${waiting.commit.runId}`;
    const fits = batch.length < Math.min(limit, FLUSH_COMMITS_MAX) && !runs.has(run); // C2
    (fits ? batch : later).push(waiting);
    runs.add(run);
  }
  return { batch, later };
}
