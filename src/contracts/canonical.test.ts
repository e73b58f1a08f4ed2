import canonicalize from "canonicalize";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canonical,
  canonicalText,
  digestOf,
  isJson,
  JSON_BYTES_MAX,
  keepable,
  parseDigest,
  recordable,
  sha256Hex,
} from "./canonical.ts";
import { Fault } from "./fault.ts";
import type { Json } from "./json.ts";

/** RFC 8785 appendix B and edges: IEEE 754 bits, text. */
const NUMBERS: readonly (readonly [id: string, bits: string, text: string])[] = [
  ["N1", "0000000000000000", "0"],
  ["N2", "8000000000000000", "0"],
  ["N3", "0000000000000001", "5e-324"],
  ["N4", "8000000000000001", "-5e-324"],
  ["N5", "7fefffffffffffff", "1.7976931348623157e+308"],
  ["N8", "44b52d02c7e14af5", "9.999999999999997e+22"],
  ["N9", "44b52d02c7e14af6", "1e+23"],
  ["N10", "44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["N13", "444b1ae4d6e2ef50", "1e+21"],
  ["N14", "3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["N15", "3eb0c6f7a0b5ed8d", "0.000001"],
  ["N16", "41b3de4355555553", "333333333.3333332"],
  ["N17", "41b3de4355555555", "333333333.3333333"],
  ["N18", "41b3de4355555557", "333333333.33333343"],
  ["N19", "becbf647612f3696", "-0.0000033333333333333333"],
  ["N20", "43143ff3c1cb0959", "1424953923781206.2"],
];

/** Vectors of the same table whose text is a run of digits beyond 2^53-1: RFC 8785 prints them, we refuse them. */
const INEXACT: readonly (readonly [id: string, bits: string])[] = [
  ["N6", "4340000000000000"],
  ["N7", "4430000000000000"],
  ["N11", "444b1ae4d6e2ef4e"],
  ["N12", "444b1ae4d6e2ef4f"],
];

const numberOf = (bits: string) => Buffer.from(bits, "hex").readDoubleBE(0);
const key = (...units: readonly number[]) => String.fromCharCode(...units);
const problemOf = (value: unknown) => {
  const result = canonical(value);
  return result.ok ? "accepted" : `${result.refusal.message} at ${result.refusal.field_path}`;
};

describe("numbers, RFC 8785 appendix B", () => {
  test.each(NUMBERS)("P1-D05 RFC 8785 %s: %s is written as %s", (_id, bits, text) => {
    expect(canonicalText(numberOf(bits))).toBe(text);
  });

  test.each(INEXACT)("P1-D05 RFC 8785 %s: %s is refused, because its digits cannot be trusted", (_id, bits) => {
    expect(canonical(numberOf(bits)).ok).toBe(false);
  });

  test("P1-D05 NaN and the infinities are refused", () => {
    const texts = ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"].map((bits) => problemOf(numberOf(bits)));

    expect(texts).toEqual(Array(3).fill("the number is not finite at $"));
  });
});

/** RFC 8785 section 3.2 and the test data of cyberphone/json-canonicalization: value, text or undefined, SHA-256. */
const STRUCTURES: readonly (readonly [
  id: string,
  value: Json,
  text: string | undefined,
  sha256: string | undefined,
])[] = [
  [
    "J1 members sort by UTF-16 code units",
    {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    },
    undefined,
    "5e321556d22018a9656991a9e94f77ec175fa193e52a2429d312f8419ec8b08c",
  ],
  [
    "J2 the sample of section 3.2.2",
    {
      // biome-ignore lint/correctness/noPrecisionLoss: the vector's own digits
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    },
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    "2d5e01a318d0f0879ab568c4be289c8b1f64ef8921a53c6277d5e069978baacb",
  ],
  [
    "J3 french: no locale",
    {
      peach: "This sorting order",
      "p\u00e9ch\u00e9": "is wrong according to French",
      "p\u00eache": "but canonicalization MUST",
      sin: "ignore locale",
    },
    undefined,
    "d99d0ebdcb0033cb858cfa830ae46bc0fb3309413b271f1da828c89901a27ed5",
  ],
  [
    "J4 structures: integer-like members are not sorted as numbers",
    { "1": { f: { f: "hi", F: 5 }, "\n": 56.0 }, "10": {}, "": "empty", a: {}, "111": [{ e: "yes", E: "no" }], A: {} },
    '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
    "605f65004ec2db7692522a0852c22f1c989e036d547e88963d1a3143cf3195d5",
  ],
  [
    "J5 arrays keep their order",
    [56, { d: true, "10": null, "1": [] }],
    '[56,{"1":[],"10":null,"d":true}]',
    "099601b171cafed97c333f8878d68e7f8c8f795412adb34b2fdcf0e7c7beac42",
  ],
  [
    "J6 no Unicode normalisation",
    { "Unnormalized Unicode": "A\u030a" },
    '{"Unnormalized Unicode":"A\u030a"}',
    "0d99aad92a125196ff887876643fd3206786a84ddce2cee52ba4ad256d2381d3",
  ],
  [
    "J7 the escapes",
    `\u0000\b\t\n\u000b\f\r\u001f\u007f\u2028\u2029"\\/`,
    `"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u007f\u2028\u2029\\"\\\\/"`,
    "48a9a27666503f3e0a4cf6f0563ab39cbeb0b570f66b9830e396feadce2f1ad0",
  ],
  ["J8 minus zero", { a: -0 }, '{"a":0}', "45b619e97b5d9b029af4522e9ffb02fa99ff2bf226c82ee22a7cc10269a557e8"],
  ["J10 members of digits", { "10": 1, "9": 2, a: 3 }, '{"10":1,"9":2,"a":3}', undefined],
  ["J11 an own `__proto__`", JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}', undefined],
];

describe("structures, RFC 8785 section 3.2", () => {
  test.each(STRUCTURES)("P1-D05 RFC 8785 %s", (_id, value, text, sha256) => {
    if (text !== undefined) expect(canonicalText(value)).toBe(text);
    if (sha256 !== undefined) expect(digestOf(value)).toBe(sha256);
  });

  test("P1-D05 RFC 8785 J9 weird members sort by code unit and keep their slash", () => {
    const names = ["\ufb33", "</script>", "\u20ac", "\ud83d\ude02", "\r", "\u0080", "\u00f6", "1", "\n"];

    const written = canonicalText(Object.fromEntries(names.map((name) => [name, 0])));

    const order = ["\\n", "\\r", "1", "</script>", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude02", "\ufb33"];
    expect(written).toBe(`{${order.map((name) => `"${name}":0`).join(",")}}`);
  });

  test("P1-D05 RFC 8785 J12 J13 lone surrogates are refused in values and in members", () => {
    expect(problemOf({ a: key(0xd83d) })).toBe("the text holds a lone surrogate at $.a");
    expect(problemOf({ [key(0xdead)]: 1 })).toContain("the text holds a lone surrogate at $[");
  });

  test.each([
    ["in a value", { a: "x\u0000" }],
    ["in a member", { "\u0000": 1 }],
    ["after a backslash", ["\\\u0000"]],
  ])("U+0000 %s, which PostgreSQL keeps neither as text nor as JSON, is not recorded", (_where, value) => {
    const refusal = { code: "VALUE_NOT_JSON", message: "the text holds U+0000, which no database keeps" };

    expect(recordable(value)).toMatchObject({ ok: false, refusal });
  });

  test("what only looks like it is recorded", () => {
    expect(recordable(["\\u0000", "\\\\u0000", "\u0001"])).toEqual(canonical(["\\u0000", "\\\\u0000", "\u0001"]));
    expect(recordable({ a: Number.NaN })).toMatchObject({ ok: false, refusal: { field_path: "$.a" } });
  });

  test("a text of others is made one that a document can hold, and one that already is stays as it is", () => {
    expect(keepable("a\u0000b\ud83d")).toBe("a\ufffdb\ufffd");
    expect(keepable('whole \ud83d\ude02, "quoted"\n')).toBe('whole \ud83d\ude02, "quoted"\n');
  });
});

/** Parameter fingerprints of the idempotency key: JSON text, RFC 8785 text or undefined, first 32 hex of SHA-256. */
const FINGERPRINTS: readonly (readonly [id: string, text: string, jcs: string | undefined, fingerprint: string])[] = [
  ["F1", "{}", "{}", "44136fa355b3678a1146ad16f7e8649e"],
  [
    "F2",
    '{"order_id":"t1_ord_1","amount_cents":4500,"currency":"USD"}',
    '{"amount_cents":4500,"currency":"USD","order_id":"t1_ord_1"}',
    "b791aae110a6e5d5e197fe250a2faed7",
  ],
  [
    "F3",
    '{"currency":"USD","amount_cents":4.5e3,"order_id":"t1_ord_1"}',
    '{"amount_cents":4500,"currency":"USD","order_id":"t1_ord_1"}',
    "b791aae110a6e5d5e197fe250a2faed7",
  ],
  [
    "F4",
    '{"b":[3,2,1],"a":{"z":null,"y":true,"x":1.0}}',
    '{"a":{"x":1,"y":true,"z":null},"b":[3,2,1]}',
    "336795b883d90f58ab887439ed5ddcf2",
  ],
  [
    "F5",
    '{"n":[1e21,1e-7,0.000001,-0,100.50,333333333.33333329]}',
    '{"n":[1e+21,1e-7,0.000001,0,100.5,333333333.3333333]}',
    "7e3520c9ba5b6581033a466a839240b9",
  ],
  [
    "F6",
    '{"\\u20ac":"Euro","\\r":"CR","1":"one","\\ud83d\\ude00":"smile","\\ufb33":"dalet","\\u00f6":"o"}',
    undefined,
    "b55a1a585d4bf81890f9fc280f62f744",
  ],
  ["F7", '{"order_id":"t1_ord_1","amount_cents":4501,"currency":"USD"}', undefined, "36ec78075c95c679c332dcbe3acc5e94"],
];

describe("fingerprints of tool parameters", () => {
  test.each(FINGERPRINTS)("P1-D05 P1-H07 RFC 8785 fingerprint %s", (_id, text, jcs, fingerprint) => {
    const value: Json = JSON.parse(text);

    const written = canonicalText(value);

    if (jcs !== undefined) expect(written).toBe(jcs);
    expect(sha256Hex(written).slice(0, 32)).toBe(fingerprint);
  });

  test("P1-H07 the provider-facing key of the reference vectors follows from the digest", () => {
    const internal = "executeRefund:1.0.0:agent-7:b791aae110a6e5d5e197fe250a2faed7";

    expect(sha256Hex(`shop_abc:${internal}`).slice(0, 32)).toBe("1268d8ec2637819bc4d2ef270b943ad4");
    expect(sha256Hex(`shop_xyz:${internal}`).slice(0, 32)).toBe("683a4177527ff11e34aa7e2a33e124b4");
  });

  test("P1-H07 an absent member and a null one have different fingerprints", () => {
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 1, b: null }));
  });
});

describe("what is not plain JSON", () => {
  test.each<[string, unknown, string]>([
    ["undefined member", { a: undefined }, "a value of type `undefined` is not JSON at $.a"],
    ["hole in an array", [1, undefined], "a value of type `undefined` is not JSON at $[1]"],
    ["function", { a: { b: () => 1 } }, "a value of type `function` is not JSON at $.a.b"],
    ["toJSON", { toJSON: () => 1 }, "a value of type `function` is not JSON at $.toJSON"],
    ["bigint", [[1n]], "a value of type `bigint` is not JSON at $[0][0]"],
    ["symbol", Symbol("x"), "a value of type `symbol` is not JSON at $"],
    ["Map", { "a b": new Map() }, 'an instance of a class is not JSON at $["a b"]'],
    ["Date", [Object.create(Date.prototype)], "an instance of a class is not JSON at $[0]"],
    ["J16 integer beyond 2^53-1", { a: 2 ** 53 }, "the integer is beyond 2^53-1; carry it as a string at $.a"],
  ])("P1-D05 a %s is refused, naming the place", (_name, value, problem) => {
    expect(problemOf(value)).toBe(problem);
  });

  test("64 levels pass and 65 are refused", () => {
    const nested = (levels: number): Json => (levels === 0 ? 1 : [nested(levels - 1)]);

    expect(isJson(nested(64))).toBe(true);
    expect(problemOf(nested(65))).toContain("more than 64 levels");
  });

  test("a cycle is refused as too deep", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);

    expect(problemOf(cycle)).toContain("more than 64 levels");
  });

  test("parts that would unfold without end are refused after bounded work", () => {
    let value: Json = [];
    for (let level = 0; level < 60; level++) value = [value, value];

    expect(problemOf(value)).toContain("the document is larger than 1 MiB");
  });

  test("exactly 1 MiB of UTF-8 passes and one byte more is refused", () => {
    expect(isJson("x".repeat(JSON_BYTES_MAX - 2))).toBe(true);
    expect(isJson("x".repeat(JSON_BYTES_MAX - 1))).toBe(false);
    expect(isJson("€".repeat(JSON_BYTES_MAX / 2))).toBe(false);
  });

  test("what closes a document counts to its last byte, and what UTF-8 writes as several bytes counts as those", () => {
    const nested = (text: string): Json => JSON.parse(`${"[".repeat(63)}${JSON.stringify(text)}${"]".repeat(63)}`);
    const room = JSON_BYTES_MAX - 2 * 63 - 2;

    expect(isJson(nested("x".repeat(room)))).toBe(true);
    expect(isJson(nested("x".repeat(room + 1)))).toBe(false);
    expect(isJson(nested(`${"x".repeat(room - 3)}€`))).toBe(true);
    expect(isJson(nested(`${"x".repeat(room - 2)}€`))).toBe(false);
    expect(isJson(Array(JSON_BYTES_MAX / 2 - 1).fill(1))).toBe(true);
    expect(isJson(Array(JSON_BYTES_MAX / 2).fill(1))).toBe(false);
  });

  test("a value that is refused leaves nothing behind for the next", () => {
    expect(isJson({ a: "€", b: Number.NaN })).toBe(false);

    expect(canonicalText({ a: "x" })).toBe('{"a":"x"}');
  });

  test("reading a value may write another one meanwhile", () => {
    const value = {
      a: "before",
      get b() {
        return canonicalText({ inner: "€".repeat(100) });
      },
      c: "after",
    };

    expect(JSON.parse(canonicalText(value))).toEqual({ ...value });
    expect(canonicalText({ a: 1 })).toBe('{"a":1}');
  });

  test("text of a value that was vouched for wrongly is a fault, never a wrong text", () => {
    expect(() => canonicalText({ a: Number.NaN })).toThrow(Fault);
  });
});

const json: fc.Arbitrary<Json> = fc
  .jsonValue({ stringUnit: "binary" })
  .map((value) => JSON.parse(JSON.stringify(value)))
  .filter(isJson);

test("P1-D05 RFC 8785 canonical text equals that of the `canonicalize` package for every JSON value", () =>
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalText(value)).toBe(canonicalize(value));
    }),
  ));

test("P1-D05 RFC 8785 names stand in order, however many there are and wherever they began", () =>
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.nat(), { maxKeys: 40 }), (value) => {
      const shuffled = Object.fromEntries(Object.entries(value).reverse());

      expect(canonicalText(shuffled)).toBe(canonicalize(value));
    }),
  ));

test("P1-D05 canonical text parses back to the same text", () =>
  fc.assert(
    fc.property(json, (value) => {
      const text = canonicalText(value);

      expect(canonicalText(JSON.parse(text))).toBe(text);
    }),
  ));

test("CO-4.4 a checkpoint's state hash is the digest of its canonical text", () => {
  const state = { task_id: "T-1", schema_version: "1.0.0", status: "EXECUTE" };

  expect(digestOf(state)).toBe("992567b18a840e93905a4ec0cd384e68e6b4a93128cff23617d66d3a5f2d66ff");
});

test("a digest is read only from 64 lower-case hex digits", () => {
  const digest = sha256Hex("x");

  expect(parseDigest(digest)).toBe(digest);
  expect(parseDigest(digest.toUpperCase())).toBeUndefined();
  expect(sha256Hex(new TextEncoder().encode("x"))).toBe(digest);
});
