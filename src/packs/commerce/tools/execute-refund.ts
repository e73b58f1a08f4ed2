import { z } from "zod";
import { assert, type Code, entityIdOf } from "../../../contracts/index.ts";
import type { CallContext, LookupOutcome, Tool, ToolOutcome } from "../../../guard/index.ts";
import { type StripePayment, type StripeRefund, stripeClient } from "../clients/stripe.ts";
import { tool } from "./define.ts";
import { cents, currency, entityId, ownId, providerId, slug } from "./fields.ts";
import { applied, found, outcomeOf, rejectedWith, unclear } from "./outcome.ts";
import { refundReason } from "./refund-proposal.ts";

const CODES = { rejected: "PAYMENT_DECLINED", unavailable: "PAYMENT_PROVIDER_UNAVAILABLE" } as const;

/** Metadata under which a refund of ours is found again, by attempts that never saw its answer. */
const KEY_MEMBER = "countermark_key";

const input = z.strictObject({
  order_id: entityId(),
  payment_intent: providerId(),
  amount_cents: cents().min(1),
  currency: currency(),
  reason: refundReason(),
  /** Tells two wanted refunds of one amount apart; without it they are one within the idempotency window. */
  request_id: z.string().min(1).max(80).optional(),
});

type Request = z.infer<typeof input>;

/**
 * Returns money to the customer, once.
 *
 * E1  All attempts of one logical refund carry one key, at the provider and in the refund's metadata.
 * E2  The amount is held against the provider's own balance right before sending; what changed since the preview refuses.
 */
export const executeRefund: Tool = tool({
  name: "executeRefund",
  level: "FINANCIAL",
  input,
  output: z.strictObject({
    refund_id: ownId(),
    amount_cents: cents(),
    currency: currency(),
    status: slug(),
    refunded_cents: cents(),
  }),
  contract: {
    dependency: "stripe",
    timeout_seconds: 30,
    external_idempotency_header: "Idempotency-Key",
    key_reuse_window_hours: 24,
    settle_ms: 30_000,
  },
  async handler(request, context) {
    const stripe = stripeClient(context);
    const refunds = await stripe.refunds(request.payment_intent);
    if (!refunds.ok) return outcomeOf("stripe", refunds.failure, CODES, "read");
    const ours = refunds.value.find((refund) => isOurs(refund, context));
    if (ours !== undefined)
      return refunded(request, context, { refund: ours, refunds: refunds.value, requestId: null });
    const payment = await stripe.payment(request.payment_intent);
    if (!payment.ok) return outcomeOf("stripe", payment.failure, CODES, "read");
    const drift = driftOf(request, payment.value, refunds.value);
    if (drift !== null) return rejectedWith(drift.code, drift.message);
    const answer = await stripe.refund(refundRequest(request, context));
    if (answer.ok)
      return refunded(request, context, { refund: answer.value, refunds: refunds.value, requestId: answer.requestId });
    return answer.failure.reason === "charge_already_refunded"
      ? rejectedWith("ALREADY_REFUNDED", "the payment is refunded in full already")
      : outcomeOf("stripe", answer.failure, CODES, "write");
  },
  lookup: (request, context) => lookUp(request, context),
});

function keyOf(context: CallContext): string {
  assert(context.externalKey !== null, "a refund has an external key"); // E1
  return context.externalKey;
}

const isOurs = (refund: StripeRefund, context: CallContext): boolean =>
  refund.metadata?.[KEY_MEMBER] === keyOf(context);

const refundRequest = (request: Request, context: CallContext) => ({
  paymentIntent: request.payment_intent,
  amountMinor: request.amount_cents,
  key: keyOf(context),
  metadata: {
    [KEY_MEMBER]: keyOf(context),
    order_id: request.order_id,
    run_id: context.runId,
    step_id: context.stepId,
  },
});

const isEffective = (refund: StripeRefund): boolean => refund.status !== "failed" && refund.status !== "canceled";

const sumOf = (refunds: readonly StripeRefund[]): number =>
  refunds.filter(isEffective).reduce((sum, refund) => sum + refund.amount, 0);

/** Why the refund no longer fits the payment, or null (E2). */
export function driftOf(
  request: Pick<Request, "amount_cents" | "currency">,
  payment: StripePayment,
  refunds: readonly StripeRefund[],
): { readonly code: Code; readonly message: string } | null {
  const left = payment.amount_received - sumOf(refunds);
  if (payment.currency.toUpperCase() !== request.currency)
    return { code: "BASE_DRIFTED", message: "the payment is in another currency" };
  if (typeof payment.latest_charge === "object" && payment.latest_charge?.disputed === true)
    return { code: "BASE_DRIFTED", message: "the payment is disputed" };
  if (payment.amount_received > 0 && left <= 0)
    return { code: "ALREADY_REFUNDED", message: "the payment is refunded in full already" };
  return left < request.amount_cents
    ? { code: "BASE_DRIFTED", message: `only ${left} of the amount are left to refund` }
    : null;
}

interface Outcome {
  readonly refund: StripeRefund;
  /** All refunds of the payment, with or without this one. */
  readonly refunds: readonly StripeRefund[];
  readonly requestId: string | null;
}

function refunded(request: Request, context: CallContext, { refund, refunds, requestId }: Outcome): ToolOutcome {
  if (!isEffective(refund)) return rejectedWith("PAYMENT_DECLINED", `the refund is ${refund.status}`);
  if (refund.amount !== request.amount_cents)
    return { kind: "unknown", code: "PAYMENT_PROVIDER_UNAVAILABLE", message: "the refund found has another amount" };
  const others = refunds.filter(({ id }) => id !== refund.id);
  return settled(request, context, { refund, refunds: [...others, refund], requestId });
}

function settled(request: Request, context: CallContext, { refund, refunds, requestId }: Outcome) {
  const refundId = entityIdOf(context.tenantId, "refund", refund.id);
  const paymentId = entityIdOf(context.tenantId, "payment", request.payment_intent);
  assert(refundId !== undefined && paymentId !== undefined, "Stripe's ids can stand in ids");
  const refunded_cents = sumOf(refunds);
  const { currency: refundCurrency, amount_cents } = request;
  return applied(
    { refund_id: refundId, amount_cents, currency: refundCurrency, status: refund.status, refunded_cents },
    {
      proof: {
        provider: "stripe",
        transactionId: refund.id,
        requestId,
        amount: { minor: BigInt(amount_cents), currency: refundCurrency },
      },
      entities: [
        { entityType: "order", entityId: request.order_id, set: { refunded_cents, last_refund_id: refundId } },
        { entityType: "payment", entityId: paymentId, set: { refunded_cents, currency: refundCurrency } },
      ],
    },
  );
}

async function lookUp(request: Request, context: CallContext): Promise<LookupOutcome> {
  const refunds = await stripeClient(context).refunds(request.payment_intent);
  if (!refunds.ok) return unclear("stripe", refunds.failure);
  const refund = refunds.value.find((candidate) => isOurs(candidate, context));
  if (refund === undefined) return { kind: "absent" };
  const outcome = refunded(request, context, { refund, refunds: refunds.value, requestId: refunds.requestId });
  if (outcome.kind === "applied") return found(outcome);
  return outcome.kind === "unknown" ? { kind: "unclear", message: outcome.message } : { kind: "absent" };
}
