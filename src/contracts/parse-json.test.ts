import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJson } from "./canonical.ts";
import { parseJson } from "./parse-json.ts";

const outcomeOf = (text: string) => {
  const result = parseJson(text);
  return result.ok ? result.value : `${result.refusal.code} ${result.refusal.message}`;
};

describe("what I-JSON refuses although JSON.parse takes it", () => {
  test.each([
    ["J14 a duplicate member", '{"a":1,"a":2}', "the member occurs twice at offset 7"],
    ["a duplicate in another spelling", '{"a":1,"\\u0061":2}', "the member occurs twice at offset 7"],
    ["a duplicate `__proto__`", '{"__proto__":1,"__proto__":2}', "the member occurs twice at offset 15"],
    ["a deep duplicate", '[{"x":[{"b":0,"c":"b","b":0}]}]', "the member occurs twice at offset 22"],
    ["J12 a lone surrogate", '{"a":"\\ud83d"}', "the text holds a lone surrogate at offset 5"],
    ["J13 a lone surrogate in a member", '{"\\udead":1}', "the text holds a lone surrogate at offset 1"],
    ["U+0000", '{"a":"b\\u0000"}', "the text holds U+0000, which no database keeps at offset 5"],
    ["U+0000 in a member", '{"\\u0000":1}', "the text holds U+0000, which no database keeps at offset 1"],
    ["a list of YAML", "id: shop\n- a", "the text is not JSON at offset 0"],
    ["J15 an infinite number", '{"a":1e400}', "the number is not finite at offset 5"],
    [
      "J16 an integer beyond 2^53-1",
      '{"a":9007199254740993}',
      "the integer is beyond 2^53-1; carry it as a string at offset 5",
    ],
    [
      "a very long integer",
      "-1000000000000000000000000",
      "the integer is beyond 2^53-1; carry it as a string at offset 0",
    ],
    ["65 levels", `${"[".repeat(65)}${"]".repeat(65)}`, "more than 64 levels at offset 64"],
    ["a depth that would exhaust a stack", "[".repeat(500_000), "more than 64 levels at offset 64"],
  ])("P1-D05 %s is refused with its offset", (_name, text, message) => {
    expect(outcomeOf(text)).toBe(`SCHEMA_PARSE_ERROR ${message}`);
  });

  test("P1-D05 text above 1 MiB is refused, and so is text whose canonical form would be above it", () => {
    expect(outcomeOf(`"${"x".repeat(1_048_575)}"`)).toContain("larger than 1 MiB");
    expect(outcomeOf(`[${Array(200_000).fill("1e15").join(",")}]`)).toContain("larger than 1 MiB");
  });
});

test.each([
  ['{"a":}', 5],
  ["[1,]", 3],
  ["[1 2]", 3],
  ['{"a" 1}', 5],
  ["01", 1],
  ["", 0],
  ['["\u0001"]', 1],
  ["// x\n1", 0],
  ["\ufeff1", 0],
])("P1-D05 the syntax error of %j is placed at %i", (text, offset) => {
  expect(outcomeOf(text)).toBe(`SCHEMA_PARSE_ERROR the text is not JSON at offset ${offset}`);
});

test("equal names in different objects, and names equal to values, are no duplicates", () => {
  const text = '{"a":{"a":["a","a"]},"b":[{"a":1},{"a":1}],"c":"a"}';

  expect(outcomeOf(text)).toEqual(JSON.parse(text));
});

test("an own `__proto__` member stays a member", () => {
  const result = parseJson('{"__proto__":{"admin":true}}');

  expect(result.ok && Object.keys(Object(result.value))).toEqual(["__proto__"]);
});

test("every JSON value within the limits survives being written and read", () =>
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      const text = JSON.stringify(value);

      expect(parseJson(text)).toEqual(
        isJson(JSON.parse(text)) ? { ok: true, value: JSON.parse(text) } : expect.objectContaining({ ok: false }),
      );
    }),
  ));

test("any text is either refused or plain JSON", () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0d8e1-.+tfn ') }), (text) => {
      const result = parseJson(text);

      expect(result.ok ? isJson(result.value) : result.refusal.code).toBe(result.ok ? true : "SCHEMA_PARSE_ERROR");
    }),
    { numRuns: 500 },
  ));

const NAME = fc.constantFrom('"a"', '"b"', '"a:b"', '"\\""', '"\\\\"', '"__proto__"', '"0"', '"\\u0061"');
const LEAF = fc.constantFrom(
  ...[
    '"a"',
    '"\\n:\\\\"',
    '"\\ud83d"',
    '"\ud83d"',
    '"\\ud83d\\ude00"',
    '"\ud83d\ude00"',
    '"1e5"',
    "1e5",
    "1E400",
    "1.5e2",
    "-0",
  ],
  ...["1.50", "999999999999999", "9007199254740993", "0.1234567890123456", "true", "false", "null", "[]", " 1 "],
);
const { node } = fc.letrec<{ readonly node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    LEAF,
    fc.array(tie("node"), { maxLength: 3 }).map((parts) => `[${parts.join(",")}]`),
    fc.array(fc.tuple(NAME, tie("node")), { maxLength: 4 }).map((members) => {
      return `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`;
    }),
  ),
}));

test("text that nothing has to be looked for in is read as if everything were looked for", () =>
  fc.assert(
    fc.property(node, (text) => {
      const whole = outcomeOf(`["\\u0020",${text}]`); // an escaped code: this is looked through

      const read = outcomeOf(text);

      if (Array.isArray(whole)) expect([" ", read]).toEqual(whole);
      else expect(read).toContain(String(whole).split(" at offset")[0]);
    }),
    { numRuns: 500 },
  ));
