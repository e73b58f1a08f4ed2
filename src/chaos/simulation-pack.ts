import { assert, type JsonObject } from "../contracts/index.ts";
import { type CallContext, type DeclaredContract, defineTool, type Tool, type ToolOutcome } from "../guard/index.ts";
import { type CompiledPack, compilePack, type DeclaredPack, definePack } from "../run/index.ts";

/**
 * The business of simulations: a tool for each way in which a provider can or cannot say what became of a call. `charge` and
 * `reserve` carry idempotency keys, `debit` can be looked up, `wire` neither has keys nor can be asked.
 */

const SCHEMA = {
  type: "object",
  properties: { reference: { type: "string", minLength: 1, maxLength: 60 } },
  required: ["reference"],
  additionalProperties: false,
} as const satisfies JsonObject;

/** Milliseconds after which the bank's "no such transfer" is believed; its answers never take as long. */
const SETTLE_MS = 2_000;
const TIMEOUT_SECONDS = 20;

const contract = (name: string, more: Partial<DeclaredContract>): DeclaredContract => ({
  name,
  version: "1.0.0",
  side_effect_level: "HARD_WRITE",
  input_schema: SCHEMA,
  output_schema: SCHEMA,
  timeout_seconds: TIMEOUT_SECONDS,
  dependency: "bank",
  settle_ms: SETTLE_MS,
  ...more,
});

const posting =
  (path: string) =>
  async ({ reference = null }: JsonObject, context: CallContext): Promise<ToolOutcome> => {
    const headers = context.externalKey === null ? {} : { "idempotency-key": context.externalKey };
    const { origin } = context.credential("bank");
    const answer = await context.fetch(`${origin}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify({ reference }),
    });
    if (answer.status === 503) return { kind: "not_applied", code: "BANK_UNAVAILABLE", message: "the bank is closed" };
    return { kind: "applied", result: resultOf(reference) };
  };

const resultOf = (reference: JsonObject[string]) => ({
  output: { reference },
  proof: {
    provider: "bank",
    transactionId: String(reference),
    requestId: null,
    amount: { minor: 100n, currency: "EUR" },
  },
});

const KEYED = { external_idempotency_header: "Idempotency-Key" } as const;

export const simulationTools = (): readonly Tool[] => [
  defineTool(contract("charge", { side_effect_level: "FINANCIAL", ...KEYED }), posting("/charge")),
  defineTool(contract("reserve", KEYED), posting("/reserve")),
  defineTool(contract("debit", {}), posting("/debit"), async ({ reference = null }, context) => {
    const answer = await context.fetch(`${context.credential("bank").origin}/debit`);
    if (answer.status === 503) return { kind: "unclear", message: "the bank is closed" };
    const { references }: { readonly references: readonly unknown[] } = JSON.parse(await answer.text());
    return references.includes(reference) ? { kind: "found", result: resultOf(reference) } : { kind: "absent" };
  }),
  defineTool(contract("wire", {}), posting("/wire")),
];

/** Enough attempts for every fault that one history can hold. */
const RETRIES = {
  max_attempts: 8,
  base_delay_seconds: 1,
  max_delay_seconds: 8,
  backoff_multiplier: 2,
  jitter: false,
  retryable_errors: ["BANK_UNAVAILABLE", "EFFECT_UNKNOWN", "TOOL_TIMEOUT", "TOOL_ERROR", "CIRCUIT_OPEN"],
};

type Workflow = DeclaredPack["workflows"][number];

const call = (tool: string, next?: string, reference = "$.trigger.reference") => ({
  id: tool,
  type: "TOOL",
  tool_name: tool,
  tool_input_mapping: { reference },
  output_key: tool,
  retry_policy: RETRIES,
  ...(next === undefined ? {} : { next_step: next }),
});

const workflow = (id: string, steps: readonly unknown[], criteria: string): Workflow => ({
  id,
  name: id,
  trigger: { kind: "MANUAL", input_schema: SCHEMA },
  steps: [...steps],
  pass_criteria: criteria,
  allowed_failure_modes: ["HITL_DENIED"],
  timeout_seconds: 3_600,
});

const PAYMENT = "$.trigger.payment_intent";

const WORKFLOWS: readonly Workflow[] = [
  workflow("pay", [call("charge")], "$.charge != null"),
  workflow("debit", [call("debit")], "$.debit != null"),
  workflow("wire", [call("wire")], "$.wire != null"),
  workflow("both", [call("reserve", "debit"), call("debit")], "$.reserve != null AND $.debit != null"),
  workflow(
    "fan",
    [
      { id: "fan", type: "PARALLEL", parallel_steps: ["reserve", "debit"], join_policy: "ALL", next_step: "charge" },
      call("reserve"),
      call("debit"),
      call("charge"),
    ],
    "$.charge != null",
  ),
  {
    ...workflow(
      "ship",
      [
        call("reserve", "captured", PAYMENT),
        {
          id: "captured",
          type: "WAIT",
          wait_for: { type: "WEBHOOK", event_type: "payment.captured", entity_id: "$.trigger.payment_id" },
          wait_timeout_seconds: 86_400,
          output_key: "captured",
          next_step: "debit",
        },
        call("debit", undefined, PAYMENT),
      ],
      "$.captured != null AND $.debit != null",
    ),
    trigger: {
      kind: "WEBHOOK",
      source: "STRIPE",
      event_type: "payment.created",
      input_schema: {
        type: "object",
        properties: { payment_intent: { type: "string" }, payment_id: { type: "string" } },
        required: ["payment_intent", "payment_id"],
      },
    },
  },
];

/** What each workflow does at the bank when it ends well. */
export const TOOLS_OF: { readonly [workflow: string]: readonly string[] } = {
  pay: ["charge"],
  debit: ["debit"],
  wire: ["wire"],
  both: ["reserve", "debit"],
  fan: ["reserve", "debit", "charge"],
  ship: ["reserve", "debit"],
};

export const APPROVER = "ann";

export function simulationPack(tools: readonly Tool[]): CompiledPack {
  const scopes = tools.map(({ contract: { name, operation } }) => [
    name,
    { tool_name: name, allowed_operations: [operation], network_allowlist: ["bank.test.example.com"] },
  ]);
  const compilation = compilePack(
    definePack({
      id: "simulation",
      name: "Simulation",
      version: "1.0.0",
      state: "ACTIVE",
      workflows: [...WORKFLOWS],
      tools: Object.fromEntries(tools.map(({ contract: declared }) => [declared.name, { ...declared }])),
      scopes: Object.fromEntries(scopes),
      // A clock that jumps ahead takes active time from every run of its worker.
      bounds: { max_time_seconds: 7_200 },
      hitl_rules: {
        charge: {
          trigger: "charge",
          condition: null,
          timeout_seconds: 86_400,
          timeout_action: "FAIL",
          approval_channel: "#simulation",
          required_approvers: 1,
          escalation_chain: [],
          authorized_approvers: [APPROVER],
        },
      },
      eval_suite_ref: "golden/simulation",
    }),
  );
  assert(compilation.ok, `the pack compiles: ${compilation.ok ? "" : JSON.stringify(compilation.errors)}`);
  return compilation.compiled;
}
