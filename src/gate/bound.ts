import { clopperLowerOrder } from "./clopper-pearson.ts";
import { compareRationals, type Rational, rationalOf } from "./rational.ts";
import { type Sample, wilsonLowerOrder } from "./wilson.ts";

/** How a proportion is bounded before it is compared. */
export interface Bound {
  readonly method: "wilson" | "clopper_pearson";
  readonly confidence: Confidence;
  /** Of an interval with both ends (`two`), or of one with a single end (`one`), at that confidence. */
  readonly side: "one" | "two";
  /**
   * What becomes of a limit that lies within the interval: `fail` compares the end that errs on the safe side, so that only what is
   * shown to keep to it passes; `pass` the other end, so that only what is shown to miss it fails. `fail` unless told.
   */
  readonly in_doubt?: "fail" | "pass" | undefined;
}

export const CONFIDENCES = [0.8, 0.9, 0.95, 0.98, 0.99, 0.998, 0.999] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** `Z / 10^15` is the standard normal quantile at the confidence; at the middle of what it leaves for two sides. */
const Z: { readonly [side in Bound["side"]]: { readonly [confidence in Confidence]: bigint } } = {
  one: {
    0.8: 841_621_233_572_914n,
    0.9: 1_281_551_565_544_600n,
    0.95: 1_644_853_626_951_473n,
    0.98: 2_053_748_910_631_823n,
    0.99: 2_326_347_874_040_841n,
    0.998: 2_878_161_739_095_483n,
    0.999: 3_090_232_306_167_814n,
  },
  two: {
    0.8: 1_281_551_565_544_600n,
    0.9: 1_644_853_626_951_473n,
    0.95: 1_959_963_984_540_054n,
    0.98: 2_326_347_874_040_841n,
    0.99: 2_575_829_303_548_901n,
    0.998: 3_090_232_306_167_814n,
    0.999: 3_290_526_731_491_895n,
  },
};

/**
 * Below, equal to or above zero as the bound's lower end is below, equal to or above the limit. A sample of nothing has the lower end
 * 0.
 */
export function lowerOrder(bound: Bound, sample: Sample, limit: Rational): bigint {
  if (bound.method === "wilson") return wilsonLowerOrder(sample, limit, Z[bound.side][bound.confidence]);
  return clopperLowerOrder(sample, limit, tailOf(bound));
}

/** The same of its upper end: the lower end of what was not good, turned round. */
export const upperOrder = (bound: Bound, { good, valid }: Sample, { numerator, denominator }: Rational): bigint =>
  -lowerOrder(bound, { good: valid - good, valid }, { numerator: denominator - numerator, denominator });

/** How much probability lies beyond one end. */
function tailOf({ confidence, side }: Bound): Rational {
  const { numerator, denominator } = rationalOf(confidence);
  return { numerator: denominator - numerator, denominator: side === "two" ? 2n * denominator : denominator };
}

/** The lower end to so many decimal places, cut off: the largest such decimal that it reaches. For people. */
export function lowerEnd(bound: Bound, sample: Sample, places = 6): Rational {
  const denominator = 10n ** BigInt(places);
  let [reached, beyond] = [0n, denominator + 1n];
  while (beyond - reached > 1n) {
    const numerator = (reached + beyond) / 2n;
    if (lowerOrder(bound, sample, { numerator, denominator }) >= 0n) reached = numerator;
    else beyond = numerator;
  }
  return { numerator: reached, denominator };
}

/** The upper end to so many decimal places, rounded up. */
export function upperEnd(bound: Bound, { good, valid }: Sample, places = 6): Rational {
  const { numerator, denominator } = lowerEnd(bound, { good: valid - good, valid }, places);
  return { numerator: denominator - numerator, denominator };
}

/** The smallest sample without a single failure whose lower end reaches the limit; null where none up to ten million does. */
export function cleanTrials(bound: Bound, limit: Rational): number | null {
  const TRIALS_MAX = 10_000_000;
  const isReached = (valid: number) => lowerOrder(bound, { good: valid, valid }, limit) >= 0n;
  if (compareRationals(limit, rationalOf(0)) <= 0n) return 0;
  if (!isReached(TRIALS_MAX)) return null;
  let [short, enough] = [0, TRIALS_MAX];
  while (enough - short > 1) {
    const trials = Math.floor((short + enough) / 2);
    if (isReached(trials)) enough = trials;
    else short = trials;
  }
  return enough;
}
