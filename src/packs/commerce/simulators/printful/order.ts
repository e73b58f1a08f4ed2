import type { JsonObject } from "../../../../contracts/index.ts";

export type PrintfulStatus =
  | "draft"
  | "pending"
  | "failed"
  | "canceled"
  | "inprocess"
  | "onhold"
  | "partial"
  | "fulfilled"
  | "archived";

export interface PrintfulItem {
  readonly id: number;
  readonly external_id: string | null;
  readonly source: string;
  readonly catalog_variant_id: number | null;
  readonly sync_variant_id: number | null;
  readonly quantity: number;
  readonly name: string;
  /** Decimal text, what the supplier charges for one. */
  readonly price: string;
  readonly retail_price: string | null;
}

export interface PrintfulOrder {
  readonly id: number;
  readonly external_id: string | null;
  readonly store_id: number;
  readonly shipping: string;
  readonly status: PrintfulStatus;
  /** RFC 3339, in version 2; version 1 shows Unix seconds. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly recipient: JsonObject;
  readonly order_items: readonly PrintfulItem[];
  readonly retail_costs: JsonObject | null;
  /** Whether the supplier's charge stands: set by the confirmation, given back by a cancellation. */
  readonly charged: boolean;
}

export interface Shipment {
  readonly id: number;
  readonly order_id: number;
  readonly carrier: string;
  readonly service: string;
  readonly shipment_status: "pending" | "packaged" | "shipped" | "returned" | "canceled";
  readonly delivery_status:
    | "unknown"
    | "pre_transit"
    | "in_transit"
    | "out_for_delivery"
    | "delivered"
    | "return_to_sender"
    | "failure";
  readonly tracking_number: string;
  readonly tracking_url: string;
  readonly shipped_at: string;
  readonly is_reshipment: boolean;
  readonly tracking_events: readonly { readonly triggered_at: string; readonly description: string }[];
  readonly shipment_items: readonly {
    readonly id: number;
    readonly order_item_id: number;
    readonly quantity: number;
  }[];
}

/** What one item costs, in minor units; the simulated catalogue has one price. */
export const ITEM_COST_MINOR = 1_195;
const SHIPPING_COST_MINOR = 475;

export const decimal = (minor: number): string => (minor / 100).toFixed(2);

function costsOf(order: PrintfulOrder): JsonObject {
  const subtotal = order.order_items.reduce((total, { quantity }) => total + quantity * ITEM_COST_MINOR, 0);
  return {
    calculation_status: "done",
    currency: "USD",
    subtotal: decimal(subtotal),
    discount: "0.00",
    shipping: decimal(SHIPPING_COST_MINOR),
    digitization: "0.00",
    additional_fee: "0.00",
    fulfillment_fee: "0.00",
    retail_delivery_fee: "0.00",
    vat: "0.00",
    tax: "0.00",
    total: decimal(subtotal + SHIPPING_COST_MINOR),
  };
}

/** An order as version 2 of the API shows it. */
export function orderResource(order: PrintfulOrder, origin: string): JsonObject {
  const { charged: _, ...rest } = order;
  const self = `${origin}/v2/orders/${order.id}`;
  return {
    ...rest,
    order_items: order.order_items.map((item) => ({
      ...item,
      _links: { self: { href: `${self}/order-items/${item.id}` } },
    })),
    costs: costsOf(order),
    _links: {
      self: { href: self },
      order_confirmation: { href: `${self}/confirmation` },
      shipments: { href: `${self}/shipments` },
    },
  };
}

/** An order as version 1 shows it in the answer of a cancellation. */
export const orderResultV1 = (order: PrintfulOrder): JsonObject => ({
  id: order.id,
  external_id: order.external_id,
  store: order.store_id,
  status: order.status,
  shipping: order.shipping,
  created: Math.floor(Date.parse(order.created_at) / 1000),
  updated: Math.floor(Date.parse(order.updated_at) / 1000),
  recipient: order.recipient,
  costs: costsOf(order),
});
