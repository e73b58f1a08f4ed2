import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Annotation, compileAnnotation, replaceMatches } from "./annotation.ts";
import type { Json } from "./json.ts";

const annotation = (path: string): Annotation =>
  compileAnnotation(path) ?? expect.fail(`${path} is no annotation path`);

/** Replaces each annotated value by the path that matched. */
const marked = (document: Json, ...paths: readonly string[]): Json =>
  replaceMatches(document, paths.map(annotation), (match) => `<${match.annotation.path} at ${match.path}>`);

describe("places", () => {
  test.each<[string, Json, Json]>([
    ["$.a.b", { a: { b: 1, c: 2 }, b: 3 }, { a: { b: "<$.a.b at $.a.b>", c: 2 }, b: 3 }],
    ["$.a.b", { a: [{ b: 1 }] }, { a: [{ b: 1 }] }],
    ["$.a.b", { a: { b: { c: 1 } } }, { a: { b: "<$.a.b at $.a.b>" } }],
    [
      "$.items[*].email",
      { items: [{ email: "x" }, { name: "y" }, { email: null }], email: "z" },
      {
        items: [
          { email: "<$.items[*].email at $.items[0].email>" },
          { name: "y" },
          { email: "<$.items[*].email at $.items[2].email>" },
        ],
        email: "z",
      },
    ],
    ["$.items[*].email", { items: { a: { email: "x" } } }, { items: { a: { email: "x" } } }],
    ["$[*]", [1, 2], ["<$[*] at $[0]>", "<$[*] at $[1]>"]],
    ["$.a[1]", { a: [1, 2, 3] }, { a: [1, "<$.a[1] at $.a[1]>", 3] }],
    [
      "$.**.token",
      { token: 1, a: { token: 2, b: [{ token: 3 }] } },
      {
        token: "<$.**.token at $.token>",
        a: { token: "<$.**.token at $.a.token>", b: [{ token: "<$.**.token at $.a.b[0].token>" }] },
      },
    ],
    ["$.**.token", { token: { token: 1 } }, { token: "<$.**.token at $.token>" }],
    [
      "$.a.**.b",
      { b: 1, a: { b: 2, c: { b: 3 } } },
      { b: 1, a: { b: "<$.a.**.b at $.a.b>", c: { b: "<$.a.**.b at $.a.c.b>" } } },
    ],
    ["$.**.a.**.b", { a: { x: [{ b: 1 }] }, b: 2 }, { a: { x: [{ b: "<$.**.a.**.b at $.a.x[0].b>" }] }, b: 2 }],
    ["$.x-key", { "x-key": 1 }, { "x-key": '<$.x-key at $["x-key"]>' }],
  ])("%s in %j", (path, document, expected) => {
    expect(marked(document, path)).toEqual(expected);
  });

  test("where two annotations meet, the first in the list counts", () => {
    expect(marked({ a: 1 }, "$.**.a", "$.a")).toEqual({ a: "<$.**.a at $.a>" });
    expect(marked({ a: 1 }, "$.a", "$.**.a")).toEqual({ a: "<$.a at $.a>" });
  });

  test("what an annotation carries besides its path reaches the replacement", () => {
    const annotations = [{ ...annotation("$.email"), type: "email" }];

    const result = replaceMatches({ email: "a@b.c" }, annotations, (match) => `[REDACTED:${match.annotation.type}]`);

    expect(result).toEqual({ email: "[REDACTED:email]" });
  });
});

test.each(["", "$", "a", "a.b", "$.", "$..a", "$.a[", "$.a[-1]", "$.*", "$.a.***", "$.a[**]", "$.a b"])(
  "%j is no annotation path",
  (path) => {
    expect(compileAnnotation(path)).toBeUndefined();
  },
);

test("a document without annotated places is returned as it is, and no document is changed", () => {
  const untouched = { deep: [{ token: 1 }] };
  const document = { untouched, secret: 1 };

  const result = marked(document, "$.secret");

  expect(marked(document, "$.nothing", "$.untouched[*].token")).toBe(document);
  expect(Reflect.get(Object(result), "untouched")).toBe(untouched);
  expect(document.secret).toBe(1);
});

test("an annotation of many `**` stays cheap in a deep document", () => {
  let document: Json = { token: 1 };
  for (let level = 0; level < 60; level++) document = [document];

  const result = marked(document, `$${".**".repeat(30)}.token`);

  expect(JSON.stringify(result)).toContain("[0].token>");
});

test("no `$.**.token` survives in any document", () =>
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("token", "a"), (given, name) => {
      const document: Json = JSON.parse(JSON.stringify({ [name]: given, rest: [given, { [name]: given }] }));

      const result = replaceMatches(document, [annotation(`$.**.${name}`)], () => "gone");

      JSON.stringify(result, (member: string, value: unknown) => {
        if (member === name) expect(value).toBe("gone");
        return value;
      });
      expect(result).toMatchObject({ [name]: "gone" });
    }),
  ));
