import { assert } from "../../contracts/index.ts";
import { defineTool, type Tool } from "../../guard/index.ts";
import { commercePack } from "../../packs/commerce/index.ts";
import {
  type CompiledPack,
  compilePack,
  type DraftPack,
  definePack,
  type WorkflowDefinition,
} from "../../run/index.ts";

/** The shop's pack, with what the demo needs to show guards at work: a runaway workflow and a tool that says too much. */
export interface DemoPack {
  readonly pack: CompiledPack;
  readonly tools: readonly Tool[];
}

/** Who may retag orders; the demo's intern is not. */
export const SHOP_PRINCIPAL = "shop-automation";

const ORDER_TRIGGER = {
  type: "object",
  properties: { order_id: { type: "string", "x-countermark": "entity_id" } },
  required: ["order_id"],
} as const;

const look = (id: string, next?: string) =>
  ({
    id,
    type: "TOOL",
    tool_name: "fetchOrder",
    tool_input_mapping: { order_id: "$.trigger.order_id" },
    ...(next === undefined ? {} : { next_step: next }),
  }) as const;

/** Asks the same question for ever, as an agent without a plan does: the third identical call is refused. */
const runaway: WorkflowDefinition = {
  id: "DEMO-RUNAWAY",
  name: "Asks the same question again and again",
  trigger: { kind: "MANUAL", input_schema: ORDER_TRIGGER },
  steps: [
    look("ask", "ask_again"),
    look("ask_again", "ask_once_more"),
    look("ask_once_more", "and_again"),
    look("and_again"),
  ],
  pass_criteria: "true",
  allowed_failure_modes: [],
  timeout_seconds: 60,
};

const indiscreet: WorkflowDefinition = {
  id: "DEMO-NOTES",
  name: "Reads a support note that holds what must not be stored",
  trigger: { kind: "MANUAL", input_schema: ORDER_TRIGGER },
  steps: [
    {
      id: "contact",
      type: "TOOL",
      tool_name: "readContactNote",
      tool_input_mapping: { order_id: "$.trigger.order_id" },
      next_step: "secret",
    },
    { id: "secret", type: "TOOL", tool_name: "readAccessNote", tool_input_mapping: { order_id: "$.trigger.order_id" } },
  ],
  pass_criteria: "true",
  allowed_failure_modes: [],
  timeout_seconds: 60,
};

const NOTE_OUTPUT = { type: "object", properties: { note: { type: "string" } }, required: ["note"] } as const;

const noteTool = (name: string, note: string): Tool =>
  defineTool(
    {
      name,
      version: "1.0.0",
      side_effect_level: "READ",
      input_schema: ORDER_TRIGGER,
      output_schema: NOTE_OUTPUT,
      timeout_seconds: 5,
    },
    async () => ({ kind: "applied", result: { output: { note } } }),
  );

const NOTES: readonly Tool[] = [
  noteTool("readContactNote", "the customer asks to be written at ada.buyer@test.example.com"),
  noteTool("readAccessNote", `the warehouse gave us the key ${["sk", "test", "DEMO5678ABCD"].join("_")} by mail`),
];

/**
 * The demo's pack.
 *
 * @param approvalSeconds how long an approver has; the scripted demo lets one approval expire under a version of its own
 */
export function demoPack(options: {
  readonly shopHost: string;
  readonly approvalSeconds: number;
  /** What another version of the pack changes; nothing unless told. */
  readonly edit?: (pack: DraftPack) => DraftPack;
}): DemoPack {
  const shop = commercePack({ shopHost: options.shopHost, approvers: ["role:approver", "role:admin"] });
  const scopes = Object.fromEntries(
    NOTES.map(({ contract }) => [
      contract.name,
      {
        tool_name: contract.name,
        allowed_operations: [contract.operation],
        principals: [],
        data_cap_bytes: 65_536,
        network_allowlist: [],
      },
    ]),
  );
  const { updateOrder, ...others } = shop.pack.scopes;
  const { executeRefund } = shop.pack.hitl_rules;
  assert(
    updateOrder !== undefined && executeRefund !== undefined,
    "the shop's pack scopes updateOrder and rules executeRefund",
  );
  const { edit = (pack) => pack } = options;
  const compiled = compilePack(
    edit(
      definePack({
        ...shop.pack,
        workflows: [...shop.pack.workflows, runaway, indiscreet],
        tools: { ...shop.pack.tools, ...Object.fromEntries(NOTES.map(({ contract }) => [contract.name, contract])) },
        scopes: { ...others, ...scopes, updateOrder: { ...updateOrder, principals: [SHOP_PRINCIPAL] } },
        hitl_rules: {
          ...shop.pack.hitl_rules,
          executeRefund: { ...executeRefund, timeout_seconds: options.approvalSeconds },
        },
      }),
    ),
  );
  assert(compiled.ok, "the demo's pack compiles");
  return { pack: compiled.compiled, tools: [...shop.tools, ...NOTES] };
}

/** The handlers of every tool that the demo's packs name. */
export const demoTools = (): readonly Tool[] => [...commercePack().tools, ...NOTES];
