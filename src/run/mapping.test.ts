import { describe, expect, test } from "vitest";
import { applyMapping, compileMapping, isMappingValue } from "./mapping.ts";

const DOCUMENT = { order: { id: "t1_ord_1", items: [{ sku: "TEE-M" }], note: null }, run: { run_id: "r" } };

const mapped = (value: Parameters<typeof isMappingValue>[0]) => applyMapping(compileMapping({ value }), DOCUMENT).value;

describe("a mapping", () => {
  test("reads paths from the document", () => {
    expect([mapped("$.order.id"), mapped("$.order.items[0].sku"), mapped("$.order.note")]).toEqual([
      "t1_ord_1",
      "TEE-M",
      null,
    ]);
  });

  test("takes everything else literally, and one `$` off `$$`", () => {
    expect([mapped("plain"), mapped("$$.order.id"), mapped("$5"), mapped(7), mapped({ id: "$.order.id" })]).toEqual([
      "plain",
      "$.order.id",
      "$5",
      7,
      { id: "$.order.id" },
    ]);
  });

  test.each(["$.order.gone", "$.order.items[1].sku", "$.order.id.length", "$.order.items.length", "$.order.toString"])(
    "leaves out the parameter of %s, which leads nowhere",
    (path) => {
      expect(applyMapping(compileMapping({ value: path }), DOCUMENT)).toEqual({});
    },
  );

  test.each(["$.", "$.a..b", "$.a[-1]", "$.a[*]", "$.1a"])("refuses %s, which is no path", (path) => {
    expect(isMappingValue(path)).toBe(false);
  });
});
