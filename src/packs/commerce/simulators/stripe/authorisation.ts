import { assert, type JsonObject } from "../../../../contracts/index.ts";
import { textAt } from "../wire/wire-json.ts";
import { type Answer, failed, ok } from "./answer.ts";
import type { Charge, PaymentIntent } from "./objects.ts";
import { booleanParam } from "./params.ts";
import { type CardBehaviour, findTestCard, type TestCard } from "./payment-methods.ts";
import { type Account, saveIntent, unixSeconds } from "./store.ts";

/** Card-not-present holds last seven days. */
const HOLD_SECONDS = 7 * 24 * 3_600;

/** Confirms an intent with its payment method: captured, held, challenged or declined, as the test card says. */
export function attemptPayment(account: Account, intent: PaymentIntent, params: JsonObject): Answer {
  const method = textAt(params, "payment_method") ?? intent.payment_method;
  const card = method === null ? undefined : findTestCard(method);
  assert(method !== null && card !== undefined, "a confirmed intent has a known payment method");
  const presented = { ...intent, payment_method: method };
  const { behaviour } = card;
  if (behaviour.kind === "decline") return declined(account, presented, { card, behaviour });
  if (behaviour.kind === "challenge" && intent.status !== "requires_action")
    return challenged(account, presented, booleanParam(params, "error_on_requires_action"));
  return authorised(account, presented, card);
}

function authorised(account: Account, intent: PaymentIntent, card: TestCard): Answer {
  const held = intent.capture_method === "manual";
  const charge = newCharge(account, intent, { card, held });
  const paid: PaymentIntent = {
    ...intent,
    status: held ? "requires_capture" : "succeeded",
    amount_capturable: held ? intent.amount : 0,
    amount_received: held ? 0 : intent.amount,
    latest_charge: charge.id,
    last_payment_error: null,
    next_action: null,
  };
  account.store.charges.set(charge.id, charge);
  saveIntent(account, paid);
  account.announce("charge.succeeded", charge);
  account.announce(held ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded", paid);
  if (card.behaviour.kind === "ok" && card.behaviour.later === "dispute") openDispute(account, charge);
  return ok(paid);
}

function openDispute(account: Account, charge: Charge): void {
  account.store.charges.set(charge.id, { ...charge, disputed: true });
  account.announce("charge.dispute.created", {
    id: account.ids.token("du_1", 23),
    object: "dispute",
    amount: charge.amount,
    charge: charge.id,
    currency: charge.currency,
    payment_intent: charge.payment_intent,
    reason: "fraudulent",
    status: "needs_response",
    livemode: false,
  });
}

function challenged(account: Account, intent: PaymentIntent, refuse: boolean): Answer {
  if (refuse) {
    const behaviour = { kind: "decline", code: "authentication_required", decline_code: "authentication_required" };
    const message = "Your card was declined. This transaction requires authentication.";
    return declined(account, intent, { behaviour: { ...behaviour, kind: "decline", message }, card: undefined });
  }
  const waiting: PaymentIntent = {
    ...intent,
    status: "requires_action",
    next_action: { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } },
  };
  saveIntent(account, waiting);
  account.announce("payment_intent.requires_action", waiting);
  return ok(waiting);
}

function declined(
  account: Account,
  intent: PaymentIntent,
  {
    card,
    behaviour,
  }: { readonly card: TestCard | undefined; readonly behaviour: Extract<CardBehaviour, { kind: "decline" }> },
): Answer {
  const charge = card === undefined ? undefined : failedCharge(account, intent, { card, behaviour });
  const error = {
    type: "card_error" as const,
    code: behaviour.code,
    message: behaviour.message,
    ...(behaviour.decline_code === null ? {} : { decline_code: behaviour.decline_code }),
    ...(charge === undefined ? {} : { charge: charge.id }),
  };
  const refused: PaymentIntent = {
    ...intent,
    status: "requires_payment_method",
    payment_method: null,
    next_action: null,
    latest_charge: charge?.id ?? intent.latest_charge,
    last_payment_error: error,
  };
  saveIntent(account, refused);
  if (charge !== undefined) account.announce("charge.failed", charge);
  account.announce("payment_intent.payment_failed", refused);
  return failed(402, { ...error, payment_intent: refused });
}

function failedCharge(
  account: Account,
  intent: PaymentIntent,
  { card, behaviour }: { readonly card: TestCard; readonly behaviour: Extract<CardBehaviour, { kind: "decline" }> },
): Charge {
  const charge: Charge = {
    ...newCharge(account, intent, { card, held: true }),
    status: "failed",
    paid: false,
    failure_code: behaviour.code,
    failure_message: behaviour.message,
    outcome: { network_status: "declined_by_network", type: "issuer_declined" },
  };
  account.store.charges.set(charge.id, charge);
  return charge;
}

function newCharge(
  { clock, ids }: Account,
  intent: PaymentIntent,
  { card, held }: { readonly card: TestCard; readonly held: boolean },
): Charge {
  const created = unixSeconds(clock);
  const { brand, last4 } = card;
  assert(intent.payment_method !== null, "a charge has a payment method");
  return {
    id: ids.token("ch_3", 23),
    object: "charge",
    amount: intent.amount,
    amount_captured: held ? 0 : intent.amount,
    amount_refunded: 0,
    captured: !held,
    created,
    currency: intent.currency,
    disputed: false,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: intent.metadata,
    outcome: { network_status: "approved_by_network", type: "authorized" },
    paid: true,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    payment_method_details: {
      type: "card",
      card: held ? { brand, last4, capture_before: created + HOLD_SECONDS } : { brand, last4 },
    },
    refunded: false,
    status: "succeeded",
  };
}
