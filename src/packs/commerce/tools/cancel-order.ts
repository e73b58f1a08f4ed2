import { z } from "zod";
import type { CallContext, Tool, ToolOutcome } from "../../../guard/index.ts";
import { addTags, cancelShopOrder, fetchShopOrder } from "../clients/shopify.ts";
import { tool } from "./define.ts";
import { entityId } from "./fields.ts";
import { fulfilmentState } from "./fulfilment-state.ts";
import { applied, found, outcomeOf, rejectedWith, unclear } from "./outcome.ts";
import { gidOf, readOrder } from "./shop-order.ts";

/** Marks an order in the shop as given back by us; adding it twice changes nothing. */
const WITHDRAWN_TAG = "countermark-withdrawn";

const CODES = {
  rejected: "ORDER_NOT_CANCELLABLE",
  unavailable: "SHOP_UNAVAILABLE",
  notFound: "ORDER_NOT_FOUND",
} as const;

const input = z.strictObject({
  order_id: entityId(),
  /**
   * `withdraw` undoes our acceptance and leaves the customer's paid order to the shop, which is what a failed fulfilment
   * needs; `cancel` cancels the order itself, for good.
   */
  mode: z.enum(["withdraw", "cancel"]),
  reason: z.enum(["CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"]),
});

type Request = z.infer<typeof input>;
type Status = "withdrawn" | "cancelled" | "cancelling";

/**
 * Gives an order back, or cancels it. What is still to be fulfilled is cancelled before, by a step of its own with a receipt
 * of its own (decision 6); money is never touched here.
 */
export const cancelOrder: Tool = tool({
  name: "cancelOrder",
  level: "HARD_WRITE",
  input,
  output: z.strictObject({ order_id: entityId(), status: z.enum(["withdrawn", "cancelled", "cancelling"]) }),
  contract: { dependency: "shopify", settle_ms: 5_000 },
  handler: (request, context) => (request.mode === "withdraw" ? withdraw(request, context) : cancel(request, context)),
  async lookup(request, context) {
    const gid = gidOf(context, request.order_id);
    if (!gid.ok) return { kind: "absent" };
    const answer = await fetchShopOrder(context, gid.value);
    if (!answer.ok) return unclear("shopify", answer.failure);
    if (request.mode === "withdraw" && answer.value.tags.includes(WITHDRAWN_TAG))
      return found(done(request, gid.value, { status: "withdrawn", requestId: answer.requestId }));
    if (request.mode === "cancel" && answer.value.cancelledAt !== null)
      return found(done(request, gid.value, { status: "cancelled", requestId: answer.requestId }));
    return { kind: "absent" };
  },
});

async function withdraw(request: Request, context: CallContext): Promise<ToolOutcome> {
  const gid = gidOf(context, request.order_id);
  if (!gid.ok) return gid.outcome;
  const answer = await addTags(context, gid.value, [WITHDRAWN_TAG]);
  return answer.ok
    ? done(request, gid.value, { status: "withdrawn", requestId: answer.requestId })
    : outcomeOf("shopify", answer.failure, CODES, "write");
}

async function cancel(request: Request, context: CallContext): Promise<ToolOutcome> {
  const read = await readOrder(context, request.order_id, CODES);
  if (!read.ok) return read.outcome;
  const { gid, cancelledAt } = read.value;
  if (cancelledAt !== null) return done(request, gid, { status: "cancelled", requestId: null });
  const open = await openFulfilment(request, context);
  if (open !== null) return open;
  const answer = await cancelShopOrder(context, gid, request.reason);
  if (!answer.ok) return outcomeOf("shopify", answer.failure, CODES, "write");
  // The shop cancels in the background: its event, or a later read, confirms the receipt.
  return done(request, gid, { status: answer.value.done ? "cancelled" : "cancelling", requestId: answer.requestId });
}

/** Why the order's fulfilment keeps it from being cancelled; null where there is none, or it is cancelled. */
async function openFulfilment(request: Request, context: CallContext): Promise<ToolOutcome | null> {
  const local = await context.entity("order", request.order_id);
  if (typeof local?.state.fulfillment_id !== "string") return null;
  const outcome = await context.invoke("checkFulfillmentState", { order_id: request.order_id });
  if (outcome.kind !== "applied") return outcome;
  const { state, cancellable } = fulfilmentState.parse(outcome.result.output);
  if (state === "none" || state === "canceled") return null;
  const remedy = cancellable ? "cancel it first, with `cancelFulfillment`" : "its goods are being made";
  return rejectedWith("ORDER_NOT_CANCELLABLE", `the order's fulfilment is \`${state}\`: ${remedy}`);
}

const done = (
  request: Request,
  gid: string,
  { status, requestId }: { readonly status: Status; readonly requestId: string | null },
) =>
  applied(
    { order_id: request.order_id, status },
    {
      proof: { provider: "shopify", transactionId: gid, requestId },
      entities: [{ entityType: "order", entityId: request.order_id, set: { status, cancel_reason: request.reason } }],
    },
  );
