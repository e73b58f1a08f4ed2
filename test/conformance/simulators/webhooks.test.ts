import { createHmac, createVerify } from "node:crypto";
import Stripe from "stripe";
import { expect, test } from "vitest";
import { type Bench, CARD_PAYMENT, PLACEMENT, printful, rejection, stripeClient, useBench } from "./bench.ts";
import type { Received } from "./receiver.ts";

const bench = useBench();

const stripe = new Stripe("sk_test_verifier");

/** Verifies as Stripe's own library does, at the bench's time. */
const verified = ({ keys, host }: Bench, { body, headers }: Received, secret: string = keys.stripe.webhookSecret) =>
  stripe.webhooks.constructEvent(body, headers["stripe-signature"] ?? "", secret, 300, undefined, host.clock.now());

const base64Hmac = (secret: string, body: string): string => createHmac("sha256", secret).update(body).digest("base64");

const sendGridVerifies = (publicKey: string, { headers, body }: Received): boolean =>
  createVerify("sha256")
    .update((headers["x-twilio-email-event-webhook-timestamp"] ?? "") + body)
    .verify(
      { key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" },
      headers["x-twilio-email-event-webhook-signature"] ?? "",
      "base64",
    );

const stripeTypes = () =>
  bench()
    .hooks.received.filter(({ headers }) => headers["stripe-signature"] !== undefined)
    .map(({ body }) => JSON.parse(body).type);

const first = (): Received => {
  const received = bench().hooks.received[0];
  if (received === undefined) throw new Error("no webhook came");
  return received;
};

/** The last that came: of a payment that is made and taken at once, that it was taken. */
const latest = (): Received => bench().hooks.received.at(-1) ?? first();

async function pay(): Promise<string> {
  const { id } = await stripeClient(bench()).paymentIntents.create(CARD_PAYMENT);
  await bench().sims.settled();
  return id;
}

test("Stripe's own verifier accepts our payment_intent.succeeded", async () => {
  const id = await pay();

  const event = verified(bench(), latest());

  expect(event).toMatchObject({ object: "event", type: "payment_intent.succeeded", livemode: false });
  expect(event.data.object).toMatchObject({ id, status: "succeeded" });
  expect(event.request?.idempotency_key).toMatch(/^stripe-node-retry-/);
});

test("a refund is told as refund.created and charge.refunded, and what the bank says later too", async () => {
  const { sims } = bench();
  const refund = await stripeClient(bench()).refunds.create({ payment_intent: await pay() });

  sims.stripe.settleRefund(refund.id, "failed");
  await sims.settled();

  expect(stripeTypes()).toEqual([
    "payment_intent.created",
    "payment_intent.succeeded",
    "refund.created",
    "charge.refunded",
    "refund.updated",
    "refund.failed",
  ]);
});

test("a declined payment is told as payment_intent.payment_failed", async () => {
  await rejection(
    stripeClient(bench()).paymentIntents.create({ ...CARD_PAYMENT, payment_method: "pm_card_visa_chargeDeclined" }),
  );
  await bench().sims.settled();

  expect(stripeTypes()).toEqual(["payment_intent.created", "payment_intent.payment_failed"]);
});

test("hold keeps webhooks back until they are released, in the order that is asked for", async () => {
  const { sims, hooks } = bench();
  sims.stripe.webhooks.configure({ mode: "hold" });
  await stripeClient(bench()).refunds.create({ payment_intent: await pay() });
  const before = hooks.received.length;

  await sims.stripe.webhooks.release("reversed");

  expect(before).toBe(0);
  expect(stripeTypes()).toEqual([
    "charge.refunded",
    "refund.created",
    "payment_intent.succeeded",
    "payment_intent.created",
  ]);
});

test("one webhook may overtake the others, which stay held", async () => {
  const { sims } = bench();
  sims.stripe.webhooks.configure({ mode: "hold" });
  await stripeClient(bench()).refunds.create({ payment_intent: await pay() });
  const created = sims.stripe.webhooks.held().find(({ topic }) => topic === "refund.created");

  await sims.stripe.webhooks.release([created?.webhook_id ?? ""]);

  expect(stripeTypes()).toEqual(["refund.created"]);
  expect(sims.stripe.webhooks.held().map(({ topic }) => topic)).toEqual([
    "payment_intent.created",
    "payment_intent.succeeded",
    "charge.refunded",
  ]);
});

test("drop loses webhooks for good: only the events list still has them", async () => {
  const { sims, hooks } = bench();
  sims.stripe.webhooks.configure({ mode: "drop" });

  await pay();
  const events = await stripeClient(bench()).events.list({ type: "payment_intent.succeeded" });

  expect(hooks.received).toEqual([]);
  expect(sims.stripe.webhooks.log()).toMatchObject([{ outcome: "dropped" }, { outcome: "dropped" }]);
  expect(events.data).toHaveLength(1);
});

test("copies are the same delivery again: same body, same event id", async () => {
  const { sims, hooks } = bench();
  sims.stripe.webhooks.configure({ copies: 3 });

  await pay();

  expect(hooks.received).toHaveLength(6);
  expect(new Set(hooks.received.map(({ body }) => body)).size).toBe(2);
  for (const copy of hooks.received) expect(verified(bench(), copy).id).toMatch(/^evt_/);
});

test("a body that was altered after signing does not verify", async () => {
  bench().sims.stripe.webhooks.configure({ alter: { find: '"amount": 2500', replace: '"amount": 1' } });

  await pay();

  expect(latest().body).toContain('"amount": 1,');
  expect(() => verified(bench(), latest())).toThrow(Stripe.errors.StripeSignatureVerificationError);
});

test("a stale delivery has a true signature over an old time", async () => {
  bench().sims.stripe.webhooks.configure({ stale_ms: 301_000 });

  await pay();

  expect(() => verified(bench(), latest())).toThrow(/[Tt]imestamp/);
});

test("a delivery signed with a wrong secret is a forgery", async () => {
  bench().sims.stripe.webhooks.configure({ secret: "wrong" });

  await pay();

  expect(() => verified(bench(), latest())).toThrow(Stripe.errors.StripeSignatureVerificationError);
});

test("during a rotation both secrets verify", async () => {
  const { sims, keys } = bench();
  sims.stripe.webhooks.configure({ secret: "both" });

  await pay();

  expect(verified(bench(), latest()).type).toBe("payment_intent.succeeded");
  expect(verified(bench(), latest(), keys.stripe.previousWebhookSecret).type).toBe("payment_intent.succeeded");
});

test("a refused delivery is not repeated by itself; redelivering it is the provider's retry", async () => {
  const { sims, hooks } = bench();
  hooks.answerWith(503);
  await pay();
  const [failed] = sims.stripe.webhooks.log();
  hooks.answerWith(200);

  await sims.stripe.webhooks.redeliver(failed?.webhook_id ?? "");

  expect(sims.stripe.webhooks.log()).toMatchObject([
    { outcome: "refused", status: 503, retries: 0 },
    { outcome: "refused", status: 503, retries: 0 },
    { outcome: "delivered", status: 200, retries: 1 },
  ]);
  expect(hooks.received[2]?.body).toBe(hooks.received[0]?.body);
});

test("a receiver that is gone is an outcome, not a failure", async () => {
  const { sims, hooks } = bench();
  await hooks.close();

  await pay();

  expect(sims.stripe.webhooks.log()).toMatchObject([
    { outcome: "unreachable", status: null },
    { outcome: "unreachable", status: null },
  ]);
});

test("without a target webhooks are logged as untargeted", async () => {
  bench().sims.stripe.webhooks.configure({ target: null });

  await pay();

  expect(bench().sims.stripe.webhooks.log()).toMatchObject([{ outcome: "untargeted" }, { outcome: "untargeted" }]);
});

const shopify = () => bench().hooks.received.filter(({ headers }) => headers["x-shopify-topic"] !== undefined);

test("a paid order arrives as orders/create and orders/paid, signed and in Shopify's form", async () => {
  const { sims, keys } = bench();
  const placed = sims.placePaidOrder(PLACEMENT);
  await sims.settled();

  const paid = shopify()[1];
  const order = JSON.parse(paid?.body ?? "");

  expect(shopify().map(({ headers }) => headers["x-shopify-topic"])).toEqual(["orders/create", "orders/paid"]);
  expect(paid?.headers).toMatchObject({
    "x-shopify-hmac-sha256": base64Hmac(keys.shopify.clientSecret, paid?.body ?? ""),
    "x-shopify-shop-domain": "countermark-demo.myshopify.com",
    "x-shopify-api-version": "2026-07",
    "x-shopify-webhook-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    "x-shopify-event-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(order).toMatchObject({
    admin_graphql_api_id: placed.orderId,
    email: "ada@test.example.com",
    financial_status: "paid",
    currency: "USD",
    total_price: "58.63",
    test: true,
    line_items: [{ sku: "TEE-BLK-M", quantity: 2, price: "25.00" }],
    shipping_address: { address1: "1 Test Street", province_code: "CA", country_code: "US", zip: "90001" },
    note_attributes: [{ name: "stripe_payment_intent", value: placed.paymentIntentId }],
  });
});

test("the order's number has more digits than JSON.parse keeps", async () => {
  const { sims } = bench();
  const { orderId } = sims.placePaidOrder(PLACEMENT);
  await sims.settled();
  const { body } = shopify()[1] ?? { body: "" };
  const digits = orderId.split("/").at(-1) ?? "";

  expect(body).toContain(`"id":${digits},`);
  expect(Number.isSafeInteger(JSON.parse(body).id)).toBe(false);
});

test("an authorized order is not told as paid", async () => {
  const { sims } = bench();

  sims.placeAuthorizedOrder(PLACEMENT);
  await sims.settled();

  expect(shopify().map(({ headers }) => headers["x-shopify-topic"])).toEqual(["orders/create"]);
});

test("a copy of a Shopify webhook carries the same webhook id, and a forged one a wrong signature", async () => {
  const { sims, keys } = bench();
  sims.shopify.webhooks.configure({ mode: "hold" });
  sims.placePaidOrder(PLACEMENT);

  const [, paid] = sims.shopify.webhooks.held();
  await sims.shopify.webhooks.release([paid?.webhook_id ?? ""], { copies: 2, secret: "wrong" });

  const ids = shopify().map(({ headers }) => headers["x-shopify-webhook-id"]);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  for (const { headers, body } of shopify())
    expect(headers["x-shopify-hmac-sha256"]).not.toBe(base64Hmac(keys.shopify.clientSecret, body));
});

test("the old client secret still signs while it is being rotated", async () => {
  const { sims, keys } = bench();
  sims.shopify.webhooks.configure({ secret: "previous" });

  sims.placePaidOrder(PLACEMENT);
  await sims.settled();

  const [{ headers, body } = { headers: {}, body: "" }] = shopify();
  expect(headers).toMatchObject({ "x-shopify-hmac-sha256": base64Hmac(keys.shopify.previousClientSecret ?? "", body) });
});

const DRAFT = {
  external_id: "run1",
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

test("Printful signs with the hex-decoded secret, and tells shipments and the fulfilled order", async () => {
  const { sims, keys, hooks } = bench();
  await printful(bench(), "POST", "/v2/orders", DRAFT);
  await printful(bench(), "POST", "/v2/orders/@run1/confirmation");
  sims.printful.progress("@run1", { to: "shipped", carrier: "USPS", trackingNumber: "9400" });
  await sims.settled();

  const told = hooks.received.map(({ body }) => JSON.parse(body));
  expect(told.map(({ type }) => type)).toEqual(["order_created", "order_updated", "shipment_sent", "order_updated"]);
  expect(told[2]).toMatchObject({
    retries: 0,
    store_id: 1,
    data: { shipment: { tracking_number: "9400" }, order: { external_id: "run1" } },
  });
  expect(told[3]).toMatchObject({ data: { order: { status: "fulfilled" } } });
  const key = Buffer.from(keys.printful.webhook.secretKey, "hex");
  for (const { headers, body } of hooks.received)
    expect(headers["x-pf-webhook-signature"]).toBe(createHmac("sha256", key).update(body).digest("hex"));
});

test("Printful's retry differs from the first attempt in `retries` alone", async () => {
  const { sims, hooks } = bench();
  await printful(bench(), "POST", "/v2/orders", DRAFT);
  await sims.settled();

  await sims.printful.webhooks.redeliver(sims.printful.webhooks.log()[0]?.webhook_id ?? "");

  const [before, after] = hooks.received.map(({ body }) => JSON.parse(body));
  expect([before.retries, after.retries]).toEqual([0, 1]);
  expect({ ...before, retries: 0 }).toEqual({ ...after, retries: 0 });
});

test("configuring Printful's webhooks makes a new pair of keys at once and shows the secret once", async () => {
  const { sims, hooks, keys } = bench();
  const body = { default_url: `${hooks.url}/v2`, events: [{ type: "order_created" }] };

  const { json } = await printful(bench(), "POST", "/v2/webhooks", body);
  const shown = await printful(bench(), "GET", "/v2/webhooks");
  await printful(bench(), "POST", "/v2/orders", DRAFT);
  await sims.settled();

  const { data } = JSON.parse(JSON.stringify(json));
  expect(data.secret_key).toMatch(/^[0-9a-f]{64}$/);
  expect(data.secret_key).not.toBe(keys.printful.webhook.secretKey);
  expect(shown.json.data).not.toHaveProperty("secret_key");
  const expected = createHmac("sha256", Buffer.from(data.secret_key, "hex")).update(first().body).digest("hex");
  expect(first().headers).toMatchObject({
    "x-pf-webhook-signature": expected,
    "x-pf-webhook-public-key": data.public_key,
  });
});

const sendMail = async () => {
  const { sims, keys } = bench();
  const response = await fetch(`${sims.sendgrid.origin}/v3/mail/send`, {
    method: "POST",
    headers: { authorization: `Bearer ${keys.sendgrid.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({
      personalizations: [{ to: [{ email: "ada@test.example.com" }], custom_args: { run: "run1" } }],
      from: { email: "shop@test.example.com" },
      subject: "Hello",
      content: [{ type: "text/plain", value: "Hi" }],
    }),
  });
  await sims.settled();
  return response.headers.get("x-message-id") ?? "";
};

test("SendGrid tells processed and delivered, signed with ECDSA over timestamp and raw bytes", async () => {
  const { sims, hooks } = bench();

  const messageId = await sendMail();

  const events = hooks.received.flatMap(({ body }) => JSON.parse(body));
  expect(events).toMatchObject([
    { event: "processed", email: "ada@test.example.com", run: "run1" },
    { event: "delivered", sg_message_id: expect.stringMatching(`^${messageId}\\.filter`) },
  ]);
  for (const received of hooks.received) {
    expect(received.body.endsWith("]\r\n")).toBe(true);
    expect(sendGridVerifies(sims.sendgrid.eventPublicKey, received)).toBe(true);
    expect(sendGridVerifies(sims.sendgrid.eventPublicKey, { ...received, body: received.body.trim() })).toBe(false);
  }
});

test("a bounce comes later, and a rotated or foreign key signs as told", async () => {
  const { sims, hooks } = bench();
  const messageId = await sendMail();

  sims.sendgrid.webhooks.configure({ secret: "previous" });
  sims.sendgrid.emit(messageId, "bounce");
  await sims.settled();
  sims.sendgrid.webhooks.configure({ secret: "wrong" });
  sims.sendgrid.emit(messageId, "bounce");
  await sims.settled();

  const [, , rotated, forged] = hooks.received;
  if (rotated === undefined || forged === undefined) throw new Error("two bounces were expected");
  expect(JSON.parse(rotated.body)).toMatchObject([{ event: "bounce", reason: "500 unknown recipient" }]);
  expect(sendGridVerifies(sims.sendgrid.previousEventPublicKey, rotated)).toBe(true);
  expect(sendGridVerifies(sims.sendgrid.eventPublicKey, rotated)).toBe(false);
  expect(sendGridVerifies(sims.sendgrid.eventPublicKey, forged)).toBe(false);
});
