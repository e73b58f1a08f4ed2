import type { WorkflowDefinition } from "../../../run/index.ts";
import { jsonSchema } from "../tools/define.ts";
import { threeAttempts } from "./retry.ts";
import { triggerOfRefund } from "./trigger.ts";

/** Days after the order in which the shop refunds. */
const WINDOW_DAYS = 30;

/** P1-WF03: a refund within the shop's terms, previewed exactly, approved by a person, made once. */
export const refund: WorkflowDefinition = {
  id: "P1-WF03",
  name: "Refund",
  trigger: { kind: "MANUAL", input_schema: jsonSchema(triggerOfRefund) },
  steps: [
    {
      id: "fetch",
      type: "TOOL",
      tool_name: "fetchOrder",
      tool_input_mapping: { order_id: "$.trigger.order_id" },
      output_key: "order",
      retry_policy: threeAttempts("SHOP_UNAVAILABLE", "TOOL_TIMEOUT"),
      next_step: "check",
    },
    {
      id: "check",
      type: "TOOL",
      tool_name: "checkPolicy",
      tool_input_mapping: {
        order: "$.order",
        amount_cents: "$.trigger.amount_cents",
        window_days: WINDOW_DAYS,
        limit_cents: null,
      },
      output_key: "policy",
      next_step: "decide",
    },
    {
      id: "decide",
      type: "BRANCH",
      condition: "$.policy.eligible AND $.policy.amount_cents <= $.policy.max_amount_cents AND NOT $.order.disputed",
      if_true: "propose",
      if_false: null,
    },
    {
      id: "propose",
      type: "TOOL",
      tool_name: "proposeRefund",
      tool_input_mapping: {
        order_id: "$.order.order_id",
        payment_intent: "$.order.payment_intent",
        amount_cents: "$.policy.amount_cents",
        currency: "$.order.currency",
        reason: "$.trigger.reason",
      },
      output_key: "proposal",
      next_step: "execute",
    },
    {
      id: "execute",
      type: "TOOL",
      tool_name: "executeRefund",
      tool_input_mapping: {
        order_id: "$.proposal.order_id",
        payment_intent: "$.proposal.payment_intent",
        amount_cents: "$.proposal.amount_cents",
        currency: "$.proposal.currency",
        reason: "$.proposal.reason",
        request_id: "$.trigger.request_id",
      },
      output_key: "refund",
      retry_policy: threeAttempts("PAYMENT_PROVIDER_UNAVAILABLE", "TOOL_TIMEOUT"),
      hitl_required: true,
    },
  ],
  pass_criteria: "$.refund.refund_id != null AND $.refund.amount_cents == $.proposal.amount_cents",
  allowed_failure_modes: [
    "ORDER_NOT_FOUND",
    "REFUND_OUTSIDE_POLICY",
    "HITL_DENIED",
    "BASE_DRIFTED",
    "ALREADY_REFUNDED",
    "PAYMENT_DECLINED",
    "PAYMENT_PROVIDER_UNAVAILABLE",
    "SHOP_UNAVAILABLE",
    "INVALID_INPUT",
    "CIRCUIT_OPEN",
  ],
  timeout_seconds: 300,
};
