import { assert, type Json, type JsonObject } from "../../../../contracts/index.ts";
import { listAt, objectAt, textAt } from "../wire/wire-json.ts";
import type { ViewObject } from "./graphql/execute.ts";
import { type Claim, keepOutcome } from "./idempotency.ts";
import {
  capturedMinor,
  idOf,
  type OrderRefund,
  type OrderTransaction,
  parseDecimal,
  refundedMinor,
  type ShopOrder,
} from "./order.ts";
import { findOrder } from "./queries.ts";
import { type Shop, saveOrder, shopId, shopTime } from "./store.ts";
import { orderView, refundView, type UserError, userErrorView } from "./views.ts";

const payload = (
  made: { readonly order: ShopOrder; readonly refund: OrderRefund } | null,
  problem?: UserError,
): ViewObject => ({
  __typename: "RefundCreatePayload",
  refund: made === null ? null : refundView(made.order, made.refund),
  order: made === null ? null : orderView(made.order),
  userErrors: problem === undefined ? [] : [userErrorView(problem)],
});

const problem = (field: readonly string[], message: string): UserError => ({ field, message, code: "INVALID" });

/** One transaction of the input, checked. */
function plannedTransaction(shop: Shop, order: ShopOrder, input: Json): OrderTransaction | UserError {
  const amount_minor = parseDecimal(objectAt({ input }, "input").amount);
  const parent = order.transactions.find(({ id }) => id === idOf("OrderTransaction", textAt(input, "parentId")));
  if (textAt(input, "kind") !== "REFUND") return problem(["transactions", "kind"], "Kind must be REFUND");
  if (amount_minor === undefined || amount_minor === 0)
    return problem(["transactions", "amount"], "Amount must be greater than zero");
  if (parent === undefined || (parent.kind !== "SALE" && parent.kind !== "CAPTURE"))
    return problem(["transactions", "parentId"], "Parent transaction does not exist or cannot be refunded");
  const { gateway, authorization } = parent;
  const common = { kind: "REFUND", status: "SUCCESS", gateway, authorization } as const;
  return { id: shopId(shop.ids), parent_id: parent.id, amount_minor, created_at: shopTime(shop.clock), ...common };
}

/**
 * Records a refund in the shop's books, bounded by what was captured. The gateway is not called: in this shop the
 * payment lies with Stripe directly.
 */
export function createRefund(shop: Shop, args: JsonObject, claim: Claim | undefined): ViewObject {
  if (claim?.kind === "refused") return payload(null, claim.error);
  if (claim?.kind === "replay") return payload(replayed(shop, claim));
  const input = objectAt(args, "input");
  const order = findOrder(shop, input.orderId);
  if (order === undefined) return payload(null, problem(["orderId"], "Order does not exist"));
  const planned = listAt(input, "transactions").map((transaction) => plannedTransaction(shop, order, transaction));
  const refused = planned.find((plan): plan is UserError => "message" in plan);
  if (refused !== undefined) return payload(null, refused);
  const transactions = planned.filter((plan): plan is OrderTransaction => "amount_minor" in plan);
  const amount_minor = transactions.reduce((total, transaction) => total + transaction.amount_minor, 0);
  if (amount_minor > capturedMinor(order) - refundedMinor(order))
    return payload(
      null,
      problem(["transactions", "amount"], "Refund amount is greater than the amount available to refund"),
    );
  const made = record(shop, order, { transactions, amount_minor, note: textAt(input, "note") ?? null });
  keepOutcome(shop, claim, { order_id: order.id, refund_id: made.refund.id });
  return payload(made);
}

function record(
  shop: Shop,
  order: ShopOrder,
  {
    transactions,
    amount_minor,
    note,
  }: {
    readonly transactions: readonly OrderTransaction[];
    readonly amount_minor: number;
    readonly note: string | null;
  },
): { readonly order: ShopOrder; readonly refund: OrderRefund } {
  const refund: OrderRefund = {
    id: shopId(shop.ids),
    note,
    amount_minor,
    created_at: shopTime(shop.clock),
    transaction_ids: transactions.map(({ id }) => id),
  };
  const saved = saveOrder(shop, {
    ...order,
    transactions: [...order.transactions, ...transactions],
    refunds: [...order.refunds, refund],
  });
  shop.announce("refunds/create", saved);
  shop.announce("orders/updated", saved);
  return { order: saved, refund };
}

/** A replay is rebuilt from the present state, not from what was answered then. */
function replayed({ store }: Shop, { order_id, refund_id }: Extract<Claim, { kind: "replay" }>) {
  const order = store.orders.get(order_id);
  const refund = order?.refunds.find(({ id }) => id === refund_id);
  assert(order !== undefined && refund !== undefined, "a kept key names a refund that was made");
  return { order, refund };
}
