import type { JsonObject } from "../../../../contracts/index.ts";
import type { View, ViewObject } from "./graphql/execute.ts";
import {
  type Address,
  capturedMinor,
  decimalText,
  financialStatus,
  gid,
  type OrderLine,
  type OrderRefund,
  type OrderTransaction,
  refundedMinor,
  type ShopOrder,
  subtotalMinor,
  totalMinor,
} from "./order.ts";

const money = (minor: number, currencyCode: string): ViewObject => {
  const amount: ViewObject = { __typename: "MoneyV2", amount: decimalText(minor), currencyCode };
  return { __typename: "MoneyBag", shopMoney: amount, presentmentMoney: amount };
};

const PAGE_DEFAULT = 10;

const firstOf = <T>(all: readonly T[], { first }: JsonObject): readonly T[] =>
  all.slice(0, typeof first === "number" ? first : PAGE_DEFAULT);

/** A connection over a short list: one page, whose cursors are positions. */
export function connection(type: string, all: readonly ViewObject[], args: JsonObject): ViewObject {
  const nodes = firstOf(all, args);
  return {
    __typename: `${type}Connection`,
    nodes,
    edges: nodes.map((node, index) => ({ __typename: `${type}Edge`, node, cursor: String(index) })),
    pageInfo: {
      __typename: "PageInfo",
      hasNextPage: nodes.length < all.length,
      hasPreviousPage: false,
      startCursor: nodes.length === 0 ? null : "0",
      endCursor: nodes.length === 0 ? null : String(nodes.length - 1),
    },
  };
}

const addressView = (address: Address): ViewObject => ({
  __typename: "MailingAddress",
  firstName: address.first_name,
  lastName: address.last_name,
  name: `${address.first_name} ${address.last_name}`,
  company: null,
  address1: address.address1,
  address2: address.address2 ?? null,
  city: address.city,
  province: address.province_code ?? null,
  provinceCode: address.province_code ?? null,
  country: address.country_code,
  countryCodeV2: address.country_code,
  zip: address.zip,
  phone: address.phone ?? null,
});

const customerView = ({ email, address, number }: ShopOrder): ViewObject => ({
  __typename: "Customer",
  id: gid("Customer", String(number)),
  email,
  displayName: `${address.first_name} ${address.last_name}`,
  firstName: address.first_name,
  lastName: address.last_name,
});

const lineView = (order: ShopOrder, line: OrderLine): ViewObject => {
  const total = money(line.quantity * line.unit_price_minor, order.currency);
  return {
    __typename: "LineItem",
    id: gid("LineItem", line.id),
    sku: line.sku,
    title: line.title,
    name: line.title,
    quantity: line.quantity,
    currentQuantity: order.cancelled_at === null ? line.quantity : 0,
    refundableQuantity: line.quantity,
    requiresShipping: true,
    taxable: true,
    originalUnitPriceSet: money(line.unit_price_minor, order.currency),
    originalTotalSet: total,
    discountedTotalSet: total,
  };
};

function transactionView(order: ShopOrder, transaction: OrderTransaction): ViewObject {
  const parent = order.transactions.find(({ id }) => id === transaction.parent_id);
  return {
    __typename: "OrderTransaction",
    id: gid("OrderTransaction", transaction.id),
    kind: transaction.kind,
    status: transaction.status,
    test: order.test,
    gateway: transaction.gateway,
    formattedGateway: transaction.gateway.charAt(0).toUpperCase() + transaction.gateway.slice(1),
    authorizationCode: transaction.authorization,
    paymentId: `#${order.number}.${order.transactions.indexOf(transaction) + 1}`,
    createdAt: transaction.created_at,
    processedAt: transaction.created_at,
    errorCode: null,
    amountSet: money(transaction.amount_minor, order.currency),
    parentTransaction: parent === undefined ? null : transactionView(order, parent),
  };
}

export function refundView(order: ShopOrder, refund: OrderRefund): ViewObject {
  const transactions = order.transactions.filter(({ id }) => refund.transaction_ids.includes(id));
  return {
    __typename: "Refund",
    id: gid("Refund", refund.id),
    legacyResourceId: refund.id,
    note: refund.note,
    createdAt: refund.created_at,
    updatedAt: refund.created_at,
    totalRefundedSet: money(refund.amount_minor, order.currency),
    order: () => orderView(order),
    transactions: (args) =>
      connection(
        "OrderTransaction",
        transactions.map((transaction) => transactionView(order, transaction)),
        args,
      ),
  };
}

const moneyFields = (order: ShopOrder): Readonly<Record<string, View>> => {
  const captured = capturedMinor(order);
  const refunded = refundedMinor(order);
  const total = totalMinor(order);
  return {
    totalPriceSet: money(total, order.currency),
    currentTotalPriceSet: money(total - refunded, order.currency),
    subtotalPriceSet: money(subtotalMinor(order), order.currency),
    totalTaxSet: money(order.tax_minor, order.currency),
    totalShippingPriceSet: money(order.shipping_minor, order.currency),
    totalReceivedSet: money(captured, order.currency),
    totalRefundedSet: money(refunded, order.currency),
    netPaymentSet: money(captured - refunded, order.currency),
    fullyPaid: captured >= total,
    refundable: captured > refunded,
  };
};

const listFields = (order: ShopOrder): Readonly<Record<string, View | ((args: JsonObject) => View)>> => ({
  transactions: (args) =>
    firstOf(
      order.transactions.map((transaction) => transactionView(order, transaction)),
      args,
    ),
  refunds: (args) =>
    firstOf(
      order.refunds.map((refund) => refundView(order, refund)),
      args,
    ),
  lineItems: (args) =>
    connection(
      "LineItem",
      order.lines.map((line) => lineView(order, line)),
      args,
    ),
  fulfillmentOrders: (args) => connection("FulfillmentOrder", [fulfillmentOrderView(order)], args),
  customAttributes: order.custom_attributes.map((attribute) => ({ __typename: "Attribute", ...attribute })),
});

const fulfillmentOrderView = (order: ShopOrder): ViewObject => ({
  __typename: "FulfillmentOrder",
  id: gid("FulfillmentOrder", order.id),
  status: order.cancelled_at === null ? "OPEN" : "CANCELLED",
  requestStatus: "UNSUBMITTED",
});

/** An order as it can be selected from. */
export const orderView = (order: ShopOrder): ViewObject => ({
  __typename: "Order",
  id: gid("Order", order.id),
  legacyResourceId: order.id,
  name: `#${order.number}`,
  number: order.number,
  email: order.email,
  phone: order.address.phone ?? null,
  test: order.test,
  note: order.note,
  tags: order.tags,
  confirmed: true,
  closed: false,
  createdAt: order.created_at,
  updatedAt: order.updated_at,
  processedAt: order.created_at,
  cancelledAt: order.cancelled_at,
  cancelReason: order.cancel_reason,
  currencyCode: order.currency,
  displayFinancialStatus: financialStatus(order),
  displayFulfillmentStatus: order.fulfillment_status,
  paymentGatewayNames: [...new Set(order.transactions.map(({ gateway }) => gateway))],
  shippingAddress: addressView(order.address),
  billingAddress: addressView(order.address),
  customer: customerView(order),
  ...moneyFields(order),
  ...listFields(order),
});

/** A complaint of a mutation. */
export interface UserError {
  readonly field: readonly string[] | null;
  readonly message: string;
  readonly code: string | null;
}

export const userErrorView = (error: UserError): ViewObject => ({ __typename: "UserError", ...error });
