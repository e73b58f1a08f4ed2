/** The next batch of a queue, and what stays queued, in order. */
export interface Taken<T> {
  readonly batch: readonly T[];
  readonly later: readonly T[];
}

export interface GatheringOptions<T> {
  /** Resolves once everything that can run now has run. */
  readonly turn: () => Promise<void>;
  /** Takes at least one. `isAlone`: no other batch is on its way. */
  readonly take: (queue: readonly T[], isAlone: boolean) => Taken<T>;
  /** Answers everybody in a batch; never rejects. */
  readonly carry: (batch: readonly T[]) => Promise<void>;
}

/** Batches on their way: one that is carried, one that comes next. A third would only wait. */
const BATCHES_MAX = 2;

/**
 * What many callers ask of the database, asked together. The batches in progress are the window in which the next one gathers, so there
 * is no timer and a lone caller waits for nobody. Two may be on their way, one behind the other: while the database carries one half of
 * the callers' work, this process computes the other's. In lock-step both stood still for half of the time.
 */
export class Gathering<T> {
  readonly #options: GatheringOptions<T>;
  readonly #batches = new Set<Promise<void>>();
  #queue: T[] = [];
  #draining: Promise<void> | null = null;

  constructor(options: GatheringOptions<T>) {
    this.#options = options;
  }

  add(one: T): void {
    this.#queue.push(one);
    this.#draining ??= this.#drain();
  }

  /** Resolves when nothing is queued or being carried. */
  async idle(): Promise<void> {
    await this.#draining;
    await Promise.all(this.#batches);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      if (this.#batches.size === BATCHES_MAX) await Promise.race(this.#batches);
      // Callers that were answered together come back together. Without this turn every other batch held one of them.
      await this.#options.turn();
      const { batch, later } = this.#options.take(this.#queue, this.#batches.size === 0);
      this.#queue = [...later];
      this.#begin(batch);
    }
    this.#draining = null;
  }

  #begin(batch: readonly T[]): void {
    const carried = this.#options.carry(batch).finally(() => this.#batches.delete(carried));
    this.#batches.add(carried);
  }
}
