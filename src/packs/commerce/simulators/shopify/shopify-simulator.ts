import { Hono } from "hono";
import type { Clock, Random } from "../../../../contracts/index.ts";
import { asRequest, delay, type Exchange, type Vendor } from "../wire/exchange.ts";
import { simIds } from "../wire/sim-ids.ts";
import { type Simulator, startSimulator } from "../wire/simulator.ts";
import { WebhookEmitter } from "../wire/webhook-emitter.ts";
import { jsonResponse } from "../wire/wire-json.ts";
import { adminApi, requestKey, rootFields, throttledAnswer } from "./admin-api.ts";
import { completeJobs } from "./cancel.ts";
import { bookOrder, type OrderPlacement, openOrder } from "./checkout.ts";
import { type ShopifyKeys, shopifyCredential, TOKEN_PATH } from "./keys.ts";
import type { ShopOrder } from "./order.ts";
import { type CancelJob, clearShop, emptyShop, type Shop } from "./store.ts";
import { grantToken } from "./token-grant.ts";
import { announceOrder, SHOPIFY_API_VERSION, shopifySigner } from "./webhooks.ts";

/** Everything the simulated shop holds, oldest first. */
export interface ShopifyState {
  readonly orders: readonly ShopOrder[];
  readonly jobs: readonly CancelJob[];
  readonly idempotency_keys: readonly string[];
}

export interface ShopifySimulator extends Simulator {
  state(): ShopifyState;
  /** The checkout of an order whose payment is still to be made: nothing is stored and nobody is told yet. */
  openOrder(placement: OrderPlacement): ShopOrder;
  /** Stores an opened order with its payment; emits `orders/create`, and `orders/paid` when captured. */
  bookOrder(
    order: ShopOrder,
    payment: { readonly gateway: string; readonly reference: string; readonly captured: boolean },
  ): ShopOrder;
  /** Moves the goods of an order, as the supplier's app would; an unknown id does nothing. */
  setFulfillment(orderId: string, status: ShopOrder["fulfillment_status"]): void;
  /** Finishes every cancellation now, without waiting for the clock. */
  completeJobs(): void;
}

/** Cancellations take about this long on the injected clock, so that a client has to poll. */
const CANCEL_TAKES_MS = 1_000;

/** Versions that are still served; any other falls forward to the oldest of them, silently but for a header. */
const SERVED_VERSIONS = ["2026-01", "2026-04", "2026-07", "2026-10"];

const servedVersion = (asked: string): string =>
  SERVED_VERSIONS.includes(asked) ? asked : (SERVED_VERSIONS[0] ?? SHOPIFY_API_VERSION);

export async function startShopify(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: ShopifyKeys;
  readonly port: number;
  readonly target: string | undefined;
}): Promise<ShopifySimulator> {
  const { clock, keys, target, port } = options;
  const closing = new AbortController();
  const sign = shopifySigner(keys);
  const webhooks = new WebhookEmitter({ name: "shopify", clock, closing: closing.signal, sign, target });
  const ids = simIds(options.random);
  const domain = keys.shopDomain;
  const shop: Shop = {
    domain,
    currency: "USD",
    store: emptyShop(),
    clock,
    ids,
    cancelTakesMs: CANCEL_TAKES_MS,
    later: (ms, work) => void delay({ clock, closing: closing.signal }, ms).then(work),
    announce: (topic, order) => announceOrder({ webhooks, ids, clock, domain }, topic, order),
  };
  const vendor = shopifyVendor(keys, shop);
  const simulator = await startSimulator({ vendor, webhooks, clock, closing, port });
  return {
    ...simulator,
    state: () => stateOf(shop),
    openOrder: (placement) => openOrder(shop, placement),
    bookOrder: (order, payment) => bookOrder(shop, order, payment),
    setFulfillment(orderId, fulfillment_status) {
      const order = [...shop.store.orders.values()].find(({ id }) => orderId.endsWith(`/${id}`));
      if (order !== undefined) shop.store.orders.set(order.id, { ...order, fulfillment_status });
    },
    completeJobs: () => completeJobs(shop, "all"),
  };
}

const stateOf = ({ store }: Shop): ShopifyState => ({
  orders: [...store.orders.values()],
  jobs: [...store.jobs.values()],
  idempotency_keys: [...store.keys.keys()],
});

const FAILURES: Readonly<Record<number, string>> = {
  401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
  402: "Unavailable Shop",
  403: "[API] This action requires merchant approval for read_orders scope.",
  404: "Not Found",
  423: "This shop is unavailable",
  429: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.",
};

/** Seconds, as Shopify states them. */
const RETRY_AFTER_SECONDS = "2.0";

const failure = (status: number): Response =>
  jsonResponse(
    status,
    { errors: FAILURES[status] ?? "Internal Server Error" },
    status === 429 ? { "retry-after": RETRY_AFTER_SECONDS } : {},
  );

function shopifyVendor(keys: ShopifyKeys, shop: Shop): Vendor {
  const routes = shopifyRoutes(keys, shop);
  return {
    name: "shopify",
    credential: (received) => shopifyCredential(keys, shop, received),
    unauthorized: () => failure(401),
    failure,
    throttled: throttledAnswer,
    idempotencyKey: requestKey,
    operations: rootFields,
    handle: (exchange) => routes.fetch(asRequest(exchange.received), { exchange }),
    state: () => stateOf(shop),
    reset: () => clearShop(shop.store),
  };
}

function shopifyRoutes(keys: ShopifyKeys, shop: Shop): Hono<{ Bindings: { readonly exchange: Exchange } }> {
  const app = new Hono<{ Bindings: { readonly exchange: Exchange } }>();
  app.post("/admin/api/:version/graphql.json", async (context) => {
    completeJobs(shop);
    const version = servedVersion(context.req.param("version"));
    const response = await adminApi(shop, context.env.exchange, version);
    response.headers.set("x-shopify-api-version", version);
    response.headers.set("x-request-id", shop.ids.uuid());
    return response;
  });
  app.post(TOKEN_PATH, (context) => {
    const { exchange } = context.env;
    return exchange.perform(() => grantToken(shop, keys, exchange.received.text));
  });
  app.all("*", () => failure(404));
  return app;
}
