import type { Random } from "./host.ts";

const WARM_UP_ROUNDS = 12; // PractRand's own number for sfc32: similar seeds have diverged by then

/**
 * Chance that repeats: the same seed gives the same numbers for ever. For simulations and tests only, never for secrets.
 *
 * @param seed any integer; its low 32 bits count
 * @see sfc32 ("small fast counting"), Chris Doty-Humphrey, PractRand, public domain
 */
export function seededRandom(seed: number): Random {
  const word = sfc32(seed);
  return {
    next: () => word() / 0x1_0000_0000,
    bytes: (length) => Uint8Array.from({ length }, () => word() & 0xff),
  };
}

function sfc32(seed: number): () => number {
  let a = seed | 0;
  let b = 0;
  let c = 0;
  let counter = 1;

  const word = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) word();
  return word;
}
