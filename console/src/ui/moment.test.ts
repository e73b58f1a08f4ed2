import { expect, test } from "vitest";
import { lasting, relative, utc } from "./moment.ts";

test.each([
  [0, "now"],
  [-5_000, "5 s ago"],
  [-119_000, "1 min ago"],
  [7_200_000, "in 2 h"],
  [-3 * 86_400_000, "3 d ago"],
])("%d ms from now is %s", (ms, text) => {
  expect(relative(ms, 0)).toBe(text);
});

test.each([
  [12, "12 ms"],
  [3_400, "3.4 s"],
  [125_000, "2 min 5 s"],
  [3_900_000, "1 h 5 min"],
])("%d ms lasts %s", (ms, text) => {
  expect(lasting(ms)).toBe(text);
});

test("an instant is told in UTC, to the second", () => {
  expect(utc("2026-01-02T03:04:05.678Z")).toBe("2026-01-02 03:04:05 UTC");
});
