import { type Bound, lowerEnd, lowerOrder, upperEnd, upperOrder } from "./bound.ts";
import type { Flip } from "./decision.ts";
import type { Measurement } from "./measurement.ts";
import type { GateText, MetricText } from "./policy-shape.ts";
import { compareRationals, decimalText, type Rational } from "./rational.ts";
import type { Sample } from "./wilson.ts";

/** Decimal places of what is shown. */
export const PLACES = 6;

type Op = GateText["op"];

/** Whether a value keeps to a limit. */
export const keepsTo = (op: Op, value: Rational, limit: Rational): boolean =>
  keepsBy(op, compareRationals(value, limit));

function keepsBy(op: Op, order: bigint): boolean {
  switch (op) {
    case ">=":
      return order >= 0n;
    case ">":
      return order > 0n;
    case "<=":
      return order <= 0n;
    case "<":
      return order < 0n;
    case "==":
      return order === 0n;
  }
}

/** Whether a proportion keeps to a limit: by one end of its interval, where the gate has a bound. */
export function sampleKeepsTo({ op, bound }: Pick<GateText, "op" | "bound">, sample: Sample, limit: Rational): boolean {
  if (bound === undefined) {
    if (sample.valid === 0) return false;
    return keepsTo(op, { numerator: BigInt(sample.good), denominator: BigInt(sample.valid) }, limit);
  }
  return keepsBy(op, (isByLowerEnd(op, bound) ? lowerOrder : upperOrder)(bound, sample, limit));
}

const isByLowerEnd = (op: Op, { in_doubt }: Bound): boolean => (op === ">=") === (in_doubt !== "pass");

/** Whether a measurement, which has a value, keeps to a limit. */
export const measurementKeepsTo = (
  gate: GateText,
  metric: MetricText,
  measured: Measurement,
  limit: Rational,
): boolean =>
  metric.kind === "ratio"
    ? sampleKeepsTo(gate, { good: measured.good, valid: measured.sample }, limit)
    : measured.value !== null && keepsTo(gate.op, measured.value, limit);

/** The end of the interval that is compared, to show. */
export function boundText({ op, bound }: GateText, { good, sample }: Measurement): string | null {
  if (bound === undefined) return null;
  const end = isByLowerEnd(op, bound) ? lowerEnd : upperEnd;
  return decimalText(end(bound, { good, valid: sample }, PLACES), PLACES);
}

/** Whether what is asked for is little of the metric: its members then are what keeps it from passing. */
export const isCeiling = (op: Op): boolean => op === "<=" || op === "<";

/** The smallest changes of the sample that let it pass, each enough alone; none where none of that kind is. */
export function flipsOf(gate: GateText, metric: MetricText, measured: Measurement, limit: Rational): readonly Flip[] {
  if (metric.kind === "count") return countFlips(gate, measured, limit);
  if (metric.kind !== "ratio") return [{ change: "reach", value: decimalText(limit, PLACES) }];
  const { good, sample } = measured;
  const passes = (next: Sample) => next.valid >= gate.sample_min && sampleKeepsTo(gate, next, limit);
  return isCeiling(gate.op)
    ? [
        ...smallest("take_away", good, (count) => passes({ good: good - count, valid: sample })),
        ...smallest("add", TRIALS_MAX, (count) => passes({ good, valid: sample + count })),
      ]
    : [
        ...smallest("make_good", sample - good, (count) => passes({ good: good + count, valid: sample })),
        ...smallest("add_good", TRIALS_MAX, (count) => passes({ good: good + count, valid: sample + count })),
      ];
}

/** More trials than anybody makes to flip a gate. */
const TRIALS_MAX = 10_000_000;

function countFlips({ op }: GateText, { sample }: Measurement, limit: Rational): readonly Flip[] {
  const passes = (count: number) => keepsTo(op, { numerator: BigInt(count), denominator: 1n }, limit);
  return [
    ...(isCeiling(op) ? [] : smallest("add", TRIALS_MAX, (count) => passes(sample + count))),
    ...smallest("take_away", sample, (count) => passes(sample - count)),
  ];
}

/** The smallest count from 1 on that passes, where passing never ends again once it began. */
function smallest(
  change: "add" | "add_good" | "make_good" | "take_away",
  most: number,
  passes: (count: number) => boolean,
): readonly Flip[] {
  if (most < 1 || !passes(most)) return [];
  let [short, enough] = [0, most];
  while (enough - short > 1) {
    const count = Math.floor((short + enough) / 2);
    if (passes(count)) enough = count;
    else short = count;
  }
  return [{ change, count: enough }];
}
