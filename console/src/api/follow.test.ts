import { expect, test } from "vitest";
import { concerns, streamsIn } from "./follow.ts";

test("a frame of changes names the streams that grew; another names none", () => {
  expect(streamsIn({ name: "change", data: '{"streams":[{"stream":"a","seq":7}]}' })).toEqual(["a"]);
  expect(streamsIn({ name: "size", data: "{}" })).toEqual([]);
});

test("a document that names its streams is read anew when one of them grew, and after a lost connection", () => {
  expect(concerns(["environment:", "gate:"], ["run-1", "gate:slo"])).toBe(true);
  expect(concerns(["environment:"], ["run-1"])).toBe(false);
  expect(concerns(["environment:"], null)).toBe(true);
  expect(concerns(undefined, ["run-1"])).toBe(true);
});
