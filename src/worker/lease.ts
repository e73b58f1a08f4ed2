import type { Clock, Instant } from "../contracts/index.ts";
import { ConnectionFailed } from "../guard/index.ts";

/** The right of one worker to advance one run, as far as its own clock can tell. */
export class Lease {
  readonly tenantId: string;
  readonly runId: string;
  /** The fencing number: the database takes no commit with another. */
  readonly epoch: number;
  /** What its last beat failed of; null where it was heard. */
  unheard: unknown = null;
  readonly #clock: Pick<Clock, "now">;
  readonly #lost = new AbortController();
  #until: Instant;
  #told = 0;
  #heard: () => void = () => undefined;

  /** `until` is counted from before the lease was asked for, so that it ends here before it ends in the database. */
  constructor(
    clock: Pick<Clock, "now">,
    {
      tenantId,
      runId,
      epoch,
      until,
    }: { readonly tenantId: string; readonly runId: string; readonly epoch: number; readonly until: Instant },
  ) {
    this.#clock = clock;
    this.tenantId = tenantId;
    this.runId = runId;
    this.epoch = epoch;
    this.#until = until;
  }

  /** Aborts when the lease is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether it still lasts; one that has run out is lost, whatever a late beat would say. */
  isHeld(): boolean {
    if (this.#clock.now() >= this.#until) this.lose();
    return !this.lost.aborted;
  }

  /** What the run was ever told, as of the last beat: its holder compares it with what it has folded. */
  get told(): number {
    return this.#told;
  }

  /** Calls back when a beat finds that the run was told something. */
  set onTold(heard: () => void) {
    this.#heard = heard;
  }

  renew(until: Instant, told: number): void {
    this.#until = until;
    this.unheard = null;
    if (told <= this.#told) return;
    this.#told = told;
    this.#heard();
  }

  lose(): void {
    this.#lost.abort();
  }
}

/**
 * The way out of a process that holds the lease. A process that was paused past its lease's end finds out here, at the last
 * moment before it would send what its successor may have sent by now.
 */
export const whileHeld =
  (lease: Lease, send: typeof fetch): typeof fetch =>
  async (input, init) => {
    if (lease.isHeld()) return send(input, init);
    throw new ConnectionFailed("not sent: the lease on the run has run out", "no");
  };
