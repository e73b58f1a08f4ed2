import fc from "fast-check";
import { expect, test } from "vitest";
import { differences } from "./difference.ts";
import { isSameJson, type Json } from "./json.ts";

test("names each place at which two documents differ, and what is there", () => {
  const expected = { a: 1, lines: [{ sku: "x", n: 1 }, { sku: "y" }], gone: true };
  const actual = { a: 1, lines: [{ sku: "x", n: 2 }], more: null };

  expect(differences(expected, actual)).toEqual([
    { steps: ["gone"], expected: true, actual: undefined },
    { steps: ["lines", 0, "n"], expected: 1, actual: 2 },
    { steps: ["lines", 1], expected: { sku: "y" }, actual: undefined },
    { steps: ["more"], expected: undefined, actual: null },
  ]);
});

test("values of two kinds differ as a whole", () => {
  expect(differences({ a: [1] }, { a: { 0: 1 } })).toEqual([{ steps: ["a"], expected: [1], actual: { 0: 1 } }]);
});

test("there is no difference exactly where two documents are the same", () => {
  const json = fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value)));
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(differences(a, b).length === 0).toBe(isSameJson(a, b));
      expect(differences(a, JSON.parse(JSON.stringify(a)))).toEqual([]);
    }),
  );
});
