import { assert, Fault, nextTurn } from "../contracts/index.ts";
import { asFault, type Query } from "../store/index.ts";
import type { Commit, CommitResult } from "./commit.ts";
import { flushCommits } from "./queries.ts";

/**
 * Group commit: callers queue, and a flush takes what is queued. The commits in progress are the batching window, so there is
 * no timer and a lone caller waits for nobody. Two flushes may be on their way, one behind the other on one connection: while
 * the database writes one half of the callers' steps, this process computes the other's. In lock-step both stood still for
 * half of the time.
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
  readonly #turn: () => Promise<void>;
  readonly #flushes = new Set<Promise<void>>();
  #queue: Waiting[] = [];
  #draining: Promise<void> | null = null;

  /** @param turn resolves once everything that can run now has run; a simulation passes its own */
  constructor(sql: Query, turn: () => Promise<void> = nextTurn) {
    this.#sql = sql;
    this.#turn = turn;
  }

  /** Resolves once the commit is durable or fenced. Rejects with a `Fault` when it cannot be known to have been written. */
  commit(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ commit, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing is queued or being written. */
  async idle(): Promise<void> {
    await this.#draining;
    await Promise.all(this.#flushes);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      if (this.#flushes.size === FLUSHES_MAX) await Promise.race(this.#flushes);
      // Callers that were answered together come back together. Without this turn every other flush held one commit.
      await this.#turn();
      const isSplit = this.#flushes.size === 0 && this.#queue.length >= SPLIT_COMMITS_MIN;
      this.#begin(this.#take(isSplit ? this.#queue.length >> 1 : FLUSH_COMMITS_MAX));
    }
    this.#draining = null;
  }

  #begin(batch: readonly Waiting[]): void {
    const flush = this.#flush(batch).finally(() => this.#flushes.delete(flush));
    this.#flushes.add(flush);
  }

  #take(limit: number): readonly Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const runs = new Set<string>();
    for (const waiting of this.#queue) {
      const run = `${waiting.commit.tenantId}/${waiting.commit.runId}`;
      const fits = batch.length < Math.min(limit, FLUSH_COMMITS_MAX) && !runs.has(run); // C2
      (fits ? batch : later).push(waiting);
      runs.add(run);
    }
    this.#queue = later;
    return batch;
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

/** Flushes on their way: one that is written, one that comes next. A third would only wait. */
const FLUSHES_MAX = 2;

/** Fewer commits than this are not worth a second flush's fixed cost. */
const SPLIT_COMMITS_MIN = 8;

/** Each deadlock lets one of its transactions through, so a flush outlasts as many others as this. */
const REPEATS_MAX = 10;

interface Waiting {
  readonly commit: Commit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}
