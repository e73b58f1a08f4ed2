import { expect, test } from "vitest";
import { streamsIn } from "./follow.ts";

test("a frame of changes names the streams that grew; a beat names none", () => {
  expect(streamsIn('id: 1\nevent: change\ndata: {"streams":[{"stream":"a","seq":7}]}')).toEqual(["a"]);
  expect(streamsIn(": beat")).toEqual([]);
});
