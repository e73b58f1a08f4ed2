import { describe, expect, test } from "vitest";
import { ConnectionFailed, EgressRefused } from "../../../guard/index.ts";
import { callContext, KEY } from "../testing/call-context.ts";
import { json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import type { FailureClass } from "./answer.ts";
import { stripeClient } from "./stripe.ts";

const REFUND = { id: "re_1", object: "refund", amount: 2000, currency: "usd", status: "succeeded", metadata: {} };

const request = { paymentIntent: "pi_1", amountMinor: 2000, key: KEY, metadata: { order_id: "shop_abc_ord_1" } };

const error = (type: string, code?: string) => ({ error: { type, code, message: "a text that may name people" } });

async function refundAnsweredBy(...answers: readonly Scripted[]) {
  const { fetch, asked } = scriptedFetch(...answers);
  return { answer: await stripeClient(callContext({ fetch })).refund(request), asked };
}

describe("Stripe", () => {
  test("a refund is asked for once, under the call's key, at the pinned version", async () => {
    const { answer, asked } = await refundAnsweredBy(json(200, REFUND, { "request-id": "req_1" }));

    expect(answer).toEqual({ ok: true, value: REFUND, requestId: "req_1" });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.url).toBe("http://127.0.0.1:1/v1/refunds");
    expect(asked[0]?.headers.get("idempotency-key")).toBe(KEY);
    expect(asked[0]?.headers.get("stripe-version")).toBe("2026-10-28.endive");
    expect(asked[0]?.headers.get("x-stripe-client-telemetry")).toBeNull();
    expect(new URLSearchParams(asked[0]?.body).get("amount")).toBe("2000");
  });

  const ROWS: readonly { readonly of: string; readonly by: () => Scripted; readonly is: FailureClass }[] = [
    { of: "401", by: () => json(401, error("invalid_request_error")), is: "auth" },
    { of: "403", by: () => json(403, error("invalid_request_error")), is: "auth" },
    { of: "400", by: () => json(400, error("invalid_request_error", "parameter_missing")), is: "validation" },
    { of: "404", by: () => json(404, error("invalid_request_error", "resource_missing")), is: "not_found" },
    { of: "402, a decline", by: () => json(402, error("card_error", "card_declined")), is: "business" },
    {
      of: "a refunded charge",
      by: () => json(400, error("invalid_request_error", "charge_already_refunded")),
      is: "business",
    },
    {
      of: "409, key in use",
      by: () => json(409, error("idempotency_error", "idempotency_key_in_use")),
      is: "conflict_in_progress",
    },
    {
      of: "400, another request under the key",
      by: () => json(400, error("idempotency_error")),
      is: "idempotency_mismatch",
    },
    { of: "429", by: () => json(429, error("invalid_request_error", "rate_limit")), is: "rate_limited" },
    {
      of: "429, lock timeout",
      by: () => json(429, error("invalid_request_error", "lock_timeout")),
      is: "rate_limited",
    },
    { of: "500", by: () => json(500, error("api_error")), is: "unknown_outcome" },
    { of: "503", by: () => json(503, error("api_error")), is: "unknown_outcome" },
    {
      of: "a 502 without an error key, which the SDK resolves",
      by: () => json(502, { message: "bad gateway" }),
      is: "unknown_outcome",
    },
    { of: "a 429 without an error key", by: () => json(429, { errors: [] }), is: "rate_limited" },
    { of: "a 200 that is no refund", by: () => json(200, { id: "ch_1", object: "charge" }), is: "contract" },
    { of: "a 200 with a foreign id", by: () => json(200, { ...REFUND, id: "xx_1" }), is: "contract" },
    { of: "a 200 that is no JSON", by: () => new Response("<html>", { status: 200 }), is: "unknown_outcome" },
    { of: "no connection", by: () => new ConnectionFailed("refused", "no"), is: "transient" },
    { of: "a connection lost after sending", by: () => new ConnectionFailed("reset", "maybe"), is: "unknown_outcome" },
    {
      of: "an answer over the cap",
      by: () => new EgressRefused({ code: "DATA_CAP_EXCEEDED", message: "" }),
      is: "contract",
    },
    {
      of: "a host that is not allowed",
      by: () => new EgressRefused({ code: "NETWORK_DENIED", message: "" }),
      is: "forbidden",
    },
  ];

  test.each(ROWS)("a refund answered by $of is $is, after one request", async ({ by, is }) => {
    const { answer, asked } = await refundAnsweredBy(by());

    expect(answer).toMatchObject({ ok: false, failure: { class: is } });
    expect(asked).toHaveLength(1);
  });

  test("a read answered by 503 is transient: nothing can have happened", async () => {
    const { fetch } = scriptedFetch(json(503, error("api_error")));

    const answer = await stripeClient(callContext({ fetch })).payment("pi_1");

    expect(answer).toMatchObject({ ok: false, failure: { class: "transient", status: 503 } });
  });

  test("a list of refunds that is not whole is not read as if it were", async () => {
    const { fetch } = scriptedFetch(json(200, { object: "list", data: [REFUND], has_more: true }));

    const answer = await stripeClient(callContext({ fetch })).refunds("pi_1");

    expect(answer).toMatchObject({ ok: false, failure: { class: "contract" } });
  });

  test("P1-H01 outside live mode a key that is no test key is never sent", async () => {
    const { fetch, asked } = scriptedFetch();
    const context = callContext({ fetch, secrets: { stripe: `sk_${"live"}_x` } });

    const answer = await stripeClient(context).refund(request);

    expect(answer).toMatchObject({ ok: false, failure: { class: "forbidden", refusedWith: "LIVE_FORBIDDEN" } });
    expect(asked).toHaveLength(0);
  });
});
