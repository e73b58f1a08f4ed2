import { expect, test } from "vitest";
import { duration, relative, utcSecond } from "./told-time.ts";

test.each([
  [0, "now"],
  [999, "now"],
  [-1_000, "1 s ago"],
  [59_999, "in 59 s"],
  [-119_000, "1 min ago"],
  [3_600_000, "in 1 h"],
  [-200_000_000, "2 d ago"],
])("%i ms from now is `%s`", (ms, text) => {
  const now = 1_767_323_045_000;

  expect(relative(now + ms, now)).toBe(text);
});

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [999.7, "1 s"],
  [4_250, "4.2 s"],
  [59_999, "59.9 s"],
  [65_000, "1 min 5 s"],
  [119_999, "1 min 59 s"],
  [3_600_000, "1 h"],
  [3_900_000, "1 h 5 min"],
  [100_000_000, "1 d 3 h"],
])("%d ms took `%s`: no unit is ever full", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("an instant is told in UTC, to the second", () => {
  expect(utcSecond("2026-01-02T03:04:05.678Z")).toBe("2026-01-02 03:04:05 UTC");
});
