import { assert, type Clock } from "../../../../contracts/index.ts";
import type { SimIds } from "../wire/sim-ids.ts";
import type { WebhookEmitter } from "../wire/webhook-emitter.ts";
import type { PaymentIntent, StripeEvent } from "./objects.ts";
import { createPaymentIntent } from "./payment-intents.ts";
import { type Account, type StripeStore, unixSeconds } from "./store.ts";

export const STRIPE_API_VERSION = "2026-10-28.endive";

/** The events that the configured endpoint is subscribed to; the others are only in `/v1/events`. */
const SUBSCRIBED: ReadonlySet<string> = new Set([
  "payment_intent.created",
  "payment_intent.amount_capturable_updated",
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "charge.refunded",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.closed",
]);

export interface AccountParts {
  readonly store: StripeStore;
  readonly clock: Clock;
  readonly ids: SimIds;
  readonly webhooks: WebhookEmitter;
}

/** The account as one request sees it: its events carry the request's id and key. */
export function accountFor(
  { store, clock, ids, webhooks }: AccountParts,
  request: StripeEvent["request"] = { id: null, idempotency_key: null },
): Account {
  return {
    store,
    clock,
    ids,
    announce(type, object, previous) {
      const event: StripeEvent = {
        id: ids.token("evt_1", 23),
        object: "event",
        api_version: STRIPE_API_VERSION,
        created: unixSeconds(clock),
        data: previous === undefined ? { object } : { object, previous_attributes: previous },
        livemode: false,
        pending_webhooks: SUBSCRIBED.has(type) ? 1 : 0,
        request,
        type,
      };
      store.events.push(event);
      if (SUBSCRIBED.has(type)) sendEvent(webhooks, event);
    },
  };
}

/** Stripe prints its webhook bodies with an indent of two: whoever parses and prints again breaks the signature. */
function sendEvent(webhooks: WebhookEmitter, event: StripeEvent): string {
  const body = JSON.stringify(event, null, 2);
  return webhooks.emit({ topic: event.type, body: () => body, headers: {} });
}

/** A customer's payment, as a checkout makes it. */
export interface Payment {
  /** Minor units. */
  readonly amount: number;
  /** ISO 4217, either case. */
  readonly currency: string;
  /** `manual` only holds the amount. Default `automatic`. */
  readonly capture_method?: "automatic" | "manual";
  /** A test payment method; default `pm_card_visa`. A declining one leaves the intent `requires_payment_method`. */
  readonly payment_method?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Pays inside the simulator, without a request; the events are emitted as usual. */
export function pay(account: Account, payment: Payment): PaymentIntent {
  const before = account.store.payment_intents.size;
  const answer = createPaymentIntent(account, {
    amount: String(payment.amount),
    currency: payment.currency,
    capture_method: payment.capture_method ?? "automatic",
    payment_method: payment.payment_method ?? "pm_card_visa",
    metadata: payment.metadata ?? {},
    automatic_payment_methods: { enabled: "true", allow_redirects: "never" },
    confirm: "true",
  });
  const intent = [...account.store.payment_intents.values()].at(-1);
  assert(account.store.payment_intents.size === before + 1, `the payment was refused: ${JSON.stringify(answer.body)}`);
  assert(intent !== undefined, "a created intent is stored");
  return intent;
}
