import type { WorkflowDefinition } from "../../../run/index.ts";
import { jsonSchema } from "../tools/define.ts";
import { threeAttempts } from "./retry.ts";
import { triggerOfOrder } from "./trigger.ts";

/** P1-WF01: a paid order becomes one fulfilment and one confirmation. */
export const orderToFulfil: WorkflowDefinition = {
  id: "P1-WF01",
  name: "Order to fulfilment",
  trigger: {
    kind: "WEBHOOK",
    source: "SHOPIFY",
    event_type: "order.paid",
    // The event also carries who the customer is. What is declared here of that is sealed; the rest is kept nowhere.
    input_schema: jsonSchema(triggerOfOrder),
  },
  steps: [
    {
      id: "validate",
      type: "TOOL",
      tool_name: "validateOrder",
      tool_input_mapping: { order_id: "$.trigger.order_id" },
      output_key: "order",
      retry_policy: threeAttempts("SHOP_UNAVAILABLE", "TOOL_TIMEOUT"),
      on_failure: "ticket_invalid",
      next_step: "tax",
    },
    {
      id: "tax",
      type: "TOOL",
      tool_name: "calculateTax",
      tool_input_mapping: { order_id: "$.order.order_id", currency: "$.order.currency", lines: "$.order.lines" },
      retry_policy: threeAttempts("TAX_UNAVAILABLE", "TOOL_TIMEOUT"),
      next_step: "accept",
    },
    {
      id: "accept",
      type: "TOOL",
      tool_name: "createOrder",
      tool_input_mapping: {
        order_id: "$.order.order_id",
        currency: "$.order.currency",
        total_cents: "$.order.total_cents",
        tax_cents: "$.tax.tax_cents",
      },
      retry_policy: threeAttempts("SHOP_UNAVAILABLE", "TOOL_TIMEOUT"),
      // Withdrawing leaves the customer's paid order to the shop: what could not be made now is made by P1-WF06, or a person.
      compensation: {
        tool_name: "cancelOrder",
        tool_input_mapping: { order_id: "$.order.order_id", mode: "withdraw", reason: "INVENTORY" },
        compensation_order: 1,
        idempotent: true,
        max_attempts: 3,
        on_compensation_failure: "ESCALATE",
      },
      next_step: "fulfil",
    },
    {
      id: "fulfil",
      type: "TOOL",
      tool_name: "createFulfillment",
      tool_input_mapping: { order_id: "$.order.order_id", items: "$.order.lines", ship_to: "$.trigger.ship_to" },
      retry_policy: threeAttempts("POD_UNAVAILABLE", "TOOL_TIMEOUT"),
      compensation: {
        tool_name: "cancelFulfillment",
        tool_input_mapping: { fulfillment_id: "$.fulfil.fulfillment_id" },
        compensation_order: 2,
        idempotent: true,
        max_attempts: 3,
        on_compensation_failure: "ESCALATE",
      },
      on_failure: "start_exception",
      next_step: "confirm",
    },
    {
      id: "confirm",
      type: "TOOL",
      tool_name: "sendConfirmation",
      tool_input_mapping: { order_id: "$.order.order_id", contact: "$.trigger.contact" },
      retry_policy: threeAttempts("EMAIL_UNAVAILABLE", "TOOL_TIMEOUT"),
      compensate: false,
      on_failure: "ticket_unconfirmed",
    },
    {
      id: "ticket_invalid",
      type: "TOOL",
      tool_name: "createSupportTicket",
      tool_input_mapping: {
        order_id: "$.trigger.order_id",
        run_id: "$.run.run_id",
        subject: "order_not_fulfillable",
        priority: "normal",
      },
    },
    {
      id: "start_exception",
      type: "START_RUN",
      workflow: "P1-WF06",
      input_mapping: {
        order_id: "$.trigger.order_id",
        contact: "$.trigger.contact",
        ship_to: "$.trigger.ship_to",
      },
    },
    {
      id: "ticket_unconfirmed",
      type: "TOOL",
      tool_name: "createSupportTicket",
      tool_input_mapping: {
        order_id: "$.trigger.order_id",
        run_id: "$.run.run_id",
        subject: "confirmation_not_sent",
        priority: "normal",
      },
    },
  ],
  pass_criteria: "$.fulfil.fulfillment_id != null AND $.confirm.notification_id != null",
  allowed_failure_modes: [
    "ORDER_INVALID",
    "TAX_UNAVAILABLE",
    "POD_UNAVAILABLE",
    "EMAIL_UNAVAILABLE",
    "INVALID_INPUT",
    "CIRCUIT_OPEN",
    "ARTIFACT_ERASED",
    "SHOP_UNAVAILABLE",
  ],
  timeout_seconds: 300,
};
