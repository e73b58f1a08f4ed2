import Stripe from "stripe";
import { expect, test } from "vitest";
import { CARD_PAYMENT, rejection, stripeClient, useBench } from "./bench.ts";

const bench = useBench();

const KEYED = { idempotencyKey: "wf:run-1:pay" };
const DAY_MS = 24 * 3_600_000;

test("the same key with the same parameters gives the stored result, marked as replayed", async () => {
  const stripe = stripeClient(bench());

  const first = await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);
  const second = await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  expect(second.id).toBe(first.id);
  expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
  expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(second.lastResponse.headers["original-request"]).toBe(first.lastResponse.requestId);
  expect(bench().sims.stripe.state().payment_intents).toHaveLength(1);
  expect(
    bench()
      .sims.stripe.journal()
      .map(({ replayed }) => replayed),
  ).toEqual([false, true]);
});

test("the same key with other parameters is refused as an idempotency error", async () => {
  const stripe = stripeClient(bench());
  await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  const refused = await rejection(stripe.paymentIntents.create({ ...CARD_PAYMENT, amount: 9_900 }, KEYED));

  expect(refused).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  expect(refused).toMatchObject({ statusCode: 400, rawType: "idempotency_error" });
});

test("the same key at another endpoint is refused", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  const refused = await rejection(stripe.refunds.create({ payment_intent: id }, KEYED));

  expect(refused).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  expect(bench().sims.stripe.state().refunds).toEqual([]);
});

test("two requests at once with one key: the second is 409 idempotency_key_in_use, and one effect happens", async () => {
  const { sims, host } = bench();
  const stripe = stripeClient(bench());
  sims.stripe.fault({ path: "/v1/payment_intents", action: { kind: "delay_before", ms: 900 } });

  const first = stripe.paymentIntents.create(CARD_PAYMENT, KEYED);
  await host.clock.asleepFor(900);
  const second = await rejection(stripe.paymentIntents.create(CARD_PAYMENT, KEYED));
  host.clock.advance(900);
  const done = await first;

  expect(second).toBeInstanceOf(Stripe.errors.StripeAPIError);
  expect(second).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
  expect(done.status).toBe("succeeded");
  expect(sims.stripe.state().payment_intents).toHaveLength(1);
});

test("a declined payment is stored too: the same key gives the same 402", async () => {
  const stripe = stripeClient(bench());
  const params = { ...CARD_PAYMENT, payment_method: "pm_card_visa_chargeDeclined" };

  const first = await rejection(stripe.paymentIntents.create(params, KEYED));
  const second = await rejection(stripe.paymentIntents.create(params, KEYED));

  expect([first, second]).toMatchObject([{ statusCode: 402 }, { statusCode: 402 }]);
  expect(bench().sims.stripe.state().charges).toHaveLength(1);
});

test("a 500 after the effect is stored: the same key replays it, although the money moved", async () => {
  const { sims } = bench();
  const stripe = stripeClient(bench());
  sims.stripe.fault({ action: { kind: "status", status: 500, after_effect: true } });

  const first = await rejection(stripe.paymentIntents.create(CARD_PAYMENT, KEYED));
  const second = await rejection(stripe.paymentIntents.create(CARD_PAYMENT, KEYED));

  expect([first, second]).toMatchObject([{ statusCode: 500 }, { statusCode: 500 }]);
  expect(sims.stripe.journal().map(({ replayed }) => replayed)).toEqual([false, true]);
  expect(sims.stripe.state().payment_intents).toMatchObject([{ status: "succeeded" }]);
});

test("a refused parameter stores nothing, so the key can be used again", async () => {
  const stripe = stripeClient(bench());

  await rejection(stripe.paymentIntents.create({ ...CARD_PAYMENT, amount: 1 }, KEYED));
  const paid = await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  expect(paid.status).toBe("succeeded");
});

test("a rate limit stores nothing, so the same key succeeds later", async () => {
  const { sims } = bench();
  const stripe = stripeClient(bench());
  sims.stripe.fault({ action: { kind: "throttle" } });

  const limited = await rejection(stripe.paymentIntents.create(CARD_PAYMENT, KEYED));
  const paid = await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  expect(limited).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect(limited).toMatchObject({ headers: { "stripe-rate-limited-reason": "endpoint-rate" } });
  expect(paid.status).toBe("succeeded");
});

test("after a day the key is forgotten: a late retry pays twice", async () => {
  const { sims, host } = bench();
  const stripe = stripeClient(bench());
  await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  host.clock.advance(DAY_MS);
  await stripe.paymentIntents.create(CARD_PAYMENT, KEYED);

  expect(sims.stripe.state().payment_intents).toHaveLength(2);
});

test("a key of more than 255 characters is refused", async () => {
  const stripe = stripeClient(bench());

  const refused = await rejection(stripe.paymentIntents.create(CARD_PAYMENT, { idempotencyKey: "k".repeat(256) }));

  expect(refused).toMatchObject({ statusCode: 400 });
});
