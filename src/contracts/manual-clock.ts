import { assert } from "./fault.ts";
import type { Clock, Host } from "./host.ts";
import { uuidV7Ids } from "./ids.ts";
import { after, type Instant, instant } from "./instant.ts";
import { seededRandom } from "./seeded-random.ts";

/** Where a manual clock begins when nobody says otherwise: 2026-01-01T00:00:00Z. */
const START = instant(1_767_225_600_000);

interface Sleeper {
  readonly at: Instant;
  readonly resolve: () => void;
}

/** A clock that moves only when told to. Whoever waits wakes in the order of the instants waited for. */
export class ManualClock implements Clock {
  #now: Instant;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: Instant = START) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  wake(at: Instant, signal: AbortSignal): Promise<void> {
    if (at <= this.#now || signal.aborted) return Promise.resolve();
    return new Promise((done) => {
      const resolve = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", resolve);
        done();
      };
      const sleeper: Sleeper = { at, resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", resolve);
    });
  }

  /** The earliest instant that somebody waits for; a simulation jumps there. `undefined`: nobody waits. */
  get nextWake(): Instant | undefined {
    return this.#inOrder()[0]?.at;
  }

  /** Moves the clock by `ms` milliseconds and wakes whoever is due. What they then do runs when the caller awaits. */
  advance(ms: number): void {
    this.advanceTo(after(this.#now, ms));
  }

  advanceTo(at: Instant): void {
    assert(at >= this.#now, "a clock never moves back");
    this.#now = at;
    for (const sleeper of this.#inOrder()) if (sleeper.at <= at) sleeper.resolve();
  }

  #inOrder(): Sleeper[] {
    return [...this.#sleepers].sort((a, b) => a.at - b.at);
  }
}

/** A host whose clock moves by hand and whose ids and chance follow from the seed: the same seed, the same history. */
export function seededHost(seed: number, start: Instant = START): Host & { readonly clock: ManualClock } {
  const clock = new ManualClock(start);
  const random = seededRandom(seed);
  return { clock, random, ids: uuidV7Ids(clock, random) };
}
