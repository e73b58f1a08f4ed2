import { z } from "zod";
import { cents, entityId, slug } from "../tools/fields.ts";
import { refundReason } from "../tools/refund-proposal.ts";

/** What starts a workflow about one order. */
export const triggerOfOrder = z.strictObject({ order_id: entityId() });

/** What starts a refund. Without an amount all that is left is refunded. */
export const triggerOfRefund = z.strictObject({
  order_id: entityId(),
  amount_cents: cents().min(1).optional(),
  reason: refundReason(),
  /** Tells a second wanted refund of the same amount apart from a repeated request. */
  request_id: z.string().min(1).max(80).optional(),
});

/** What starts the handling of a failed fulfilment; the code is absent where another workflow hands over. */
export const triggerOfException = z.strictObject({ order_id: entityId(), code: slug().optional() });
