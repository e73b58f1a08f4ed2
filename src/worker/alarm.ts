import type { Clock, Instant } from "../contracts/index.ts";

/** Why a wait is called off. With a reason, aborting builds no error with a stack. */
const OFF = "called off";

/**
 * One wait for an instant that may be rung early. While the instant stays the same its timer stays too: most steps of a run
 * wait for the same one, the end of the run's time, and a timer for each of them was a twentieth of a step.
 */
export class Alarm {
  readonly #clock: Clock;
  #armed: { readonly at: Instant; readonly off: AbortController } | null = null;
  #waiting: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at `at`, or when it is rung before. One waits at a time. */
  until(at: Instant): Promise<void> {
    this.#arm(at);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Ends the wait; the timer goes on for the next. */
  ring(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  /** Leaves no timer behind. */
  off(): void {
    this.#armed?.off.abort(OFF);
    this.#armed = null;
  }

  #arm(at: Instant): void {
    if (this.#armed?.at === at) return;
    this.off();
    const armed = { at, off: new AbortController() };
    this.#armed = armed;
    void this.#clock.wake(at, armed.off.signal).then(() => {
      if (this.#armed !== armed) return;
      this.#armed = null;
      this.ring();
    });
  }
}
