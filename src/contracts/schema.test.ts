import { describe, expect, test } from "vitest";
import { closeObjects } from "./close-objects.ts";
import type { Json, JsonObject } from "./json.ts";
import { compileSchema } from "./schema.ts";

const ORDER: JsonObject = {
  type: "object",
  required: ["id", "lines"],
  properties: {
    id: { type: "string" },
    placed_at: { type: "string", format: "date-time" },
    lines: {
      type: "array",
      items: {
        type: "object",
        required: ["sku"],
        properties: { sku: { type: "string" }, quantity: { type: "integer", minimum: 1, default: 1 } },
      },
    },
  },
};

function check(schema: JsonObject, value: Json) {
  const compiled = compileSchema(schema);
  if (!compiled.ok) return compiled.refusal;
  const result = compiled.validate(value);
  return result.ok ? result.value : result.refusal;
}

describe("validation", () => {
  test("a valid value comes back with defaults, and the caller's own value is untouched", () => {
    const given = { id: "o1", lines: [{ sku: "TEE" }] };

    const result = check(ORDER, given);

    expect(result).toEqual({ id: "o1", lines: [{ sku: "TEE", quantity: 1 }] });
    expect(given).toEqual({ id: "o1", lines: [{ sku: "TEE" }] });
  });

  test("P1-T01 an invalid field is named with its path, its place in the schema and the number of errors", () => {
    const result = check(ORDER, { id: "o1", lines: [{ sku: "TEE", quantity: 0 }, { sku: 7 }] });

    expect(result).toEqual({
      code: "SCHEMA_INVALID",
      message: "must be >= 1",
      field_path: "$.lines[0].quantity",
      schema_path: "/properties/lines/items/properties/quantity/minimum",
      details: { error_count: 2 },
    });
  });

  test("the first error is the first in the document, not the first in the schema", () => {
    const result = check(ORDER, { lines: [{ sku: 7 }], id: 7 });

    expect(result).toMatchObject({ field_path: "$.lines[0].sku", details: { error_count: 2 } });
  });

  test("a missing member is named", () => {
    expect(check(ORDER, { id: "o1", lines: [{}] })).toMatchObject({
      message: "must have required property `sku`",
      field_path: "$.lines[0].sku",
    });
  });

  test("an unknown member's long name is cut between characters, so that the refusal can be recorded", () => {
    const name = `${"n".repeat(79)}\ud83d\ude02`;

    expect(check({ type: "object" }, { [name]: 1 })).toMatchObject({
      message: `unknown member \`${"n".repeat(79)}\ufffd\``,
    });
  });

  test("an unknown member is named at any level", () => {
    expect(check(ORDER, { id: "o1", lines: [{ sku: "TEE", "a/b": 1 }] })).toMatchObject({
      code: "SCHEMA_INVALID",
      message: "unknown member `a/b`",
      field_path: '$.lines[0]["a/b"]',
    });
  });

  test("formats are asserted", () => {
    expect(check(ORDER, { id: "o1", lines: [], placed_at: "yesterday" })).toMatchObject({
      field_path: "$.placed_at",
      message: 'must match format "date-time"',
    });
  });

  test("a refusal never repeats the refused value", () => {
    const schema = { type: "object", properties: { pin: { enum: ["0000"] }, code: { const: 1, pattern: "^x" } } };

    expect(JSON.stringify(check(schema, { pin: "4711", code: "4711" }))).not.toContain("4711");
  });

  test("a conditional reports what its branch found", () => {
    const schema = {
      type: "object",
      properties: { kind: { type: "string" }, iban: { type: "string" } },
      if: { properties: { kind: { const: "sepa" } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ["iban"] },
    };

    expect(check(schema, { kind: "sepa" })).toMatchObject({ field_path: "$.iban", details: { error_count: 1 } });
  });
});

describe("schemas", () => {
  test("draft-07 is used where `$schema` says so, with `definitions` and lists of items", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      definitions: {
        pair: { type: "array", items: [{ type: "string" }, { type: "integer" }], additionalItems: false },
      },
      properties: { pair: { $ref: "#/definitions/pair" } },
    };

    expect(check(schema, { pair: ["a", 1] })).toEqual({ pair: ["a", 1] });
    expect(check(schema, { pair: ["a", "b"] })).toMatchObject({ field_path: "$.pair[1]" });
    expect(check(schema, { pear: 1 })).toMatchObject({ message: "unknown member `pear`" });
  });

  test("two schemas may carry one `$id`", () => {
    const first = compileSchema({ $id: "https://example.com/a", type: "string" });
    const second = compileSchema({ $id: "https://example.com/a", type: "integer" });

    expect([first.ok, second.ok]).toEqual([true, true]);
  });

  test.each<[string, JsonObject, string]>([
    ["a wrong keyword value", { type: "objekt" }, "must be equal to one of the allowed values"],
    ["a misspelt keyword", { type: "string", minLenght: 1 }, 'strict mode: unknown keyword: "minLenght"'],
    [
      "an unknown format",
      { type: "string", format: "colour" },
      'unknown format "colour" ignored in schema at path "#"',
    ],
    ["a reference to nowhere", { $ref: "#/$defs/x" }, "can't resolve reference #/$defs/x from id #"],
  ])("P1-T01 %s is malformed", (_name, schema, message) => {
    expect(compileSchema(schema)).toMatchObject({ ok: false, refusal: { code: "SCHEMA_MALFORMED", message } });
  });

  test("a malformed schema is refused at its place", () => {
    const result = compileSchema({ type: "object", properties: { a: { type: "string", minLength: -1 } } });

    expect(result).toMatchObject({ ok: false, refusal: { schema_path: "/properties/a/minLength" } });
  });

  test("annotations beginning with x- are let through", () => {
    expect(compileSchema({ type: "string", "x-sensitive": "email" }).ok).toBe(true);
  });

  test("one schema object is compiled once", () => {
    expect(compileSchema(ORDER)).toBe(compileSchema(ORDER));
  });
});

describe("closed objects", () => {
  test("object schemas are closed at every level and the given schema stays as it was", () => {
    const before = structuredClone(ORDER);

    const closed = closeObjects(ORDER);

    expect(ORDER).toEqual(before);
    expect(closed).toMatchObject({
      additionalProperties: false,
      properties: { lines: { items: { additionalProperties: false } } },
    });
  });

  test("a schema that says what further members are keeps its word", () => {
    const schema = { type: "object", additionalProperties: { type: "object", properties: { a: true } } };

    expect(closeObjects(schema)).toEqual({
      type: "object",
      additionalProperties: { type: "object", properties: { a: true }, additionalProperties: false },
    });
  });

  test.each(["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"])(
    "a composition is closed as a whole in %s",
    ($schema) => {
      const schema = {
        $schema,
        allOf: [{ type: "object", properties: { a: { type: "string" } } }, { properties: { b: { type: "string" } } }],
      };

      expect(check(schema, { a: "x", b: "y" })).toEqual({ a: "x", b: "y" });
      expect(check(schema, { a: "x", c: "y" })).toMatchObject({ message: "unknown member `c`", field_path: "$.c" });
    },
  );

  test("alternatives are closed one by one, so that they stay distinct", () => {
    const schema = {
      oneOf: [
        { type: "object", properties: { a: { type: "string" } } },
        { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["b"] },
      ],
    };

    expect(check(schema, { a: "x", b: "y" })).toEqual({ a: "x", b: "y" });
    expect(check(schema, { c: "y" })).toMatchObject({ code: "SCHEMA_INVALID" });
  });

  test("what only asks is not closed", () => {
    const schema = { type: "object", properties: { a: true, b: true }, not: { properties: { a: { const: 1 } } } };

    expect(check(schema, { a: 1, b: 2 })).toMatchObject({ code: "SCHEMA_INVALID" });
  });
});
