import { z } from "zod";
import { parseMinorUnits } from "../../../contracts/index.ts";
import type { CallContext } from "../../../guard/index.ts";
import type { Address } from "./address.ts";
import { type Answer, answered, failed } from "./answer.ts";
import { ask, failedByUser, userErrors } from "./shopify-graphql.ts";

/** An order as decisions need it: nothing in it is about a person. Amounts are minor units of `currency`. */
export interface ShopOrder {
  /** `gid://shopify/Order/...`: 64-bit ids only ever travel as text. */
  readonly gid: string;
  readonly name: string;
  readonly createdAt: string;
  readonly cancelledAt: string | null;
  readonly test: boolean;
  readonly financialStatus: string | null;
  readonly tags: readonly string[];
  readonly currency: string;
  readonly totalMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** Stripe's PaymentIntent that paid the order; null where the shop recorded none. */
  readonly paymentIntent: string | null;
  /** ISO 3166-1 alpha-2 of the shipping address; null where there is no address. */
  readonly shipsTo: string | null;
  readonly lines: readonly ShopLine[];
}

export interface ShopLine {
  readonly sku: string | null;
  readonly quantity: number;
  readonly unitMinor: number;
}

/** Who an order belongs to. Read by the handler that needs it, kept by none. */
export interface ShopContact {
  readonly email: string | null;
  readonly name: string | null;
  readonly address: Address | null;
}

/** Order attributes in which a checkout notes the payment, where the transaction does not name it. */
const PAYMENT_ATTRIBUTES = ["payment_reference", "stripe_payment_intent"];

const PAYMENT_INTENT = /^pi_[A-Za-z0-9_]+$/;

const money = z.object({ shopMoney: z.object({ amount: z.string(), currencyCode: z.string().length(3) }) });

const ORDER = `query Order($id: ID!) {
  order(id: $id) {
    id name test createdAt cancelledAt displayFinancialStatus tags
    customAttributes { key value }
    currentTotalPriceSet { shopMoney { amount currencyCode } }
    transactions(first: 20) { kind status authorizationCode amountSet { shopMoney { amount currencyCode } } }
    shippingAddress { countryCodeV2 }
    lineItems(first: 50) { nodes { sku quantity originalUnitPriceSet { shopMoney { amount currencyCode } } } }
  }
}`;

const orderSchema = z.object({
  order: z
    .object({
      id: z.string().startsWith("gid://shopify/Order/"),
      name: z.string(),
      test: z.boolean(),
      createdAt: z.string(),
      cancelledAt: z.string().nullable(),
      displayFinancialStatus: z.string().nullable(),
      tags: z.array(z.string()),
      customAttributes: z.array(z.object({ key: z.string(), value: z.string().nullable() })),
      currentTotalPriceSet: money,
      transactions: z.array(
        z.object({
          kind: z.string(),
          status: z.string(),
          authorizationCode: z.string().nullish(),
          amountSet: money,
        }),
      ),
      shippingAddress: z.object({ countryCodeV2: z.string().nullable() }).nullable(),
      lineItems: z.object({
        nodes: z.array(
          z.object({ sku: z.string().nullable(), quantity: z.int().nonnegative(), originalUnitPriceSet: money }),
        ),
      }),
    })
    .nullable(),
});

type WireOrder = NonNullable<z.infer<typeof orderSchema>["order"]>;

/** The order, or a `not_found` failure; an amount that its currency cannot hold is a `contract` failure. */
export async function fetchShopOrder(context: CallContext, gid: string): Promise<Answer<ShopOrder>> {
  const answer = await ask(context, { intent: "read", query: ORDER, variables: { id: gid }, schema: orderSchema });
  if (!answer.ok) return answer;
  if (answer.value.order === null) return failed("not_found", { status: 200 });
  const order = readOrder(answer.value.order);
  return order === undefined ? failed("contract", { status: 200 }) : answered(order, answer.requestId);
}

function readOrder(wire: WireOrder): ShopOrder | undefined {
  const currency = wire.currentTotalPriceSet.shopMoney.currencyCode;
  const totalMinor = amountOf(wire.currentTotalPriceSet, currency);
  const capturedMinor = sumOf(wire, ["SALE", "CAPTURE"], currency);
  const refundedMinor = sumOf(wire, ["REFUND"], currency);
  const lines = wire.lineItems.nodes.map((line) => ({
    sku: line.sku,
    quantity: line.quantity,
    unitMinor: amountOf(line.originalUnitPriceSet, currency),
  }));
  if (totalMinor === undefined || capturedMinor === undefined || refundedMinor === undefined) return undefined;
  if (!lines.every(isPriced)) return undefined;
  return {
    gid: wire.id,
    name: wire.name,
    createdAt: wire.createdAt,
    cancelledAt: wire.cancelledAt,
    test: wire.test,
    financialStatus: wire.displayFinancialStatus,
    tags: wire.tags,
    currency,
    totalMinor,
    capturedMinor,
    refundedMinor,
    paymentIntent: paymentIntentOf(wire),
    shipsTo: wire.shippingAddress?.countryCodeV2 ?? null,
    lines,
  };
}

const isPriced = (line: Omit<ShopLine, "unitMinor"> & { readonly unitMinor: number | undefined }): line is ShopLine =>
  line.unitMinor !== undefined;

const amountOf = ({ shopMoney }: z.infer<typeof money>, currency: string): number | undefined =>
  shopMoney.currencyCode === currency ? parseMinorUnits(shopMoney.amount, currency) : undefined;

/** Sum of the successful transactions of some kinds; `undefined` when one of them cannot be read exactly. */
function sumOf(wire: WireOrder, kinds: readonly string[], currency: string): number | undefined {
  return wire.transactions
    .filter((transaction) => kinds.includes(transaction.kind) && transaction.status === "SUCCESS")
    .map((transaction) => amountOf(transaction.amountSet, currency))
    .reduce((sum, amount) => (sum === undefined || amount === undefined ? undefined : sum + amount), 0);
}

function paymentIntentOf(wire: WireOrder): string | null {
  const noted = wire.customAttributes.filter(({ key }) => PAYMENT_ATTRIBUTES.includes(key)).map(({ value }) => value);
  const recorded = [...wire.transactions.map((transaction) => transaction.authorizationCode), ...noted];
  return recorded.find((id) => typeof id === "string" && PAYMENT_INTENT.test(id)) ?? null;
}

const CONTACT = `query OrderContact($id: ID!) {
  order(id: $id) {
    id email
    shippingAddress { name address1 address2 city provinceCode countryCodeV2 zip }
  }
}`;

const contactSchema = z.object({
  order: z
    .object({
      email: z.string().nullable(),
      shippingAddress: z
        .object({
          name: z.string().nullable(),
          address1: z.string().nullable(),
          address2: z.string().nullable(),
          city: z.string().nullable(),
          provinceCode: z.string().nullable(),
          countryCodeV2: z.string().nullable(),
          zip: z.string().nullable(),
        })
        .nullable(),
    })
    .nullable(),
});

/** Recipient and address of an order; `not_found` where there is no such order. */
export async function fetchShopContact(context: CallContext, gid: string): Promise<Answer<ShopContact>> {
  const answer = await ask(context, { intent: "read", query: CONTACT, variables: { id: gid }, schema: contactSchema });
  if (!answer.ok) return answer;
  if (answer.value.order === null) return failed("not_found", { status: 200 });
  const { email, shippingAddress } = answer.value.order;
  return answered(
    { email, name: shippingAddress?.name ?? null, address: readAddress(shippingAddress) },
    answer.requestId,
  );
}

type WireAddress = NonNullable<z.infer<typeof contactSchema>["order"]>["shippingAddress"];

function readAddress(wire: WireAddress): Address | null {
  if (wire === null || wire.address1 === null || wire.city === null || wire.countryCodeV2 === null) return null;
  return {
    line1: wire.address1,
    line2: wire.address2,
    city: wire.city,
    state: wire.provinceCode,
    postalCode: wire.zip,
    country: wire.countryCodeV2,
  };
}

const nodePayload = z.object({ node: z.object({ id: z.string() }).nullable(), userErrors });

const TAGS_ADD = `mutation TagsAdd($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } }
}`;

/** Adds tags; adding one that is there changes nothing. */
export async function addTags(context: CallContext, gid: string, tags: readonly string[]): Promise<Answer<null>> {
  const schema = z.object({ tagsAdd: nodePayload });
  const answer = await ask(context, { intent: "write", query: TAGS_ADD, variables: { id: gid, tags }, schema });
  return answer.ok ? concluded(answer.value.tagsAdd.userErrors, answer.requestId) : answer;
}

const ORDER_CANCEL = `mutation OrderCancel($orderId: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $notify: Boolean) {
  orderCancel(orderId: $orderId, reason: $reason, restock: $restock, notifyCustomer: $notify) {
    job { id done } orderCancelUserErrors { field message code }
  }
}`;

export type CancelReason = "CUSTOMER" | "DECLINED" | "FRAUD" | "INVENTORY" | "OTHER" | "STAFF";

const jobSchema = z.object({ id: z.string(), done: z.boolean() });

/** Asks for an irreversible cancellation without touching money. Asynchronous: the job's end, then the order, prove it. */
export async function cancelShopOrder(
  context: CallContext,
  gid: string,
  reason: CancelReason,
): Promise<Answer<{ readonly jobId: string; readonly done: boolean }>> {
  const schema = z.object({
    orderCancel: z.object({ job: jobSchema.nullable(), orderCancelUserErrors: userErrors }),
  });
  const variables = { orderId: gid, reason, restock: true, notify: false };
  const answer = await ask(context, { intent: "write", query: ORDER_CANCEL, variables, schema });
  if (!answer.ok) return answer;
  const { job, orderCancelUserErrors } = answer.value.orderCancel;
  if (orderCancelUserErrors.length > 0) return failedByUser(orderCancelUserErrors);
  return job === null
    ? failed("contract", { status: 200 })
    : answered({ jobId: job.id, done: job.done }, answer.requestId);
}

const concluded = (errors: z.infer<typeof userErrors>, requestId: string | null): Answer<null> =>
  errors.length > 0 ? failedByUser(errors) : answered(null, requestId);
