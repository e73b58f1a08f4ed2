import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBody } from "./decode.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");
const decoded = (text: string) => {
  const result = decodeBody(bytes(text));
  return result.ok ? result.value : result.refusal.code;
};

test("an integer that a JSON number would round is kept as its digits", () => {
  expect(decoded('{"id":820982911946154508,"n":-9007199254740993,"small":7}')).toEqual({
    id: "820982911946154508",
    n: "-9007199254740993",
    small: 7,
  });
});

test("digits inside text, fractions and exponents are left alone", () => {
  const text = '{"a":"820982911946154508","b":"\\"820982911946154508","c":0.9999999999999999,"d":[1.5e3]}';

  expect(decoded(text)).toEqual({
    a: "820982911946154508",
    b: '"820982911946154508',
    c: 0.9999999999999999,
    d: [1500],
  });
});

test("U+0000 in a customer's text costs no order; a backslash before the same letters is text", () => {
  expect(decoded('{"note":"a\\u0000b","\\u0000":1,"path":"c:\\\\u0000","id":820982911946154508}')).toEqual({
    note: "a\ufffdb",
    "\ufffd": 1,
    path: "c:\\u0000",
    id: "820982911946154508",
  });
});

test("bytes that are not UTF-8 are refused, never replaced", () => {
  expect(decodeBody(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ ok: false, refusal: { code: "BODY_NOT_UTF8" } });
});

test.each(["", "{", '{"a":1,"a":2}', "\ufeff{}", '{"a":\\\n1}', '"\\ud800"'])("%j is refused as no JSON", (text) => {
  expect(decoded(text)).toBe("SCHEMA_PARSE_ERROR");
});

test("JSON without such integers is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\d{16}/.test(text));

      expect(decoded(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("the scan stays linear on quotes that never close", () => {
  const text = `"${'\\"'.repeat(250_000)}`;
  const startedAt = performance.now();

  expect(decoded(text)).toBe("SCHEMA_PARSE_ERROR");
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
