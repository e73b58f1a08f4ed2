import type { Rational } from "./rational.ts";
import { assertCounts, type Sample } from "./wilson.ts";

/** Fixed point: what is computed is a whole number of `1 / SCALE`. */
const SCALE = 1n << 320n;

/**
 * Below, equal to or above zero as the Clopper-Pearson lower bound is below, equal to or above a threshold `p`: as so many good ones,
 * or more, come of `p` with a probability above, of or below `tail`. Nothing valid, and nothing good, have the bound 0. Throws the
 * fault `GATE_INPUT_INVALID` for counts that are none.
 *
 * Terms of the binomial distribution follow from each other by a ratio, so they are summed from the largest outwards, each as a
 * multiple of it, until they are below `1 / SCALE`: about `40 * sqrt(valid)` terms, of which none errs by more than `valid / SCALE`.
 * What is no further apart than all of that is equal.
 *
 * @see Clopper and Pearson 1934, Biometrika 26:404
 */
export function clopperLowerOrder(sample: Sample, { numerator, denominator }: Rational, tail: Rational): bigint {
  assertCounts(sample);
  const { good, valid } = sample;
  if (good === 0) return -numerator;
  if (numerator <= 0n) return 1n;
  if (numerator >= denominator) return -1n;
  const [p, q, n] = [numerator, denominator - numerator, BigInt(valid)];
  const mode = ((n + 1n) * p) / denominator;
  const top = mode > n ? n : mode;
  let [all, beyond] = [0n, 0n];
  const add = (count: bigint, term: bigint) => {
    all += term;
    if (count >= BigInt(good)) beyond += term;
  };
  for (let count = top, term = SCALE; term > 0n && count <= n; count += 1n) {
    add(count, term);
    term = (term * (n - count) * p) / ((count + 1n) * q);
  }
  for (let count = top, term = SCALE; term > 0n && count > 0n; count -= 1n) {
    term = (term * count * q) / ((n - count + 1n) * p);
    add(count - 1n, term);
  }
  const apart = all * tail.numerator - beyond * tail.denominator;
  const error = n * (n + 1n) * tail.denominator;
  return apart > error || apart < -error ? apart : 0n;
}
