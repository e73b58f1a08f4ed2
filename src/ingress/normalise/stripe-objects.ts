import { z } from "zod";
import { Name } from "./reading.ts";

/* Stripe's objects, as far as they are read here. Amounts are integers in the currency's minor unit. */

const Amount = z.int().nonnegative();
const Currency = z
  .string()
  .regex(/^[a-z]{3}$/)
  .transform((code) => code.toUpperCase());
const Metadata = z.record(z.string(), z.string()).nullish();
/** Stripe sends the id, or the object where the endpoint's version expands it. */
const Reference = z.union([Name, z.object({ id: Name }).transform(({ id }) => id)]);

export const PaymentIntent = z.object({
  id: Name,
  amount: Amount,
  amount_capturable: Amount.nullish(),
  amount_received: Amount.nullish(),
  currency: Currency,
  status: Name,
  latest_charge: Reference.nullish(),
  receipt_email: z.string().nullish(),
  metadata: Metadata,
  last_payment_error: z.object({ code: Name.nullish(), decline_code: Name.nullish(), type: Name.nullish() }).nullish(),
});

export const Charge = z.object({
  id: Name,
  payment_intent: Reference,
  amount: Amount,
  amount_refunded: Amount,
  refunded: z.boolean(),
  currency: Currency,
  metadata: Metadata,
});

export const Refund = z.object({
  id: Name,
  payment_intent: Reference.nullish(),
  charge: Reference.nullish(),
  amount: Amount,
  currency: Currency,
  status: z.enum(["pending", "requires_action", "succeeded", "failed", "canceled"]),
  reason: Name.nullish(),
  failure_reason: Name.nullish(),
  metadata: Metadata,
});

export const Dispute = z.object({
  id: Name,
  payment_intent: Reference,
  amount: Amount,
  currency: Currency,
  reason: Name,
  status: Name,
});
