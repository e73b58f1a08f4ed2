import { createHash } from "node:crypto";
import { after, type Clock, type Host, type Instant, instant } from "../../../src/contracts/index.ts";

interface Sleeper {
  readonly at: Instant;
  readonly forMs: number;
  readonly resolve: () => void;
}

/** A clock that stands still until it is advanced. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Resolves once somebody sleeps for exactly `ms`: the condition to wait for before advancing. */
  asleepFor(ms: number): Promise<void>;
}

export const START = instant(Date.UTC(2026, 10, 20, 12, 0, 0));

export function manualClock(start: Instant = START): ManualClock {
  let now = start;
  let sleepers: readonly Sleeper[] = [];
  let watchers: readonly { readonly forMs: number; readonly resolve: () => void }[] = [];
  const sleeps = (ms: number) => sleepers.some((sleeper) => sleeper.forMs === ms);
  return {
    now: () => now,
    wake: (at, signal) =>
      new Promise((resolve) => {
        if (at <= now || signal.aborted) return resolve();
        const sleeper = { at, forMs: at - now, resolve };
        sleepers = [...sleepers, sleeper];
        signal.addEventListener("abort", () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          resolve();
        });
        for (const watcher of watchers.filter(({ forMs }) => forMs === sleeper.forMs)) watcher.resolve();
        watchers = watchers.filter(({ forMs }) => forMs !== sleeper.forMs);
      }),
    advance(ms) {
      now = after(now, ms);
      const due = sleepers.filter(({ at }) => at <= now);
      sleepers = sleepers.filter(({ at }) => at > now);
      for (const sleeper of due) sleeper.resolve();
    },
    asleepFor: (ms) =>
      new Promise((resolve) => {
        if (sleeps(ms)) resolve();
        else watchers = [...watchers, { forMs: ms, resolve }];
      }),
  };
}

export type ManualHost = Host & { readonly clock: ManualClock };

/** A host whose every id and draw follows from `seed`. */
export function manualHost(seed = "simulators"): ManualHost {
  let drawn = 0;
  const draw = (): Buffer => {
    drawn += 1;
    return createHash("sha256").update(`${seed}:${drawn}`).digest();
  };
  return {
    clock: manualClock(),
    ids: { next: () => draw().toString("hex", 0, 16) },
    random: {
      next: () => draw().readUInt32BE() / 2 ** 32,
      bytes: (length) => Uint8Array.from({ length }, () => draw()[0] ?? 0),
    },
  };
}
