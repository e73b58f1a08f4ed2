import type { Tool } from "../../guard/index.ts";
import { calculateTax } from "./tools/calculate-tax.ts";
import { cancelOrder } from "./tools/cancel-order.ts";
import { createFulfillment } from "./tools/create-fulfillment.ts";
import { createOrder } from "./tools/create-order.ts";
import { executeRefund } from "./tools/execute-refund.ts";
import { fetchOrder } from "./tools/fetch-order.ts";
import { classifyError, recordException } from "./tools/fulfilment-exception.ts";
import { cancelFulfillment, checkFulfillmentState, lookupShipment } from "./tools/fulfilment-state.ts";
import { checkPolicy, proposeRefund } from "./tools/refund-proposal.ts";
import { sendConfirmation } from "./tools/send-confirmation.ts";
import { createSupportTicket, escalate } from "./tools/tickets.ts";
import { updateOrder } from "./tools/update-order.ts";
import { validateOrder } from "./tools/validate-order.ts";

export type Provider = "shopify" | "stripe" | "printful" | "sendgrid";

/** A tool and the providers that its scope lets it reach; it has no other network. */
interface Equipped {
  readonly tool: Tool;
  readonly reaches: readonly Provider[];
}

/** Every tool of the shop, in the order a reader meets them. */
export const TOOLBOX: readonly Equipped[] = [
  { tool: validateOrder, reaches: ["shopify"] },
  { tool: calculateTax, reaches: ["shopify", "stripe"] },
  { tool: createOrder, reaches: ["shopify"] },
  { tool: updateOrder, reaches: ["shopify"] },
  { tool: cancelOrder, reaches: ["shopify"] },
  { tool: createFulfillment, reaches: ["shopify", "printful"] },
  { tool: cancelFulfillment, reaches: ["printful"] },
  { tool: checkFulfillmentState, reaches: ["printful"] },
  { tool: lookupShipment, reaches: ["printful"] },
  { tool: sendConfirmation, reaches: ["shopify", "sendgrid"] },
  { tool: fetchOrder, reaches: ["shopify"] },
  { tool: checkPolicy, reaches: [] },
  { tool: proposeRefund, reaches: [] },
  { tool: executeRefund, reaches: ["stripe"] },
  { tool: recordException, reaches: [] },
  { tool: classifyError, reaches: [] },
  { tool: createSupportTicket, reaches: [] },
  { tool: escalate, reaches: [] },
];
