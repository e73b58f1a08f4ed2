import { Fault } from "../contracts/index.ts";
import type { Rational } from "./rational.ts";

/** How many of the valid observations were good. */
export interface Sample {
  readonly good: number;
  readonly valid: number;
}

/** The 97.5 % quantile of the standard normal distribution: the lower end of a two-sided 95 % interval. */
const Z = 1.959963984540054;

/** `Z` as the fraction `Z_SCALED / Z_SCALE`. */
const Z_SCALED = 1_959_963_984_540_054n;
const Z_SCALE = 10n ** 15n;

/** Whether the Wilson lower bound of a two-sided 95 % interval reaches a threshold. As `wilsonLowerOrder`. */
export const wilsonLowerAtLeast = (sample: Sample, threshold: Rational): boolean =>
  wilsonLowerOrder(sample, threshold, Z_SCALED) >= 0n;

/**
 * Below, equal to or above zero as the Wilson lower bound is below, equal to or above a threshold, in exact integers. The bound is the
 * smaller root `t` of `valid (good/valid - t)² = z² t (1 - t)`, so at or below it the left side is the larger one. Nothing valid, and
 * nothing good, have the bound 0. Throws the fault `GATE_INPUT_INVALID` for counts that are none.
 *
 * @param zScaled the standard normal quantile times 10^15
 */
export function wilsonLowerOrder(sample: Sample, threshold: Rational, zScaled: bigint): bigint {
  assertCounts(sample);
  const { numerator, denominator } = threshold;
  if (sample.good === 0 || numerator < 0n) return -numerator;
  // Below 1 always. The other root is 1 when everything is good, so the inequality alone would let 1 pass.
  if (numerator >= denominator) return -1n;
  const [good, valid] = [BigInt(sample.good), BigInt(sample.valid)];
  const excess = good * denominator - numerator * valid;
  if (excess < 0n) return -1n;
  return (excess * Z_SCALE) ** 2n - zScaled ** 2n * valid * numerator * (denominator - numerator);
}

/** The Wilson lower bound as a number to show, from 0 to below 1; comparisons are `wilsonLowerAtLeast`'s. Throws as it does. */
export function wilsonLower(sample: Sample): number {
  assertCounts(sample);
  const { good, valid } = sample;
  if (good === 0) return 0;
  const rate = good / valid;
  const square = Z ** 2;
  const spread = Z * Math.sqrt((rate * (1 - rate)) / valid + square / (4 * valid ** 2));
  return Math.max(0, (rate + square / (2 * valid) - spread) / (1 + square / valid));
}

/** Throws the fault `GATE_INPUT_INVALID` for counts that are none. */
export function assertCounts({ good, valid }: Sample): void {
  const isCounted = Number.isSafeInteger(good) && Number.isSafeInteger(valid) && good >= 0 && good <= valid;
  if (!isCounted) throw invalid(`\`${good}\` of \`${valid}\` are no counts`);
}

const invalid = (message: string): Fault => new Fault("GATE_INPUT_INVALID", message, { retry: "never" });
