import * as fc from "fast-check";
import * as rfc6902 from "rfc6902";
import { describe, expect, test } from "vitest";
import { isJson } from "./canonical.ts";
import type { Json } from "./json.ts";
import { applyPatch, createPatch } from "./patch.ts";

const REFUSED = "STATE_PATCH_INVALID";

function outcomeOf(document: Json, patch: Json): Json {
  const result = applyPatch(document, patch);
  return result.ok ? result.value : result.refusal.code;
}

/** RFC 6902 appendix A: section, document, patch, result. */
const APPENDIX_A: readonly (readonly [section: string, document: Json, patch: Json, result: Json])[] = [
  ["A.1 add a member", { foo: "bar" }, [{ op: "add", path: "/baz", value: "qux" }], { baz: "qux", foo: "bar" }],
  [
    "A.2 add an element",
    { foo: ["bar", "baz"] },
    [{ op: "add", path: "/foo/1", value: "qux" }],
    { foo: ["bar", "qux", "baz"] },
  ],
  ["A.3 remove a member", { baz: "qux", foo: "bar" }, [{ op: "remove", path: "/baz" }], { foo: "bar" }],
  [
    "A.4 remove an element",
    { foo: ["bar", "qux", "baz"] },
    [{ op: "remove", path: "/foo/1" }],
    { foo: ["bar", "baz"] },
  ],
  [
    "A.5 replace a value",
    { baz: "qux", foo: "bar" },
    [{ op: "replace", path: "/baz", value: "boo" }],
    { baz: "boo", foo: "bar" },
  ],
  [
    "A.6 move a value",
    { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
    [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } },
  ],
  [
    "A.7 move an element",
    { foo: ["all", "grass", "cows", "eat"] },
    [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    { foo: ["all", "cows", "eat", "grass"] },
  ],
  [
    "A.8 test a value: success",
    { baz: "qux", foo: ["a", 2, "c"] },
    [
      { op: "test", path: "/baz", value: "qux" },
      { op: "test", path: "/foo/1", value: 2 },
    ],
    { baz: "qux", foo: ["a", 2, "c"] },
  ],
  ["A.9 test a value: error", { baz: "qux" }, [{ op: "test", path: "/baz", value: "bar" }], REFUSED],
  [
    "A.10 add a nested member",
    { foo: "bar" },
    [{ op: "add", path: "/child", value: { grandchild: {} } }],
    { foo: "bar", child: { grandchild: {} } },
  ],
  [
    "A.11 ignore unknown members",
    { foo: "bar" },
    [{ op: "add", path: "/baz", value: "qux", xyz: 123 }],
    { foo: "bar", baz: "qux" },
  ],
  ["A.12 add to a target that is not there", { foo: "bar" }, [{ op: "add", path: "/baz/bat", value: "qux" }], REFUSED],
  ["A.14 the order of escapes", { "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: 10 }], { "/": 9, "~1": 10 }],
  ["A.15 text is not a number", { "/": 9, "~1": 10 }, [{ op: "test", path: "/~01", value: "10" }], REFUSED],
  [
    "A.16 add an array",
    { foo: ["bar"] },
    [{ op: "add", path: "/foo/-", value: ["abc", "def"] }],
    { foo: ["bar", ["abc", "def"]] },
  ],
];

test.each(APPENDIX_A)("RFC 6902 %s", (_section, document, patch, result) => {
  expect(outcomeOf(document, patch)).toEqual(result);
});

describe("the whole document", () => {
  test.each<[string, Json, Json, Json]>([
    ["add replaces it", { a: 1 }, [{ op: "add", path: "", value: [] }], []],
    ["replace replaces it, scalars too", "a", [{ op: "replace", path: "", value: "b" }], "b"],
    ["test compares it", { a: 1 }, [{ op: "test", path: "", value: { a: 1 } }], { a: 1 }],
    ["copy puts one of its parts in its place", { a: [1] }, [{ op: "copy", from: "/a", path: "" }], [1]],
    ["move puts one of its parts in its place", { a: [1] }, [{ op: "move", from: "/a", path: "" }], [1]],
    ["it can be moved onto itself", { a: 1 }, [{ op: "move", from: "", path: "" }], { a: 1 }],
    ["it cannot be removed", { a: 1 }, [{ op: "remove", path: "" }], REFUSED],
    ["it cannot be moved into itself", { a: 1 }, [{ op: "move", from: "", path: "/b" }], REFUSED],
  ])("%s", (_name, document, patch, result) => {
    expect(outcomeOf(document, patch)).toEqual(result);
  });
});

describe("places", () => {
  test.each<[Json, Json, Json]>([
    [{}, [{ op: "add", path: "/", value: 1 }], { "": 1 }],
    [{ a: {} }, [{ op: "add", path: "/a/", value: 1 }], { a: { "": 1 } }],
    [{ a: 1 }, [{ op: "add", path: "/0", value: 2 }], { "0": 2, a: 1 }],
    [["a"], [{ op: "add", path: "/1", value: "b" }], ["a", "b"]],
    [["a"], [{ op: "add", path: "/0", value: "b" }], ["b", "a"]],
    [["a"], [{ op: "add", path: "/2", value: "b" }], REFUSED],
    [["a"], [{ op: "add", path: "/-1", value: "b" }], REFUSED],
    [["a"], [{ op: "add", path: "/x", value: "b" }], REFUSED],
    [["a"], [{ op: "replace", path: "/-", value: "b" }], REFUSED],
    [["a"], [{ op: "remove", path: "/-" }], REFUSED],
    [["a", "b"], [{ op: "test", path: "/01", value: "b" }], REFUSED],
    [["a", "b"], [{ op: "test", path: "/1e0", value: "b" }], REFUSED],
    [["a", "b"], [{ op: "remove", path: "/1e0" }], REFUSED],
    [["a", "b"], [{ op: "remove", path: "/length" }], REFUSED],
    [{ a: 1 }, [{ op: "add", path: "/a/b", value: 2 }], REFUSED],
    [{ a: null }, [{ op: "remove", path: "/a" }], {}],
    [{ a: null }, [{ op: "replace", path: "/a", value: 0 }], { a: 0 }],
    [{ a: null }, [{ op: "move", from: "/a", path: "/b" }], { b: null }],
    [{ a: null }, [{ op: "test", path: "/a", value: null }], { a: null }],
    [{}, [{ op: "test", path: "/a", value: null }], REFUSED],
    [{ a: { b: 1, c: 2 } }, [{ op: "test", path: "/a", value: { c: 2, b: 1 } }], { a: { b: 1, c: 2 } }],
    [{ a: 1 }, [{ op: "move", from: "/a", path: "/a" }], { a: 1 }],
    [{ a: { b: 1 } }, [{ op: "move", from: "/a", path: "/a/b" }], REFUSED],
    [{ a: 1 }, [{ op: "copy", from: "/x", path: "/b" }], REFUSED],
    [[1, 2, 3, 4], [1, 2].map((index) => ({ op: "remove", path: `/${index}` })), [1, 3]],
  ])("on %j the patch %j gives %j", (document, patch, result) => {
    expect(outcomeOf(document, patch)).toEqual(result);
  });
});

describe("patches that are not well formed", () => {
  test.each<[string, Json]>([
    ["no array", { op: "remove", path: "/a" }],
    ["no operation", [null]],
    ["no op", [{ path: "/a" }]],
    ["an unknown op", [{ op: "spam", path: "/a", value: 1 }]],
    ["no path", [{ op: "remove" }]],
    ["a path that is no pointer", [{ op: "remove", path: "a" }]],
    ["a path with a loose tilde", [{ op: "add", path: "/~2", value: 1 }]],
    ["no value to add", [{ op: "add", path: "/b" }]],
    ["no value to replace by", [{ op: "replace", path: "/a" }]],
    ["no value to test for", [{ op: "test", path: "/a" }]],
    ["no from to copy", [{ op: "copy", path: "/b" }]],
    ["no from to move", [{ op: "move", path: "" }]],
  ])("%s is refused", (_name, patch) => {
    expect(outcomeOf({ a: 1 }, patch)).toBe(REFUSED);
  });

  test("the failing operation is named and nothing of the patch is applied", () => {
    const document = { a: [1] };
    const patch = [
      { op: "add", path: "/a/-", value: 2 },
      { op: "remove", path: "/gone" },
    ];

    expect(applyPatch(document, patch)).toEqual({
      ok: false,
      refusal: {
        code: REFUSED,
        message: "operation 1 (`remove` at `/gone`) cannot be applied",
        details: { operation: 1 },
      },
    });
    expect(document).toEqual({ a: [1] });
  });
});

describe("hostile patches", () => {
  test.each<[string, Json]>([
    ["`__proto__` as a target", [{ op: "add", path: "/__proto__/polluted", value: true }]],
    ["`__proto__` as a member", [{ op: "add", path: "/__proto__", value: { polluted: true } }]],
    ["`__proto__` as a source", [{ op: "copy", from: "/__proto__", path: "/a" }]],
    ["an inherited member", [{ op: "add", path: "/constructor/prototype/polluted", value: true }]],
    ["an inherited function", [{ op: "test", path: "/toString", value: {} }]],
  ])("%s is refused and pollutes nothing", (_name, patch) => {
    expect(outcomeOf({}, patch)).toBe(REFUSED);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("copies of copies end at the limits of JSON", () => {
    const doubling = Array.from({ length: 70 }, () => ({ op: "copy", from: "", path: "/a" }));

    expect(outcomeOf({ x: "x" }, doubling)).toBe(REFUSED);
  });
});

const json: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)))
  .filter(isJson);

/** Two values that have much in common, as two versions of one state do. */
const versions = fc
  .tuple(fc.array(json, { maxLength: 6 }), fc.dictionary(fc.string(), json), json, fc.nat(6))
  .map(([list, object, value, at]): readonly [Json, Json] => [
    { list, object, same: list },
    { list: list.toSpliced(at, 1, value), object: { ...object, [String(at)]: value }, same: list },
  ]);

const pair = fc.oneof(fc.tuple(json, json), versions);

test("I2 a patch turns the one value into the other and leaves both as they were", () =>
  fc.assert(
    fc.property(pair, ([before, after]) => {
      const texts = JSON.stringify([before, after]);

      const patch = createPatch(before, after);

      expect(applyPatch(before, JSON.parse(JSON.stringify(patch)))).toEqual({ ok: true, value: after });
      expect(JSON.stringify([before, after])).toBe(texts);
    }),
  ));

test("equal values need no patch", () =>
  fc.assert(
    fc.property(json, (value) => {
      expect(createPatch(value, structuredClone(value))).toEqual([]);
    }),
  ));

test("the `rfc6902` package applies our patches to the same effect", () =>
  fc.assert(
    fc.property(versions, ([before, after]) => {
      const patch: rfc6902.Operation[] = JSON.parse(JSON.stringify(createPatch(before, after)));
      fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(patch)));
      const document = JSON.parse(JSON.stringify(before)); // not structuredClone: it keeps shared parts shared

      rfc6902.applyPatch(document, patch);

      expect(document).toEqual(after);
    }),
  ));

test("we apply the patches of the `rfc6902` package to the same effect", () =>
  fc.assert(
    fc.property(versions, ([before, after]) => {
      const patch = JSON.parse(JSON.stringify(rfc6902.createPatch(before, after)));
      fc.pre(!/__proto__/.test(JSON.stringify(patch)));

      expect(outcomeOf(before, patch)).toEqual(after);
    }),
  ));

test("an object with a member `__proto__` is replaced as a whole", () => {
  const before: Json = JSON.parse('{"a":{"__proto__":1}}');
  const after: Json = JSON.parse('{"a":{"__proto__":2}}');

  expect(createPatch(before, after)).toEqual([{ op: "replace", path: "/a", value: JSON.parse('{"__proto__":2}') }]);
});

test("what a patch leaves alone is shared, not copied", () => {
  const before = { kept: { deep: [1] }, changed: 1 };

  const after = outcomeOf(before, [{ op: "replace", path: "/changed", value: 2 }]);

  expect(Reflect.get(Object(after), "kept")).toBe(before.kept);
});

test("long arrays that differ at one end give one operation", () => {
  const before = Array.from({ length: 20_000 }, (_, index) => index);

  expect(createPatch(before, [...before, 7])).toEqual([{ op: "add", path: "/20000", value: 7 }]);
  expect(createPatch(before, before.slice(1))).toEqual([{ op: "remove", path: "/0" }]);
});
