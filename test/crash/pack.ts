import type { JsonObject } from "../../src/contracts/index.ts";
import { type CallContext, type DeclaredContract, defineAgent, defineTool, type Tool } from "../../src/guard/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { type DraftPack, definePack, type WaitCondition, type WorkflowDefinition } from "../../src/run/index.ts";

/**
 * The shop's pack, with a workflow of one step for each way in which a provider can or cannot say what became of a call:
 * `debit` can be looked up, `charge` has keys, `wire` neither has keys nor can be asked, `mail` may be repeated. `both` is a debit
 * and then a wire; `mark` changes an entity; `poison` ends its process. `later` is a debit after a second, `once_told` one after a
 * signal. `noting` is an agent whose graph makes one transfer, `asking` one whose graph asks a person.
 */

const REFERENCE = { type: "string", minLength: 1, maxLength: 40 } as const;
const SCHEMA: JsonObject = {
  type: "object",
  properties: { reference: REFERENCE },
  required: ["reference"],
  additionalProperties: false,
};

const contract = (name: string, more: Partial<DeclaredContract>): DeclaredContract => ({
  name,
  version: "1.0.0",
  side_effect_level: "HARD_WRITE",
  input_schema: SCHEMA,
  output_schema: SCHEMA,
  timeout_seconds: 20,
  dependency: "bank",
  ...more,
});

/** Milliseconds after which the bank's "no such transfer" is believed. */
const SETTLE_MS = 200;

async function transfer({ reference = null }: JsonObject, context: CallContext) {
  const { origin } = context.credential("bank");
  const headers = context.externalKey === null ? {} : { "idempotency-key": context.externalKey };
  await context.fetch(origin, { method: "POST", headers, body: JSON.stringify({ reference }) });
  return { kind: "applied", result: transferred(reference) } as const;
}

const transferred = (reference: JsonObject[string]) => ({
  output: { reference },
  proof: { provider: "bank", transactionId: String(reference), requestId: null },
});

const debit = defineTool(
  contract("debit", { settle_ms: SETTLE_MS }),
  transfer,
  async ({ reference = null }, context) => {
    const answer = await context.fetch(context.credential("bank").origin);
    const { transfers }: { readonly transfers: readonly unknown[] } = JSON.parse(await answer.text());
    return transfers.includes(reference) ? { kind: "found", result: transferred(reference) } : { kind: "absent" };
  },
);

/** The same as a tool that an agent may call by itself. */
const note = defineTool(
  contract("note", { side_effect_level: "SOFT_WRITE", settle_ms: SETTLE_MS }),
  debit.handler,
  debit.lookup,
);

const charge = defineTool(contract("charge", { external_idempotency_header: "Idempotency-Key" }), transfer);

const wire = defineTool(contract("wire", {}), transfer);

const ORDER = { type: "string", "x-countermark": "entity_id" } as const;
const ORDER_SCHEMA: JsonObject = {
  type: "object",
  properties: { order_id: ORDER },
  required: ["order_id"],
  additionalProperties: false,
};

/** Marks an order as checked; nothing outside hears of it. */
const mark = defineTool(
  contract("mark", {
    side_effect_level: "SOFT_WRITE",
    dependency: null,
    input_schema: ORDER_SCHEMA,
    output_schema: ORDER_SCHEMA,
  }),
  async ({ order_id = null }) => ({
    kind: "applied",
    result: {
      output: { order_id },
      entities: [{ entityType: "order", entityId: String(order_id), set: { checked: true } }],
    },
  }),
);

const LOG: JsonObject = {
  type: "object",
  properties: { log: { type: "array", items: { type: "string" } } },
  required: ["log"],
  additionalProperties: false,
};

/** An agent's graph is loaded from the compiled module: Node runs no TypeScript itself. */
const agentFrom = (module: string) => (name: string) =>
  defineAgent(
    { name, version: "1.0.0", input_schema: SCHEMA, output_schema: LOG, timeout_seconds: 60 },
    { module, exportName: name },
  );

const poisonWith = (die: () => void): Tool =>
  defineTool(contract("poison", { side_effect_level: "READ", dependency: null }), async ({ reference = null }) => {
    die();
    return { kind: "applied", result: { output: { reference } } };
  });

/** A workflow whose trigger has one parameter, which each of its tools takes. */
const workflowOf = (
  id: string,
  parameter: string,
  tools: readonly [step: string, tool: string][],
): WorkflowDefinition => ({
  id,
  name: id,
  trigger: {
    kind: "MANUAL",
    input_schema: {
      type: "object",
      properties: { [parameter]: { type: "string", minLength: 1, maxLength: 200 } },
      required: [parameter],
      additionalProperties: false,
    },
  },
  steps: tools.map(([step, tool_name], index) => ({
    id: step,
    type: "TOOL",
    tool_name,
    tool_input_mapping: { [parameter]: `$.trigger.${parameter}` },
    output_key: step,
    retry_policy: ONCE_DENIED,
    ...nextOf(tools[index + 1]),
  })),
  pass_criteria: tools.map(([step]) => `$.${step} != null`).join(" AND "),
  allowed_failure_modes: [],
  timeout_seconds: 300,
});

const UNBOUND = {
  version: "1.0.0",
  code_digest: null,
  recursion_limit: 25,
  models: [],
  handles_rejection: false,
} as const;

/** A workflow whose one step runs a graph. */
const agentWorkflow = (graph: string, nodes: readonly [name: string, ...tools: string[]][]): WorkflowDefinition => {
  const { steps: _steps, ...workflow } = workflowOf(graph, "reference", []);
  const manifest = nodes.map(
    ([name, ...tools_allowed]) => ({ name, kind: "pure", tools_allowed, timeout_seconds: null }) as const,
  );
  return {
    ...workflow,
    steps: [
      {
        id: graph,
        type: "AGENT",
        graph,
        manifest: { ...UNBOUND, graph_id: graph, nodes: manifest },
        input_mapping: { reference: "$.trigger.reference" },
      },
    ],
    pass_criteria: `$.${graph}.log != null`,
  };
};

/** A workflow that first waits, and then debits. */
function afterWaiting(id: string, wait_for: WaitCondition): WorkflowDefinition {
  const { steps, ...rest } = workflowOf(id, "reference", [["debit", "debit"]]);
  return {
    ...rest,
    steps: [{ id: "wait", type: "WAIT", wait_for, wait_timeout_seconds: 200, next_step: "debit" }, ...steps],
  };
}

const nextOf = (next: readonly [step: string, tool: string] | undefined) =>
  next === undefined ? {} : { next_step: next[0] };

/** Another attempt once a person has said that the effect did not happen. */
const ONCE_DENIED = {
  max_attempts: 2,
  base_delay_seconds: 0.05,
  max_delay_seconds: 1,
  backoff_multiplier: 2,
  jitter: false,
  retryable_errors: ["EFFECT_UNKNOWN"],
} as const;

/** The pack and its tools; `die` is what the poisonous tool's handler does, `graphs` the URL of the agents' compiled module. */
export function crashPack(
  die: () => void,
  graphs: string,
): { readonly pack: DraftPack; readonly tools: readonly Tool[] } {
  const shop = commercePack();
  const own = [debit, charge, note, wire, mark, poisonWith(die), ...["noting", "asking"].map(agentFrom(graphs))];
  const scopes = own.map(({ contract: { name, dependency } }) => [
    name,
    {
      tool_name: name,
      allowed_operations: [name],
      principals: [],
      data_cap_bytes: null,
      network_allowlist: dependency === null ? [] : ["bank.test.example.com"],
    },
  ]);
  const pack = definePack({
    ...shop.pack,
    workflows: [
      ...shop.pack.workflows,
      workflowOf("debit", "reference", [["debit", "debit"]]),
      workflowOf("charge", "reference", [["charge", "charge"]]),
      workflowOf("wire", "reference", [["wire", "wire"]]),
      workflowOf("both", "reference", [
        ["debit", "debit"],
        ["wire", "wire"],
      ]),
      afterWaiting("later", { type: "TIMER", duration_seconds: 1 }),
      afterWaiting("once_told", { type: "WEBHOOK", event_type: "order.paid" }),
      workflowOf("mark", "order_id", [["mark", "mark"]]),
      workflowOf("poison", "reference", [["poison", "poison"]]),
      workflowOf("mail", "order_id", [["mail", "sendConfirmation"]]),
      agentWorkflow("noting", [["noting", "note"], ["closing"]]),
      agentWorkflow("asking", [["asking"]]),
    ],
    tools: { ...shop.pack.tools, ...Object.fromEntries(own.map((tool) => [tool.contract.name, tool.contract])) },
    scopes: { ...shop.pack.scopes, ...Object.fromEntries(scopes) },
  });
  return { pack, tools: [...shop.tools, ...own] };
}
