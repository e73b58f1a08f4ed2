import { join } from "node:path";
import { activatePack, openInstallation } from "../../src/api/index.ts";
import { bootstrap, DEFAULT_TENANT } from "../../src/cli/bootstrap.ts";
import { defineTool, type Tool } from "../../src/guard/index.ts";
import { compilePack, definePack, type WaitCondition } from "../../src/run/index.ts";
import type { ConnectionOptions } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";

const object = (properties: { readonly [name: string]: { readonly type: string } }) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const echo = defineTool(
  {
    name: "echo",
    version: "1.0.0",
    side_effect_level: "READ",
    input_schema: object({ text: { type: "string" } }),
    output_schema: object({ text: { type: "string" } }),
    timeout_seconds: 5,
  },
  async ({ text = "" }) => ({ kind: "applied", result: { output: { text } } }),
);

const payBack = defineTool(
  {
    name: "payBack",
    version: "1.0.0",
    side_effect_level: "FINANCIAL",
    input_schema: object({
      order_id: { type: "string" },
      amount_minor: { type: "integer" },
      note: { type: "string" },
    }),
    output_schema: object({ paid_minor: { type: "integer" } }),
    timeout_seconds: 5,
  },
  async ({ order_id, amount_minor = 0 }) => ({
    kind: "applied",
    result: {
      output: { paid_minor: amount_minor },
      proof: {
        provider: "till",
        transactionId: String(order_id),
        requestId: null,
        amount: { minor: BigInt(Number(amount_minor)), currency: "EUR" },
      },
    },
  }),
);

const gossip = defineTool(
  {
    name: "gossip",
    version: "1.0.0",
    side_effect_level: "READ",
    input_schema: object({}),
    output_schema: object({ text: { type: "string" } }),
    timeout_seconds: 5,
  },
  async () => ({ kind: "applied", result: { output: { text: "4242 4242 4242 4242" } } }),
);

/** Orders whose parcel nobody will ever know of, each as often as it was sent. */
export const LOST: string[] = [];

const sendParcel = defineTool(
  {
    name: "sendParcel",
    version: "1.0.0",
    side_effect_level: "HARD_WRITE",
    input_schema: object({ order_id: { type: "string" } }),
    output_schema: object({ parcel: { type: "string" } }),
    timeout_seconds: 5,
    settle_ms: 0,
  },
  async ({ order_id }) => {
    LOST.push(String(order_id));
    return { kind: "unknown", code: "TOOL_TIMEOUT", message: "nobody answered" };
  },
);

/** What the tests' process brings: `echo` reads, `payBack` needs a person, `sendParcel` never learns what came of it, `gossip` tells a card. */
export const TEST_TOOLS: readonly Tool[] = [echo, payBack, sendParcel, gossip];

const waiting = (id: string, wait_for: WaitCondition) => ({
  id,
  name: id,
  trigger: { kind: "MANUAL" as const, input_schema: object({ order_id: { type: "string" } }) },
  steps: [{ id: "only", type: "WAIT" as const, wait_for, wait_timeout_seconds: 3_600 }],
  pass_criteria: "true",
});

const workflow = (id: string, { contract }: Tool) => ({
  id,
  name: id,
  trigger: { kind: "MANUAL" as const, input_schema: contract.input_schema },
  steps: [
    {
      id: "only",
      type: "TOOL" as const,
      tool_name: contract.name,
      tool_input_mapping: Object.fromEntries(
        Object.keys(Object(contract.input_schema.properties)).map((name) => [name, `$.trigger.${name}`]),
      ),
    },
  ],
  pass_criteria: "true",
  allowed_failure_modes: ["HITL_DENIED"],
  timeout_seconds: 300,
});

export const TEST_PACK = definePack({
  id: "tests",
  name: "Tests",
  version: "1.0.0",
  state: "ACTIVE",
  workflows: [
    workflow("note", echo),
    workflow("pay_back", payBack),
    workflow("send", sendParcel),
    workflow("gossip", gossip),
    waiting("hold", { type: "MANUAL" }),
    waiting("listen", { type: "WEBHOOK", event_type: "parcel.sent", entity_id: "$.trigger.order_id" }),
  ],
  tools: Object.fromEntries(TEST_TOOLS.map(({ contract }) => [contract.name, contract])),
  scopes: Object.fromEntries(
    TEST_TOOLS.map(({ contract: { name } }) => [
      name,
      { tool_name: name, allowed_operations: [name], principals: [], data_cap_bytes: null, network_allowlist: [] },
    ]),
  ),
  bounds: {
    max_steps_per_run: 50,
    max_time_seconds: 300,
    max_tokens_per_run: 50_000,
    max_tool_calls_per_run: 100,
    max_tool_calls_per_type: {},
    loop: { window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} },
  },
  hitl_rules: {
    payBack: {
      trigger: "payBack",
      condition: null,
      timeout_seconds: 3_600,
      timeout_action: "FAIL",
      approval_channel: "#test-approvals",
      required_approvers: 1,
      escalation_chain: [],
      authorized_approvers: ["role:approver"],
    },
  },
  eval_suite_ref: "golden/tests",
});

/** Furnishes a fresh installation as the first command would, and gives its shop the tests' pack. */
export async function activateTestPack(world: {
  readonly cwd: string;
  readonly server?: ConnectionOptions;
}): Promise<void> {
  const directory = join(world.cwd, ".countermark");
  const installation = await openInstallation({
    host: realHost,
    directory,
    server: world.server ?? null,
    migrate: true,
    tools: TEST_TOOLS,
    tier: "HARDENED",
  });
  await bootstrap(installation, directory);
  const compiled = compilePack(TEST_PACK);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  await activatePack(installation, { tenantId: DEFAULT_TENANT, pack: compiled.compiled, by: "test" });
  await installation.close();
}
