import { expect, test } from "vitest";
import { contractOf } from "../guard/index.ts";
import { compilePack, definePack } from "../run/index.ts";
import { callPackOf, isCallable } from "./call-pack.ts";

const contract = contractOf({
  name: "pay",
  version: "1.0.0",
  side_effect_level: "FINANCIAL",
  input_schema: { type: "object", properties: { order_id: { type: "string" }, cents: { type: "integer" } } },
  output_schema: { type: "object" },
  timeout_seconds: 5,
});

const draft = definePack({
  id: "till",
  name: "Till",
  version: "1.0.0",
  workflows: [],
  tools: { pay: { ...contract } },
  scopes: { pay: { tool_name: "pay", allowed_operations: ["pay"] } },
  bounds: { max_steps_per_run: 7 },
  hitl_rules: {
    pay: { trigger: "pay", timeout_action: "FAIL", approval_channel: "inbox", authorized_approvers: ["ann"] },
  },
  eval_suite_ref: "golden",
});

function active() {
  const compilation = compilePack(draft);
  if (!compilation.ok) throw new Error("the pack compiles");
  return compilation.compiled;
}

test("each tool gets a workflow that passes its whole input through, under the pack's own scopes, rules and bounds", () => {
  const { pack, workflows } = callPackOf(active());

  expect(pack.id).toBe("calls:till");
  expect([pack.tools, pack.scopes, pack.bounds, pack.hitl_rules]).toEqual([
    draft.tools,
    draft.scopes,
    draft.bounds,
    draft.hitl_rules,
  ]);
  expect(Object.keys(workflows)).toEqual(["call:pay"]);
  expect(workflows["call:pay"]?.definition.steps).toEqual([
    {
      id: "call",
      type: "TOOL",
      tool_name: "pay",
      tool_version: "1.0.0",
      tool_input_mapping: { order_id: "$.trigger.order_id", cents: "$.trigger.cents" },
    },
  ]);
});

test("the same version derives the same calls, so runs stay pinned to what they were started with", () => {
  expect(callPackOf(active()).config_hash).toBe(callPackOf(active()).config_hash);
});

test("a tool with a parameter that no path can name is not called alone", () => {
  expect(isCallable(contract)).toBe(true);
  expect(isCallable({ ...contract, input_schema: { type: "object", properties: { "a-b": {} } } })).toBe(false);
});
