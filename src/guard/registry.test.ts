import { describe, expect, test } from "vitest";
import { defineTool } from "./define-tool.ts";
import { createRegistry } from "./registry.ts";
import { REFUND } from "./testing/calls.ts";

const handler = async () => ({ kind: "applied", result: { output: {} } }) as const;
const codeOf = (changes: Partial<typeof REFUND>) => {
  const result = createRegistry().register(defineTool({ ...REFUND, ...changes }, handler));
  return result.ok ? "registered" : result.refusal.code;
};

describe("tool registry", () => {
  test("a tool is found by its exact name and version; else both are named", () => {
    const registry = createRegistry();
    registry.register(defineTool(REFUND, handler));

    expect(registry.find("executeRefund", "1.0.0").ok).toBe(true);
    expect(registry.find("executeRefund", "1.0")).toMatchObject({
      refusal: { code: "TOOL_NOT_FOUND", message: "no tool `executeRefund` in version `1.0`" },
    });
  });

  test("the same name and version is registered once; another version beside it is welcome", () => {
    const registry = createRegistry();

    expect(registry.register(defineTool(REFUND, handler)).ok).toBe(true);
    expect(registry.register(defineTool(REFUND, handler))).toMatchObject({
      refusal: { code: "TOOL_ALREADY_REGISTERED" },
    });
    expect(registry.register(defineTool({ ...REFUND, version: "1.1.0" }, handler)).ok).toBe(true);
  });

  test("a registered contract never changes, not even through what its author kept", () => {
    const registry = createRegistry();
    const allowlist = ["$.refund_id"];
    const tool = defineTool({ ...REFUND, trace_allowlist_output: allowlist }, handler);
    registry.register(tool);
    allowlist.push("$.note");

    const found = registry.find("executeRefund", "1.0.0");

    expect(found.ok && found.value.contract.trace_allowlist_output).toEqual(["$.refund_id"]);
    expect(found.ok && Object.isFrozen(found.value.contract.input_schema.properties)).toBe(true);
  });

  test("a listing is a copy", () => {
    const registry = createRegistry();
    registry.register(defineTool(REFUND, handler));

    registry.list().pop();

    expect(registry.list()).toHaveLength(1);
  });

  test("what cannot be used is refused when it is registered", () => {
    expect(codeOf({ input_schema: { type: "nonsense" } })).toBe("SCHEMA_MALFORMED");
    expect(codeOf({ output_schema: { properties: 1 } })).toBe("SCHEMA_MALFORMED");
    expect(codeOf({ idempotency_key_template: "{tool_name}" })).toBe("PACK_INVALID");
    expect(codeOf({ sensitive_output_fields: ["no path"] })).toBe("PATH_MALFORMED");
    expect(codeOf({})).toBe("registered");
  });

  test("a contract read from a pack without a schema is refused as such", () => {
    const tool = defineTool(REFUND, handler);
    const { input_schema: _, ...rest } = tool.contract;

    expect(createRegistry().register({ ...tool, contract: JSON.parse(JSON.stringify(rest)) })).toMatchObject({
      refusal: { code: "SCHEMA_MISSING" },
    });
  });

  test("an installation may have its own prefix of external keys", () => {
    const registered = createRegistry({ externalKeyPrefix: "acme:" }).register(defineTool(REFUND, handler));

    expect(registered.ok && registered.value.externalKeyPrefix).toBe("acme:");
  });
});
