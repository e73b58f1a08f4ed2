import { assert, type JsonObject } from "../../../../contracts/index.ts";
import { textAt } from "../wire/wire-json.ts";
import { type Answer, failed, missing, ok } from "./answer.ts";
import type { Charge, PaymentIntent } from "./objects.ts";
import { integerParam, type ParamRules, paramProblem } from "./params.ts";
import { unexpectedState } from "./payment-intents.ts";
import { type Account, saveIntent, unixSeconds } from "./store.ts";

const CAPTURE: ParamRules = {
  amount_to_capture: { kind: "integer", min: 1 },
  final_capture: { kind: "boolean", oneOf: ["true"] },
  metadata: { kind: "hash" },
  statement_descriptor: { kind: "text" },
};

/** Takes all or part of a hold; the rest of it is released. */
export function capturePaymentIntent(account: Account, id: string, params: JsonObject): Answer {
  const { store } = account;
  const intent = store.payment_intents.get(id);
  if (intent === undefined) return missing("payment_intent", id, "intent");
  const problem = paramProblem(params, CAPTURE);
  if (problem !== undefined) return problem;
  if (intent.status !== "requires_capture") return unexpectedState(intent, "captured", ["requires_capture"]);
  const amount = integerParam(params, "amount_to_capture") ?? intent.amount_capturable;
  if (amount > intent.amount_capturable)
    return failed(400, {
      type: "invalid_request_error",
      code: "amount_too_large",
      message: `The amount to capture (${amount}) is greater than the amount that can be captured (${intent.amount_capturable}).`,
      param: "amount_to_capture",
    });
  const charge: Charge = { ...chargeOf(account, intent), captured: true, amount_captured: amount };
  const captured: PaymentIntent = { ...intent, status: "succeeded", amount_capturable: 0, amount_received: amount };
  store.charges.set(charge.id, charge);
  saveIntent(account, captured);
  account.announce("charge.captured", charge);
  account.announce("payment_intent.succeeded", captured);
  return ok(captured);
}

/** The charge that an intent made; an intent that was paid or held always has one. */
function chargeOf({ store }: Account, intent: PaymentIntent): Charge {
  const charge = intent.latest_charge === null ? undefined : store.charges.get(intent.latest_charge);
  assert(charge !== undefined, "a paid or held intent has a charge");
  return charge;
}

const CANCELLABLE: readonly string[] = [
  "requires_payment_method",
  "requires_capture",
  "requires_confirmation",
  "requires_action",
];

const CANCEL: ParamRules = {
  cancellation_reason: { kind: "text", oneOf: ["duplicate", "fraudulent", "requested_by_customer", "abandoned"] },
};

/** Voids: releases a hold, or gives up an unpaid intent. A captured one must be refunded instead. */
export function cancelPaymentIntent(account: Account, id: string, params: JsonObject): Answer {
  const intent = account.store.payment_intents.get(id);
  if (intent === undefined) return missing("payment_intent", id, "intent");
  const problem = paramProblem(params, CANCEL);
  if (problem !== undefined) return problem;
  if (!CANCELLABLE.includes(intent.status)) return unexpectedState(intent, "canceled", CANCELLABLE);
  return ok(cancelled(account, intent, textAt(params, "cancellation_reason") ?? null));
}

function cancelled(account: Account, intent: PaymentIntent, reason: string | null): PaymentIntent {
  const next: PaymentIntent = {
    ...intent,
    status: "canceled",
    amount_capturable: 0,
    canceled_at: unixSeconds(account.clock),
    cancellation_reason: reason,
    next_action: null,
  };
  saveIntent(account, next);
  account.announce("payment_intent.canceled", next);
  return next;
}

/** Holds that nobody captured in time are released by the card network, and the intent is canceled. */
export function expireHolds(account: Account): void {
  const now = unixSeconds(account.clock);
  for (const id of account.store.held) {
    const intent = account.store.payment_intents.get(id);
    assert(intent !== undefined, "a held intent is stored");
    const charge = chargeOf(account, intent);
    if (now < (charge.payment_method_details.card.capture_before ?? now)) continue;
    account.announce("charge.expired", charge);
    cancelled(account, intent, "automatic");
  }
}
