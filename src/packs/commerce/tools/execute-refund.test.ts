import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../contracts/index.ts";
import { ConnectionFailed } from "../../../guard/index.ts";
import { callContext, KEY, ORDER_ID } from "../testing/call-context.ts";
import { json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import { executeRefund } from "./execute-refund.ts";

const INPUT: JsonObject = {
  order_id: ORDER_ID,
  payment_intent: "pi_1",
  amount_cents: 2000,
  currency: "USD",
  reason: "requested_by_customer",
};

const refund = (id: string, amount: number, changes: object = {}) => ({
  id,
  object: "refund",
  amount,
  currency: "usd",
  status: "succeeded",
  metadata: {},
  ...changes,
});

const OURS = refund("re_ours", 2000, { metadata: { countermark_key: KEY } });

const list = (...data: readonly object[]): Response => json(200, { object: "list", data, has_more: false });

const payment = (changes: object = {}): Response =>
  json(200, {
    id: "pi_1",
    object: "payment_intent",
    status: "succeeded",
    currency: "usd",
    amount_received: 4500,
    ...changes,
  });

const problem = (status: number, code: string | undefined): Response =>
  json(status, { error: { type: status === 402 ? "card_error" : "api_error", code, message: "a text" } });

async function refundAnsweredBy(...answers: readonly Scripted[]) {
  const { fetch, asked } = scriptedFetch(...answers);
  const outcome = await executeRefund.handler(INPUT, callContext({ fetch }));
  return { outcome, writes: asked.filter(({ method }) => method === "POST") };
}

describe("executeRefund", () => {
  test("P1-T22 refunds once, under the external key, with amount and refund id as proof", async () => {
    const { outcome, writes } = await refundAnsweredBy(list(), payment(), json(200, OURS, { "request-id": "req_1" }));

    expect(outcome).toMatchObject({
      kind: "applied",
      result: {
        output: { refund_id: "shop_abc_ref_re_ours", amount_cents: 2000, refunded_cents: 2000 },
        proof: {
          provider: "stripe",
          transactionId: "re_ours",
          requestId: "req_1",
          amount: { minor: 2000n, currency: "USD" },
        },
      },
    });
    expect(writes).toHaveLength(1);
    expect(writes[0]?.headers.get("idempotency-key")).toBe(KEY);
    expect(new URLSearchParams(writes[0]?.body).get("metadata[countermark_key]")).toBe(KEY);
  });

  test("P1-T23 a refund that an earlier attempt made is found, not made again", async () => {
    const { outcome, writes } = await refundAnsweredBy(list(OURS));

    expect(outcome).toMatchObject({ kind: "applied", result: { proof: { transactionId: "re_ours" } } });
    expect(writes).toHaveLength(0);
  });

  test("a payment that somebody refunded in full meanwhile is not refunded", async () => {
    const { outcome, writes } = await refundAnsweredBy(list(refund("re_2", 4500)), payment());

    expect(outcome).toMatchObject({ kind: "rejected", code: "ALREADY_REFUNDED" });
    expect(writes).toHaveLength(0);
  });

  test.each([
    ["less is left than was approved", list(refund("re_2", 3000)), payment()],
    ["the payment is disputed", list(), payment({ latest_charge: { disputed: true } })],
    ["the payment is in another currency", list(), payment({ currency: "eur" })],
    ["nothing was captured", list(), payment({ amount_received: 0 })],
  ] as const)("when %s, the base has drifted", async (_, refunds, paid) => {
    const { outcome, writes } = await refundAnsweredBy(refunds, paid);

    expect(outcome).toMatchObject({ kind: "rejected", code: "BASE_DRIFTED" });
    expect(writes).toHaveLength(0);
  });

  test("a failed refund gives its amount back to the balance", async () => {
    const { outcome } = await refundAnsweredBy(
      list(refund("re_2", 4500, { status: "failed" })),
      payment(),
      json(200, OURS),
    );

    expect(outcome.kind).toBe("applied");
  });

  test.each([
    ["rejected", "PAYMENT_DECLINED", problem(402, "card_declined")],
    ["rejected", "ALREADY_REFUNDED", problem(400, "charge_already_refunded")],
    ["rejected", "PAYMENT_DECLINED", json(200, refund("re_3", 2000, { status: "failed" }))],
    ["rejected", "PROVIDER_CREDENTIAL_REFUSED", problem(401, undefined)],
    ["not_applied", "PAYMENT_PROVIDER_UNAVAILABLE", problem(429, "rate_limit")],
    ["not_applied", "PAYMENT_PROVIDER_UNAVAILABLE", new ConnectionFailed("refused", "no")],
    ["unknown", "PAYMENT_PROVIDER_UNAVAILABLE", new ConnectionFailed("reset", "maybe")],
    ["unknown", "PAYMENT_PROVIDER_UNAVAILABLE", problem(500, undefined)],
    ["unknown", "PAYMENT_PROVIDER_UNAVAILABLE", json(502, { message: "bad gateway" })],
    ["unknown", "PAYMENT_PROVIDER_UNAVAILABLE", problem(409, "idempotency_key_in_use")],
    ["unknown", "PAYMENT_PROVIDER_UNAVAILABLE", json(200, refund("re_3", 1999))],
  ] as const)("ends %s with %s", async (kind, code, answer) => {
    const { outcome } = await refundAnsweredBy(list(), payment(), answer);

    expect(outcome).toMatchObject({ kind, code });
  });

  test("while the balance cannot be read, nothing is sent", async () => {
    const { outcome, writes } = await refundAnsweredBy(problem(503, undefined));

    expect(outcome).toMatchObject({ kind: "not_applied", code: "PAYMENT_PROVIDER_UNAVAILABLE" });
    expect(writes).toHaveLength(0);
  });

  test.each([
    ["found", list(OURS)],
    ["absent", list(refund("re_2", 2000))],
    ["unclear", problem(503, undefined)],
  ] as const)("a look-up is %s when the provider shows so", async (kind, answer) => {
    const { fetch } = scriptedFetch(answer);

    expect(await executeRefund.lookup?.(INPUT, callContext({ fetch }))).toMatchObject({ kind });
  });
});
