import { expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import { readPrintful } from "./printful.ts";

/** The body of vector PF1 in integrations.md section 4.3. */
const sent: JsonObject = {
  type: "shipment_sent",
  occurred_at: "2026-01-02T03:04:05Z",
  retries: 0,
  store_id: 1,
  data: { shipment: { id: 7, order_id: 11, tracking_url: "https://example.test/t/1" } },
};

const about = (type: string, order: JsonObject): JsonObject => ({
  ...sent,
  type,
  data: { order, reason: "no such size" },
});

const read = (body: JsonObject, account: string | null = "1") =>
  readPrintful({ tenant: "test_shop", account, headers: {}, body })[0];

test("a shipment is an event of the fulfilment it belongs to and confirms it", () => {
  expect(read(sent)).toMatchObject({
    kind: "event",
    source: "PRINTFUL",
    event_type: "shipment_sent",
    type: "fulfillment.shipped",
    entity_type: "fulfillment",
    entity_id: "test_shop_ful_11",
    occurred_at: Date.parse("2026-01-02T03:04:05Z"),
    livemode: null,
    payload: { printful_order_id: "11", shipment_id: "7", tracking_url: "https://example.test/t/1" },
    confirms: { provider: "printful", effect: "fulfil", external_transaction_id: "11", outcome: "confirmed" },
  });
});

test("PF5 a retry, which differs in retries only, has the same id and digest", () => {
  const first = read(sent);
  const retry = read({ ...sent, retries: 3 });

  expect(retry?.source_event_id).toBe(first?.source_event_id);
  expect(retry?.payload_sha256).toBe(first?.payload_sha256);
});

test("PF5 an event that differs in anything else is another event", () => {
  expect(read({ ...sent, occurred_at: "2026-01-02T03:04:06Z" })?.source_event_id).not.toBe(read(sent)?.source_event_id);
});

test.each([
  ["order_created", "fulfillment.created", "fulfil", "confirmed"],
  ["order_failed", "fulfillment.failed", "fulfil", "contradicted"],
  ["order_canceled", "fulfillment.cancelled", "cancel", "confirmed"],
])("%s means %s and settles by Printful's id or by our own", (type, meaning, effect, outcome) => {
  expect(read(about(type, { id: 11, external_id: "run1-step4", status: "pending" }))).toMatchObject({
    type: meaning,
    entity_id: "test_shop_ful_11",
    payload: { external_id: "run1-step4", reason: "no such size" },
    confirms: { effect, outcome, external_transaction_id: "11", external_reference: "run1-step4" },
  });
});

test("an order that became fulfilled arrives as an update and proves nothing by itself", () => {
  const updated = read(about("order_updated", { id: 11, external_id: null, status: "fulfilled" }));

  expect(updated).toMatchObject({ type: "fulfillment.updated", payload: { status: "fulfilled" } });
  expect(updated).not.toHaveProperty("confirms");
});

test("an order beside its shipment gives our own reference", () => {
  const data = { shipment: { id: 7, order_id: 11 }, order: { id: 11, external_id: "run1-step4" } };

  expect(read({ ...sent, data })).toMatchObject({ confirms: { external_reference: "run1-step4" } });
});

test.each([
  ["a type that is not used", { ...sent, type: "order_refunded" }],
  ["a body without a type", { retries: 0 }],
  ["a shipment beside another order", { ...sent, data: { shipment: { id: 7, order_id: 11 }, order: { id: 12 } } }],
  ["another store's event", { ...sent, store_id: 2 }],
  ["a time that is none", { ...sent, occurred_at: "yesterday" }],
  ["an order event without its order", { ...sent, type: "order_created" }],
])("%s is unusable, with its id kept", (_name, body) => {
  expect(read(body)).toMatchObject({
    kind: "unusable",
    source_event_id: expect.stringMatching(/^[0-9a-f]{64}$/),
    refusal: { code: expect.stringMatching(/^EVENT_(UNUSABLE|NOT_USED)$/) },
  });
});
