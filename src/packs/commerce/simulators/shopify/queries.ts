import type { JsonObject } from "../../../../contracts/index.ts";
import { textAt } from "../wire/wire-json.ts";
import type { View, ViewObject } from "./graphql/execute.ts";
import { gid, idOf, type ShopOrder } from "./order.ts";
import type { Shop } from "./store.ts";
import { connection, orderView } from "./views.ts";

type Query = (shop: Shop, args: JsonObject) => View;

/** The order that a global id names. */
export const findOrder = ({ store }: Shop, global: unknown): ShopOrder | undefined =>
  store.orders.get(idOf("Order", global) ?? "");

function shopView({ domain, currency }: Shop): ViewObject {
  return {
    __typename: "Shop",
    id: gid("Shop", "1"),
    name: domain.split(".")[0] ?? domain,
    email: "owner@test.example.com",
    myshopifyDomain: domain,
    currencyCode: currency,
    ianaTimezone: "UTC",
    plan: { __typename: "ShopPlan", partnerDevelopment: true, shopifyPlus: false, publicDisplayName: "Development" },
  };
}

/** The clauses of an orders search that the simulator reads, all of which must hold: `name:`, `email:`, `tag:`. */
function matchesClause(order: ShopOrder, clause: string): boolean {
  const [field, ...rest] = clause.split(":");
  const value = rest.join(":").replace(/^(['"])(.*)\1$/, "$2");
  if (field === "name") return value.replace("#", "") === String(order.number);
  if (field === "email") return order.email === value;
  return field === "tag" && order.tags.includes(value);
}

function searchOrders({ store }: Shop, args: JsonObject): View {
  const clauses = (textAt(args, "query") ?? "").split(/\s+(?:AND\s+)?/).filter((clause) => clause !== "");
  const found = [...store.orders.values()].filter((order) => clauses.every((clause) => matchesClause(order, clause)));
  return connection("Order", found.map(orderView), args);
}

/** The root fields of a query. */
export const QUERIES: ReadonlyMap<string, Query> = new Map<string, Query>([
  [
    "order",
    (shop, { id }) => {
      const order = findOrder(shop, id);
      return order === undefined ? null : orderView(order);
    },
  ],
  ["orders", searchOrders],
  ["shop", shopView],
  [
    "job",
    ({ store }, { id }) => {
      const job = store.jobs.get(idOf("Job", id) ?? "");
      return { __typename: "Job", id: typeof id === "string" ? id : "", done: job?.done ?? true };
    },
  ],
]);
