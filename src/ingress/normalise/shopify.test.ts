import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import { normalise } from "./normalise.ts";

const order: JsonObject = {
  id: "LARGE",
  admin_graphql_api_id: "gid://shopify/Order/820982911946154508",
  name: "#1001",
  test: true,
  email: "Buyer@test.example.com",
  currency: "USD",
  total_price: "45.00",
  financial_status: "paid",
  fulfillment_status: null,
  cancelled_at: null,
  cancel_reason: null,
  updated_at: "2026-01-30T10:00:00-05:00",
  note_attributes: [
    { name: "gift", value: "yes" },
    { name: "payment_intent", value: "pi_1" },
  ],
  line_items: [
    { sku: "TEE-M", quantity: 2, price: "15.00", variant_id: 43 },
    { sku: null, quantity: 1, price: "15.00", variant_id: null },
  ],
  shipping_address: {
    name: "Bo Buyer",
    address1: "1 Main St",
    address2: null,
    city: "Springfield",
    province_code: "IL",
    country_code: "US",
    zip: "62701",
  },
};

const classic = (topic: string): Record<string, string> => ({
  "x-shopify-hmac-sha256": "any",
  "x-shopify-topic": topic,
  "x-shopify-shop-domain": "test-shop.myshopify.com",
  "x-shopify-api-version": "2026-07",
  "x-shopify-webhook-id": "w-1",
  "x-shopify-triggered-at": "2026-01-30T15:00:01Z",
});

/** As it travels: with the 64-bit id that only text can hold. */
const bytes = (body: JsonObject) => Buffer.from(JSON.stringify(body).replace('"LARGE"', "820982911946154508"));

const read = (
  body: JsonObject,
  headers: Record<string, string>,
  account: string | null = "test-shop.myshopify.com",
) => {
  const result = normalise("SHOPIFY", { tenant: "test_shop", account, headers, rawBody: bytes(body) });
  return result.ok ? result.value[0] : result.refusal;
};

test("P1-T19 a paid order triggers with its lines and amounts in cents, its id is not rounded, and who it is for stands apart", () => {
  const normalised = read(order, classic("orders/paid"));

  expect(normalised).toMatchObject({
    kind: "event",
    source: "SHOPIFY",
    source_event_id: "w-1",
    event_type: "orders/paid",
    type: "order.paid",
    entity_type: "order",
    entity_id: "test_shop_ord_820982911946154508",
    occurred_at: Date.parse("2026-01-30T15:00:01Z"),
    livemode: false,
    body: { id: "820982911946154508" },
  });
  expect(normalised).toHaveProperty("payload", {
    order_id: "test_shop_ord_820982911946154508",
    shopify_gid: "gid://shopify/Order/820982911946154508",
    name: "#1001",
    currency: "USD",
    total_cents: 4500,
    lines: [
      { sku: "TEE-M", quantity: 2, unit_cents: 1500, variant: "gid://shopify/ProductVariant/43" },
      { sku: null, quantity: 1, unit_cents: 1500, variant: null },
    ],
    payment_reference: "pi_1",
    cancel_reason: null,
  });
  expect(normalised).toHaveProperty("personal", {
    contact: { email: "Buyer@test.example.com", name: "Bo Buyer" },
    ship_to: {
      name: "Bo Buyer",
      address1: "1 Main St",
      address2: null,
      city: "Springfield",
      province_code: "IL",
      country_code: "US",
      zip: "62701",
    },
  });
});

test("SH7 a second delivery with the same webhook id has the same id and digest", () => {
  const first = read(order, classic("orders/paid"));
  const second = read(order, { ...classic("orders/paid"), "x-shopify-triggered-at": "2026-01-30T19:00:00Z" });

  const identity = { source_event_id: "w-1", payload_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };
  expect(first).toMatchObject(identity);
  expect(second).toHaveProperty("payload_sha256", first && "payload_sha256" in first ? first.payload_sha256 : "none");
});

test("an order whose test flag is not set counts as live", () => {
  expect(read({ ...order, test: false }, classic("orders/paid"))).toMatchObject({ livemode: true });
  expect(read({ ...order, test: null }, classic("orders/paid"))).toMatchObject({ livemode: true });
});

test("an order without address, e-mail or recorded payment is still an event; the workflow judges it", () => {
  const bare = { ...order, shipping_address: null, email: null, note_attributes: [] };

  expect(read(bare, classic("orders/paid"))).toMatchObject({
    kind: "event",
    payload: { payment_reference: null },
    personal: { contact: null, ship_to: null },
  });
});

test("a cancelled order confirms our cancellation", () => {
  const cancelled = { ...order, cancelled_at: "2026-01-30T10:00:00Z", cancel_reason: "customer" };

  expect(read(cancelled, classic("orders/cancelled"))).toMatchObject({
    type: "order.cancelled",
    payload: { cancel_reason: "customer" },
    confirms: {
      provider: "shopify",
      effect: "cancel",
      external_transaction_id: "gid://shopify/Order/820982911946154508",
    },
  });
});

describe("the Events family of headers", () => {
  const events = Object.fromEntries(
    Object.entries(classic("orders/create")).map(([name, value]) => [name.replace(/^x-/, ""), value]),
  );

  test("is read like the classic one", () => {
    expect(read(order, { ...events, "shopify-event-id": "e-1" })).toMatchObject({
      kind: "event",
      type: "order.created",
      source_event_id: "w-1",
    });
  });

  test("needs its event id", () => {
    expect(read(order, events)).toMatchObject({
      kind: "unusable",
      refusal: { message: "the header `shopify-event-id` is missing" },
    });
  });
});

test.each([
  ["an unpaid order under orders/paid", { ...order, financial_status: "pending" }, classic("orders/paid")],
  ["an order that is not cancelled under orders/cancelled", order, classic("orders/cancelled")],
  ["an unfulfilled order under orders/fulfilled", order, classic("orders/fulfilled")],
  ["a topic that is not used", order, classic("products/create")],
  ["another shop's delivery", order, { ...classic("orders/paid"), "x-shopify-shop-domain": "other.myshopify.com" }],
  ["an amount with fractions of a cent", { ...order, total_price: "45.001" }, classic("orders/paid")],
  ["an amount as a number", { ...order, total_price: 45 }, classic("orders/paid")],
  ["an id that is no order's", { ...order, admin_graphql_api_id: "gid://shopify/Customer/1" }, classic("orders/paid")],
])("%s is unusable, with its id kept", (_name, body, headers) => {
  expect(read(body, headers)).toMatchObject({
    kind: "unusable",
    source_event_id: "w-1",
    refusal: { code: expect.stringMatching(/^EVENT_(UNUSABLE|NOT_USED)$/) },
  });
});

test("the line whose price cannot be read is named, its value is not", () => {
  const odd = { ...order, line_items: [{ sku: "TEE-M", quantity: 2, price: "secret", variant_id: 43 }] };

  const normalised = read(odd, classic("orders/paid"));

  expect(normalised).toMatchObject({ refusal: { field_path: "$.line_items[0].price" } });
  expect(JSON.stringify(normalised && "refusal" in normalised ? normalised.refusal : null)).not.toContain("secret");
});
