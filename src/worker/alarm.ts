import type { Clock, Instant } from "../contracts/index.ts";

/** Why a wait is called off. With a reason, aborting builds no error with a stack. */
const OFF = "called off";

/**
 * One wait for an instant that may be rung early. While the instant stays the same it is not set anew: most steps of a run
 * wait for the same one, the end of the run's time, and a timer for each of them was a twentieth of a step.
 */
export class Alarm {
  readonly #clock: Clock;
  #at: Instant | null = null;
  #off = new AbortController();
  #rang: Promise<null> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at `at`, or when `ring` is called before. */
  until(at: Instant): Promise<null> {
    if (this.#rang !== null && this.#at === at) return this.#rang;
    this.ring();
    this.#at = at;
    this.#off = new AbortController();
    this.#rang = this.#clock.wake(at, this.#off.signal).then(() => {
      if (this.#at === at) this.#rang = null;
      return null;
    });
    return this.#rang;
  }

  ring(): void {
    this.#rang = null;
    this.#off.abort(OFF);
  }
}
