import { expect, test } from "vitest";
import { simulatorKeys, startSimulators } from "../../../src/packs/commerce/simulators/index.ts";
import { CARD_PAYMENT, PLACEMENT, rejection, shopifyClient, stripeClient, useBench } from "./bench.ts";
import { manualHost } from "./manual-host.ts";

const bench = useBench();

const LIVE_STRIPE = ["sk", "live", "x".repeat(24)].join("_");
const LIVE_SHOPIFY = ["shpat", "0123456789abcdef".repeat(2)].join("_");
const LIVE_SENDGRID = ["SG", "a".repeat(22), "b".repeat(43)].join(".");
const LIVE_PRINTFUL = "a1".repeat(20);

type Provider = "stripe" | "shopify" | "printful" | "sendgrid";

const PATHS: Readonly<Record<Provider, string>> = {
  stripe: "/v1/refunds",
  shopify: "/admin/api/2026-07/graphql.json",
  printful: "/v2/orders",
  sendgrid: "/v3/mail/send",
};

const present = (provider: Provider, key: string | undefined) => {
  const name = provider === "shopify" ? "x-shopify-access-token" : "authorization";
  const value = provider === "shopify" ? key : `Bearer ${key}`;
  return fetch(bench().sims[provider].origin + PATHS[provider], {
    method: "POST",
    headers: key === undefined || value === undefined ? {} : { [name]: value },
  });
};

const UNAUTHORIZED = {
  stripe: { error: { type: "invalid_request_error", message: expect.any(String) } },
  shopify: { errors: expect.stringContaining("Invalid API key") },
  printful: { code: 401, error: { reason: "Unauthorized" } },
  sendgrid: { errors: [{ message: expect.stringContaining("authorization grant is invalid") }] },
};

test.each([
  ["stripe", LIVE_STRIPE],
  ["shopify", LIVE_SHOPIFY],
  ["printful", LIVE_PRINTFUL],
  ["sendgrid", LIVE_SENDGRID],
] as const)(
  "%s refuses an absent, a wrong and a live key in its own shape, and shouts at the live one",
  async (provider, live) => {
    const answers = [
      await present(provider, undefined),
      await present(provider, "wrong"),
      await present(provider, live),
    ];

    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject(UNAUTHORIZED[provider]);
    }
    expect(bench().sims[provider].journal()).toMatchObject([
      { credential: "absent", alarm: null },
      { credential: "wrong", alarm: null },
      { credential: "live", alarm: `LIVE CREDENTIAL PRESENTED TO THE ${provider.toUpperCase()} SIMULATOR` },
    ]);
    expect(JSON.stringify(bench().sims[provider].journal())).not.toContain(live);
  },
);

test("the official clients see a refused key as they would at the provider", async () => {
  const stripe = await rejection(stripeClient(bench(), "sk_test_wrong").paymentIntents.create(CARD_PAYMENT));
  const shopify = await shopifyClient(bench(), { token: "shpat_test_wrong" }).request("{ shop { name } }");

  expect(stripe).toMatchObject({ type: "StripeAuthenticationError", statusCode: 401 });
  expect(shopify.errors?.networkStatusCode).toBe(401);
});

test("a simulator is not started with a key that looks live", async () => {
  const host = manualHost();
  const keys = simulatorKeys(host.random);

  const refused = await rejection(
    startSimulators({ host, keys: { ...keys, stripe: { ...keys.stripe, secretKey: LIVE_STRIPE } } }),
  );

  expect(refused).toMatchObject({ code: "LIVE_FORBIDDEN" });
});

test("a port that is taken is a fault that says so", async () => {
  const { host, keys, sims } = bench();

  const refused = await rejection(
    startSimulators({ host, keys, ports: { printful: Number(new URL(sims.stripe.origin).port) } }),
  );

  expect(refused).toMatchObject({ code: "PORT_IN_USE" });
});

test("one seed gives the same keys, ids and signing keys in every run", async () => {
  const run = async () => {
    const host = manualHost("one-seed");
    const sims = await startSimulators({ host, keys: simulatorKeys(host.random) });
    const placed = sims.placePaidOrder(PLACEMENT);
    await sims.close();
    return { placed, key: sims.sendgrid.eventPublicKey };
  };

  expect(await run()).toEqual(await run());
});

test("the journal says of every request what it was and what came of it", async () => {
  const { host, sims } = bench();

  await stripeClient(bench()).paymentIntents.create(CARD_PAYMENT, { idempotencyKey: "k1" });

  expect(sims.stripe.journal()).toEqual([
    {
      seq: 1,
      at: new Date(host.clock.now()).toISOString(),
      method: "POST",
      path: "/v1/payment_intents",
      operations: [],
      credential: "accepted",
      idempotency_key: "k1",
      body_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 200,
      replayed: false,
      fault: null,
      alarm: null,
    },
  ]);
});

const control = async (method: string, path: string, body?: unknown) => {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${bench().sims.stripe.origin}/__sim${path}`, init);
  return { status: response.status, json: JSON.parse(await response.text()) };
};

test("another process arms and clears faults over HTTP", async () => {
  const armed = await control("POST", "/faults", { path: "/v1/**", action: { kind: "outage" } });
  const down = await rejection(stripeClient(bench()).paymentIntents.create(CARD_PAYMENT));
  await control("DELETE", `/faults/${armed.json.id}`);
  const up = await stripeClient(bench()).paymentIntents.create(CARD_PAYMENT);

  expect(armed.status).toBe(201);
  expect(down).toMatchObject({ statusCode: 503 });
  expect(up.status).toBe("succeeded");
});

test("a fault that is not one is refused with the issues", async () => {
  const unknown = await control("POST", "/faults", { action: { kind: "earthquake" } });
  const misspelt = await control("POST", "/faults", { pth: "/v1", action: { kind: "outage" } });

  expect([unknown.status, misspelt.status]).toEqual([400, 400]);
  expect((await control("GET", "/faults")).json).toEqual({ faults: [] });
});

test("another process reads state and journal, holds and releases webhooks, and resets", async () => {
  await control("POST", "/webhooks", { mode: "hold" });
  await stripeClient(bench()).paymentIntents.create(CARD_PAYMENT);

  const held = await control("GET", "/webhooks");
  const released = await control("POST", "/webhooks/release", { order: "emitted", copies: 2 });
  const again = await control("POST", `/webhooks/${held.json.held[0].webhook_id}/redeliver`);
  const state = await control("GET", "/state");
  const seen = await control("GET", "/journal");
  await control("POST", "/reset");

  expect(held.json.held).toMatchObject([{ topic: "payment_intent.created" }, { topic: "payment_intent.succeeded" }]);
  expect(released.json.deliveries).toHaveLength(4);
  expect(again.json.deliveries).toHaveLength(5);
  expect(state.json.payment_intents).toHaveLength(1);
  expect(seen.json.entries).toHaveLength(1);
  expect((await control("GET", "/state")).json.payment_intents).toEqual([]);
  expect((await control("GET", "/journal")).json.entries).toEqual([]);
});

test("closing ends what is still waiting, without the clock", async () => {
  const { sims, host, keys } = bench();
  sims.stripe.fault({ action: { kind: "delay_before", ms: 60_000 } });
  const headers = { authorization: `Bearer ${keys.stripe.secretKey}` };
  const waiting = Promise.allSettled([fetch(`${sims.stripe.origin}/v1/payment_intents`, { headers })]);
  await host.clock.asleepFor(60_000);

  await sims.close();

  expect(await waiting).toHaveLength(1);
});
