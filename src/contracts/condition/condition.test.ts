import { describe, expect, test } from "vitest";
import { parseInstant } from "../instant.ts";
import type { Json, JsonObject } from "../json.ts";
import { compileCondition, evaluateCondition } from "./condition.ts";

const NOW = parseInstant("2026-01-30T12:00:00Z") ?? expect.fail("the clock of the examples");

const STATE: Json = {
  order: {
    id: "t1_ord_1",
    amount: 450,
    currency: "USD",
    refund_eligible: true,
    disputed: false,
    created_at: "2026-01-30T10:00:00Z",
    shipped_at: null,
    tags: ["gift", "vip"],
    items: [
      { sku: "TEE-M", qty: 2 },
      { sku: "TEE-L", qty: 1 },
    ],
    email: "buyer@test.example.com",
    status: "paid",
  },
};

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    order: {
      type: "object",
      properties: {
        id: { type: "string" },
        amount: { type: "integer" },
        currency: { enum: ["USD", "EUR"] },
        refund_eligible: { type: "boolean" },
        disputed: { type: "boolean" },
        created_at: { type: "string", format: "date-time" },
        shipped_at: { type: ["string", "null"], format: "date-time" },
        tags: { type: "array", items: { type: "string" } },
        items: { type: "array", items: { $ref: "#/$defs/item" } },
        email: { type: "string" },
        status: { type: "string" },
      },
    },
    note: true,
  },
  $defs: { item: { type: "object", properties: { sku: { type: "string" }, qty: { type: "integer" } } } },
};

/** `true`, `false`, or the code with the offset where one is given. */
function answer(text: string, { schema = SCHEMA, state = STATE }: { schema?: JsonObject | null; state?: Json } = {}) {
  const compiled = compileCondition(text, schema ?? undefined);
  if (!compiled.ok) return `${compiled.refusal.code} at ${compiled.refusal.details?.offset}`;
  const result = evaluateCondition(compiled.condition, { state, now: NOW });
  return result.ok ? result.value : result.refusal.code;
}

const conditionOf = (text: string, schema?: JsonObject) => {
  const compiled = compileCondition(text, schema);
  return compiled.ok ? compiled.condition : expect.fail(compiled.refusal.message);
};

/** Commerce kernel section 6.7: number, text, answer. */
const EXAMPLES: readonly (readonly [number, string, boolean | string])[] = [
  [1, "$.order.amount <= 500", true],
  [2, "$.order.amount < 450", false],
  [3, "$.order.amount == 450.0", true],
  [4, "$.order.refund_eligible AND NOT $.order.disputed AND $.order.amount <= 500", true],
  [5, "duration_seconds($.order.created_at, now()) < 86400", true],
  [5, "duration_seconds($.order.created_at, now()) == 7200", true],
  [6, "duration_seconds(now(), $.order.created_at) < 0", true],
  [6, "duration_seconds(now(), $.order.created_at) == -7200", true],
  [7, "len($.order.items) == 2", true],
  [8, 'contains($.order.tags, "vip")', true],
  [8, "contains($.order.tags, 'VIP')", false],
  [9, 'startswith($.order.id, "t1_")', true],
  [9, 'startswith($.order.id, "")', true],
  [10, 'endswith($.order.email, "@test.example.com")', true],
  [11, '$.order.items[0].sku == "TEE-M"', true],
  [12, "$.order.items[5].sku == null", true],
  [13, "$.order.shipped_at == null", true],
  [13, "$.order.shipped_at != null", false],
  [14, "true OR $.order.disputed AND false", true],
  [15, "(true OR $.order.disputed) AND false", false],
  [16, "NOT $.order.amount == 450", false],
  [17, "NOT ($.order.disputed OR $.order.amount > 500)", true],
  [18, '$.order.created_at == "2026-01-30T11:00:00+01:00"', true],
  [19, "$.order.created_at < now()", true],
  [20, "$.order.amount <= 5e2", true],
  [21, "$.order.disputed AND $.order.shipped_at < now()", false],
  [22, "$.order.refund_eligible AND $.order.shipped_at < now()", "COND_RUNTIME_TYPE"],
  [23, '$.order.amount <= "500"', "COND_TYPE at 15"],
  [24, "1 < 2 < 3", "COND_SYNTAX at 6"],
  [25, "$.order.amount <=", "COND_SYNTAX at 17"],
  [26, "$.order.amount = 450", "COND_SYNTAX at 15"],
  [27, "$.order.amount <= 500 and true", "COND_SYNTAX at 22"],
  [28, 'eval("1")', "COND_FUNCTION_NOT_ALLOWED at 0"],
  [28, 'regex($.order.id, "x")', "COND_FUNCTION_NOT_ALLOWED at 0"],
  [29, "now(1) == now()", "COND_ARITY at 0"],
  [29, "len()", "COND_ARITY at 0"],
  [30, '$.order.items[-1].sku == "x"', "COND_SYNTAX at 13"],
  [31, "$.order..amount == 1", "COND_SYNTAX at 7"],
  [32, "$.order.total == 1", "COND_PATH_UNKNOWN at 0"],
  [33, "$.order.__proto__ == null", "COND_PATH_FORBIDDEN at 0"],
  [34, "01 == 1", "COND_SYNTAX at 1"],
  [35, "$.order.amount", "COND_TYPE at 0"],
];

describe("the reference examples", () => {
  test.each(EXAMPLES)("P1-D04 example %i: %s is %s", (_number, text, expected) => {
    expect(answer(text)).toBe(expected);
  });

  test("P1-D04 example 4: the paths are listed in the order of first use", () => {
    const condition = conditionOf(`${EXAMPLES[3]?.[1]} AND $.order.disputed == false`, SCHEMA);

    expect(condition.referenced_paths).toEqual(["$.order.refund_eligible", "$.order.disputed", "$.order.amount"]);
  });

  test("P1-D04 example 5: only a condition that asks for the time depends on the clock", () => {
    expect(conditionOf("now() == now()").clock_dependent).toBe(true);
    expect(conditionOf("1 == 1").clock_dependent).toBe(false);
  });

  test("P1-D04 example 23: without a schema the wrong type is found when the value is seen", () => {
    expect(answer('$.order.amount <= "500"', { schema: null })).toBe("COND_RUNTIME_TYPE");
  });

  test.each(EXAMPLES.filter(([, , expected]) => typeof expected === "boolean"))(
    "P1-D04 example %i holds without a schema as well: %s is %s",
    (number, text, expected) => {
      // Without a schema nothing says that the text of example 18 is a datetime.
      expect(answer(text, { schema: null })).toBe(number === 18 ? false : expected);
    },
  );
});

describe("the compiled form", () => {
  test.each<[string, Json]>([
    ["$.order.items[0].sku == 'a\\'b'", { "===": [{ var: "state.order.items.0.sku" }, "a'b"] }],
    ["1 != 2", { "!==": [1, 2] }],
    ["$.order.created_at >= now()", { ">=": [{ datetime: [{ var: "state.order.created_at" }] }, { var: "now" }] }],
    [
      '$.order.created_at == "2026-01-30T11:00:00+01:00"',
      { "===": [{ datetime: [{ var: "state.order.created_at" }] }, { datetime: ["2026-01-30T11:00:00+01:00"] }] },
    ],
    ["true AND false AND NOT true", { and: [true, false, { "!": [true] }] }],
    ["true AND (false AND true)", { and: [true, { and: [false, true] }] }],
    ["true OR false OR true AND false", { or: [true, false, { and: [true, false] }] }],
    ["len($.order.tags) == -0", { "===": [{ len: [{ var: "state.order.tags" }] }, 0] }],
    ['"\\u0041" == "A"', { "===": ["A", "A"] }],
  ])("P1-D04 %s becomes its tree", (text, tree) => {
    expect(conditionOf(text, SCHEMA).parsed).toEqual(tree);
  });

  test("P1-D04 an index is the same however it is written", () => {
    expect(conditionOf("$.a[007] == 1").parsed).toEqual({ "===": [{ var: "state.a.7" }, 1] });
  });
});

describe("syntax", () => {
  test.each([
    ["", 0],
    ["   ", 3],
    ["()", 1],
    ["(true", 5],
    ["true)", 4],
    ["NOT", 3],
    ["true AND", 8],
    ["true false", 5],
    ["AND true", 0],
    ["order == 1", 0],
    ["len($.a", 7],
    ["len($.a,)", 8],
    ["now", 0],
    ["NOT(", 4],
    ["$ == 1", 0],
    ["$.a. == 1", 3],
    ["$.a[*] == 1", 3],
    ["$.a[0 == 1", 3],
    ["'open == 1", 0],
    ['"\\x" == 1', 0],
    ["'a\nb' == 1", 0],
    ['"\\ud83d" == 1', 0],
    ['"\\u0000" == 1', 0],
    ["1. == 1", 1],
    ["1e400 == 1", 0],
    ["9007199254740993 == 1", 0],
    ["true && false", 5],
    ["1 == 1 == true =", 7],
    ["1 == NOT true", 5],
  ])("P1-D04 %j breaks the grammar at %i", (text, offset) => {
    expect(answer(text)).toBe(`COND_SYNTAX at ${offset}`);
  });
});

describe("limits", () => {
  test("P1-D04 2,000 characters pass and one more is refused", () => {
    expect(answer("true".padEnd(2000))).toBe(true);
    expect(answer("true".padEnd(2001))).toBe("COND_LIMIT at 2000");
  });

  test("P1-D04 32 levels pass and 33 are refused", () => {
    expect(answer(`${"NOT ".repeat(31)}true`)).toBe(false);
    expect(answer(`${"NOT ".repeat(32)}true`)).toBe("COND_LIMIT at 128");
    expect(answer(`${"(".repeat(32)}true${")".repeat(32)}`)).toBe(true);
    expect(answer(`${"(".repeat(33)}true${")".repeat(33)}`)).toBe("COND_LIMIT at 33");
  });

  test("P1-D04 256 parts pass and 257 are refused", () => {
    const call = (args: number) => `len(${Array(args).fill("1").join(",")})`;

    expect(answer(call(255))).toBe("COND_ARITY at 0");
    expect(answer(call(256))).toBe("COND_LIMIT at 0");
  });
});

describe("types", () => {
  test.each([
    ["$.order.tags == $.order.items", "COND_TYPE at 13"],
    ["$.order == null", false],
    ["$.order.status < 'z'", "COND_TYPE at 15"],
    ["$.order.created_at == 'soon'", "COND_TYPE at 19"],
    ["$.order.created_at < 5", "COND_TYPE at 19"],
    ["startswith($.order.created_at, '2026')", "COND_TYPE at 11"],
    ["contains($.order.tags, $.order.items)", "COND_TYPE at 23"],
    ["contains($.order.id, 'x')", "COND_TYPE at 9"],
    ["len($.order.tags)", "COND_TYPE at 0"],
    ["$.order.amount AND true", "COND_TYPE at 0"],
    ["NOT 1", "COND_TYPE at 4"],
    ["null < 1", "COND_TYPE at 5"],
    ["true == 1", "COND_TYPE at 5"],
    ["$.order.currency == 1", "COND_TYPE at 17"],
    ["$.order.items[1].qty == 1", true],
    ["$.order.items[1].size == 1", "COND_PATH_UNKNOWN at 0"],
    ["$.order.items.length == 2", "COND_PATH_UNKNOWN at 0"],
    ["$.order[0] == null", "COND_PATH_UNKNOWN at 0"],
    ["$.order.amount.cents == 1", "COND_PATH_UNKNOWN at 0"],
    ["$.note.anything[3].goes == null", true],
    ["$.order.constructor == null", "COND_PATH_FORBIDDEN at 0"],
    ["$.prototype.x == null", "COND_PATH_FORBIDDEN at 0"],
  ])("P1-D04 %s gives %s", (text, expected) => {
    expect(answer(text)).toBe(expected);
  });

  test("P1-D04 alternatives that agree give their type, and others leave it open", () => {
    const schema = {
      type: "object",
      properties: {
        at: { anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] },
        loose: { oneOf: [{ type: "string" }, { type: "number" }] },
      },
      allOf: [{ properties: { more: { const: 7 } } }],
    };

    expect(answer("$.at < 5", { schema })).toBe("COND_TYPE at 5");
    expect(answer("$.loose < 5", { schema, state: { loose: 4 } })).toBe(true);
    expect(answer("$.more == 'x'", { schema })).toBe("COND_TYPE at 7");
    expect(answer("$.none == 'x'", { schema })).toBe("COND_PATH_UNKNOWN at 0");
  });

  test("P1-D04 a schema that refers to itself is followed as far as the path goes", () => {
    const schema = { $ref: "#/$defs/node", $defs: { node: { properties: { next: { $ref: "#/$defs/node" } } } } };
    const circle = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } };

    expect(answer("$.next.next.next == null", { schema, state: {} })).toBe(true);
    expect(answer("$.next.other == null", { schema })).toBe("COND_PATH_UNKNOWN at 0");
    expect(answer("$.any == null", { schema: circle })).toBe(true);
  });
});

describe("evaluation", () => {
  test.each<[string, Json, boolean | string]>([
    ["$.a", { a: true }, true],
    ["$.a", { a: 1 }, "COND_RUNTIME_TYPE"],
    ["$.a", {}, "COND_RUNTIME_TYPE"],
    ["$.a == 1", { a: "1" }, "COND_RUNTIME_TYPE"],
    ["$.a == $.b", { a: [], b: [] }, "COND_RUNTIME_TYPE"],
    ["$.a == $.b", { a: [] }, false],
    ["$.a != 1", {}, true],
    ["$.a < now()", { a: "2026-01-30T11:59:59.999Z" }, true],
    ["$.a < now()", { a: "yesterday" }, "COND_RUNTIME_DATETIME"],
    ["$.a < now()", { a: "2026-02-30T00:00:00Z" }, "COND_RUNTIME_DATETIME"],
    ["$.a < now()", { a: 5 }, "COND_RUNTIME_TYPE"],
    ["$.a == now()", {}, false],
    ["duration_seconds($.a, now()) == 0", { a: "2026-01-30T11:59:59.001Z" }, true],
    ["duration_seconds(now(), $.a) == 0", { a: "2026-01-30T11:59:59.001Z" }, true],
    ["duration_seconds($.a, now()) == 0", {}, "COND_RUNTIME_TYPE"],
    ["len($.a) == 0", { a: "" }, "COND_RUNTIME_TYPE"],
    ["contains($.a, 1)", { a: ["1", [1], { "1": 1 }] }, false],
    ["contains($.a, null)", { a: [null] }, true],
    ["startswith($.a, 'A')", { a: "a" }, false],
    ["$.a.length == null", { a: [1] }, true],
    ["$.a.toString == null", { a: {} }, true],
    ["$.a[0] == null", { a: { "0": 1 } }, true],
    ["$.a.b.c == null", { a: 5 }, true],
    ["$.a[99999999999999999999] == null", { a: [1] }, true],
  ])("P1-D04 %s on %j gives %s", (text, state, expected) => {
    expect(answer(text, { schema: null, state })).toBe(expected);
  });
});
