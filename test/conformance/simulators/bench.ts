import { createGraphQLClient } from "@shopify/graphql-client";
import Stripe from "stripe";
import { afterEach, beforeEach } from "vitest";
import {
  type Address,
  type OrderPlacement,
  type SimulatorKeys,
  type Simulators,
  simulatorKeys,
  startSimulators,
} from "../../../src/packs/commerce/simulators/index.ts";
import { type ManualHost, manualHost } from "./manual-host.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

/** What a test works on: fresh for each, and closed after it. */
export interface Bench {
  readonly host: ManualHost;
  readonly keys: SimulatorKeys;
  readonly sims: Simulators;
  /** All four providers send their webhooks here. */
  readonly hooks: Receiver;
}

/** A bench before each test; call the result inside a test. */
export function useBench(): () => Bench {
  let bench: Bench | undefined;
  beforeEach(async () => {
    const host = manualHost();
    const keys = simulatorKeys(host.random);
    const hooks = await startReceiver();
    const { url } = hooks;
    const webhookTargets = { stripe: url, shopify: url, printful: url, sendgrid: url };
    const sims = await startSimulators({ host, keys, webhookTargets });
    bench = { host, keys, sims, hooks };
  });
  afterEach(async () => {
    await bench?.sims.close();
    await bench?.hooks.close();
    bench = undefined;
  });
  return () => {
    if (bench === undefined) throw new Error("the bench stands only inside a test");
    return bench;
  };
}

/** Stripe's own client, pointed at the simulator and otherwise as a careful integration sets it. */
export function stripeClient({ sims, keys }: Bench, key: string = keys.stripe.secretKey): Stripe {
  const { hostname, port } = new URL(sims.stripe.origin);
  return new Stripe(key, {
    host: hostname,
    port: Number(port),
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** Shopify's own GraphQL client, pointed at the simulator. */
export const shopifyClient = ({ sims, keys }: Bench, { token = keys.shopify.accessToken, version = "2026-07" } = {}) =>
  createGraphQLClient({
    url: `${sims.shopify.origin}/admin/api/${version}/graphql.json`,
    headers: { "Content-Type": "application/json", "X-Shopify-Access-Token": token },
    retries: 0,
  });

/** A request to the Printful simulator; the answer's JSON beside its status. */
export async function printful(
  { sims, keys }: Bench,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly headers: Headers; readonly json: Record<string, unknown> }> {
  const response = await fetch(sims.printful.origin + path, {
    method,
    headers: { authorization: `Bearer ${keys.printful.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === "" ? {} : JSON.parse(text) };
}

export const ADDRESS: Address = {
  first_name: "Ada",
  last_name: "Vector",
  address1: "1 Test Street",
  city: "Springfield",
  province_code: "CA",
  country_code: "US",
  zip: "90001",
};

export const PLACEMENT: OrderPlacement = {
  email: "ada@test.example.com",
  address: ADDRESS,
  lines: [{ sku: "TEE-BLK-M", title: "Black T-shirt, M", quantity: 2, unitPriceMinor: 2_500 }],
  shippingMinor: 500,
  taxMinor: 363,
};

/** What the placement costs, in minor units. */
export const PLACEMENT_TOTAL = 5_863;

/** Parameters of a payment that needs nothing but a card. */
export const CARD_PAYMENT = {
  amount: 2_500,
  currency: "usd",
  confirm: true,
  payment_method: "pm_card_visa",
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
} as const satisfies Stripe.PaymentIntentCreateParams;

/** The error of a promise that has to reject. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("this was expected to be refused");
}
