import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bound, cleanTrials, lowerEnd, lowerOrder, upperEnd, upperOrder } from "./bound.ts";
import { decimalText, rationalOf } from "./rational.ts";

/** Good, valid, confidence, side; ends by Wilson, then by Clopper-Pearson: statsmodels 0.15.0, `proportion_confint`. */
const REFERENCE = [
  [1, 1, 0.95, "two", "0.206549314", "1.000000000", "0.025000000", "1.000000000"],
  [1, 1, 0.9, "one", "0.378447503", "1.000000000", "0.100000000", "1.000000000"],
  [19, 20, 0.95, "two", "0.763868807", "0.991118551", "0.751267237", "0.998734911"],
  [19, 20, 0.95, "one", "0.803992763", "0.988765183", "0.783893836", "0.997438621"],
  [60, 60, 0.95, "two", "0.939828148", "1.000000000", "0.940370508", "1.000000000"],
  [60, 60, 0.999, "two", "0.847127796", "1.000000000", "0.881014048", "1.000000000"],
  [72, 72, 0.95, "two", "0.949348827", "1.000000000", "0.950055916", "1.000000000"],
  [20, 20, 0.95, "two", "0.838874842", "1.000000000", "0.831566529", "1.000000000"],
  [0, 20, 0.95, "two", "0.000000000", "0.161125158", "0.000000000", "0.168433471"],
  [0, 10, 0.99, "one", "0.000000000", "0.351150500", "0.000000000", "0.369042656"],
  [50, 100, 0.95, "two", "0.403831530", "0.596168470", "0.398321130", "0.601678870"],
  [60, 60, 0.95, "one", "0.956853201", "1.000000000", "0.951297087", "1.000000000"],
  [381, 381, 0.95, "two", "0.990018074", "1.000000000", "0.990364622", "1.000000000"],
  [73, 73, 0.95, "two", "0.950007992", "1.000000000", "0.950722939", "1.000000000"],
  [73, 73, 0.99, "two", "0.916683554", "1.000000000", "0.929991633", "1.000000000"],
  [292, 300, 0.95, "one", "0.953294978", "0.984910503", "0.952399926", "0.986663110"],
  [990, 1000, 0.99, "two", "0.978070714", "0.995469944", "0.978723941", "0.996273217"],
  [1, 100, 0.95, "two", "0.001767432", "0.054486196", "0.000253146", "0.054459385"],
  [1, 100, 0.9, "one", "0.002995931", "0.032839265", "0.001053050", "0.038339497"],
  [99999, 100000, 0.999, "two", "0.999872523", "0.999999216", "0.999900018", "0.999999995"],
] as const;

const isNear = (value: ReturnType<typeof lowerEnd>, reference: string) =>
  Math.abs(Number(decimalText(value, 9)) - Number(reference)) <= 2e-9;

test.each(REFERENCE)(
  "%d of %d at %d, %s-sided: both ends are the published ones",
  (good, valid, confidence, side, ...ends) => {
    const sample = { good, valid };
    const [wilson, exact] = (["wilson", "clopper_pearson"] as const).map(
      (method): Bound => ({ method, confidence, side }),
    );
    if (wilson === undefined || exact === undefined) throw new Error("there are two methods");

    expect(isNear(lowerEnd(wilson, sample, 9), ends[0])).toBe(true);
    expect(isNear(upperEnd(wilson, sample, 9), ends[1])).toBe(true);
    expect(isNear(lowerEnd(exact, sample, 9), ends[2])).toBe(true);
    expect(isNear(upperEnd(exact, sample, 9), ends[3])).toBe(true);
  },
);

const TWO_SIDED: Bound = { method: "wilson", confidence: 0.95, side: "two" };

test("73 of 73 reach a two-sided Wilson bound of 0.95, and 72 of 72 do not", () => {
  expect(lowerOrder(TWO_SIDED, { good: 73, valid: 73 }, rationalOf(0.95))).toBeGreaterThanOrEqual(0n);
  expect(lowerOrder(TWO_SIDED, { good: 72, valid: 72 }, rationalOf(0.95))).toBeLessThan(0n);
});

test("73 clean trials are the fewest for a two-sided Wilson bound of 0.95; none reach 1", () => {
  expect(cleanTrials(TWO_SIDED, rationalOf(0.95))).toBe(73);
  expect(cleanTrials({ ...TWO_SIDED, side: "one" }, rationalOf(0.95))).toBe(52);
  expect(cleanTrials({ ...TWO_SIDED, method: "clopper_pearson" }, rationalOf(0.95))).toBe(72);
  expect(cleanTrials(TWO_SIDED, rationalOf(1))).toBeNull();
  expect(cleanTrials(TWO_SIDED, rationalOf(0))).toBe(0);
});

test("a sample of nothing reaches no limit from below, and keeps to none from above", () => {
  for (const method of ["wilson", "clopper_pearson"] as const) {
    const bound: Bound = { ...TWO_SIDED, method };
    expect(lowerOrder(bound, { good: 0, valid: 0 }, rationalOf(0.001))).toBeLessThan(0n);
    expect(upperOrder(bound, { good: 0, valid: 0 }, rationalOf(0.999))).toBeGreaterThan(0n);
  }
});

test("one more good one never lowers a bound, whatever the method", () => {
  const sample = fc.nat(60).chain((valid) => fc.record({ good: fc.nat(valid), valid: fc.constant(valid) }));
  const limit = fc.integer({ min: 1, max: 99 }).map((percent) => rationalOf(`${percent}/100`));
  fc.assert(
    fc.property(sample, limit, fc.constantFrom("wilson", "clopper_pearson"), (drawn, percent, method) => {
      const bound: Bound = { ...TWO_SIDED, method };
      const next = { good: drawn.good + 1, valid: drawn.valid + 1 };
      expect(lowerOrder(bound, drawn, percent) >= 0n && lowerOrder(bound, next, percent) < 0n).toBe(false);
    }),
  );
});
