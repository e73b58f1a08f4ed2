import { expect, test } from "vitest";
import { costText, figuresOf, isBlank, stacked } from "./figures.ts";

const NONE = {
  succeeded: 0,
  expected_failures: 0,
  unexpected_failures: 0,
  cancelled: 0,
  p50_ms: null,
  p95_ms: null,
  cost_micros: 0,
  refused_calls: 0,
};
const EMPTY = { ...NONE, at: "2026-01-01T00:00:00.000Z" };
const BUSY = {
  ...NONE,
  at: "2026-01-01T00:01:00.000Z",
  succeeded: 3,
  unexpected_failures: 1,
  p50_ms: 40,
  p95_ms: 900,
  cost_micros: 2_500_000,
};

test("each chart says in words what its time comes to", () => {
  const figures = figuresOf({ parts: [EMPTY, BUSY], to: "2026-01-01T00:02:00.000Z" });

  expect(figures.map(({ title, sum }) => `${title}: ${sum}`)).toEqual([
    "Runs ended: 4 runs, 1 failed",
    "From start to end: p95 900 ms at most",
    "Calls refused: 0 calls",
    "Cost: 2.5 USD",
  ]);
  expect(figures.map(isBlank)).toEqual([false, false, true, false]);
});

test("bars stand one upon the other, and what did not happen is not drawn", () => {
  const [ended] = figuresOf({ parts: [EMPTY, BUSY], to: "2026-01-01T00:02:00.000Z" });

  expect(stacked(ended?.traces ?? []).map((heights) => heights[1])).toEqual([3, null, null, 4]);
});

test("a cost has its unit", () => {
  expect([0, 120, 51_200, 3_000_000].map(costText)).toEqual(["0 USD", "120 µUSD", "0.051 USD", "3 USD"]);
});
