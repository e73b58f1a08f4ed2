import { z } from "zod";
import type { CallContext, LookupOutcome, Tool, ToolOutcome } from "../../../guard/index.ts";
import { type PrintfulOrder, type PrintfulShipment, printfulClient } from "../clients/printful.ts";
import { printfulNumber } from "../ids.ts";
import { tool } from "./define.ts";
import { entityId, slug } from "./fields.ts";
import { applied, found, outcomeOf, rejectedWith, unclear } from "./outcome.ts";
import { goOn, type Step, stop } from "./shop-order.ts";

const READ_CODES = {
  rejected: "SHIPMENT_NOT_FOUND",
  unavailable: "POD_UNAVAILABLE",
  notFound: "SHIPMENT_NOT_FOUND",
} as const;

const CANCEL_CODES = { rejected: "FULFILLMENT_NOT_CANCELLABLE", unavailable: "POD_UNAVAILABLE" } as const;

/** From here on the goods are being made. */
const NOT_STARTED = new Set(["draft", "failed", "pending", "onhold"]);

const cancelInput = z.strictObject({ fulfillment_id: entityId() });

/** Cancels a fulfilment that has not started; one that is cancelled already counts as done. */
export const cancelFulfillment: Tool = tool({
  name: "cancelFulfillment",
  level: "HARD_WRITE",
  input: cancelInput,
  output: z.strictObject({ fulfillment_id: entityId(), status: z.literal("canceled") }),
  contract: { dependency: "printful", settle_ms: 30_000 },
  async handler({ fulfillment_id }, context) {
    const number = printfulNumber(context.tenantId, fulfillment_id);
    if (number === undefined) return rejectedWith("SHIPMENT_NOT_FOUND", "the id names no fulfilment of the supplier");
    const supplier = printfulClient(context);
    const before = await supplier.order(number);
    if (!before.ok) return outcomeOf("printful", before.failure, READ_CODES, "read");
    if (before.value.status === "canceled") return cancelled(fulfillment_id, number, before.requestId);
    if (!NOT_STARTED.has(before.value.status))
      return rejectedWith("FULFILLMENT_NOT_CANCELLABLE", `the fulfilment is ${before.value.status}`);
    const answer = await supplier.cancel(number);
    return answer.ok
      ? cancelled(fulfillment_id, number, answer.requestId)
      : outcomeOf("printful", answer.failure, CANCEL_CODES, "write");
  },
  async lookup({ fulfillment_id }, context): Promise<LookupOutcome> {
    const number = printfulNumber(context.tenantId, fulfillment_id);
    if (number === undefined) return { kind: "absent" };
    const answer = await printfulClient(context).order(number);
    if (!answer.ok) return unclear("printful", answer.failure);
    return answer.value.status === "canceled"
      ? found(cancelled(fulfillment_id, number, answer.requestId))
      : { kind: "absent" };
  },
});

const cancelled = (fulfillmentId: string, number: number, requestId: string | null) =>
  applied(
    { fulfillment_id: fulfillmentId, status: "canceled" },
    {
      proof: { provider: "printful", transactionId: String(number), requestId },
      entities: [{ entityType: "fulfillment", entityId: fulfillmentId, set: { status: "canceled" } }],
    },
  );

/** `state` is the supplier's word, or `none` where nothing was ordered. */
export const fulfilmentState = z.strictObject({ order_id: entityId(), state: slug(), cancellable: z.boolean() });

/** How far the fulfilment of an order is, and whether it can still be stopped. */
export const checkFulfillmentState: Tool = tool({
  name: "checkFulfillmentState",
  level: "READ",
  input: z.strictObject({ order_id: entityId() }),
  output: fulfilmentState,
  contract: { dependency: "printful" },
  async handler({ order_id }, context) {
    const number = await numberOfOrder(context, order_id);
    if (number === undefined) return applied({ order_id, state: "none", cancellable: true });
    const order = await readSupplierOrder(context, number);
    if (!order.ok) return order.outcome;
    const { status } = order.value;
    return applied({ order_id, state: status, cancellable: status === "canceled" || NOT_STARTED.has(status) });
  },
});

/** Where the goods are, by the supplier's record, which is authoritative. */
export const lookupShipment: Tool = tool({
  name: "lookupShipment",
  level: "READ",
  input: z.strictObject({ order_id: entityId() }),
  output: z.strictObject({
    order_id: entityId(),
    status: slug(),
    delivery_status: slug().nullable(),
    carrier: z.string().max(120).nullable(),
    tracking_number: z.string().max(120).meta({ "x-countermark": "id" }).nullable(),
  }),
  contract: { dependency: "printful" },
  async handler({ order_id }, context): Promise<ToolOutcome> {
    const number = await numberOfOrder(context, order_id);
    if (number === undefined) return rejectedWith("SHIPMENT_NOT_FOUND", "the order has no fulfilment");
    const answer = await printfulClient(context).shipments(number);
    if (!answer.ok) return outcomeOf("printful", answer.failure, READ_CODES, "read");
    const shipment = latest(answer.value);
    if (shipment === undefined) return rejectedWith("SHIPMENT_NOT_FOUND", "nothing was shipped yet");
    return applied({
      order_id,
      status: shipment.shipment_status,
      delivery_status: shipment.delivery_status ?? null,
      carrier: shipment.carrier ?? null,
      tracking_number: shipment.tracking_number ?? null,
    });
  },
});

/** The shipment with the highest number: a reshipment is numbered after what it replaces. */
const latest = (shipments: readonly PrintfulShipment[]): PrintfulShipment | undefined =>
  shipments.reduce<PrintfulShipment | undefined>(
    (best, shipment) => (best === undefined || shipment.id > best.id ? shipment : best),
    undefined,
  );

/** The supplier's number that our own record of the order names. */
async function numberOfOrder(context: CallContext, orderId: string): Promise<number | undefined> {
  const local = await context.entity("order", orderId);
  const fulfillmentId = local?.state.fulfillment_id;
  return typeof fulfillmentId === "string" ? printfulNumber(context.tenantId, fulfillmentId) : undefined;
}

async function readSupplierOrder(context: CallContext, number: number): Promise<Step<PrintfulOrder>> {
  const answer = await printfulClient(context).order(number);
  return answer.ok ? goOn(answer.value) : stop(outcomeOf("printful", answer.failure, READ_CODES, "read"));
}
