import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf, isJson, JSON_BYTES_MAX, sha256Hex } from "../contracts/index.ts";
import { digestOfLong, digestOfTexts } from "./long-text.ts";

test("the digest of a long value is the one that short values have", () =>
  fc.assert(
    fc.property(fc.jsonValue(), (drawn) => {
      const value: unknown = JSON.parse(JSON.stringify(drawn));
      fc.pre(isJson(value));

      expect(digestOfLong(value)).toBe(digestOf(value));
    }),
  ));

test("a value larger than one document may be has a digest too", () => {
  const text = "x".repeat(JSON_BYTES_MAX / 2);

  expect(digestOfLong([text, text, text])).toBe(sha256Hex(JSON.stringify([text, text, text])));
  expect(digestOfTexts(['"a"', "1"])).toBe(digestOf(["a", 1]));
});
