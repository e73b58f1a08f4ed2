import { type Context, Hono } from "hono";
import type { JsonObject } from "../../../../contracts/index.ts";
import type { Exchange } from "../wire/exchange.ts";
import { type AccountParts, accountFor, STRIPE_API_VERSION } from "./account.ts";
import { type Answer, failed, missing, ok, toResponse } from "./answer.ts";
import { cancelPaymentIntent, capturePaymentIntent, expireHolds } from "./capture.ts";
import { parseForm } from "./form.ts";
import { underKey } from "./idempotency.ts";
import { confirmPaymentIntent, createPaymentIntent, updatePaymentIntent } from "./payment-intents.ts";
import { intentView, page, readPaymentIntent, searchPaymentIntents } from "./reads.ts";
import { createRefund } from "./refunds.ts";
import type { Account } from "./store.ts";
import { calculateTax, commitTax, reverseTax, withLines } from "./tax.ts";

interface Env {
  readonly Bindings: { readonly exchange: Exchange };
}

type Handler = (context: Context<Env>) => Promise<Response>;
type Operation = (account: Account, params: JsonObject, id: string) => Answer;

const withHeaders = (response: Response, extra: Readonly<Record<string, string>>): Response => {
  for (const [name, value] of Object.entries(extra)) response.headers.set(name, value);
  return response;
};

const pathId = (context: Context<Env>): string => context.req.param("id") ?? "";

/** The routes of the simulated API. POSTs go through the idempotency store, GETs do not. */
export function stripeRoutes(parts: AccountParts): Hono<Env> {
  const app = new Hono<Env>();
  const read =
    (operation: Operation): Handler =>
    async (context) => {
      const account = accountFor(parts);
      expireHolds(account);
      const params = parseForm(new URL(context.req.url).search.slice(1));
      const effect = () => toResponse(operation(account, params, pathId(context)));
      const answer = await context.env.exchange.perform(effect);
      return withHeaders(answer, { "request-id": parts.ids.token("req_", 14), "stripe-version": versionOf(context) });
    };
  const write =
    (operation: Operation): Handler =>
    async (context) => {
      const { exchange } = context.env;
      const key = exchange.received.headers.get("idempotency-key");
      const request_id = parts.ids.token("req_", 14);
      const account = accountFor(parts, { id: request_id, idempotency_key: key });
      expireHolds(account);
      const params = parseForm(exchange.received.text);
      const endpoint = exchange.received.path;
      const run = () => operation(account, params, pathId(context));
      const answer = await underKey(account, exchange, { endpoint, request_id, params, operation: run });
      const echo = key === null ? {} : { "idempotency-key": key };
      return withHeaders(answer, { "request-id": request_id, "stripe-version": versionOf(context), ...echo });
    };
  routePayments(app, read, write);
  routeRefundsAndTax(app, read, write);
  app.all("*", async (context) => {
    const { method, path } = context.env.exchange.received;
    const message = `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
    return toResponse(failed(404, { type: "invalid_request_error", message }));
  });
  return app;
}

const versionOf = (context: Context<Env>): string => context.req.header("stripe-version") ?? STRIPE_API_VERSION;

type Make = (operation: Operation) => Handler;

function routePayments(app: Hono<Env>, read: Make, write: Make): void {
  const intents = "/v1/payment_intents";
  app.post(intents, write(createPaymentIntent));
  app.get(
    intents,
    read((account, params) => {
      const all = [...account.store.payment_intents.values()].map((intent) => ({
        ...intentView(account, intent, params),
        id: intent.id,
      }));
      return page(intents, all, params);
    }),
  );
  app.get(`${intents}/search`, read(searchPaymentIntents));
  app.get(
    `${intents}/:id`,
    read((account, params, id) => readPaymentIntent(account, id, params)),
  );
  app.post(
    `${intents}/:id`,
    write((account, params, id) => updatePaymentIntent(account, id, params)),
  );
  app.post(
    `${intents}/:id/confirm`,
    write((account, params, id) => confirmPaymentIntent(account, id, params)),
  );
  app.post(
    `${intents}/:id/capture`,
    write((account, params, id) => capturePaymentIntent(account, id, params)),
  );
  app.post(
    `${intents}/:id/cancel`,
    write((account, params, id) => cancelPaymentIntent(account, id, params)),
  );
  app.get(
    "/v1/charges/:id",
    read(({ store }, _, id) => found("charge", id, store.charges.get(id))),
  );
}

function routeRefundsAndTax(app: Hono<Env>, read: Make, write: Make): void {
  app.post("/v1/refunds", write(createRefund));
  app.get(
    "/v1/refunds",
    read(({ store }, params) => page("/v1/refunds", refundsOf(store.refunds.values(), params), params)),
  );
  app.get(
    "/v1/refunds/:id",
    read(({ store }, _, id) => found("refund", id, store.refunds.get(id))),
  );
  app.post("/v1/tax/calculations", write(calculateTax));
  app.get(
    "/v1/tax/calculations/:id",
    read(({ store }, params, id) => {
      const calculation = store.tax_calculations.get(id);
      return calculation === undefined ? missing("tax calculation", id) : ok(withLines(calculation, params));
    }),
  );
  app.post("/v1/tax/transactions/create_from_calculation", write(commitTax));
  app.post("/v1/tax/transactions/create_reversal", write(reverseTax));
  app.get(
    "/v1/events",
    read(({ store }, params) => page("/v1/events", eventsOf(store.events, params), params)),
  );
  app.get(
    "/v1/events/:id",
    read(({ store }, _, id) =>
      found(
        "event",
        id,
        store.events.find((event) => event.id === id),
      ),
    ),
  );
}

const found = (kind: string, id: string, value: object | undefined): Answer =>
  value === undefined ? missing(kind, id) : ok(value);

const refundsOf = <T extends { readonly payment_intent: string; readonly charge: string }>(
  all: Iterable<T>,
  { payment_intent, charge }: JsonObject,
): readonly T[] =>
  [...all].filter(
    (refund) =>
      (payment_intent === undefined || refund.payment_intent === payment_intent) &&
      (charge === undefined || refund.charge === charge),
  );

const eventsOf = <T extends { readonly type: string }>(all: readonly T[], { type }: JsonObject): readonly T[] =>
  all.filter((event) => type === undefined || event.type === type);
