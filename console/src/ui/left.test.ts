import { expect, test } from "vitest";
import { leftOf } from "./left.ts";

test.each([
  [0, "0:00 min"],
  [-5_000, "0:00 min"],
  [245_000, "4:05 min"],
  [3_845_000, "1:04:05 h"],
  [90_245_000, "1 d 1:04:05 h"],
])("of %d ms is left %s", (ms, text) => {
  expect(leftOf(ms)).toBe(text);
});
