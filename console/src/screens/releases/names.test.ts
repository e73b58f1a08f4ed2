import { expect, test } from "vitest";
import { checkText, shortBundle } from "./names.ts";

test("a check is told by what holds where it passes, and by what does not where it fails", () => {
  expect(checkText({ check: "bundle_not_marked_bad", passed: true })).toBe("nobody marked it bad");
  expect(checkText({ check: "bundle_not_marked_bad", passed: false })).toBe("it was marked bad");
  expect(checkText({ check: "a_new_one", passed: false })).toBe("not a new one");
});

test("a bundle is told apart by its label and the beginning of its root", () => {
  expect(shortBundle("candidate-20260130-120000-3f1d2c4b-0a1b2c3d4e5f")).toBe("candidate 0a1b2c3");
  expect(shortBundle("a".repeat(64))).toBe("root aaaaaaa");
  expect(shortBundle("odd")).toBe("odd");
});
