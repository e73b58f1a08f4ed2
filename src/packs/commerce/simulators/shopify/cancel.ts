import type { JsonObject } from "../../../../contracts/index.ts";
import { objectAt } from "../wire/wire-json.ts";
import type { ViewObject } from "./graphql/execute.ts";
import { capturedMinor, gid, type OrderTransaction, refundedMinor, type ShopOrder } from "./order.ts";
import { findOrder } from "./queries.ts";
import { type CancelJob, type Shop, saveOrder, shopId, shopTime } from "./store.ts";
import { type UserError, userErrorView } from "./views.ts";

const REASONS: readonly string[] = ["CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"];

const invalid = (field: string, message: string): UserError => ({ field: [field], message, code: "INVALID" });

function cancelProblem({ store }: Shop, order: ShopOrder | undefined, args: JsonObject): UserError | undefined {
  if (order === undefined) return { field: ["orderId"], message: "Order does not exist", code: "NOT_FOUND" };
  if (typeof args.reason !== "string" || !REASONS.includes(args.reason))
    return invalid("reason", "Reason is not a valid OrderCancelReason");
  if (order.cancelled_at !== null) return invalid("orderId", "Cannot cancel an order that has already been canceled");
  if (order.fulfillment_status !== "UNFULFILLED")
    return invalid("orderId", "Cannot cancel an order with fulfillments that cannot be canceled");
  if (order.transactions.some(({ status }) => status === "PENDING"))
    return invalid("orderId", "Cannot cancel an order with pending payment authorizations");
  const running = [...store.jobs.values()].some((job) => job.order_id === order.id && !job.done);
  return running ? invalid("orderId", "The order is already being canceled") : undefined;
}

/** Starts a cancellation; the order is cancelled when the job is done, not before. */
export function requestCancel(shop: Shop, args: JsonObject): ViewObject {
  const order = findOrder(shop, args.orderId);
  const problem = cancelProblem(shop, order, args);
  if (order === undefined || problem !== undefined) return payload(null, problem);
  const job: CancelJob = {
    id: shop.ids.uuid(),
    order_id: order.id,
    reason: String(args.reason),
    refund: objectAt(args, "refundMethod").originalPaymentMethodsRefund === true,
    due_at: shop.clock.now() + shop.cancelTakesMs,
    done: false,
  };
  shop.store.jobs.set(job.id, job);
  shop.later(shop.cancelTakesMs, () => completeJobs(shop));
  return payload(job, undefined);
}

const payload = (job: CancelJob | null, problem: UserError | undefined): ViewObject => {
  const errors = problem === undefined ? [] : [userErrorView(problem)];
  return {
    __typename: "OrderCancelPayload",
    job: job === null ? null : { __typename: "Job", id: gid("Job", job.id), done: job.done },
    orderCancelUserErrors: errors,
    userErrors: errors,
  };
};

/** Finishes the cancellations that are due, or all of them. */
export function completeJobs(shop: Shop, which: "due" | "all" = "due"): void {
  for (const job of shop.store.jobs.values()) {
    if (job.done || (which === "due" && shop.clock.now() < job.due_at)) continue;
    shop.store.jobs.set(job.id, { ...job, done: true });
    const order = shop.store.orders.get(job.order_id);
    if (order !== undefined) cancelled(shop, order, job);
  }
}

function cancelled(shop: Shop, order: ShopOrder, job: CancelJob): void {
  const saved = saveOrder(shop, {
    ...order,
    cancelled_at: shopTime(shop.clock),
    cancel_reason: job.reason,
    transactions: [...order.transactions, ...(job.refund ? moneyBack(shop, order) : [])],
  });
  shop.announce("orders/cancelled", saved);
  shop.announce("orders/updated", saved);
}

/** What is left of the captured money goes back in the shop's books; the gateway is not called. */
function moneyBack({ clock, ids }: Shop, order: ShopOrder): readonly OrderTransaction[] {
  const left = capturedMinor(order) - refundedMinor(order);
  const parent = order.transactions.find(({ kind }) => kind === "SALE" || kind === "CAPTURE");
  if (left === 0 || parent === undefined) return [];
  const { gateway, authorization } = parent;
  const common = { gateway, authorization, status: "SUCCESS", kind: "REFUND" } as const;
  return [{ id: shopId(ids), parent_id: parent.id, amount_minor: left, created_at: shopTime(clock), ...common }];
}
