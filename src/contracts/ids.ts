import { v7 } from "uuid";
import type { Clock, Ids, Random } from "./host.ts";

/** Half of the 32-bit counter, so that a millisecond begins with room for two thousand million further ids. */
const START_MAX = 0x8000_0000;
const COUNTER_MAX = 0xffff_ffff;

/**
 * UUID version 7 (RFC 9562 section 6.2, method 1): the clock's millisecond, then a counter that begins at a random
 * number in each new millisecond, then random bits. Each id sorts after the one before it, also when the clock stands
 * still or steps back.
 */
export function uuidV7Ids(clock: Pick<Clock, "now">, random: Random): Ids {
  let msecs = Number.NEGATIVE_INFINITY;
  let seq = 0;

  const tick = (now: number) => {
    const isNew = now > msecs || seq === COUNTER_MAX;
    if (isNew) msecs = Math.max(now, msecs + 1);
    seq = isNew ? Math.floor(random.next() * START_MAX) : seq + 1;
  };

  return {
    next: () => {
      tick(clock.now());
      return v7({ msecs, seq, random: random.bytes(16) });
    },
  };
}
