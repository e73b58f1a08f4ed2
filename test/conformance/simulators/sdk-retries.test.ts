import { createGraphQLClient } from "@shopify/graphql-client";
import Stripe from "stripe";
import { expect, test } from "vitest";
import { CARD_PAYMENT, rejection, useBench } from "./bench.ts";

/** How often the official clients really send one logical call: why every adapter sets its own retries to none. */
const bench = useBench();

const stripeWith = (maxNetworkRetries: number): Stripe => {
  const { sims, keys } = bench();
  const { hostname, port } = new URL(sims.stripe.origin);
  return new Stripe(keys.stripe.secretKey, {
    host: hostname,
    port: Number(port),
    protocol: "http",
    maxNetworkRetries,
    telemetry: false,
  });
};

const sent = () => bench().sims.stripe.journal().length;

test.each([
  ["a reset connection, retries 0", { kind: "drop_before_effect" }, 0, 2],
  ["a 500, retries 0", { kind: "status", status: 500 }, 0, 1],
  ["a 500, retries 1", { kind: "status", status: 500 }, 1, 2],
  ["a 429, retries 2", { kind: "throttle" }, 2, 1],
  ["a 409 in use, retries 0", { kind: "status", status: 409 }, 0, 1],
] as const)("stripe meets %s: it sends a fixed number of requests", async (_, action, retries, requests) => {
  bench().sims.stripe.fault({ count: 0, action });

  await rejection(stripeWith(retries).paymentIntents.create(CARD_PAYMENT));

  expect(sent()).toBe(requests);
});

test("a retry of the SDK carries the same key, so one payment is made", async () => {
  const { sims } = bench();
  sims.stripe.fault({ action: { kind: "drop_after_effect" } });

  await stripeWith(0).paymentIntents.create(CARD_PAYMENT);

  const keys = sims.stripe.journal().map(({ idempotency_key }) => idempotency_key);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
  expect(sims.stripe.state().payment_intents).toHaveLength(1);
});

test("the Shopify client takes Retry-After's seconds for milliseconds: three requests at once where 4 s were asked", async () => {
  const { sims, keys } = bench();
  sims.shopify.fault({ count: 0, action: { kind: "status", status: 429 } });
  const client = createGraphQLClient({
    url: `${sims.shopify.origin}/admin/api/2026-07/graphql.json`,
    headers: { "Content-Type": "application/json", "X-Shopify-Access-Token": keys.shopify.accessToken },
    retries: 2,
  });
  const before = performance.now();

  const { errors } = await client.request("{ shop { name } }");

  expect(errors?.networkStatusCode).toBe(429);
  expect(sims.shopify.journal()).toHaveLength(3);
  expect(performance.now() - before).toBeLessThan(2_000);
});
