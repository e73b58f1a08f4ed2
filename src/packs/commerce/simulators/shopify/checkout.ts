import { assert } from "../../../../contracts/index.ts";
import { type Address, gid, type OrderTransaction, type ShopOrder, totalMinor } from "./order.ts";
import { type Shop, shopId, shopTime } from "./store.ts";

/** An order as a customer places it. Amounts are minor units of the shop's currency. */
export interface OrderPlacement {
  readonly email: string;
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly unitPriceMinor: number;
    readonly title?: string;
  }[];
  readonly address: Address;
  readonly shippingMinor?: number;
  readonly taxMinor?: number;
  readonly note?: string;
  readonly tags?: readonly string[];
  /** `order.test`; default true. */
  readonly test?: boolean;
}

/** A customer's checkout before it is paid: the order's number and total are known, the payment is not. */
export function openOrder(shop: Shop, placement: OrderPlacement): ShopOrder {
  assert(placement.lines.length > 0, "an order has lines");
  const now = shopTime(shop.clock);
  return {
    id: shopId(shop.ids),
    number: FIRST_ORDER_NUMBER + shop.store.orders.size,
    email: placement.email,
    currency: shop.currency,
    test: placement.test ?? true,
    created_at: now,
    updated_at: now,
    cancelled_at: null,
    cancel_reason: null,
    note: placement.note ?? null,
    tags: placement.tags ?? [],
    custom_attributes: [],
    address: placement.address,
    lines: placement.lines.map(({ sku, quantity, unitPriceMinor, title }) => ({
      id: shopId(shop.ids),
      sku,
      title: title ?? sku,
      quantity,
      unit_price_minor: unitPriceMinor,
    })),
    shipping_minor: placement.shippingMinor ?? 0,
    tax_minor: placement.taxMinor ?? 0,
    fulfillment_status: "UNFULFILLED",
    transactions: [],
    refunds: [],
  };
}

const FIRST_ORDER_NUMBER = 1001;

/** The custom attribute that names the payment at the gateway, beside the transaction's `authorizationCode`. */
export const PAYMENT_ATTRIBUTE = "stripe_payment_intent";

/** Books the gateway's payment and opens the shop's part: from here on the order can be queried and is announced. */
export function bookOrder(
  shop: Shop,
  order: ShopOrder,
  payment: { readonly gateway: string; readonly reference: string; readonly captured: boolean },
): ShopOrder {
  const transaction: OrderTransaction = {
    id: shopId(shop.ids),
    kind: payment.captured ? "SALE" : "AUTHORIZATION",
    status: "SUCCESS",
    amount_minor: totalMinor(order),
    gateway: payment.gateway,
    authorization: payment.reference,
    parent_id: null,
    created_at: order.created_at,
  };
  const booked = {
    ...order,
    transactions: [transaction],
    custom_attributes: [{ key: PAYMENT_ATTRIBUTE, value: payment.reference }],
  };
  shop.store.orders.set(booked.id, booked);
  shop.announce("orders/create", booked);
  if (payment.captured) shop.announce("orders/paid", booked);
  return booked;
}

/** What a caller who placed an order gets to know. */
export interface PlacedOrder {
  /** Global id, such as `gid://shopify/Order/820982911946154508`. */
  readonly orderId: string;
  /** Such as `#1001`. */
  readonly name: string;
  /** The payment intent at the Stripe simulator. */
  readonly paymentIntentId: string;
  readonly totalMinor: number;
}

export const placedOrder = (order: ShopOrder, paymentIntentId: string): PlacedOrder => ({
  orderId: gid("Order", order.id),
  name: `#${order.number}`,
  paymentIntentId,
  totalMinor: totalMinor(order),
});
