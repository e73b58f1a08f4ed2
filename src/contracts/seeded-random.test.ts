import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

test("numbers are in [0, 1) and spread evenly", () => {
  const random = seededRandom(42);
  const numbers = Array.from({ length: 10_000 }, () => random.next());

  const tenths = Array.from(
    { length: 10 },
    (_, tenth) => numbers.filter((number) => Math.floor(number * 10) === tenth).length,
  );

  expect(Math.min(...tenths)).toBeGreaterThan(850);
  expect(tenths.reduce((sum, count) => sum + count)).toBe(10_000);
});

test("neighbouring seeds have nothing in common from the first number on", () => {
  const firsts = Array.from({ length: 100 }, (_, seed) => seededRandom(seed).next());

  expect(new Set(firsts.map((number) => Math.floor(number * 1000))).size).toBeGreaterThan(85);
});

test("bytes have the length asked for", () => {
  expect(seededRandom(1).bytes(16)).toHaveLength(16);
});
