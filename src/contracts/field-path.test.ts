import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fieldPath, parseFieldPath, resolvePath } from "./field-path.ts";
import type { Json } from "./json.ts";

const STATE: Json = JSON.parse('{"a":{"b":[{"c":null},7]},"odd name":1,"__proto__":{"own":true}}');

test.each<[string, Json | undefined]>([
  ["$", STATE],
  ["$.a.b[1]", 7],
  ["$.a.b[0].c", null],
  ['$["odd name"]', 1],
  ["$.__proto__.own", true],
  ["$.a.b[2]", undefined],
  ["$.a.b.length", undefined],
  ["$.a.toString", undefined],
  ["$.a[0]", undefined],
  ["$.a.b[1].c", undefined],
  ["$.missing.deeper", undefined],
])("%s is resolved to what the state itself holds there", (path, value) => {
  expect(resolvePath(STATE, path)).toEqual(value);
});

test.each(["", "a.b", "$a", "$.", "$..a", "$.a[", "$.a[-1]", "$.a[01]", "$.a[*]", '$["\\x"]', "$.a b"])(
  "%j is no field path",
  (path) => {
    expect(parseFieldPath(path)).toBeUndefined();
    expect(resolvePath(STATE, path)).toBeUndefined();
  },
);

test("every list of steps survives being written and read", () =>
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.nat())), (steps) => {
      expect(parseFieldPath(fieldPath(steps))).toEqual(steps);
    }),
  ));
