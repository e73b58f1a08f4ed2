import fc from "fast-check";
import { expect, test } from "vitest";
import { exclusiveTax, inclusiveTax, percentText, taxRateBasisPoints } from "./tax-rates.ts";

const amount = fc.integer({ min: 0, max: 99_999_999 });
const rate = fc.integer({ min: 0, max: 3_000 });

test("tax on top is rounded half up to the minor unit", () => {
  expect([exclusiveTax(5_000, 725), exclusiveTax(100, 50), exclusiveTax(100, 49)]).toEqual([363, 1, 0]);
});

test("the tax contained in a gross amount is the tax on its net amount, to the minor unit", () => {
  fc.assert(
    fc.property(amount, rate, (gross, basisPoints) => {
      const contained = inclusiveTax(gross, basisPoints);

      const onTop = exclusiveTax(gross - contained, basisPoints);

      expect(Math.abs(onTop - contained)).toBeLessThanOrEqual(1);
    }),
  );
});

test("where the shop is not registered there is no tax", () => {
  expect(taxRateBasisPoints("US", "OR")).toBe(0);
  expect(taxRateBasisPoints("JP", "")).toBe(0);
  expect(percentText(725)).toBe("7.25");
});
