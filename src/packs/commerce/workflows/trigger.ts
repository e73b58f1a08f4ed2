import { z } from "zod";
import { cents, entityId, sealed, slug } from "../tools/fields.ts";
import { refundReason } from "../tools/refund-proposal.ts";

/**
 * What starts a workflow about one order. Whom to write to and where to send the goods come sealed with the shop's webhook;
 * where a person starts the run they are absent, and the handlers that need them read them from the shop.
 */
export const triggerOfOrder = z.strictObject({
  order_id: entityId(),
  contact: sealed().optional(),
  ship_to: sealed().optional(),
});

/** What starts a refund. Without an amount all that is left is refunded. */
export const triggerOfRefund = z.strictObject({
  order_id: entityId(),
  amount_cents: cents().min(1).optional(),
  reason: refundReason(),
  /** Tells a second wanted refund of the same amount apart from a repeated request. */
  request_id: z.string().min(1).max(80).optional(),
});

/** What starts the handling of a failed fulfilment; the code is absent where another workflow hands over. */
export const triggerOfException = triggerOfOrder.extend({ code: slug().optional() });
