import type { JsonObject } from "../../../../contracts/index.ts";
import { textAt } from "../wire/wire-json.ts";
import { type Answer, failed, invalid, ok, unknownReference } from "./answer.ts";
import type { Charge, Refund } from "./objects.ts";
import { integerParam, type ParamRules, paramProblem, textsParam } from "./params.ts";
import { findTestCard } from "./payment-methods.ts";
import { type Account, unixSeconds } from "./store.ts";

const CREATE: ParamRules = {
  payment_intent: { kind: "text" },
  charge: { kind: "text" },
  amount: { kind: "integer", min: 1 },
  reason: { kind: "text", oneOf: ["duplicate", "fraudulent", "requested_by_customer"] },
  metadata: { kind: "hash" },
  instructions_email: { kind: "text" },
};

const dollars = (minor: number): string => `$${(minor / 100).toFixed(2)}`;

/** The charge named by the parameters, or the answer that refuses it. */
function findCharge({ store }: Account, params: JsonObject): Charge | Answer {
  const intentId = textAt(params, "payment_intent");
  const chargeId = textAt(params, "charge");
  if (intentId === undefined && chargeId === undefined)
    return invalid("One of the following params should be provided for this request: payment_intent or charge.");
  if (chargeId !== undefined) return store.charges.get(chargeId) ?? unknownReference("charge", chargeId, "charge");
  const intent = intentId === undefined ? undefined : store.payment_intents.get(intentId);
  if (intent === undefined) return unknownReference("payment_intent", intentId ?? "", "payment_intent");
  const charge = intent.latest_charge === null ? undefined : store.charges.get(intent.latest_charge);
  if (charge?.captured) return charge;
  const message = `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`;
  return failed(400, { type: "invalid_request_error", message });
}

function refundProblem(charge: Charge, amount: number): Answer | undefined {
  const refused = (code: string, message: string): Answer =>
    failed(400, { type: "invalid_request_error", code, message });
  const left = charge.amount_captured - charge.amount_refunded;
  if (charge.disputed)
    return refused("charge_disputed", `Charge ${charge.id} has been charged back; cannot issue a refund.`);
  if (left === 0) return refused("charge_already_refunded", `Charge ${charge.id} has already been refunded.`);
  if (amount <= left) return undefined;
  return failed(400, {
    type: "invalid_request_error",
    message: `Refund amount (${dollars(amount)}) is greater than unrefunded amount on charge (${dollars(left)})`,
    param: "amount",
  });
}

/** Refunds all that is left of a charge, or `amount` of it; the sum never passes what was captured. */
export function createRefund(account: Account, params: JsonObject): Answer {
  const problem = paramProblem(params, CREATE);
  if (problem !== undefined) return problem;
  const charge = findCharge(account, params);
  if (!("object" in charge)) return charge;
  const amount = integerParam(params, "amount") ?? charge.amount_captured - charge.amount_refunded;
  const refused = refundProblem(charge, amount);
  if (refused !== undefined) return refused;
  const refund = newRefund(account, charge, { amount, params });
  account.store.refunds.set(refund.id, refund);
  const refunded = moveRefunded(account, charge.id, amount);
  account.announce("refund.created", refund);
  if (refunded !== undefined)
    account.announce("charge.refunded", refunded, { amount_refunded: charge.amount_refunded });
  return ok(refund);
}

function newRefund(
  { clock, ids }: Account,
  charge: Charge,
  { amount, params }: { readonly amount: number; readonly params: JsonObject },
): Refund {
  const behaviour = findTestCard(charge.payment_method)?.behaviour;
  return {
    id: ids.token("re_3", 23),
    object: "refund",
    amount,
    charge: charge.id,
    created: unixSeconds(clock),
    currency: charge.currency,
    metadata: textsParam(params, "metadata"),
    payment_intent: charge.payment_intent,
    reason: textAt(params, "reason") ?? null,
    status: behaviour?.kind === "ok" && behaviour.later === "pending_refund" ? "pending" : "succeeded",
  };
}

function moveRefunded({ store }: Account, chargeId: string, by: number): Charge | undefined {
  const charge = store.charges.get(chargeId);
  if (charge === undefined) return undefined;
  const amount_refunded = charge.amount_refunded + by;
  const moved = { ...charge, amount_refunded, refunded: amount_refunded === charge.amount_captured };
  store.charges.set(chargeId, moved);
  return moved;
}

/** `pm_card_refundFail` fails when it is settled, every other card succeeds. */
function bankOutcome({ store }: Account, refund: Refund | undefined): "succeeded" | "failed" {
  const behaviour = findTestCard(store.charges.get(refund?.charge ?? "")?.payment_method ?? "")?.behaviour;
  return behaviour?.kind === "ok" && behaviour.later === "refund_fails" ? "failed" : "succeeded";
}

/**
 * What the banks decide days later: a pending refund succeeds, or any refund fails and the money is back with the
 * merchant. Left out, the outcome is the test card's. `undefined`: no such refund, or it cannot change any more.
 */
export function settleRefund(account: Account, id: string, wanted?: "succeeded" | "failed"): Refund | undefined {
  const refund = account.store.refunds.get(id);
  const outcome = wanted ?? bankOutcome(account, refund);
  const mayMove = refund?.status === "pending" || (refund?.status === "succeeded" && outcome === "failed");
  if (refund === undefined || !mayMove) return undefined;
  const settled: Refund =
    outcome === "failed"
      ? { ...refund, status: "failed", failure_reason: "expired_or_canceled_card" }
      : { ...refund, status: "succeeded" };
  account.store.refunds.set(id, settled);
  if (outcome === "failed") moveRefunded(account, refund.charge, -refund.amount);
  account.announce("refund.updated", settled, { status: refund.status });
  if (outcome === "failed") account.announce("refund.failed", settled);
  return settled;
}
