import { expect, test } from "vitest";
import { framesIn } from "./frames.ts";

test("frames are told by name and data; a beat is none, and what is not whole yet is kept", () => {
  const { frames, rest } = framesIn('id: 1\nevent: size\ndata: {"streams":2}\n\n: beat\n\nid: 2\nevent: prog');

  expect(frames).toEqual([{ name: "size", data: '{"streams":2}' }]);
  expect(rest).toBe("id: 2\nevent: prog");
});
