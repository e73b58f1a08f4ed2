import { type Clock, type Instant, instant } from "../../contracts/index.ts";
import { NOON } from "./calls.ts";

/** A clock moved by hand, from noon on; who waits is woken when its time has come. */
export function handClock() {
  let now = NOON;
  const waiting = new Set<{ readonly at: Instant; readonly wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    wake: (at, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(sleeper);
          resolve();
        };
        const sleeper = { at, wake };
        waiting.add(sleeper);
        signal.addEventListener("abort", sleeper.wake, { once: true });
        if (signal.aborted || at <= now) sleeper.wake();
      }),
  };
  const advance = async (ms: number) => {
    now = instant(now + ms);
    for (const sleeper of [...waiting]) if (sleeper.at <= now) sleeper.wake();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { clock, advance, waiting };
}
