import { assert, type Instant } from "../contracts/index.ts";

/*
 * What a picture of limited width shows of thousands of bars.
 *
 * G1  Only what is narrower than a dot is gathered, and only with what is of the same key and begins within the dot before it.
 * G2  Nothing is lost: the times of what is shown add up to what was given.
 */

/** Something that lasts from one instant to another; null: it goes on. */
interface Lasting {
  readonly from: Instant;
  readonly to: Instant | null;
}

/** One of them, or several of which nobody could tell one from another: the first, until the last ended. */
export type Gathered<T> = T & { readonly times: number };

/** What is gathered as it comes: of thousands only those that are shown are held. */
export interface Gathering<T> {
  /** The next in the order of their beginnings. */
  readonly add: (item: T) => void;
  readonly shown: () => readonly Gathered<T>[];
}

/**
 * Begins to gather.
 *
 * @param dotMs how long a dot of the picture lasts; 0 gathers nothing
 * @param keyOf what has to be equal for two to look alike
 */
export function newGathering<T extends Lasting>(dotMs: number, keyOf: (item: T) => string): Gathering<T> {
  const shown: Shown<T>[] = [];
  const last = new Map<string, Shown<T>>();
  let given = 0;
  return {
    add: (item) => {
      given += 1;
      const key = keyOf(item);
      const before = last.get(key);
      if (before !== undefined && isOne(before, item, dotMs)) {
        before.to = item.to;
        before.times += 1;
        return;
      }
      const next = { first: item, to: item.to, times: 1 };
      last.set(key, next);
      shown.push(next);
    },
    shown: () => {
      assert(shown.reduce((sum, { times }) => sum + times, 0) === given, "gathering loses nothing"); // G2
      return shown.map(({ first, to, times }) => ({ ...first, to, times }));
    },
  };
}

/** Gathers what is in the order of its beginnings. */
export function gathered<T extends Lasting>(
  items: readonly T[],
  dotMs: number,
  keyOf: (item: T) => string,
): readonly Gathered<T>[] {
  const gathering = newGathering(dotMs, keyOf);
  for (const item of items) gathering.add(item);
  return gathering.shown();
}

/** What is being gathered: thousands of them may become one. */
interface Shown<T> {
  readonly first: T;
  to: Instant | null;
  times: number;
}

/** G1. Of several that were gathered, the width counts no more: each of them was narrow. */
const isOne = (before: Shown<Lasting>, next: Lasting, dotMs: number): boolean =>
  before.to !== null &&
  next.to !== null &&
  next.to - next.from < dotMs &&
  (before.times > 1 || before.to - before.first.from < dotMs) &&
  next.from - before.to < dotMs;
