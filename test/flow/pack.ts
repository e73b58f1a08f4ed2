import { assert, type JsonObject } from "../../src/contracts/index.ts";
import {
  type ApprovalRule,
  defineTool,
  type SideEffectLevel,
  type Tool,
  type ToolContract,
  type ToolOutcome,
} from "../../src/guard/index.ts";
import { type CompiledPack, compilePack, type DeclaredPack, definePack } from "../../src/run/index.ts";
import type { Provider } from "./provider.ts";

/** What every tool of the test pack takes; nothing is required, and nothing else is taken. */
const INPUT = {
  type: "object",
  properties: {
    item_id: { type: "string", "x-countermark": "entity_id" },
    id: { type: "string", "x-countermark": "id" },
    text: { type: "string" },
    amount_cents: { type: "integer", minimum: 0 },
  },
} as const satisfies JsonObject;

const OUTPUT = {
  type: "object",
  properties: {
    id: { type: "string", "x-countermark": "id" },
    text: { type: "string" },
    state: { type: "string" },
    count: { type: "integer" },
  },
} as const satisfies JsonObject;

/** The service that `carry` and `track` depend on, with a circuit breaker of the default settings. */
export const CARRIER = "carrier";

/** Seconds that a call may take. */
const TIMEOUT_SECONDS = 10;

interface ToolPlan {
  readonly level: SideEffectLevel;
  readonly contract?: Partial<ToolContract>;
}

const PLANS: { readonly [name: string]: ToolPlan } = {
  look: { level: "READ" },
  think: { level: "READ" },
  meter: { level: "READ", contract: { rate_limit_rpm: 3 } },
  track: { level: "READ", contract: { dependency: CARRIER } },
  note: { level: "SOFT_WRITE" },
  publish: { level: "SOFT_WRITE" },
  keyed: { level: "SOFT_WRITE", contract: { idempotency_key_template: "{tenant_id}:{tool_name}:{params.id}" } },
  reserve: { level: "HARD_WRITE" },
  release: { level: "HARD_WRITE" },
  dispatch: { level: "HARD_WRITE" },
  carry: { level: "HARD_WRITE", contract: { dependency: CARRIER } },
  charge: { level: "FINANCIAL", contract: { external_idempotency_header: "Idempotency-Key" } },
};

/** The tools of the test pack; what they answer is the provider's business. */
export const flowTools = (provider: Provider): readonly Tool[] =>
  Object.entries(PLANS).map(([name, { level, contract }]) =>
    defineTool(
      {
        name,
        version: "1.0.0",
        side_effect_level: level,
        input_schema: INPUT,
        output_schema: OUTPUT,
        timeout_seconds: TIMEOUT_SECONDS,
        ...contract,
      },
      async (input, context) => {
        const outcome = await provider.answer(name, input, context);
        return level === "FINANCIAL" ? withAmount(outcome) : outcome;
      },
    ),
  );

/** What was moved, where a test says nothing of it. */
function withAmount(outcome: ToolOutcome): ToolOutcome {
  if (outcome.kind !== "applied") return outcome;
  const { proof = { provider: "bank", transactionId: "t-1", requestId: null }, ...result } = outcome.result;
  return { ...outcome, result: { ...result, proof: { amount: { minor: 100n, currency: "EUR" }, ...proof } } };
}

type Workflow = DeclaredPack["workflows"][number];
type Step = Workflow["steps"][number];

/** A workflow that a person or program starts with the same members that the tools take. */
export const flow = (
  id: string,
  steps: readonly unknown[],
  rest: Partial<Omit<Workflow, "id" | "steps">> = {},
): Workflow => ({
  id,
  name: id,
  trigger: { kind: "MANUAL", input_schema: INPUT },
  steps: [...steps],
  pass_criteria: "true",
  ...rest,
});

/** A step that calls a tool with the whole trigger. */
export const call = (id: string, tool: string, rest: Omit<Step & object, "id" | "type" | "tool_name"> = {}) => ({
  id,
  type: "TOOL",
  tool_name: tool,
  tool_input_mapping: TRIGGER,
  ...rest,
});

export const TRIGGER = {
  item_id: "$.trigger.item_id",
  id: "$.trigger.id",
  text: "$.trigger.text",
  amount_cents: "$.trigger.amount_cents",
};

export const rule = (tool: string, rest: Partial<ApprovalRule> = {}): ApprovalRule => ({
  trigger: tool,
  condition: null,
  timeout_seconds: 3600,
  timeout_action: "FAIL",
  approval_channel: "#test-approvals",
  required_approvers: 1,
  escalation_chain: [],
  authorized_approvers: ["alice", "bob"],
  ...rest,
});

/** What differs between the packs of two tests. */
export interface PackPlan {
  readonly version?: string;
  readonly workflows: readonly Workflow[];
  readonly bounds?: NonNullable<DeclaredPack["bounds"]>;
  readonly rules?: readonly ApprovalRule[];
  readonly scopes?: NonNullable<DeclaredPack["scopes"]>;
}

/** Compiles a plan with every tool of the test pack; each is granted its own operation unless the plan says otherwise. */
export function flowPack(tools: readonly Tool[], plan: PackPlan): CompiledPack {
  const scopes = Object.fromEntries(
    tools.map(({ contract }) => [
      contract.name,
      {
        tool_name: contract.name,
        allowed_operations: [contract.operation],
        network_allowlist: ["carrier.test.example.com"],
      },
    ]),
  );
  const rules = [rule("charge"), ...(plan.rules ?? [])];
  const compilation = compilePack(
    definePack({
      id: "flow",
      name: "Flow",
      version: plan.version ?? "1.0.0",
      state: "ACTIVE",
      workflows: [...plan.workflows],
      tools: Object.fromEntries(tools.map(({ contract }) => [contract.name, { ...contract }])),
      scopes: { ...scopes, ...plan.scopes },
      bounds: plan.bounds ?? {},
      hitl_rules: Object.fromEntries(rules.map((each) => [each.trigger, { ...each }])),
      eval_suite_ref: "golden/flow",
    }),
  );
  assert(compilation.ok, `the pack compiles: ${compilation.ok ? "" : JSON.stringify(compilation.errors)}`);
  return compilation.compiled;
}
