import { z } from "zod";
import type { Json, JsonObject, Result } from "../../contracts/index.ts";
import { accepted, parseMinorUnits } from "../../contracts/index.ts";
import { Name, NumericId, readBy, unusable } from "./reading.ts";

/** An order of more lines than this is not one that a person placed in this shop. */
const LINES_MAX = 500;

const Text = z.string().nullish();

const Address = z.object({
  name: Text,
  address1: Text,
  address2: Text,
  city: Text,
  province_code: Text,
  country_code: Text,
  zip: Text,
});

const Line = z.object({
  sku: Text,
  quantity: z.int().nonnegative(),
  price: z.string(),
  variant_id: NumericId.nullish(),
});

const OrderBody = z.object({
  admin_graphql_api_id: z.string().regex(/^gid:\/\/shopify\/Order\/\d{1,20}$/),
  name: Text,
  test: z.boolean().nullish(),
  email: Text,
  currency: z.string(),
  total_price: z.string(),
  financial_status: Text,
  fulfillment_status: Text,
  cancelled_at: Text,
  cancel_reason: Text,
  updated_at: Text,
  line_items: z.array(Line).max(LINES_MAX),
  shipping_address: Address.nullish(),
  note_attributes: z.array(z.object({ name: z.string(), value: z.unknown().optional() })).nullish(),
});

export type ShopifyOrder = z.infer<typeof OrderBody>;

export const readShopifyOrder = (body: Json): Result<ShopifyOrder> => readBy(OrderBody, body);

/** The digits of the order's gid; the numeric `id` beside it is the one that JSON parsers round. */
export const orderDigits = (order: ShopifyOrder): string =>
  order.admin_graphql_api_id.slice("gid://shopify/Order/".length);

/** An order as workflows are triggered with it: amounts in minor units, ids as text, absent members null. */
export function orderPayload(order: ShopifyOrder, orderId: string): Result<JsonObject> {
  const total = parseMinorUnits(order.total_price, order.currency);
  if (total === undefined) return unusable("the amount is not one in this currency", "$.total_price");

  const lines: JsonObject[] = [];
  for (const [index, { sku, quantity, price, variant_id }] of order.line_items.entries()) {
    const unit_cents = parseMinorUnits(price, order.currency);
    if (unit_cents === undefined)
      return unusable("the amount is not one in this currency", `$.line_items[${index}].price`);
    const variant = variant_id == null ? null : `gid://shopify/ProductVariant/${variant_id}`;
    lines.push({ sku: sku ?? null, quantity, unit_cents, variant });
  }
  return accepted({
    order_id: orderId,
    shopify_gid: order.admin_graphql_api_id,
    name: order.name ?? null,
    currency: order.currency,
    total_cents: total,
    lines,
    payment_reference: paymentReferenceOf(order),
    cancel_reason: order.cancel_reason ?? null,
  });
}

/** Who the order is for: whom to write to, and where to send the goods; null where the order does not say. */
export function personalOf({ email, shipping_address: address }: ShopifyOrder): JsonObject {
  const name = address?.name ?? null;
  return {
    contact: email == null ? null : { email, name },
    ship_to: address == null ? null : addressOf(address),
  };
}

const addressOf = (address: z.infer<typeof Address>): JsonObject => ({
  name: address.name ?? null,
  address1: address.address1 ?? null,
  address2: address.address2 ?? null,
  city: address.city ?? null,
  province_code: address.province_code ?? null,
  country_code: address.country_code ?? null,
  zip: address.zip ?? null,
});

/** The order attribute in which the shop's checkout records Stripe's PaymentIntent: the order body itself names no payment. */
const PAYMENT_ATTRIBUTE = "payment_intent";

function paymentReferenceOf({ note_attributes }: ShopifyOrder): string | null {
  const noted = note_attributes?.find(({ name }) => name === PAYMENT_ATTRIBUTE);
  const reference = Name.safeParse(noted?.value);
  return reference.success ? reference.data : null;
}
