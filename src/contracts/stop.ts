/**
 * The end of something that is under way, told to whoever listens. Its signal is made when it is first asked for: most
 * calls answer before anybody does, and two controllers for each of them were a tenth of a step.
 */
export class Stop {
  #controller: AbortController | null = null;
  #isStopped = false;
  #reason: unknown;

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Aborts when stopped, or is aborted already. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#isStopped) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Stops it, once. Without a reason, the signal builds an error with a stack when it is looked at. */
  stop(reason?: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
