import { after, assert, type Instant, instant, nextTurn, type Random, sha256Hex } from "../contracts/index.ts";

/**
 * What happens next in a simulation, and when: the one place that orders anything.
 *
 * S1  One thing happens at a time. The next is chosen once everything that the last one set off has come to rest.
 * S2  The choice is drawn from the seed among what can happen, in the order in which it was asked for.
 * S3  Time stands still while something happens, and never moves back.
 */

/** Who something happens to: nothing happens to an actor that is paused, or was killed. */
export interface Actor {
  readonly name: string;
  readonly isRunning: boolean;
}

/** What lies outside every process: the network, and whoever pauses and restarts them. */
export const WORLD: Actor = { name: "world", isRunning: true };

interface Pending {
  readonly actor: Actor;
  readonly what: string;
  readonly at: Instant;
  readonly happen: () => Promise<void> | void;
}

/** Turns after which a process that has heard something has asked for whatever it wants next; reading a body takes the most. */
const SETTLING_TURNS = 3;

/** How often time moves on although something could happen now, and by how much at most. */
const DRIFT_CHANCE = 0.2;
const DRIFT_MS_MAX = 20;

export class Schedule {
  readonly #random: Random;
  #pending: Pending[] = [];
  #now: Instant;
  #history = "";
  #steps = 0;

  constructor(start: Instant, random: Random) {
    this.#now = start;
    this.#random = random;
  }

  get now(): Instant {
    return this.#now;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Digest of everything that has happened, in order. */
  get history(): string {
    return this.#history;
  }

  /** Has something happen at `at` or later; the function returned calls it off. */
  at(at: Instant, { actor, what, happen }: Omit<Pending, "at">): () => void {
    const pending = { actor, what, at, happen };
    this.#pending.push(pending);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== pending);
    };
  }

  /** Has something happen as soon as it is chosen. */
  soon(actor: Actor, what: string, happen: Pending["happen"]): void {
    this.at(this.#now, { actor, what, happen });
  }

  /** Writes into the history. */
  note(line: string): void {
    this.#history = sha256Hex(`${this.#history}${line}`);
  }

  /** Lets the next thing happen and says what it was; null when nothing ever will. */
  async step(): Promise<string | null> {
    await settled(); // S1
    const possible = this.#possible();
    if (possible.length === 0) return null;
    const chosen = possible[Math.floor(this.#random.next() * possible.length)]; // S2
    assert(chosen !== undefined, "a choice is one of what is possible");
    this.#pending = this.#pending.filter((other) => other !== chosen);
    const line = `${this.#now} ${chosen.actor.name} ${chosen.what}`;
    this.note(line);
    this.#steps += 1;
    await chosen.happen();
    return line;
  }

  #possible(): readonly Pending[] {
    const running = this.#pending.filter(({ actor }) => actor.isRunning);
    if (running.length === 0) return [];
    const due = running.filter(({ at }) => at <= this.#now);
    if (due.length === 0) {
      this.#now = instant(Math.max(this.#now, Math.min(...running.map(({ at }) => at)))); // S3
      return running.filter(({ at }) => at <= this.#now);
    }
    if (this.#random.next() < DRIFT_CHANCE) {
      this.#now = after(this.#now, Math.ceil(this.#random.next() * DRIFT_MS_MAX)); // S3
    }
    return due;
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
}
