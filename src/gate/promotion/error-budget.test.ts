import fc from "fast-check";
import { expect, test } from "vitest";
import { errorBudget } from "./error-budget.ts";

test.each([
  [10_000, 10],
  [999, 0],
  [1000, 1],
  [1999, 1],
  [2000, 2],
  [1, 0],
  [0, 0],
])("RT-1102 of %i valid runs, %i may fail and one more is a breach", (valid, allowed) => {
  expect(errorBudget(valid - Math.min(allowed, valid), valid)).toMatchObject({ allowed, isBreached: false });
  if (valid > allowed) expect(errorBudget(valid - allowed - 1, valid)).toMatchObject({ allowed, isBreached: true });
});

test("RT-1102 one failure among fewer than 1000 runs is a breach, and is said to be of few", () => {
  expect(errorBudget(998, 999)).toEqual({ allowed: 0, bad: 1, isBreached: true, isLowVolume: true });
  expect(errorBudget(999, 1000)).toEqual({ allowed: 1, bad: 1, isBreached: false, isLowVolume: false });
});

test("RT-1102 a month is within its budget exactly where good * 1000 >= valid * 999", () => {
  const months = fc
    .integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    .chain((valid) => fc.tuple(fc.integer({ min: 0, max: valid }), fc.constant(valid)));
  const near = fc
    .integer({ min: 0, max: 3000 })
    .chain((valid) => fc.tuple(fc.integer({ min: Math.max(0, valid - 5), max: valid }), fc.constant(valid)));

  fc.assert(
    fc.property(fc.oneof(months, near), ([good, valid]) => {
      expect(errorBudget(good, valid).isBreached).toBe(BigInt(good) * 1000n < BigInt(valid) * 999n);
    }),
  );
});
