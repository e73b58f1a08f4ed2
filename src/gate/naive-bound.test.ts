import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bound, CONFIDENCES } from "./bound.ts";
import { sampleKeepsTo } from "./compare.ts";
import { rationalOf } from "./rational.ts";
import { naiveEnds } from "./testing/naive-bound.ts";

const bounds = fc.record({
  method: fc.constantFrom<Bound["method"][]>("wilson", "clopper_pearson"),
  confidence: fc.constantFrom(...CONFIDENCES),
  side: fc.constantFrom<Bound["side"][]>("one", "two"),
});
const samples = fc
  .integer({ min: 1, max: 40 })
  .chain((valid) => fc.record({ good: fc.oneof(fc.constantFrom(0, valid), fc.nat(valid)), valid: fc.constant(valid) }));
const limits = fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: -5, max: 105 }));

test("a bound keeps to a limit as the ends of its interval do, found by the definitions alone: from below, from above, in doubt too", () => {
  fc.assert(
    fc.property(bounds, samples, limits, (bound, { good, valid }, percent) => {
      const { lower, upper } = naiveEnds(bound, good, valid);
      const limit = percent / 100;
      const keeps = (op: ">=" | "<=", in_doubt: Bound["in_doubt"]) =>
        sampleKeepsTo({ op, bound: { ...bound, in_doubt } }, { good, valid }, rationalOf(`${percent}/100`));

      expect({
        atLeast: keeps(">=", "fail"),
        perhapsAtLeast: keeps(">=", "pass"),
        atMost: keeps("<=", "fail"),
        perhapsAtMost: keeps("<=", "pass"),
      }).toEqual({
        atLeast: lower > limit - 1e-9,
        perhapsAtLeast: upper > limit - 1e-9,
        atMost: upper < limit + 1e-9,
        perhapsAtMost: lower < limit + 1e-9,
      });
    }),
    { numRuns: 400 },
  );
});
