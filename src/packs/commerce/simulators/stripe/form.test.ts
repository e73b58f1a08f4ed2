import fc from "fast-check";
import { expect, test } from "vitest";
import { parseForm } from "./form.ts";

test("nested names become objects, numbered and empty brackets become lists", () => {
  const form = "amount=2500&metadata[run]=r1&line_items[0][amount]=5&line_items[1][amount]=6&expand[]=a&expand[]=b";

  expect(parseForm(form)).toEqual({
    amount: "2500",
    metadata: { run: "r1" },
    line_items: [{ amount: "5" }, { amount: "6" }],
    expand: ["a", "b"],
  });
});

test("encoded text comes back as it was written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const form = new URLSearchParams([["metadata[note]", text]]).toString();

      expect(parseForm(form)).toEqual({ metadata: { note: text } });
    }),
  );
});

test("a name like __proto__ is a member like any other", () => {
  const parsed = parseForm("metadata[__proto__]=x");

  expect(Object.keys(Object(parsed.metadata))).toEqual(["__proto__"]);
});
