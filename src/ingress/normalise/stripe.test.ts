import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../contracts/index.ts";
import { isQuarantined } from "./event.ts";
import { readStripe } from "./stripe.ts";

const intent = {
  id: "pi_1",
  object: "payment_intent",
  amount: 4500,
  amount_capturable: 0,
  amount_received: 4500,
  currency: "usd",
  status: "succeeded",
  latest_charge: "ch_1",
  receipt_email: "buyer@test.example.com",
  metadata: { order_id: "test_shop_ord_1" },
};

const refund = {
  id: "re_1",
  object: "refund",
  amount: 4500,
  charge: "ch_1",
  payment_intent: "pi_1",
  currency: "usd",
  status: "succeeded",
  reason: null,
  metadata: {},
};

const charge = {
  id: "ch_1",
  payment_intent: "pi_1",
  amount: 4500,
  amount_refunded: 4500,
  refunded: true,
  currency: "usd",
};

const event = (type: string, object: JsonObject, rest: JsonObject = {}): JsonObject => ({
  id: "evt_1",
  object: "event",
  type,
  created: 1_700_000_000,
  livemode: false,
  pending_webhooks: 1,
  request: { id: "req_1", idempotency_key: "key-1" },
  data: { object },
  ...rest,
});

const read = (body: Json) => readStripe({ tenant: "test_shop", account: null, headers: {}, body })[0];

test("a captured payment is an event of the tenant's payment and confirms the capture", () => {
  const normalised = read(event("payment_intent.succeeded", intent));

  expect(normalised).toMatchObject({
    kind: "event",
    source: "STRIPE",
    source_event_id: "evt_1",
    event_type: "payment_intent.succeeded",
    type: "payment.captured",
    entity_type: "payment",
    entity_id: "test_shop_pay_pi_1",
    predecessor_source_event_id: null,
    occurred_at: 1_700_000_000_000,
    livemode: false,
    payload: {
      payment_id: "test_shop_pay_pi_1",
      order_id: "test_shop_ord_1",
      amount_cents: 4500,
      amount_received_cents: 4500,
      currency: "USD",
      email: "buyer@test.example.com",
      failure_code: null,
    },
    confirms: {
      provider: "stripe",
      effect: "capture",
      external_transaction_id: "pi_1",
      external_reference: "key-1",
      outcome: "confirmed",
    },
  });
});

test.each([
  ["payment_intent.created", "payment.created"],
  ["payment_intent.amount_capturable_updated", "payment.authorized"],
  ["payment_intent.payment_failed", "payment.failed"],
  ["payment_intent.canceled", "payment.cancelled"],
])("%s means %s", (type, meaning) => {
  expect(read(event(type, intent))).toMatchObject({ type: meaning, entity_id: "test_shop_pay_pi_1" });
});

test("a declined payment says why", () => {
  const declined = {
    ...intent,
    last_payment_error: { code: "card_declined", decline_code: "lost_card", type: "card_error" },
  };

  const normalised = read(event("payment_intent.payment_failed", declined));

  expect(normalised).toMatchObject({
    payload: { failure_code: "card_declined", decline_code: "lost_card", failure_type: "card_error" },
  });
});

describe("charge.refunded", () => {
  test("of the whole amount refunds the payment", () => {
    const normalised = read(event("charge.refunded", charge));

    expect(normalised).toMatchObject({ type: "payment.refunded", payload: { amount_refunded_cents: 4500 } });
  });

  test("of a part leaves the payment captured", () => {
    const normalised = read(event("charge.refunded", { ...charge, amount_refunded: 1000, refunded: false }));

    expect(normalised).toMatchObject({ type: "payment.partially_refunded", entity_id: "test_shop_pay_pi_1" });
  });
});

test.each([
  ["succeeded", "confirmed"],
  ["failed", "contradicted"],
  ["canceled", "contradicted"],
])("a refund that %s is %s", (status, outcome) => {
  const normalised = read(event("refund.updated", { ...refund, status }));

  expect(normalised).toMatchObject({
    entity_type: "refund",
    entity_id: "test_shop_ref_re_1",
    confirms: { effect: "refund", external_transaction_id: "re_1", outcome },
  });
});

test("a pending refund proves nothing yet", () => {
  expect(read(event("refund.created", { ...refund, status: "pending" }))).not.toHaveProperty("confirms");
});

test("a dispute is an event of its payment", () => {
  const dispute = {
    id: "dp_1",
    payment_intent: "pi_1",
    amount: 4500,
    currency: "usd",
    reason: "fraudulent",
    status: "lost",
  };

  expect(read(event("charge.dispute.closed", dispute))).toMatchObject({
    type: "payment.dispute_closed",
    entity_id: "test_shop_pay_pi_1",
    payload: { dispute: "dp_1", status: "lost" },
  });
});

test("an order id of another tenant in the metadata is not taken over", () => {
  const foreign = { ...intent, metadata: { order_id: "test_other_ord_1" } };

  expect(read(event("payment_intent.succeeded", foreign))).toMatchObject({ payload: { order_id: null } });
});

test("a retry, which differs in pending_webhooks only, has the same id and digest", () => {
  const first = read(event("payment_intent.succeeded", intent));
  const retry = read(event("payment_intent.succeeded", intent, { pending_webhooks: 0 }));

  expect(retry?.source_event_id).toBe(first?.source_event_id);
  expect(retry?.payload_sha256).toBe(first?.payload_sha256);
});

test("one id with another amount has another digest, so that the mismatch is seen", () => {
  const first = read(event("payment_intent.succeeded", intent));
  const other = read(event("payment_intent.succeeded", { ...intent, amount: 1 }));

  expect(other?.payload_sha256).not.toBe(first?.payload_sha256);
});

test("a live event is quarantined in the sandbox, and a test event in live mode", () => {
  const live = read(event("payment_intent.succeeded", intent, { livemode: true }));

  expect(live).toMatchObject({ kind: "event", livemode: true });
  expect(isQuarantined("sandbox", { livemode: true })).toBe(true);
  expect(isQuarantined("sandbox", { livemode: false })).toBe(false);
  expect(isQuarantined("live", { livemode: false })).toBe(true);
  expect(isQuarantined("sandbox", { livemode: null })).toBe(false);
});

test.each([
  ["a type that is not used", event("customer.created", {}), "$.type"],
  ["an object of another shape", event("payment_intent.succeeded", { id: "pi_1" }), "$.amount"],
  ["an amount that is no integer", event("payment_intent.succeeded", { ...intent, amount: 1.5 }), "$.amount"],
  ["an id that cannot stand in an entity id", event("payment_intent.succeeded", { ...intent, id: "pi 1" }), undefined],
  ["no livemode", event("payment_intent.succeeded", intent, { livemode: null }), "$.livemode"],
  ["a thin event", event("payment_intent.succeeded", intent, { object: "v2.core.event" }), "$.object"],
])("%s is unusable, with its id kept", (_name, body, fieldPath) => {
  const normalised = read(body);

  expect(normalised).toMatchObject({
    kind: "unusable",
    source_event_id: "evt_1",
    refusal: { code: expect.stringMatching(/^EVENT_(UNUSABLE|NOT_USED)$/) },
  });
  expect(normalised?.kind === "unusable" && normalised.refusal.field_path).toBe(fieldPath);
});

test("a body without an id is stored under its digest", () => {
  const normalised = read({ type: "payment_intent.succeeded" });

  expect(normalised).toMatchObject({ kind: "unusable", source_event_id: expect.stringMatching(/^body-[0-9a-f]{64}$/) });
});
