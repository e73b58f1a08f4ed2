import fc from "fast-check";
import { expect, test } from "vitest";
import { minorUnitsText, parseMinorUnits } from "./minor-units.ts";

test.each([
  ["19.99", "USD", 1999],
  ["0.07", "EUR", 7],
  ["8.2", "USD", 820],
  ["25", "USD", 2500],
  ["1500", "JPY", 1500],
  ["1500.00", "JPY", 1500],
  ["1.234", "KWD", 1234],
  ["10.000", "USD", 1000],
  ["90071992547409.91", "USD", 9007199254740991],
])("%s %s is %d minor units", (amount, currency, minor) => {
  expect(parseMinorUnits(amount, currency)).toBe(minor);
});

test.each([
  ["0.005", "USD"],
  ["1500.5", "JPY"],
  ["-1.00", "USD"],
  ["1e3", "USD"],
  ["1,00", "USD"],
  [".5", "USD"],
  ["5.", "USD"],
  ["", "USD"],
  [" 1", "USD"],
  ["1.00", "usd"],
  ["1.00", ""],
  ["90071992547409.92", "USD"],
])("%j %s is not an amount", (amount, currency) => {
  expect(parseMinorUnits(amount, currency)).toBeUndefined();
});

test("every amount of cents survives its decimal text, where a float would lose one", () => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (cents) => {
      const digits = String(cents).padStart(3, "0");
      const text = `${digits.slice(0, -2)}.${digits.slice(-2)}`;

      expect(parseMinorUnits(text, "USD")).toBe(cents);
    }),
  );
});

test.each([
  ["45.000", "USD", 4500],
  ["0.1", "EUR", 10],
  ["45.005", "USD", undefined],
  ["1200.5", "JPY", undefined],
  ["-1.00", "USD", undefined],
  ["1e3", "USD", undefined],
  ["", "USD", undefined],
  ["99999999999999.00", "USD", undefined],
] as const)("an amount is never rounded: %s %s", (amount, currency, minor) => {
  expect(parseMinorUnits(amount, currency)).toBe(minor);
});

test.each([
  ["500", "USD", "5.00"],
  ["5", "EUR", "0.05"],
  ["-1999", "USD", "-19.99"],
  ["500", "JPY", "500"],
  ["1", "KWD", "0.001"],
  ["12345678901234567890", "USD", "123456789012345678.90"],
  ["1.5", "USD", undefined],
  ["500", "usd", undefined],
])("%s minor units of %s are %s", (minor, currency, text) => {
  expect(minorUnitsText(minor, currency)).toBe(text);
});
