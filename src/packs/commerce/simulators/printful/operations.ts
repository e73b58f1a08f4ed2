import type { Json } from "../../../../contracts/index.ts";
import { objectAt, textAt } from "../wire/wire-json.ts";
import { draftItems, draftProblem } from "./draft.ts";
import type { PrintfulOrder, PrintfulStatus, Shipment } from "./order.ts";
import { findOrder, moveOrder, nextId, printfulTime, type Supplier, tell } from "./store.ts";

/** An operation's no, with the status and the message that the API gives. */
export interface Refused {
  readonly status: 400 | 404 | 409;
  readonly message: string;
}

export const NO_ORDER: Refused = { status: 404, message: "Order not found." };

/** A draft: nothing is charged. A known `external_id` is refused, which is all the protection there is. */
export function createDraft(supplier: Supplier, body: Json | undefined): PrintfulOrder | Refused {
  const problem = draftProblem(body);
  if (problem !== undefined) return { status: 400, message: problem };
  const external_id = textAt(body, "external_id") ?? null;
  if (external_id !== null && findOrder(supplier, `@${external_id}`) !== undefined)
    return { status: 400, message: `Order with External ID "${external_id}" already exists.` };
  const now = printfulTime(supplier.clock);
  const retail = objectAt(body, "retail_costs");
  const order: PrintfulOrder = {
    id: nextId(supplier),
    external_id,
    store_id: supplier.storeId,
    shipping: textAt(body, "shipping") ?? "STANDARD",
    status: "draft",
    created_at: now,
    updated_at: now,
    recipient: objectAt(body, "recipient"),
    order_items: draftItems(body, () => nextId(supplier)),
    retail_costs: Object.keys(retail).length === 0 ? null : retail,
    charged: false,
  };
  return moveOrder(supplier, order, "order_created");
}

const CONFIRMABLE: readonly PrintfulStatus[] = ["draft", "failed"];

/** Submits a draft for production and charges the store for it: the step that cannot be taken back for long. */
export function confirmOrder(supplier: Supplier, reference: string): PrintfulOrder | Refused {
  const order = findOrder(supplier, reference);
  if (order === undefined) return NO_ORDER;
  if (!CONFIRMABLE.includes(order.status))
    return { status: 400, message: `Order can not be confirmed: its status is ${order.status}.` };
  return moveOrder(supplier, { ...order, status: "pending", charged: true }, "order_updated");
}

const CANCELLABLE: readonly PrintfulStatus[] = ["draft", "pending", "onhold", "failed"];

/** Version 1's `DELETE`: takes an order back before production, and returns the charge. */
export function cancelOrder(supplier: Supplier, reference: string): PrintfulOrder | Refused {
  const order = findOrder(supplier, reference);
  if (order === undefined) return { status: 404, message: "Not found" };
  if (!CANCELLABLE.includes(order.status))
    return { status: 400, message: `Order can not be canceled: its status is ${order.status}.` };
  const cancelled = moveOrder(supplier, { ...order, status: "canceled", charged: false }, "order_canceled");
  if (order.charged) tell(supplier, "order_refunded", { order: { id: order.id, external_id: order.external_id } });
  return cancelled;
}

const DELETABLE: readonly PrintfulStatus[] = ["draft", "failed", "canceled"];

/** Version 2's `DELETE`: removes the record of an order that costs nothing; it cancels nothing. */
export function deleteOrder(supplier: Supplier, reference: string): PrintfulOrder | Refused {
  const order = findOrder(supplier, reference);
  if (order === undefined) return NO_ORDER;
  if (!DELETABLE.includes(order.status) || order.charged)
    return { status: 409, message: `Order can not be deleted: its status is ${order.status}.` };
  supplier.store.orders.delete(order.id);
  return order;
}

/** How the supplier's work on an order goes on; each move is told by the webhook that Printful sends for it. */
export type Progress =
  | { readonly to: "inprocess" | "archived" }
  | { readonly to: "onhold" | "failed"; readonly reason: string }
  | { readonly to: "shipped"; readonly carrier: string; readonly trackingNumber: string }
  | { readonly to: "delivered" }
  | { readonly to: "returned"; readonly reason: string };

/** Moves an order as the supplier would. `undefined`: there is no such order, or nothing of it was shipped yet. */
export function progress(supplier: Supplier, reference: string, move: Progress): PrintfulOrder | undefined {
  const order = findOrder(supplier, reference);
  if (order === undefined) return undefined;
  switch (move.to) {
    case "inprocess":
    case "archived":
      return moveOrder(supplier, { ...order, status: move.to }, "order_updated");
    case "onhold":
      return moveOrder(supplier, { ...order, status: "onhold" }, "order_put_hold");
    case "failed":
      return moveOrder(supplier, { ...order, status: "failed", charged: false }, "order_failed");
    case "shipped":
      return ship(supplier, order, move);
    case "delivered":
      return trackOn(supplier, order, { delivery_status: "delivered" }, "Delivered");
    case "returned": {
      const back = { delivery_status: "return_to_sender", shipment_status: "returned" } as const;
      return trackOn(supplier, order, back, move.reason);
    }
  }
}

/** There is no event for a fulfilled order: it arrives as `order_updated`. */
function ship(
  supplier: Supplier,
  order: PrintfulOrder,
  { carrier, trackingNumber }: { readonly carrier: string; readonly trackingNumber: string },
): PrintfulOrder {
  const now = printfulTime(supplier.clock);
  const earlier = shipmentsOf(supplier, order);
  const shipment: Shipment = {
    id: nextId(supplier),
    order_id: order.id,
    carrier,
    service: `${carrier} Ground`,
    shipment_status: "shipped",
    delivery_status: "in_transit",
    tracking_number: trackingNumber,
    tracking_url: `https://track.example.test/${encodeURIComponent(trackingNumber)}`,
    shipped_at: now,
    is_reshipment: earlier.length > 0,
    tracking_events: [{ triggered_at: now, description: "Picked up" }],
    shipment_items: order.order_items.map(({ id, quantity }) => ({
      id: nextId(supplier),
      order_item_id: id,
      quantity,
    })),
  };
  supplier.store.shipments.set(shipment.id, shipment);
  tellShipment(supplier, order, { shipment, type: "shipment_sent" });
  return moveOrder(supplier, { ...order, status: "fulfilled" }, "order_updated");
}

export const shipmentsOf = ({ store }: Supplier, order: PrintfulOrder): readonly Shipment[] =>
  [...store.shipments.values()].filter(({ order_id }) => order_id === order.id);

/** Printful sends nothing when a parcel is delivered; a returned one is told. */
function trackOn(
  supplier: Supplier,
  order: PrintfulOrder,
  change: Partial<Pick<Shipment, "delivery_status" | "shipment_status">>,
  description: string,
): PrintfulOrder | undefined {
  const shipment = shipmentsOf(supplier, order).at(-1);
  if (shipment === undefined) return undefined;
  const event = { triggered_at: printfulTime(supplier.clock), description };
  const tracked = { ...shipment, ...change, tracking_events: [...shipment.tracking_events, event] };
  supplier.store.shipments.set(tracked.id, tracked);
  if (change.shipment_status === "returned")
    tellShipment(supplier, order, { shipment: tracked, type: "shipment_returned" });
  return order;
}

const tellShipment = (
  supplier: Supplier,
  order: PrintfulOrder,
  { shipment, type }: { readonly shipment: Shipment; readonly type: string },
): void => {
  const { id, external_id, store_id, status } = order;
  tell(supplier, type, { shipment: { ...shipment }, order: { id, external_id, store_id, status } });
};
