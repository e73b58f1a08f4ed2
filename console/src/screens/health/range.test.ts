import { expect, test } from "vitest";
import { chosenRange, rangeOf, seriesPath } from "./range.ts";

const NOW = Date.parse("2026-01-02T03:04:05.678Z");

test("a span ends at the next full part, and looks within one part are at the same time", () => {
  const range = rangeOf({ range: "1h" }, NOW);

  expect(range).toEqual(rangeOf({ range: "1h" }, NOW + 54_000));
  expect(seriesPath(range)).toBe(
    "/v1/series?from=2026-01-02T02%3A05%3A00.000Z&to=2026-01-02T03%3A05%3A00.000Z&parts=60",
  );
});

test("a shared time is that time whenever it is opened", () => {
  const search = { from: "2026-01-01T00:00:00.000Z", to: "2026-01-01T02:00:00.000Z" };

  expect(rangeOf(search, NOW)).toEqual({ from: Date.parse(search.from), to: Date.parse(search.to), span: null });
});

test.each([
  ["a span that is none", { range: "9y" }],
  ["a time that ends before it begins", { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
  ["a time that is longer than can be counted", { from: "2025-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }],
])("%s is a day up to now", (_, search) => {
  expect(rangeOf(search, NOW)).toEqual(rangeOf({ range: "24h" }, NOW));
});

test("what is chosen in a chart is a time in whole seconds, and a slip of the hand is nothing", () => {
  expect(chosenRange(NOW, NOW + 3_600_000)).toEqual({
    from: "2026-01-02T03:04:05.000Z",
    to: "2026-01-02T04:04:06.000Z",
  });
  expect(chosenRange(NOW, NOW + 5_000)).toBeNull();
});
