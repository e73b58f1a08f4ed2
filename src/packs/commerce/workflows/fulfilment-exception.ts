import type { WorkflowDefinition } from "../../../run/index.ts";
import { jsonSchema } from "../tools/define.ts";
import { threeAttempts } from "./retry.ts";
import { triggerOfException } from "./trigger.ts";

/**
 * P1-WF06: a failed fulfilment is tried again a bounded number of times, or handed to a person. The second exception of an
 * order within 24 h is tried again only after an approval.
 */
export const fulfilmentException: WorkflowDefinition = {
  id: "P1-WF06",
  name: "Fulfilment exception",
  trigger: {
    kind: "EVENT",
    source: "INTERNAL",
    event_type: "fulfillment.exception",
    input_schema: jsonSchema(triggerOfException),
  },
  steps: [
    {
      id: "record",
      type: "TOOL",
      tool_name: "recordException",
      tool_input_mapping: { order_id: "$.trigger.order_id", run_id: "$.run.run_id" },
      next_step: "classify",
    },
    {
      id: "classify",
      type: "TOOL",
      tool_name: "classifyError",
      tool_input_mapping: { code: "$.trigger.code" },
      next_step: "decide",
    },
    {
      id: "decide",
      type: "BRANCH",
      condition: "$.classify.retryable == true",
      if_true: "validate",
      if_false: "escalate",
    },
    {
      id: "validate",
      type: "TOOL",
      tool_name: "validateOrder",
      tool_input_mapping: { order_id: "$.trigger.order_id" },
      output_key: "order",
      retry_policy: threeAttempts("SHOP_UNAVAILABLE", "TOOL_TIMEOUT"),
      on_failure: "escalate_invalid",
      next_step: "retry",
    },
    {
      id: "retry",
      type: "TOOL",
      tool_name: "createFulfillment",
      tool_input_mapping: { order_id: "$.order.order_id", items: "$.order.lines", ship_to: "$.trigger.ship_to" },
      retry_policy: threeAttempts("POD_UNAVAILABLE", "TOOL_TIMEOUT"),
      hitl_condition: "$.record.exceptions_24h >= 2",
      compensate: false,
      on_failure: "escalate_exhausted",
      next_step: "confirm",
    },
    {
      id: "confirm",
      type: "TOOL",
      tool_name: "sendConfirmation",
      tool_input_mapping: { order_id: "$.order.order_id", contact: "$.trigger.contact" },
      retry_policy: threeAttempts("EMAIL_UNAVAILABLE", "TOOL_TIMEOUT"),
      compensate: false,
    },
    {
      id: "escalate",
      type: "TOOL",
      tool_name: "escalate",
      tool_input_mapping: { order_id: "$.trigger.order_id", run_id: "$.run.run_id", reason: "$.classify.class" },
    },
    {
      id: "escalate_invalid",
      type: "TOOL",
      tool_name: "escalate",
      tool_input_mapping: { order_id: "$.trigger.order_id", run_id: "$.run.run_id", reason: "order_not_fulfillable" },
    },
    {
      id: "escalate_exhausted",
      type: "TOOL",
      tool_name: "escalate",
      tool_input_mapping: { order_id: "$.trigger.order_id", run_id: "$.run.run_id", reason: "retry_exhausted" },
    },
  ],
  pass_criteria: "$.retry.fulfillment_id != null OR $.escalate.escalation_id != null",
  allowed_failure_modes: [
    "ORDER_INVALID",
    "POD_UNAVAILABLE",
    "POD_REJECTED",
    "HITL_DENIED",
    "EMAIL_UNAVAILABLE",
    "SHOP_UNAVAILABLE",
    "INVALID_INPUT",
    "CIRCUIT_OPEN",
    "ARTIFACT_ERASED",
  ],
  timeout_seconds: 300,
};
