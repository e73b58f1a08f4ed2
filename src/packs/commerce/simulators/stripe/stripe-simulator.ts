import type { Clock, Random } from "../../../../contracts/index.ts";
import { asRequest, type Vendor } from "../wire/exchange.ts";
import type { CredentialVerdict } from "../wire/journal.ts";
import { simIds } from "../wire/sim-ids.ts";
import { type Simulator, startSimulator } from "../wire/simulator.ts";
import { WebhookEmitter } from "../wire/webhook-emitter.ts";
import { jsonResponse } from "../wire/wire-json.ts";
import { type AccountParts, accountFor, type Payment, pay } from "./account.ts";
import { failed, type StripeError, toResponse } from "./answer.ts";
import { type StripeKeys, stripeCredential } from "./keys.ts";
import type { Charge, PaymentIntent, Refund, StripeEvent, TaxCalculation, TaxTransaction } from "./objects.ts";
import { settleRefund } from "./refunds.ts";
import { stripeRoutes } from "./routes.ts";
import { stripeSigner } from "./signature.ts";
import { clearStore, emptyStore, type StripeStore } from "./store.ts";

/** Everything the simulated Stripe account holds, oldest first. */
export interface StripeState {
  readonly payment_intents: readonly PaymentIntent[];
  readonly charges: readonly Charge[];
  readonly refunds: readonly Refund[];
  readonly tax_calculations: readonly TaxCalculation[];
  readonly tax_transactions: readonly TaxTransaction[];
  readonly events: readonly StripeEvent[];
  /** The keys under which a result is kept or being made. */
  readonly idempotency_keys: readonly string[];
}

export interface StripeSimulator extends Simulator {
  state(): StripeState;
  /** A customer's payment, made inside; for orders that arrive paid. */
  pay(payment: Payment): PaymentIntent;
  /** The bank's late word on a refund; the default outcome is the test card's. `undefined`: it cannot change. */
  settleRefund(id: string, outcome?: "succeeded" | "failed"): Refund | undefined;
}

export async function startStripe(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: StripeKeys;
  readonly port: number;
  readonly target: string | undefined;
}): Promise<StripeSimulator> {
  const { clock, keys, target, port } = options;
  const closing = new AbortController();
  const sign = stripeSigner(keys);
  const webhooks = new WebhookEmitter({ name: "stripe", clock, closing: closing.signal, sign, target });
  const parts: AccountParts = { store: emptyStore(), clock, ids: simIds(options.random), webhooks };
  const vendor = stripeVendor(keys, parts);
  const simulator = await startSimulator({ vendor, webhooks, clock, closing, port });
  return {
    ...simulator,
    state: () => stateOf(parts.store),
    pay: (payment) => pay(accountFor(parts), payment),
    settleRefund: (id, outcome) => settleRefund(accountFor(parts), id, outcome),
  };
}

function stripeVendor(keys: StripeKeys, parts: AccountParts): Vendor {
  const routes = stripeRoutes(parts);
  return {
    name: "stripe",
    credential: ({ headers }) => stripeCredential(keys, headers.get("authorization")),
    unauthorized: (verdict) => unauthorized(verdict),
    failure: (status) => toResponse(failed(status, errorOf(status))),
    throttled: () => jsonResponse(429, { error: errorOf(429) }, { "stripe-rate-limited-reason": "endpoint-rate" }),
    idempotencyKey: ({ method, headers }) =>
      method === "POST" ? (headers.get("idempotency-key") ?? undefined) : undefined,
    operations: () => [],
    handle: (exchange) => routes.fetch(asRequest(exchange.received), { exchange }),
    state: () => stateOf(parts.store),
    reset: () => clearStore(parts.store),
  };
}

const stateOf = (store: StripeStore): StripeState => ({
  payment_intents: [...store.payment_intents.values()],
  charges: [...store.charges.values()],
  refunds: [...store.refunds.values()],
  tax_calculations: [...store.tax_calculations.values()],
  tax_transactions: [...store.tax_transactions.values()],
  events: [...store.events],
  idempotency_keys: [...store.idempotency.keys()],
});

function unauthorized(verdict: CredentialVerdict): Response {
  const message =
    verdict === "absent"
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
      : "Invalid API Key provided.";
  return toResponse(failed(401, { type: "invalid_request_error", message }));
}

/** What Stripe says beside a status that no operation gave. */
function errorOf(status: number): StripeError {
  if (status === 402)
    return {
      type: "card_error",
      code: "card_declined",
      decline_code: "generic_decline",
      message: "Your card was declined.",
    };
  if (status === 409)
    return {
      type: "invalid_request_error",
      code: "idempotency_key_in_use",
      message: "There is currently another in-progress request using this Idempotency-Key.",
    };
  if (status === 429)
    return { type: "invalid_request_error", code: "rate_limit", message: "Request rate limit exceeded." };
  if (status >= 500) return { type: "api_error", message: "An unknown error occurred." };
  return { type: "invalid_request_error", message: "The request was unacceptable." };
}
