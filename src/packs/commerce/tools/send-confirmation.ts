import { z } from "zod";
import { assert } from "../../../contracts/index.ts";
import type { Tool } from "../../../guard/index.ts";
import { sendMail } from "../clients/sendgrid.ts";
import { tool } from "./define.ts";
import { entityId, providerId, sealed } from "./fields.ts";
import { applied, outcomeOf, rejectedWith } from "./outcome.ts";
import { recipientOf } from "./sealed-contact.ts";

const CODES = { rejected: "EMAIL_REJECTED", unavailable: "EMAIL_UNAVAILABLE" } as const;

/**
 * Tells the customer that the order is on its way. Name and address of the recipient come sealed, or are read from the shop
 * by the order's id; they are used, and kept nowhere. The provider has neither keys nor look-ups; a second confirmation harms nobody, a missing
 * one does, so an unanswered send is repeated.
 */
export const sendConfirmation: Tool = tool({
  name: "sendConfirmation",
  level: "SOFT_WRITE",
  input: z.strictObject({ order_id: entityId(), contact: sealed().optional() }),
  output: z.strictObject({ notification_id: providerId(), message_id: providerId().nullable() }),
  contract: {
    dependency: "sendgrid",
    // Not a key to the provider: its events echo it, which settles receipts that never learnt the message id.
    external_idempotency_template: "{internal_key_sha256}",
    key_reuse_window_hours: 0,
    duplicates_harmless: true,
  },
  async handler({ order_id, contact }, context) {
    assert(context.externalKey !== null, "the contract declares an external key");
    const recipient = await recipientOf(context, { orderId: order_id, sealed: contact, codes: CODES });
    if (!recipient.ok) return recipient.outcome;
    const { email, name } = recipient.value;
    if (email === null) return rejectedWith("EMAIL_REJECTED", "the order has no e-mail address");
    const notificationId = context.externalKey;
    const sent = await sendMail(context, {
      to: email,
      subject: "Your order is confirmed",
      text: `Hello ${name ?? "there"},\n\nthank you for your order. We are making it now and write again when it ships.\n`,
      customArgs: { notification_id: notificationId, run_id: context.runId, step_id: context.stepId },
    });
    if (!sent.ok) return outcomeOf("sendgrid", sent.failure, CODES, "write");
    return applied(
      { notification_id: notificationId, message_id: sent.value },
      {
        proof: { provider: "sendgrid", transactionId: sent.value ?? notificationId, requestId: sent.requestId },
        entities: [{ entityType: "order", entityId: order_id, set: { confirmation: "sent" } }],
      },
    );
  },
});
