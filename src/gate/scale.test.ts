import { expect, test } from "vitest";
import { drawnOf } from "./scale.ts";

const rule = ">= 0.95 (wilson, 0.95 two-sided)";

test("a proportion is drawn on a line that shows where it stands", () => {
  expect(drawnOf({ value: "96/100", bound: "0.90", rule })).toMatchObject({ from: 0.8, to: 1 });
  const drawn = drawnOf({ value: "3/4", bound: null, rule: ">= 0.5" });
  expect(drawn).toEqual({ from: 0, to: 1, value: 75, bound: null, limit: 50 });
});

test.each([null, "376", "0/0"])("%s is no proportion", (value) => {
  expect(drawnOf({ value, bound: null, rule })).toBeNull();
});
