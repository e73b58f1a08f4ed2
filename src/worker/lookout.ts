import { after, assert, type Clock } from "../contracts/index.ts";

/** What a look found: more is there and is looked for at once, or nothing is left for now. */
export type Looked = "again" | "enough";

/** Looks again and again, at once when nudged, else after a pause, until stopped. A look never rejects. */
export class Lookout {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  readonly #look: (nudged: boolean) => Promise<Looked>;
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #looking: Promise<void> | null = null;

  constructor(clock: Clock, pauseMs: number, look: (nudged: boolean) => Promise<Looked>) {
    this.#clock = clock;
    this.#pauseMs = pauseMs;
    this.#look = look;
  }

  start(): void {
    assert(this.#looking === null, "a lookout is started once");
    this.#looking = this.#go();
  }

  nudge(): void {
    this.#wake.abort();
  }

  /** Resolves when the last look has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #go(): Promise<void> {
    for (let nudged = false; !this.#stopping.signal.aborted; ) {
      const looked = await this.#look(nudged);
      nudged = looked === "enough" && (await this.#pause());
    }
  }

  /** True: a nudge ended the pause. */
  async #pause(): Promise<boolean> {
    const until = after(this.#clock.now(), this.#pauseMs);
    await this.#clock.wake(until, AbortSignal.any([this.#wake.signal, this.#stopping.signal]));
    const nudged = this.#wake.signal.aborted;
    this.#wake = new AbortController();
    return nudged;
  }
}
