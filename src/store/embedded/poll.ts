import { after, type Clock } from "../../contracts/index.ts";

/** A process ends or becomes ready within milliseconds; looking every 10 ms costs nothing and adds little. */
const POLL_MS = 10;

/** Nothing ever cuts these waits short: they are bounded by their own limit. */
const NEVER = new AbortController().signal;

/** Waits one beat between two looks at the world. */
export const pause = (clock: Clock): Promise<void> => clock.wake(after(clock.now(), POLL_MS), NEVER);

/** Looks until `look` sees something, at most `limitMs`; then `undefined`. It looks at least once. */
export async function poll<T>(
  clock: Clock,
  limitMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const limit = after(clock.now(), limitMs);
  for (;;) {
    const seen = await look();
    if (seen !== undefined || clock.now() >= limit) return seen;
    await pause(clock);
  }
}
