import { z } from "zod";
import type { Tool } from "../../../guard/index.ts";
import { judgeRefund } from "../refund-policy.ts";
import { tool } from "./define.ts";
import { orderFacts } from "./fetch-order.ts";
import { cents, currency, entityId, providerId } from "./fields.ts";
import { applied, rejectedWith } from "./outcome.ts";

/** Why money goes back: a closed list, so that no customer's words enter the record. */
export const refundReason = () =>
  z.enum(["requested_by_customer", "duplicate", "fraudulent", "damaged", "not_received", "other"]);

/** Holds a refund request against the shop's terms. Refuses with `REFUND_OUTSIDE_POLICY`, which names the obstacle. */
export const checkPolicy: Tool = tool({
  name: "checkPolicy",
  level: "READ",
  input: z.strictObject({
    order: orderFacts(),
    amount_cents: cents().optional(),
    window_days: z.int().min(1).max(3_650),
    limit_cents: cents().nullable(),
  }),
  output: z.strictObject({ eligible: z.literal(true), amount_cents: cents(), max_amount_cents: cents() }),
  async handler({ order, amount_cents, window_days, limit_cents }, context) {
    const verdict = judgeRefund(
      {
        createdAt: order.created_at,
        capturedMinor: order.captured_cents,
        refundedMinor: order.refunded_cents,
        disputed: order.disputed,
        paymentIntent: order.payment_intent,
        requestedMinor: amount_cents ?? null,
      },
      { windowDays: window_days, limitMinor: limit_cents },
      context.runStartedAt,
    );
    if (!verdict.eligible)
      return rejectedWith("REFUND_OUTSIDE_POLICY", `the refund is not granted: ${verdict.reason}`, {
        reason: verdict.reason,
        max_amount_cents: verdict.maxMinor,
      });
    return applied({ eligible: true, amount_cents: verdict.amountMinor, max_amount_cents: verdict.maxMinor });
  },
});

/** Freezes exactly what is put before the approver. */
export const proposeRefund: Tool = tool({
  name: "proposeRefund",
  level: "READ",
  input: z.strictObject({
    order_id: entityId(),
    payment_intent: providerId(),
    amount_cents: cents().min(1),
    currency: currency(),
    reason: refundReason(),
  }),
  output: z.strictObject({
    order_id: entityId(),
    payment_intent: providerId(),
    amount_cents: cents().min(1),
    currency: currency(),
    reason: refundReason(),
  }),
  handler: async (proposal) => applied({ ...proposal }),
});
