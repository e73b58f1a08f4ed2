import { expect, test } from "vitest";
import { CARD_PAYMENT, printful, rejection, stripeClient, useBench } from "./bench.ts";

const bench = useBench();

const refunds = () => bench().sims.stripe.state().refunds;

async function paid(): Promise<string> {
  const intent = await stripeClient(bench()).paymentIntents.create(CARD_PAYMENT);
  return intent.id;
}

test("drop_before_effect resets the connection and nothing happened; the SDK still sends its second request", async () => {
  const { sims } = bench();
  const payment_intent = await paid();
  sims.stripe.fault({ path: "/v1/refunds", count: 0, action: { kind: "drop_before_effect" } });

  const lost = await rejection(stripeClient(bench()).refunds.create({ payment_intent }));

  expect(lost).toMatchObject({ type: "StripeConnectionError" });
  expect(refunds()).toEqual([]);
  const attempts = sims.stripe.journal().filter(({ path }) => path === "/v1/refunds");
  expect(attempts).toMatchObject([{ status: null }, { status: null }]);
  expect(new Set(attempts.map(({ idempotency_key }) => idempotency_key)).size).toBe(1);
});

test("drop_after_effect resets the connection after the money moved; the same key finds the result", async () => {
  const { sims } = bench();
  const payment_intent = await paid();
  sims.stripe.fault({ path: "/v1/refunds", action: { kind: "drop_after_effect" } });

  const refund = await stripeClient(bench()).refunds.create({ payment_intent }, { idempotencyKey: "k1" });

  expect(refund.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(refunds().map(({ id }) => id)).toEqual([refund.id]);
});

test("delay_before holds the request back: the effect comes with the clock", async () => {
  const { sims, host } = bench();
  sims.printful.fault({ method: "POST", path: "/v2/orders", action: { kind: "delay_before", ms: 700 } });

  const answer = printful(bench(), "POST", "/v2/orders", DRAFT);
  await host.clock.asleepFor(700);
  const during = sims.printful.state().orders.length;
  host.clock.advance(700);

  expect((await answer).status).toBe(200);
  expect(during).toBe(0);
});

test("delay_after_effect answers late, when the effect has long happened", async () => {
  const { sims, host } = bench();
  sims.printful.fault({ method: "POST", path: "/v2/orders", action: { kind: "delay_after_effect", ms: 700 } });

  const answer = printful(bench(), "POST", "/v2/orders", DRAFT);
  await host.clock.asleepFor(700);
  const during = sims.printful.state().orders.length;
  host.clock.advance(700);

  expect((await answer).status).toBe(200);
  expect(during).toBe(1);
});

test("status answers in the provider's own shape and does nothing", async () => {
  const { sims } = bench();
  sims.printful.fault({ action: { kind: "status", status: 503 } });

  const { status, json } = await printful(bench(), "POST", "/v2/orders", DRAFT);

  expect(status).toBe(503);
  expect(json).toMatchObject({ code: 503, error: { reason: "ServiceUnavailable" } });
  expect(sims.printful.state().orders).toEqual([]);
});

test("status with a body of its own sends that body", async () => {
  const { sims } = bench();
  sims.stripe.fault({
    action: { kind: "status", status: 402, body: { error: { type: "card_error", code: "lost_card" } } },
  });

  const refused = await rejection(stripeClient(bench()).paymentIntents.create(CARD_PAYMENT));

  expect(refused).toMatchObject({ type: "StripeCardError", code: "lost_card" });
});

test("status_without_error_key is the trap: the SDK resolves a 502 as if it were the refund", async () => {
  const { sims } = bench();
  const payment_intent = await paid();
  sims.stripe.fault({ path: "/v1/refunds", action: { kind: "status_without_error_key", status: 502 } });

  const refund = await stripeClient(bench()).refunds.create({ payment_intent });

  expect(refund).toEqual({ message: "bad gateway" });
  expect(refund.lastResponse.statusCode).toBe(502);
  expect(refund.object).toBeUndefined();
  expect(refunds()).toEqual([]);
});

test("status_without_error_key may also hide an effect, and any body that lacks the key resolves", async () => {
  const { sims } = bench();
  const payment_intent = await paid();
  const action = { kind: "status_without_error_key", status: 429, after_effect: true, body: { errors: [] } } as const;
  sims.stripe.fault({ path: "/v1/refunds", action });

  const refund = await stripeClient(bench()).refunds.create({ payment_intent });

  expect(refund).toEqual({ errors: [] });
  expect(refunds()).toHaveLength(1);
});

test("malformed_json breaks the answer off; the effect happened", async () => {
  const { sims } = bench();
  const payment_intent = await paid();
  sims.stripe.fault({ path: "/v1/refunds", action: { kind: "malformed_json" } });

  const refused = await rejection(stripeClient(bench()).refunds.create({ payment_intent }));

  expect(refused).toMatchObject({ type: "StripeAPIError", message: expect.stringContaining("Invalid JSON") });
  expect(refunds()).toHaveLength(1);
});

test("slow_body sends the answer in pieces, as the clock allows", async () => {
  const { sims, host } = bench();
  sims.printful.fault({ path: "/v2/orders", action: { kind: "slow_body", ms: 400, pieces: 3 } });

  const answer = printful(bench(), "POST", "/v2/orders", DRAFT);
  await host.clock.asleepFor(400);
  host.clock.advance(400);
  await host.clock.asleepFor(400);
  host.clock.advance(400);

  expect((await answer).json).toMatchObject({ data: { status: "draft" } });
});

test("duplicate_effect_if_no_key does it twice without a key, and once with one", async () => {
  const { sims } = bench();
  sims.printful.fault({ path: "/v2/orders", count: 0, action: { kind: "duplicate_effect_if_no_key" } });

  await printful(bench(), "POST", "/v2/orders", DRAFT);
  await printful(bench(), "POST", "/v2/orders", { ...DRAFT, external_id: "run1-step1" });

  expect(sims.printful.state().orders.map(({ external_id }) => external_id)).toEqual([null, null, "run1-step1"]);
});

test("an outage lasts until it is cleared", async () => {
  const { sims } = bench();
  const id = sims.printful.fault({ action: { kind: "outage" } });

  const down = [await printful(bench(), "GET", "/v2/orders"), await printful(bench(), "GET", "/v2/orders")];
  sims.printful.clearFaults(id);
  const up = await printful(bench(), "GET", "/v2/orders");

  expect(down.map(({ status }) => status)).toEqual([503, 503]);
  expect(up.status).toBe(200);
});

test("a rule meets the nth match, as often as it says, of its method and path", async () => {
  const { sims } = bench();
  sims.printful.fault({ method: "GET", path: "/v2/**", nth: 2, count: 2, action: { kind: "status", status: 500 } });

  await printful(bench(), "POST", "/v2/orders", DRAFT);
  const statuses: number[] = [];
  for (const path of ["/v2/orders", "/v2/webhooks", "/v2/orders", "/v2/orders"])
    statuses.push((await printful(bench(), "GET", path)).status);

  expect(statuses).toEqual([200, 500, 500, 200]);
  expect(sims.printful.faults()).toMatchObject([{ matches: 4 }]);
});

const DRAFT = {
  recipient: {
    name: "Ada",
    address1: "1 Test Street",
    city: "Springfield",
    state_code: "CA",
    country_code: "US",
    zip: "90001",
  },
  order_items: [{ source: "sync", sync_variant_id: 4_011, quantity: 1 }],
};
