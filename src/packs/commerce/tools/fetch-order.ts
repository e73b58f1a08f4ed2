import { z } from "zod";
import { entityIdOf } from "../../../contracts/index.ts";
import type { CallContext, Tool } from "../../../guard/index.ts";
import { tool } from "./define.ts";
import { cents, currency, entityId, providerId } from "./fields.ts";
import { applied } from "./outcome.ts";
import { readOrder } from "./shop-order.ts";

const CODES = { rejected: "ORDER_NOT_FOUND", unavailable: "SHOP_UNAVAILABLE" } as const;

/** An order and its payments, without anything about a person. */
export const orderFacts = () =>
  z.strictObject({
    order_id: entityId(),
    created_at: z.iso.datetime({ offset: true }),
    currency: currency(),
    total_cents: cents(),
    captured_cents: cents(),
    refunded_cents: cents(),
    disputed: z.boolean(),
    cancelled: z.boolean(),
    payment_intent: providerId().nullable(),
  });

/** Reads an order and what was paid for it. */
export const fetchOrder: Tool = tool({
  name: "fetchOrder",
  level: "READ",
  input: z.strictObject({ order_id: entityId() }),
  output: orderFacts(),
  contract: { dependency: "shopify" },
  async handler({ order_id }, context) {
    const read = await readOrder(context, order_id, CODES);
    if (!read.ok) return read.outcome;
    const order = read.value;
    return applied({
      order_id,
      created_at: order.createdAt,
      currency: order.currency,
      total_cents: order.totalMinor,
      captured_cents: order.capturedMinor,
      refunded_cents: order.refundedMinor,
      disputed: await isDisputed(context, order.paymentIntent),
      cancelled: order.cancelledAt !== null,
      payment_intent: order.paymentIntent,
    });
  },
});

/** The shop knows nothing of disputes at the payment provider: its events leave them on our record of the payment. */
async function isDisputed(context: CallContext, paymentIntent: string | null): Promise<boolean> {
  const paymentId = paymentIntent === null ? undefined : entityIdOf(context.tenantId, "payment", paymentIntent);
  const payment = paymentId === undefined ? null : await context.entity("payment", paymentId);
  return payment?.state.disputed === true;
}
