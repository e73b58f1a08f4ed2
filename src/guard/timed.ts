import { after, type Clock, type Instant, Stop } from "../contracts/index.ts";

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
  /** Stops the attempt from outside: a cancelled run, a lost lease. */
  readonly cancelled: Stop;
}

/** Runs one attempt until it ends, or until time or its caller ends it. It never rejects and leaves no timer behind. */
export async function timed<T>(options: TimedOptions, attempt: (stop: Stop) => Promise<T>): Promise<Ended<T>> {
  const stop = new Stop();
  const deadline = after(options.clock.now(), options.timeoutMs);
  let answer: Ended<T> | undefined;
  const work = ended(
    () => attempt(stop),
    (end) => {
      answer = end;
    },
  );
  try {
    // An attempt that answers without waiting needs no watch: timer and signals were a tenth of a step.
    for (let turn = 0; turn < SOON_TURNS && answer === undefined; turn++) await undefined;
    return answer ?? (await watched(options, { work, stop, deadline }));
  } finally {
    stop.stop(OVER);
  }
}

/** Turns of the microtask queue within which a handler that waits for nothing has answered. */
const SOON_TURNS = 8;

interface Underway<T> {
  readonly work: Promise<Ended<T>>;
  readonly stop: Stop;
  readonly deadline: Instant;
}

async function watched<T>(
  { clock, cancelled }: TimedOptions,
  { work, stop, deadline }: Underway<T>,
): Promise<Ended<T>> {
  const watch = new AbortController();
  const stopWatching = () => watch.abort(OVER);
  cancelled.signal.addEventListener("abort", stopWatching, { once: true });
  if (cancelled.isStopped) stopWatching();
  try {
    const late = clock.wake(deadline, watch.signal).then(() => undefined);
    const first = await Promise.race([work, late]);
    if (first !== undefined) return first;
    const why = cancelled.isStopped ? "cancelled" : "timeout";
    stop.stop();
    return (await lastWord(work, clock)) ?? { kind: "stopped", why };
  } finally {
    cancelled.signal.removeEventListener("abort", stopWatching);
    watch.abort(OVER);
  }
}

/** Tells how the attempt ended in the turn in which it does. */
async function ended<T>(attempt: () => Promise<T>, tell: (end: Ended<T>) => void): Promise<Ended<T>> {
  let end: Ended<T>;
  try {
    end = { kind: "answered", value: await attempt() };
  } catch (error) {
    end = { kind: "threw", error };
  }
  tell(end);
  return end;
}

// An error inside the grace is the abort itself arriving.
async function lastWord<T>(work: Promise<Ended<T>>, clock: Clock): Promise<Ended<T> | undefined> {
  const grace = new AbortController();
  const over = clock.wake(after(clock.now(), GRACE_MS), grace.signal).then(() => undefined);
  const last = await Promise.race([work, over]);
  grace.abort(OVER);
  return last?.kind === "answered" ? last : undefined;
}
