import { definePack, type Tool } from "../../src/index.ts";

/** The same pack as `pack.yaml`, to the digest; here the contracts come from the tools themselves. */
export const helloPack = (tools: readonly Tool[]) =>
  definePack({
    id: "hello",
    name: "Hotel reception",
    version: "1.0.0",
    state: "ACTIVE",
    workflows: [
      {
        id: "welcome",
        name: "Welcome a guest",
        trigger: {
          kind: "MANUAL",
          input_schema: {
            type: "object",
            properties: {
              guest: { type: "string", minLength: 1, maxLength: 80 },
              gift_cents: { type: "integer", minimum: 0, maximum: 100_000 },
            },
            required: ["guest", "gift_cents"],
            additionalProperties: false,
          },
        },
        steps: [
          {
            id: "greet",
            type: "TOOL",
            tool_name: "greet",
            tool_input_mapping: { guest: "$.trigger.guest" },
            next_step: "is_gift",
          },
          { id: "is_gift", type: "BRANCH", condition: "$.trigger.gift_cents > 0", if_true: "gift", if_false: null },
          {
            id: "gift",
            type: "TOOL",
            tool_name: "giveVoucher",
            tool_input_mapping: { guest: "$.trigger.guest", amount_cents: "$.trigger.gift_cents", currency: "EUR" },
          },
        ],
        pass_criteria: "$.greet.greeting != null",
        allowed_failure_modes: ["HITL_DENIED"],
      },
    ],
    tools: Object.fromEntries(tools.map(({ contract }) => [contract.name, contract])),
    scopes: {
      greet: { tool_name: "greet", allowed_operations: ["greet"] },
      giveVoucher: { tool_name: "giveVoucher", allowed_operations: ["giveVoucher"], principals: ["ann"] },
    },
    bounds: { max_steps_per_run: 5 },
    hitl_rules: {
      giveVoucher: {
        trigger: "giveVoucher",
        timeout_seconds: 600,
        timeout_action: "FAIL",
        approval_channel: "reception",
        authorized_approvers: ["role:approver"],
      },
    },
    eval_suite_ref: "golden/hello",
  });
