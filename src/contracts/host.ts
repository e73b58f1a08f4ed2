import type { Instant } from "./instant.ts";

/** Where time comes from. Decisions never hold one: they are given `now`. */
export interface Clock {
  now(): Instant;
  /** Resolves at `at`, or as soon as `signal` aborts; it never rejects. */
  wake(at: Instant, signal: AbortSignal): Promise<void>;
}

/** Makes time-ordered ids (UUID version 7). The caller makes an id before the write, so a retry writes the same row. */
export interface Ids {
  next(): string;
}

/** Chance. `next` is uniform in [0, 1); `bytes` is for secrets and nonces. */
export interface Random {
  next(): number;
  bytes(length: number): Uint8Array;
}

/** Everything ambient that a process needs; built once at the edge, replaced by a simulated one in tests. */
export interface Host {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
}
