import type { EventType } from "./normalise/event-type.ts";

/** The status of a business entity as events move it; null for an entity that is not known here. */
export type EntityStatus =
  | "created"
  | "authorized"
  | "captured"
  | "paid"
  | "processing"
  | "fulfilled"
  | "shipped"
  | "delivered"
  | "returned"
  | "refunded"
  | "failed"
  | "cancelled";

export interface OrderingRule {
  /** One of these must have been applied to the entity before; empty implies none. */
  readonly after: readonly EventType[];
  /** The local status must be one of these when the event is applied. */
  readonly from: readonly (EntityStatus | null)[];
  /** The status it leads to. */
  readonly to: EntityStatus;
}

export type OrderingRules = { readonly [Type in EventType]?: OrderingRule };

/** Whichever comes first, webhook or our own record of it, an entity is created once. */
const CREATION: OrderingRule = { after: [], from: [null, "created"], to: "created" };

const CAPTURE: OrderingRule = { after: ["payment.created"], from: ["created", "authorized"], to: "captured" };

const CAPTURES = ["payment.succeeded", "payment.captured"] as const satisfies readonly EventType[];

/**
 * Implied predecessors and preconditions of commerce-kernel 14.5 and 14.6, with rows for the types it leaves open. A type
 * without a row moves no status (`order.updated`, `refund.updated`, all e-mail): nothing can be out of order with it.
 */
export const ORDERING_RULES: OrderingRules = {
  "order.created": CREATION,
  "order.paid": { after: ["order.created"], from: ["created"], to: "paid" },
  "order.partially_fulfilled": { after: ["order.paid"], from: ["paid", "processing"], to: "processing" },
  "order.fulfilled": { after: ["order.paid"], from: ["paid", "processing"], to: "fulfilled" },
  "order.cancelled": { after: ["order.created"], from: ["created", "paid", "processing"], to: "cancelled" },

  "payment.created": CREATION,
  "payment.authorized": { after: ["payment.created"], from: ["created", "authorized"], to: "authorized" },
  "payment.succeeded": CAPTURE,
  "payment.captured": CAPTURE,
  "payment.failed": { after: ["payment.created"], from: ["created", "authorized"], to: "failed" },
  "payment.cancelled": { after: ["payment.created"], from: ["created", "authorized"], to: "cancelled" },
  "payment.partially_refunded": { after: CAPTURES, from: ["captured"], to: "captured" },
  "payment.refunded": { after: CAPTURES, from: ["captured"], to: "refunded" },

  "fulfillment.created": CREATION,
  "fulfillment.failed": { after: ["fulfillment.created"], from: ["created"], to: "failed" },
  "fulfillment.cancelled": { after: ["fulfillment.created"], from: ["created", "failed"], to: "cancelled" },
  "fulfillment.shipped": { after: ["fulfillment.created"], from: ["created"], to: "shipped" },
  "fulfillment.delivered": { after: ["fulfillment.shipped"], from: ["shipped"], to: "delivered" },
  "fulfillment.returned": { after: ["fulfillment.shipped"], from: ["shipped", "delivered"], to: "returned" },
};
