import { describe, expect, it } from "vitest";
import { entityIdOf, type JsonObject } from "../contracts/index.ts";
import type { CompiledPack, CompiledWorkflow } from "../run/index.ts";
import type { EventType } from "./normalise/event-type.ts";
import { happensOnce, startKeyOf, triggeredBy, triggerPayload } from "./trigger.ts";

const workflow = (id: string, trigger: JsonObject, input_schema: JsonObject = {}): CompiledWorkflow => ({
  id,
  definition: {
    id,
    name: id,
    trigger: { kind: "WEBHOOK", ...trigger, input_schema },
    steps: [],
    pass_criteria: "",
    allowed_failure_modes: [],
    timeout_seconds: 1,
  },
  entry: "",
  steps: {},
  passCriteria: () => ({ ok: true, value: true }),
  parseTrigger: (payload) => ({ ok: true, value: payload }),
});

const pack = (id: string, ...workflows: readonly CompiledWorkflow[]): CompiledPack => ({
  pack: {
    id,
    name: id,
    version: "1.0.0",
    state: "ACTIVE",
    workflows: [],
    tools: {},
    scopes: {},
    bounds: {
      max_steps_per_run: 1,
      max_time_seconds: 1,
      max_tokens_per_run: 1,
      max_tool_calls_per_run: 1,
      max_tool_calls_per_type: {},
      loop: { window: 1, max_sequence_length: 1, repeat_threshold: 1, per_tool: {} },
    },
    hitl_rules: {},
    eval_suite_ref: "",
  },
  config_hash: id,
  workflows: Object.fromEntries(workflows.map((one) => [one.id, one])),
});

const PAID = { source: "SHOPIFY", type: "order.paid" } as const;

describe("which workflows an event starts", () => {
  it("those whose trigger names its type and its source or any, in order of pack and workflow", () => {
    const packs = [
      pack(
        "b",
        workflow("w2", { source: "SHOPIFY", event_type: "order.paid" }),
        workflow("w1", { event_type: "order.paid" }),
      ),
      pack("a", workflow("w9", { kind: "EVENT", event_type: "order.paid" })),
      pack(
        "c",
        workflow("w3", { source: "STRIPE", event_type: "order.paid" }),
        workflow("w4", { event_type: "order.created" }),
      ),
      pack("d", workflow("w5", { kind: "MANUAL", event_type: "order.paid" })),
    ];

    expect(triggeredBy(packs, PAID).map((one) => one.workflow.id)).toEqual(["w9", "w1", "w2"]);
  });
});

describe("what a workflow is triggered with", () => {
  const payload = { order_id: "t_ord_1", total_cents: 1, code: null, note: null };

  it("what its schema declares by name; a null only where the schema requires the member", () => {
    const schema = { properties: { order_id: {}, code: {}, note: {} }, required: ["order_id", "note"] };

    expect(triggerPayload(workflow("w", {}, schema), payload)).toEqual({ order_id: "t_ord_1", note: null });
  });

  it("everything that is stored where the schema declares nothing by name", () => {
    expect(triggerPayload(workflow("w", {}), payload)).toEqual(payload);
  });
});

describe("when a start is the same start", () => {
  const entityId = entityIdOf("t", "order", "1") ?? expect.fail("an id");
  const keyOf = (type: EventType, event_id: string) => {
    const started = workflow("w", {});
    const event = { source: "SHOPIFY", type, event_id, entity_id: entityId, payload: {} } as const;
    return startKeyOf({ pack: pack("p", started), workflow: started }, event);
  };

  it("news that come once in an entity's life start one run, whatever delivery brings them", () => {
    expect(keyOf("order.paid", "e1")).toBe(keyOf("order.paid", "e2"));
    expect(keyOf("order.paid", "e1")).toBe("SHOPIFY:order.paid:t_ord_1:p/w");
  });

  it("news that may come again start a run for each event", () => {
    expect(keyOf("order.updated", "e1")).not.toBe(keyOf("order.updated", "e2"));
    expect(keyOf("order.updated", "e1")).toBe("SHOPIFY:order.updated:e1:p/w");
  });

  it.each<[EventType, boolean]>([
    ["order.created", true],
    ["order.paid", true],
    ["payment.captured", true],
    ["payment.failed", true],
    ["fulfillment.shipped", true],
    ["payment.authorized", false],
    ["payment.partially_refunded", false],
    ["order.partially_fulfilled", false],
    ["payment.disputed", false],
    ["email.opened", false],
  ])("%s happens once: %s", (type, once) => {
    expect(happensOnce(type)).toBe(once);
  });
});
