import {
  type Address,
  capturedMinor,
  decimalText,
  financialStatus,
  gid,
  type OrderLine,
  refundedMinor,
  type ShopOrder,
  subtotalMinor,
  totalMinor,
} from "./order.ts";
import type { OrderTopic } from "./store.ts";

/** Prints numeric ids with all their digits, which a JavaScript number cannot hold: write them as `bigint`. */
function printWithBigIds(value: unknown): string {
  const marked = JSON.stringify(value, (_, member: unknown) =>
    typeof member === "bigint" ? `\u0001${member}\u0001` : member,
  );
  return marked.replace(/"\\u0001(\d+)\\u0001"/g, "$1");
}

const money = (minor: number, currency_code: string): object => {
  const amount = { amount: decimalText(minor), currency_code };
  return { shop_money: amount, presentment_money: amount };
};

const addressPayload = (address: Address): object => ({
  first_name: address.first_name,
  last_name: address.last_name,
  name: `${address.first_name} ${address.last_name}`,
  company: null,
  address1: address.address1,
  address2: address.address2 ?? null,
  city: address.city,
  province: address.province_code ?? null,
  province_code: address.province_code ?? null,
  country: address.country_code,
  country_code: address.country_code,
  zip: address.zip,
  phone: address.phone ?? null,
  latitude: null,
  longitude: null,
});

const linePayload = (order: ShopOrder, line: OrderLine): object => ({
  id: BigInt(line.id),
  admin_graphql_api_id: gid("LineItem", line.id),
  current_quantity: order.cancelled_at === null ? line.quantity : 0,
  fulfillable_quantity: line.quantity,
  fulfillment_service: "manual",
  fulfillment_status: null,
  gift_card: false,
  grams: 200,
  name: line.title,
  price: decimalText(line.unit_price_minor),
  price_set: money(line.unit_price_minor, order.currency),
  product_exists: true,
  properties: [],
  quantity: line.quantity,
  requires_shipping: true,
  sku: line.sku,
  taxable: true,
  title: line.title,
  total_discount: "0.00",
  variant_inventory_management: null,
  vendor: "countermark-demo",
  tax_lines: [],
});

const moneyPayload = (order: ShopOrder): object => {
  const total = totalMinor(order);
  const left = total - refundedMinor(order);
  const captured = capturedMinor(order);
  return {
    currency: order.currency,
    presentment_currency: order.currency,
    subtotal_price: decimalText(subtotalMinor(order)),
    subtotal_price_set: money(subtotalMinor(order), order.currency),
    current_subtotal_price: decimalText(subtotalMinor(order)),
    total_line_items_price: decimalText(subtotalMinor(order)),
    total_shipping_price_set: money(order.shipping_minor, order.currency),
    total_tax: decimalText(order.tax_minor),
    total_tax_set: money(order.tax_minor, order.currency),
    total_discounts: "0.00",
    total_price: decimalText(total),
    total_price_set: money(total, order.currency),
    current_total_price: decimalText(left),
    current_total_price_set: money(left, order.currency),
    total_outstanding: decimalText(Math.max(0, total - captured)),
    taxes_included: false,
  };
};

const CANCEL_REASONS = new Map([
  ["CUSTOMER", "customer"],
  ["DECLINED", "declined"],
  ["FRAUD", "fraud"],
  ["INVENTORY", "inventory"],
]);

/** The body of an `orders/*` webhook: the order in Shopify's REST form, as it is now. */
const orderPayload = (order: ShopOrder): object => ({
  id: BigInt(order.id),
  admin_graphql_api_id: gid("Order", order.id),
  app_id: null,
  billing_address: addressPayload(order.address),
  browser_ip: null,
  buyer_accepts_marketing: false,
  cancel_reason: order.cancel_reason === null ? null : (CANCEL_REASONS.get(order.cancel_reason) ?? "other"),
  cancelled_at: order.cancelled_at,
  cart_token: null,
  closed_at: null,
  confirmed: true,
  contact_email: order.email,
  created_at: order.created_at,
  customer: {
    id: order.number,
    admin_graphql_api_id: gid("Customer", String(order.number)),
    email: order.email,
    first_name: order.address.first_name,
    last_name: order.address.last_name,
  },
  discount_codes: [],
  email: order.email,
  financial_status: financialStatus(order).toLowerCase(),
  fulfillment_status: order.fulfillment_status === "FULFILLED" ? "fulfilled" : null,
  fulfillments: [],
  line_items: order.lines.map((line) => linePayload(order, line)),
  name: `#${order.number}`,
  note: order.note,
  note_attributes: order.custom_attributes.map(({ key, value }) => ({ name: key, value })),
  number: order.number - 1000,
  order_number: order.number,
  payment_gateway_names: [...new Set(order.transactions.map(({ gateway }) => gateway))],
  phone: order.address.phone ?? null,
  processed_at: order.created_at,
  refunds: order.refunds.map((refund) => ({
    id: BigInt(refund.id),
    admin_graphql_api_id: gid("Refund", refund.id),
    created_at: refund.created_at,
  })),
  shipping_address: addressPayload(order.address),
  shipping_lines: [{ title: "Standard", code: "STANDARD", price: decimalText(order.shipping_minor), tax_lines: [] }],
  source_name: "web",
  tags: order.tags.join(", "),
  tax_lines: [],
  test: order.test,
  updated_at: order.updated_at,
  ...moneyPayload(order),
});

const refundPayload = (order: ShopOrder): object => {
  const refund = order.refunds.at(-1);
  const transactions = order.transactions.filter(({ id }) => refund?.transaction_ids.includes(id) ?? false);
  return {
    id: BigInt(refund?.id ?? "0"),
    admin_graphql_api_id: gid("Refund", refund?.id ?? "0"),
    order_id: BigInt(order.id),
    created_at: refund?.created_at ?? null,
    note: refund?.note ?? null,
    refund_line_items: [],
    transactions: transactions.map((transaction) => ({
      id: BigInt(transaction.id),
      admin_graphql_api_id: gid("OrderTransaction", transaction.id),
      amount: decimalText(transaction.amount_minor),
      authorization: transaction.authorization,
      currency: order.currency,
      gateway: transaction.gateway,
      kind: "refund",
      status: "success",
    })),
  };
};

/** The text of a webhook about an order. */
export const webhookBody = (topic: OrderTopic, order: ShopOrder): string =>
  printWithBigIds(topic === "refunds/create" ? refundPayload(order) : orderPayload(order));
