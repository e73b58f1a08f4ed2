import type { JsonObject } from "../../../../contracts/index.ts";
import { listAt, textAt } from "../wire/wire-json.ts";
import { type Answer, invalid, missing, ok } from "./answer.ts";
import type { PaymentIntent } from "./objects.ts";
import { integerParam } from "./params.ts";
import type { Account } from "./store.ts";

const PAGE_DEFAULT = 10;
const PAGE_MAX = 100;

/** An intent as read back: `expand[]=latest_charge` puts the charge in the place of its id. */
export function intentView({ store }: Account, intent: PaymentIntent, params: JsonObject): object {
  const expanded = listAt(params, "expand").some((path) => path === "latest_charge" || path === "data.latest_charge");
  const charge = intent.latest_charge === null ? undefined : store.charges.get(intent.latest_charge);
  return expanded && charge !== undefined ? { ...intent, latest_charge: charge } : intent;
}

export function readPaymentIntent(account: Account, id: string, params: JsonObject): Answer {
  const intent = account.store.payment_intents.get(id);
  return intent === undefined ? missing("payment_intent", id, "intent") : ok(intentView(account, intent, params));
}

/** A page of a list, newest first. */
export function page<T extends { readonly id: string }>(url: string, all: Iterable<T>, params: JsonObject): Answer {
  const limit = integerParam(params, "limit") ?? PAGE_DEFAULT;
  if (limit < 1 || limit > PAGE_MAX) return invalid("Invalid limit: must be between 1 and 100", { param: "limit" });
  const newest = [...all].toReversed();
  const cursor = textAt(params, "starting_after");
  const from = cursor === undefined ? 0 : newest.findIndex((item) => item.id === cursor) + 1;
  const data = newest.slice(from, from + limit);
  return ok({ object: "list", url, has_more: newest.length > from + limit, data });
}

/** `metadata['order_id']:'1001'`, the only search clause that the simulator reads; several may be joined by AND. */
const CLAUSE = /^metadata\[['"]([^'"]+)['"]\]:['"]([^'"]*)['"]$/;

export function searchPaymentIntents(account: Account, params: JsonObject): Answer {
  const clauses = (textAt(params, "query") ?? "").split(/ AND /i).map((clause) => CLAUSE.exec(clause.trim()));
  if (clauses.some((clause) => clause === null))
    return invalid("We were unable to parse your search query.", { param: "query" });
  const found = [...account.store.payment_intents.values()].filter((intent) =>
    clauses.every((clause) => clause !== null && intent.metadata[clause[1] ?? ""] === clause[2]),
  );
  const data = found.toReversed().map((intent) => intentView(account, intent, params));
  return ok({ object: "search_result", url: "/v1/payment_intents/search", has_more: false, next_page: null, data });
}
