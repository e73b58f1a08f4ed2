import fc from "fast-check";
import { expect, test } from "vitest";
import { rationalOf } from "./rational.ts";
import { wilsonLower, wilsonLowerAtLeast } from "./wilson.ts";

/** Good, valid, bound: the reference values of the specification, section 20.2. */
const REFERENCE = [
  [0, 0, 0],
  [0, 10, 0],
  [1, 1, 0.206549],
  [3, 3, 0.438503],
  [10, 10, 0.722467],
  [16, 16, 0.806392],
  [18, 20, 0.698966],
  [19, 20, 0.763869],
  [20, 20, 0.838875],
  [24, 25, 0.804559],
  [27, 27, 0.875445],
  [60, 60, 0.939828],
  [72, 72, 0.949349],
  [73, 73, 0.950008],
  [80, 81, 0.933331],
  [81, 81, 0.954722],
  [108, 109, 0.949854],
  [109, 110, 0.950294],
  [292, 300, 0.948271],
  [293, 300, 0.952628],
  [300, 300, 0.987357],
  [920, 1000, 0.901534],
  [990, 1000, 0.981691],
] as const;

test.each(REFERENCE)("P1-D02 the Wilson lower bound of %d good in %d is %d", (good, valid, bound) => {
  expect(Math.abs(wilsonLower({ good, valid }) - bound)).toBeLessThan(1e-6);
});

/** Threshold, then the smallest sample that passes with 0, 1, … failures: section 20.2. */
const SMALLEST = [
  [0.8, 16, 25, 33, 40, 47, 54],
  [0.95, 73, 110, 142, 173, 202, 230],
  [0.99, 381, 563, 726, 878, 1025, 1166],
  [0.999, 3838, 5661, 7289, 8817, 10282, 11702],
] as const;

test.each(SMALLEST)(
  "P1-D02 the smallest samples that reach %d are exact to one observation",
  (threshold, ...samples) => {
    for (const [failures, valid] of samples.entries()) {
      const reaches = (n: number) => wilsonLowerAtLeast({ good: n - failures, valid: n }, rationalOf(threshold));

      expect([reaches(valid - 1), reaches(valid)], `${failures} failures`).toEqual([false, true]);
    }
  },
);

test.each([
  [0.5, 2],
  [-1, 2],
  [3, 2],
  [0, -1],
  [0, Number.NaN],
])("P1-D02 %d of %d are no counts", (good, valid) => {
  const error = expect.objectContaining({ code: "GATE_INPUT_INVALID" });

  expect(() => wilsonLower({ good, valid })).toThrow(error);
  expect(() => wilsonLowerAtLeast({ good, valid }, rationalOf(0.95))).toThrow(error);
});

test("a threshold is the fraction its decimal form writes", () => {
  expect(rationalOf(0.95)).toEqual({ numerator: 95n, denominator: 100n });
  expect(rationalOf(1e-7)).toEqual({ numerator: 1n, denominator: 10_000_000n });
  expect(rationalOf(-0.1)).toEqual({ numerator: -1n, denominator: 10n });
  expect(rationalOf("19/20")).toEqual({ numerator: 19n, denominator: 20n });
  for (const value of ["19/0", "0x5", Number.NaN, ""]) {
    expect(() => rationalOf(value)).toThrow(expect.objectContaining({ code: "GATE_INPUT_INVALID" }));
  }
});

const sample = fc
  .nat({ max: 5000 })
  .chain((valid) => fc.record({ valid: fc.constant(valid), good: fc.nat({ max: valid }) }));

test("the exact verdict is that of the number shown, wherever a double can tell them apart", () => {
  const agrees = fc.property(sample, fc.integer({ min: 1, max: 1000 }), (observed, thousandths) => {
    const gap = wilsonLower(observed) - thousandths / 1000;
    const exact = wilsonLowerAtLeast(observed, { numerator: BigInt(thousandths), denominator: 1000n });
    return Math.abs(gap) < 1e-9 || exact === gap > 0;
  });

  fc.assert(agrees);
});
