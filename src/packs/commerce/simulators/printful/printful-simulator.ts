import { type Context, Hono } from "hono";
import type { Clock, Json, JsonObject, Random } from "../../../../contracts/index.ts";
import { asRequest, type Exchange, type Vendor } from "../wire/exchange.ts";
import { simIds } from "../wire/sim-ids.ts";
import { type Simulator, startSimulator } from "../wire/simulator.ts";
import { type Signer, WebhookEmitter } from "../wire/webhook-emitter.ts";
import { integerAt, jsonResponse, parseJson, textAt } from "../wire/wire-json.ts";
import { type PrintfulKeys, printfulCredential } from "./keys.ts";
import {
  cancelOrder,
  confirmOrder,
  createDraft,
  deleteOrder,
  NO_ORDER,
  type Progress,
  progress,
  type Refused,
  shipmentsOf,
} from "./operations.ts";
import { orderResource, orderResultV1, type PrintfulOrder, type Shipment } from "./order.ts";
import { clearPrintful, emptyPrintful, findOrder, type Supplier } from "./store.ts";
import { configureWebhooks, printfulSigner, shownConfiguration } from "./webhook-configuration.ts";

/** Everything the simulated supplier holds, oldest first. */
export interface PrintfulState {
  readonly orders: readonly PrintfulOrder[];
  readonly shipments: readonly Shipment[];
  readonly webhooks: JsonObject;
}

export interface PrintfulSimulator extends Simulator {
  state(): PrintfulState;
  /**
   * Moves an order (by number, or `@` and the external id) as the supplier would, and tells by webhook. `undefined`:
   * there is no such order, or the move needs a shipment that does not exist yet.
   */
  progress(reference: string, move: Progress): PrintfulOrder | undefined;
}

export async function startPrintful(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: PrintfulKeys;
  readonly port: number;
  readonly target: string | undefined;
}): Promise<PrintfulSimulator> {
  const { clock, keys, target, port } = options;
  const closing = new AbortController();
  const store = emptyPrintful(keys);
  const sign: Signer = printfulSigner(store);
  const webhooks = new WebhookEmitter({ name: "printful", clock, closing: closing.signal, sign, target });
  const supplier: Supplier = {
    store,
    clock,
    ids: simIds(options.random),
    webhooks,
    storeId: keys.storeId,
    origin: "",
  };
  const simulator = await startSimulator({ vendor: printfulVendor(keys, supplier), webhooks, clock, closing, port });
  supplier.origin = simulator.origin;
  return {
    ...simulator,
    state: () => stateOf(supplier),
    progress: (reference, move) => progress(supplier, reference, move),
  };
}

const stateOf = ({ store }: Supplier): PrintfulState => ({
  orders: [...store.orders.values()],
  shipments: [...store.shipments.values()],
  webhooks: shownConfiguration(store.configuration),
});

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
};

const failure = (status: number, message = "The request could not be processed."): Response =>
  jsonResponse(status, { code: status, result: message, error: { reason: REASONS[status] ?? "ServerError", message } });

const LIMIT = 120;

function throttled(): Response {
  const response = failure(429, "Too many requests. Please try again after 60 seconds.");
  response.headers.set("retry-after", "60");
  return response;
}

function printfulVendor(keys: PrintfulKeys, supplier: Supplier): Vendor {
  const routes = printfulRoutes(supplier);
  return {
    name: "printful",
    credential: ({ headers }) => printfulCredential(keys, headers.get("authorization")),
    unauthorized: () => failure(401, "The access token provided is invalid."),
    failure,
    throttled,
    idempotencyKey: ({ text }) => textAt(parseJson(text), "external_id"),
    operations: () => [],
    handle: async (exchange) => {
      const response = await routes.fetch(asRequest(exchange.received), { exchange });
      response.headers.set("x-ratelimit-limit", String(LIMIT));
      response.headers.set("x-ratelimit-remaining", String(LIMIT - 1));
      response.headers.set("x-ratelimit-policy", `${LIMIT};w=60`);
      return response;
    },
    state: () => stateOf(supplier),
    reset: () => clearPrintful(supplier.store, keys),
  };
}

interface Env {
  readonly Bindings: { readonly exchange: Exchange };
}

type Operation = (reference: string, body: Json | undefined) => Response;

const isRefused = (result: object): result is Refused => "message" in result && "status" in result;

function printfulRoutes(supplier: Supplier): Hono<Env> {
  const app = new Hono<Env>();
  const run = (operation: Operation) => (context: Context<Env>) => {
    const { exchange } = context.env;
    const reference = decodeURIComponent(context.req.param("id") ?? "");
    return exchange.perform(() => operation(reference, parseJson(exchange.received.text)));
  };
  const shown = (result: PrintfulOrder | Refused, status = 200): Response =>
    isRefused(result)
      ? failure(result.status, result.message)
      : jsonResponse(status, { data: orderResource(result, supplier.origin) });

  app.post(
    "/v2/orders",
    run((_, body) => shown(createDraft(supplier, body))),
  );
  app.get("/v2/orders", (context) => context.env.exchange.perform(() => listOrders(supplier, context.req.query())));
  app.get(
    "/v2/orders/:id",
    run((reference) => shown(findOrder(supplier, reference) ?? NO_ORDER)),
  );
  app.post(
    "/v2/orders/:id/confirmation",
    run((reference) => shown(confirmOrder(supplier, reference))),
  );
  app.get(
    "/v2/orders/:id/shipments",
    run((reference) => shipmentsAnswer(supplier, reference)),
  );
  app.delete(
    "/v2/orders/:id",
    run((reference) => {
      const result = deleteOrder(supplier, reference);
      return isRefused(result) ? failure(result.status, result.message) : new Response(null, { status: 204 });
    }),
  );
  app.delete(
    "/orders/:id",
    run((reference) => cancelAnswer(supplier, reference)),
  );
  routeWebhooks(app, supplier, run);
  app.all("*", () => failure(404, "Requested resource not found."));
  return app;
}

const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;

function listOrders({ store, origin }: Supplier, query: Readonly<Record<string, string>>): Response {
  const params = { limit: Number(query.limit ?? PAGE_DEFAULT), offset: Number(query.offset ?? 0) };
  const limit = Math.min(integerAt(params, "limit") ?? PAGE_DEFAULT, PAGE_MAX);
  const offset = integerAt(params, "offset") ?? 0;
  const newest = [...store.orders.values()].toReversed();
  const data = newest.slice(offset, offset + limit).map((order) => orderResource(order, origin));
  return jsonResponse(200, { data, paging: { total: newest.length, offset, limit } });
}

function shipmentsAnswer(supplier: Supplier, reference: string): Response {
  const order = findOrder(supplier, reference);
  if (order === undefined) return failure(NO_ORDER.status, NO_ORDER.message);
  const data = shipmentsOf(supplier, order);
  return jsonResponse(200, { data, paging: { total: data.length, offset: 0, limit: PAGE_DEFAULT } });
}

/** Version 1 has its own envelope. */
function cancelAnswer(supplier: Supplier, reference: string): Response {
  const result = cancelOrder(supplier, reference);
  return isRefused(result)
    ? failure(result.status, result.message)
    : jsonResponse(200, { code: 200, result: orderResultV1(result), extra: [] });
}

function routeWebhooks(
  app: Hono<Env>,
  supplier: Supplier,
  run: (operation: Operation) => (context: Context<Env>) => Promise<Response>,
): void {
  const { store } = supplier;
  app.post(
    "/v2/webhooks",
    run((_, body) => {
      const result = configureWebhooks(supplier, body);
      return isRefused(result) ? failure(result.status, result.message) : jsonResponse(200, { data: result });
    }),
  );
  app.get(
    "/v2/webhooks",
    run(() => jsonResponse(200, { data: shownConfiguration(store.configuration) })),
  );
  app.delete(
    "/v2/webhooks",
    run(() => {
      store.configuration = { ...store.configuration, default_url: null, events: [] };
      supplier.webhooks.configure({ target: null });
      return new Response(null, { status: 204 });
    }),
  );
}
