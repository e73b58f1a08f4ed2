import { expect, test } from "vitest";
import { fieldsOf, sha256, stretchesOf } from "./preview.ts";

test("money comes first, then who gets it, then the rest", () => {
  const fields = fieldsOf({ reason: "broken", customer: { email: "a@b.example" }, amount_cents: 500, currency: "USD" });

  expect(fields.map(({ path, text, kind }) => [path, text, kind])).toEqual([
    ["amount_cents", "500", "amount"],
    ["currency", "USD", "amount"],
    ["customer.email", "a@b.example", "party"],
    ["reason", "broken", "plain"],
  ]);
});

test("minor units are read as money only where their currency stands beside them", () => {
  const reads = (input: unknown) => fieldsOf(input).map((field) => field.reads);

  expect(reads({ amount_cents: 500, currency: "USD" })).toEqual(["5.00 USD", null]);
  expect(reads({ amount_cents: 500, total: { currency: "JPY", price_minor: 12 } })).toEqual([null, null, "12 JPY"]);
});

test("nothing of the input is left out, empty parts among it", () => {
  expect(fieldsOf({ a: [], b: {}, c: null, d: [1, { e: true }] }).map(({ path, text }) => [path, text])).toEqual([
    ["a", "[]"],
    ["b", "{}"],
    ["c", "null"],
    ["d.0", "1"],
    ["d.1.e", "true"],
  ]);
});

test.each([
  ["\u202e", "U+202E"], // right-to-left override
  ["\u200b", "U+200B"], // zero width space
  ["\u2066", "U+2066"], // isolate
  ["\u00a0", "U+00A0"],
  ["\ufe0f", "U+FE0F"],
  ["\u0007", "U+0007"],
  ["\u{e0041}", "U+E0041"], // tag letter
])("the hidden character %j is drawn as %s", (mark, name) => {
  expect(stretchesOf(`acme${mark}bank`)).toEqual([
    { text: "acme", isHidden: false },
    { text: name, isHidden: true },
    { text: "bank", isHidden: false },
  ]);
});

test("plain text is one stretch, in whatever script", () => {
  expect(stretchesOf("Zoë 東京 نص")).toEqual([{ text: "Zoë 東京 نص", isHidden: false }]);
});

test("SHA-256 is that of FIPS 180-4", async () => {
  expect(await sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
