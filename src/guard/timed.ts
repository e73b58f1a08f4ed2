import { after, type Clock, type Instant } from "../contracts/index.ts";

/** A handler that does not stop when told to is abandoned after this long; its late result is discarded. */
export const GRACE_MS = 1_000;

/** How an attempt ended. What it answers inside the grace still counts: a known effect is worth more than a prompt one. */
export type Ended<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "stopped"; readonly why: "timeout" | "cancelled" };

/** Why a watch or a spent attempt is aborted. Without a reason, each abort would build an error with a stack: 4 % of a step. */
const OVER = "the attempt is over";

export interface TimedOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Aborts the attempt from outside: a cancelled run, a lost lease. */
  readonly cancelled: AbortSignal;
}

/** Runs one attempt until it ends, or until time or its caller ends it. It never rejects and leaves no timer behind. */
export async function timed<T>(options: TimedOptions, attempt: (signal: AbortSignal) => Promise<T>): Promise<Ended<T>> {
  const abort = new AbortController();
  const deadline = after(options.clock.now(), options.timeoutMs);
  try {
    const work = ended(() => attempt(abort.signal));
    return (await Promise.race([work, soon()])) ?? (await watched(options, { work, abort, deadline }));
  } finally {
    abort.abort(OVER);
  }
}

/** Turns of the microtask queue within which a handler that waits for nothing has answered. */
const SOON_TURNS = 8;

/** An attempt that answers without waiting needs no watch: timer and signals were a tenth of a step. */
async function soon(): Promise<undefined> {
  for (let turn = 0; turn < SOON_TURNS; turn++) await undefined;
  return undefined;
}

interface Underway<T> {
  readonly work: Promise<Ended<T>>;
  readonly abort: AbortController;
  readonly deadline: Instant;
}

async function watched<T>(
  { clock, cancelled }: TimedOptions,
  { work, abort, deadline }: Underway<T>,
): Promise<Ended<T>> {
  const watch = new AbortController();
  const stopWatching = () => watch.abort(OVER);
  cancelled.addEventListener("abort", stopWatching, { once: true });
  if (cancelled.aborted) stopWatching();
  try {
    const late = clock.wake(deadline, watch.signal).then(() => undefined);
    const first = await Promise.race([work, late]);
    if (first !== undefined) return first;
    const why = cancelled.aborted ? "cancelled" : "timeout";
    abort.abort();
    return (await lastWord(work, clock)) ?? { kind: "stopped", why };
  } finally {
    cancelled.removeEventListener("abort", stopWatching);
    watch.abort(OVER);
  }
}

async function ended<T>(attempt: () => Promise<T>): Promise<Ended<T>> {
  try {
    return { kind: "answered", value: await attempt() };
  } catch (error) {
    return { kind: "threw", error };
  }
}

// An error inside the grace is the abort itself arriving.
async function lastWord<T>(work: Promise<Ended<T>>, clock: Clock): Promise<Ended<T> | undefined> {
  const grace = new AbortController();
  const over = clock.wake(after(clock.now(), GRACE_MS), grace.signal).then(() => undefined);
  const last = await Promise.race([work, over]);
  grace.abort(OVER);
  return last?.kind === "answered" ? last : undefined;
}
