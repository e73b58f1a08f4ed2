import { expect, test } from "vitest";
import { minorUnits } from "./decimal-money.ts";

test.each([
  ["45.00", "USD", 4500],
  ["45", "USD", 4500],
  ["0.1", "EUR", 10],
  ["45.000", "USD", 4500],
  ["1200", "JPY", 1200],
  ["1.234", "KWD", 1234],
] as const)("%s %s is %i minor units", (amount, currency, minor) => {
  expect(minorUnits(amount, currency)).toBe(minor);
});

test.each([
  ["45.005", "USD"],
  ["1200.5", "JPY"],
  ["-1.00", "USD"],
  ["1e3", "USD"],
  ["", "USD"],
  ["99999999999999.00", "USD"],
] as const)("%s %s is no exact amount", (amount, currency) => {
  expect(minorUnits(amount, currency)).toBeUndefined();
});
