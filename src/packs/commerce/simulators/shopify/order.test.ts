import fc from "fast-check";
import { expect, test } from "vitest";
import { decimalText, parseDecimal } from "./order.ts";

test("minor units and decimal text are each other's inverse", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (minor) => {
      expect(parseDecimal(decimalText(minor))).toBe(minor);
    }),
  );
});

test("decimal text is read with none, one or two decimals, and nothing else is", () => {
  expect(["5", "5.5", "5.05", 5].map(parseDecimal)).toEqual([500, 550, 505, 500]);
  expect(["-1", "1.005", "1,00", "", null, {}].map(parseDecimal)).toEqual(Array(6).fill(undefined));
});
