import { z } from "zod";
import type { Tool } from "../../../guard/index.ts";
import { stripeClient } from "../clients/stripe.ts";
import { tool } from "./define.ts";
import { cents, currency, entityId, lines, providerId } from "./fields.ts";
import { applied, outcomeOf, rejectedWith } from "./outcome.ts";
import { readContact } from "./shop-order.ts";

const CODES = { rejected: "ORDER_INVALID", unavailable: "TAX_UNAVAILABLE" } as const;

/** Quotes the order's tax. The address goes from shop to tax service inside the handler and into nothing else. */
export const calculateTax: Tool = tool({
  name: "calculateTax",
  level: "READ",
  input: z.strictObject({ order_id: entityId(), currency: currency(), lines: lines() }),
  output: z.strictObject({ tax_cents: cents(), total_cents: cents(), calculation: providerId() }),
  contract: { dependency: "stripe" },
  async handler({ order_id, currency: orderCurrency, lines: orderLines }, context) {
    const contact = await readContact(context, order_id, CODES);
    if (!contact.ok) return contact.outcome;
    if (contact.value.address === null) return rejectedWith("ORDER_INVALID", "the order has no complete address");
    const tax = await stripeClient(context).tax({
      currency: orderCurrency,
      lines: orderLines.map((line, index) => ({
        amountMinor: line.unit_cents * line.quantity,
        quantity: line.quantity,
        reference: `${index + 1}-${line.sku}`,
      })),
      address: contact.value.address,
      // A quote changes nothing; the key only keeps the SDK from inventing a random one.
      key: `tax:${context.runId}:${context.stepId}:${context.attempt}`,
    });
    if (!tax.ok) return outcomeOf("stripe", tax.failure, CODES, "read");
    return applied({
      tax_cents: tax.value.tax_amount_exclusive + (tax.value.tax_amount_inclusive ?? 0),
      total_cents: tax.value.amount_total,
      calculation: tax.value.id,
    });
  },
});
