import { defineAgent, definePack, type Tool } from "../../src/index.ts"; // in a project of your own: from "countermark"
import { commercePack } from "../../src/packs/commerce/index.ts";

/** The shop's own pack, and in it a workflow with an agent that answers customers. */
export interface SupportPack {
  readonly pack: ReturnType<typeof definePack>;
  readonly tools: readonly Tool[];
}

const ORDER_ID = { type: "string", minLength: 1, maxLength: 264, "x-countermark": "entity_id" } as const;
const QUESTION = { type: "string", minLength: 1, maxLength: 500 } as const;

const ASKED = {
  type: "object",
  properties: { order_id: ORDER_ID, question: QUESTION },
  required: ["order_id", "question"],
  additionalProperties: false,
} as const;

const ANSWERED = {
  type: "object",
  properties: { answer: { type: "string", minLength: 1, maxLength: 2_000 } },
  required: ["answer"],
  additionalProperties: false,
} as const;

/** The graph, registered under a name. Its module is loaded in a process of its own, never in this one. */
const support = defineAgent(
  { name: "support", version: "1.0.0", input_schema: ASKED, output_schema: ANSWERED, timeout_seconds: 60 },
  {
    module: new URL("./graph.js", import.meta.url).href,
    exportName: "graph",
    describe: {
      fetchOrder: "Reads an order: when it was placed, what it costs and what was paid.",
      lookupShipment: "Says where the parcel of an order is, who carries it and under which tracking number.",
    },
  },
);

const MODEL = "https://api.anthropic.com";

export function supportPack(): SupportPack {
  const { pack, tools } = commercePack();
  return {
    tools: [...tools, support],
    pack: definePack({
      ...pack,
      id: "support",
      name: "Shop with a clerk that answers customers",
      workflows: [
        ...pack.workflows,
        {
          id: "where-is-my-order",
          name: "Where is my order",
          trigger: { kind: "MANUAL", input_schema: ASKED },
          steps: [
            {
              id: "clerk",
              type: "AGENT",
              graph: "support",
              manifest: {
                graph_id: "support",
                version: "1.0.0",
                recursion_limit: 12,
                models: [
                  {
                    service: "anthropic",
                    origin: MODEL,
                    header: "x-api-key",
                    key_variable: "ANTHROPIC_API_KEY",
                    prices: { "claude-sonnet-4-5": { input: 3_000_000, output: 15_000_000 } }, // micro-USD for a million tokens
                  },
                ],
                nodes: [
                  { name: "ask", kind: "pure" },
                  { name: "model", kind: "model" },
                  { name: "tools", kind: "tool", tools_allowed: ["fetchOrder", "lookupShipment"] },
                  { name: "reply", kind: "pure" },
                ],
              },
              input_mapping: { order_id: "$.trigger.order_id", question: "$.trigger.question" },
            },
          ],
          pass_criteria: "$.clerk.answer != null",
          allowed_failure_modes: [],
        },
      ],
      tools: { ...pack.tools, support: support.contract },
      scopes: {
        ...pack.scopes,
        support: {
          tool_name: "support",
          allowed_operations: ["support"],
          network_allowlist: [new URL(MODEL).host],
        },
      },
    }),
  };
}
