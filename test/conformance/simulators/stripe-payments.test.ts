import Stripe from "stripe";
import { expect, test } from "vitest";
import { CARD_PAYMENT, rejection, stripeClient, useBench } from "./bench.ts";

const bench = useBench();

const HOLD = { ...CARD_PAYMENT, capture_method: "manual" } as const;
const SEVEN_DAYS_MS = 7 * 24 * 3_600_000;

test("a payment is captured at once, and read back with its charge", async () => {
  const stripe = stripeClient(bench());

  const intent = await stripe.paymentIntents.create({ ...CARD_PAYMENT, metadata: { run: "r1" } });
  const read = await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] });

  expect(intent).toMatchObject({
    object: "payment_intent",
    status: "succeeded",
    amount_received: 2_500,
    livemode: false,
  });
  expect(intent.id).toMatch(/^pi_/);
  expect(intent.lastResponse.apiVersion).toBe("2026-10-28.endive");
  expect(read.latest_charge).toMatchObject({ object: "charge", captured: true, amount_captured: 2_500 });
  expect(read.metadata).toEqual({ run: "r1" });
});

test("a hold is captured in part, and the rest of it is released", async () => {
  const stripe = stripeClient(bench());
  const held = await stripe.paymentIntents.create(HOLD);

  const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1_000 });

  expect(held).toMatchObject({ status: "requires_capture", amount_capturable: 2_500, amount_received: 0 });
  expect(captured).toMatchObject({ status: "succeeded", amount_capturable: 0, amount_received: 1_000 });
});

test("more than was held cannot be captured, and nothing twice", async () => {
  const stripe = stripeClient(bench());
  const held = await stripe.paymentIntents.create(HOLD);

  const tooMuch = await rejection(stripe.paymentIntents.capture(held.id, { amount_to_capture: 2_501 }));
  await stripe.paymentIntents.capture(held.id);
  const twice = await rejection(stripe.paymentIntents.capture(held.id));

  expect(tooMuch).toMatchObject({ statusCode: 400, code: "amount_too_large" });
  expect(twice).toMatchObject({ statusCode: 400, code: "payment_intent_unexpected_state" });
});

test("a hold is voided by cancelling; a captured payment is not, it must be refunded", async () => {
  const stripe = stripeClient(bench());
  const held = await stripe.paymentIntents.create(HOLD);
  const paid = await stripe.paymentIntents.create(CARD_PAYMENT);

  const voided = await stripe.paymentIntents.cancel(held.id, { cancellation_reason: "requested_by_customer" });
  const refused = await rejection(stripe.paymentIntents.cancel(paid.id));

  expect(voided).toMatchObject({
    status: "canceled",
    amount_capturable: 0,
    cancellation_reason: "requested_by_customer",
  });
  expect(refused).toMatchObject({ code: "payment_intent_unexpected_state", payment_intent: { status: "succeeded" } });
});

test("a hold that nobody captures expires after seven days", async () => {
  const { host } = bench();
  const stripe = stripeClient(bench());
  const held = await stripe.paymentIntents.create(HOLD);

  host.clock.advance(SEVEN_DAYS_MS);
  const later = await stripe.paymentIntents.retrieve(held.id);

  expect(later).toMatchObject({ status: "canceled", cancellation_reason: "automatic" });
});

test.each([
  ["pm_card_visa_chargeDeclined", "card_declined", "generic_decline"],
  ["pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
  ["pm_card_chargeDeclinedExpiredCard", "expired_card", ""],
])("%s is declined with 402 and leaves an intent that asks for another card", async (payment_method, code, decline) => {
  const stripe = stripeClient(bench());

  const refused = await rejection(stripe.paymentIntents.create({ ...CARD_PAYMENT, payment_method }));

  expect(refused).toBeInstanceOf(Stripe.errors.StripeCardError);
  expect(refused).toMatchObject({
    statusCode: 402,
    code,
    decline_code: decline,
    payment_intent: { status: "requires_payment_method" },
  });
  expect(bench().sims.stripe.state().charges).toMatchObject([{ status: "failed", paid: false }]);
});

test("a card that wants authentication waits for its holder, or is declined when the caller says so", async () => {
  const stripe = stripeClient(bench());
  const payment = { ...CARD_PAYMENT, payment_method: "pm_card_authenticationRequired" };

  const waiting = await stripe.paymentIntents.create(payment);
  const refused = await rejection(stripe.paymentIntents.create({ ...payment, error_on_requires_action: true }));
  const confirmed = await stripe.paymentIntents.confirm(waiting.id);

  expect(waiting.status).toBe("requires_action");
  expect(refused).toMatchObject({ statusCode: 402, code: "authentication_required" });
  expect(confirmed.status).toBe("succeeded");
});

test("refunds are bounded by what was captured", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.paymentIntents.create(CARD_PAYMENT);

  const part = await stripe.refunds.create({ payment_intent: id, amount: 1_000, reason: "requested_by_customer" });
  const tooMuch = await rejection(stripe.refunds.create({ payment_intent: id, amount: 1_501 }));
  const rest = await stripe.refunds.create({ payment_intent: id });
  const again = await rejection(stripe.refunds.create({ payment_intent: id }));
  const list = await stripe.refunds.list({ payment_intent: id });

  expect(part).toMatchObject({ object: "refund", status: "succeeded", amount: 1_000 });
  expect(tooMuch).toMatchObject({ statusCode: 400, param: "amount" });
  expect(rest.amount).toBe(1_500);
  expect(again).toMatchObject({ code: "charge_already_refunded" });
  expect(list.data.map((refund) => refund.id)).toEqual([rest.id, part.id]);
});

test("what was only held cannot be refunded", async () => {
  const stripe = stripeClient(bench());
  const held = await stripe.paymentIntents.create(HOLD);

  const refused = await rejection(stripe.refunds.create({ payment_intent: held.id }));

  expect(refused).toMatchObject({
    statusCode: 400,
    message: expect.stringContaining("does not have a successful charge"),
  });
});

test("a refund may stay pending, and may fail days after it succeeded: the money can then be refunded again", async () => {
  const { sims } = bench();
  const stripe = stripeClient(bench());
  const slow = await stripe.paymentIntents.create({ ...CARD_PAYMENT, payment_method: "pm_card_pendingRefund" });
  const bad = await stripe.paymentIntents.create({ ...CARD_PAYMENT, payment_method: "pm_card_refundFail" });
  const pending = await stripe.refunds.create({ payment_intent: slow.id });
  const doomed = await stripe.refunds.create({ payment_intent: bad.id });

  const settled = sims.stripe.settleRefund(pending.id);
  const failed = sims.stripe.settleRefund(doomed.id);
  const again = await stripe.refunds.create({ payment_intent: bad.id });

  expect([pending.status, doomed.status]).toEqual(["pending", "succeeded"]);
  expect([settled?.status, failed?.status]).toEqual(["succeeded", "failed"]);
  expect(again.amount).toBe(2_500);
});

test("a disputed charge is not refunded on top", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.paymentIntents.create({ ...CARD_PAYMENT, payment_method: "pm_card_createDispute" });

  const refused = await rejection(stripe.refunds.create({ payment_intent: id }));

  expect(refused).toMatchObject({ code: "charge_disputed" });
});

test("an intent is found by its metadata, which is how a late retry reads back", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.paymentIntents.create({ ...CARD_PAYMENT, metadata: { order: "1001", run: "r1" } });
  await stripe.paymentIntents.create({ ...CARD_PAYMENT, metadata: { order: "1002", run: "r1" } });

  const found = await stripe.paymentIntents.search({ query: "metadata['order']:'1001' AND metadata['run']:'r1'" });

  expect(found.data.map((intent) => intent.id)).toEqual([id]);
});

test.each([
  [{ currency: "usd" }, "parameter_missing", "amount"],
  [{ amount: 20, currency: "usd" }, "amount_too_small", "amount"],
  [{ amount: 2_500, currency: "dollars" }, undefined, "currency"],
  [{ amount: "12.5", currency: "usd" }, "parameter_invalid_integer", "amount"],
  [{ amount: 2_500, currency: "usd", capture_method: "never" }, undefined, "capture_method"],
  [{ amount: 2_500, currency: "usd", colour: "red" }, "parameter_unknown", "colour"],
  [{ amount: 2_500, currency: "usd", payment_method: "pm_card_unknown" }, "resource_missing", "payment_method"],
  [
    { amount: 2_500, currency: "usd", payment_method_types: ["card"] },
    "payment_method_types_no_longer_supported",
    "payment_method_types",
  ],
])("an intent from %j is refused in Stripe's shape", async (params, code, param) => {
  const stripe = stripeClient(bench());

  const refused = await rejection(stripe.rawRequest("POST", "/v1/payment_intents", params));

  expect(refused).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  expect(refused).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError", code, param });
  expect(bench().sims.stripe.state().payment_intents).toEqual([]);
});

test("confirming without saying where a redirect returns to is refused", async () => {
  const stripe = stripeClient(bench());
  const { automatic_payment_methods: _, ...open } = CARD_PAYMENT;

  const refused = await rejection(stripe.paymentIntents.create(open));

  expect(refused).toMatchObject({ statusCode: 400, message: expect.stringContaining("return_url") });
});

test("what does not exist is 404 resource_missing, and an unknown address says so", async () => {
  const stripe = stripeClient(bench());

  const missing = await rejection(stripe.paymentIntents.retrieve("pi_none"));
  const nowhere = await rejection(stripe.customers.create({ name: "Ada" }));

  expect(missing).toMatchObject({ statusCode: 404, code: "resource_missing" });
  expect(nowhere).toMatchObject({ statusCode: 404, message: expect.stringContaining("Unrecognized request URL") });
});
