import type { GateText } from "../policy-shape.ts";

/*
 * Both ends of the interval of a proportion, from the definitions of the two methods and in numbers. Nothing is looked up: quantiles and
 * ends are found by halving.
 */

/** Of a sample that is not empty. */
export function naiveEnds(
  { method, confidence, side }: NonNullable<GateText["bound"]>,
  good: number,
  valid: number,
): { readonly lower: number; readonly upper: number } {
  const tail = (1 - confidence) / (side === "two" ? 2 : 1);
  return method === "wilson"
    ? wilson(good, valid, tail)
    : { lower: exactLower(good, valid, tail), upper: 1 - exactLower(valid - good, valid, tail) };
}

function wilson(good: number, valid: number, tail: number) {
  const z = halved(0, 10, (at) => 0.5 - bellUpTo(at) > tail);
  const rate = good / valid;
  const middle = (rate + z ** 2 / (2 * valid)) / (1 + z ** 2 / valid);
  const spread = (z / (1 + z ** 2 / valid)) * Math.sqrt((rate * (1 - rate)) / valid + z ** 2 / (4 * valid ** 2));
  return { lower: middle - spread, upper: middle + spread };
}

/** The probability of which so many good ones, or more, come as seldom as the tail says. */
const exactLower = (good: number, valid: number, tail: number): number =>
  good === 0 ? 0 : halved(0, 1, (rate) => atLeast(good, valid, rate) < tail);

const atLeast = (good: number, valid: number, rate: number): number =>
  Array.from({ length: valid - good + 1 }, (_, more) => good + more)
    .map((count) => ways(valid, count) * rate ** count * (1 - rate) ** (valid - count))
    .reduce((all, one) => all + one, 0);

const ways = (all: number, some: number): number => (some === 0 ? 1 : (ways(all, some - 1) * (all - some + 1)) / some);

/** The area under the standard normal density from 0, by Simpson's rule. */
function bellUpTo(end: number): number {
  const parts = 200;
  const density = (part: number) => Math.exp(-(((end * part) / parts) ** 2) / 2) / Math.sqrt(2 * Math.PI);
  const weighted = Array.from({ length: parts + 1 }, (_, part) => {
    const weight = part === 0 || part === parts ? 1 : part % 2 === 0 ? 2 : 4;
    return weight * density(part);
  });
  return (weighted.reduce((all, one) => all + one, 0) * end) / parts / 3;
}

/** Where something that holds at the beginning ends to hold. */
function halved(from: number, to: number, holds: (at: number) => boolean, halvings = 50): number {
  const middle = (from + to) / 2;
  if (halvings === 0) return middle;
  return holds(middle) ? halved(middle, to, holds, halvings - 1) : halved(from, middle, holds, halvings - 1);
}
