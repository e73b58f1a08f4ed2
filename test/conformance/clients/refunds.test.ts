import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/contracts/index.ts";
import { stripeClient } from "../../../src/packs/commerce/clients/stripe.ts";
import { executeRefund } from "../../../src/packs/commerce/tools/execute-refund.ts";
import { fetchOrder } from "../../../src/packs/commerce/tools/fetch-order.ts";
import { type Bench, useBench } from "../simulators/bench.ts";
import { attempt, outputOf, paidOrder, perform } from "./shop-calls.ts";

const bench = useBench();

/** What a person approved: a part of a paid order's money back. */
function approvedRefund(amount_cents = 2_000): JsonObject {
  const { orderId, paymentIntent } = paidOrder(bench());
  return {
    order_id: orderId,
    payment_intent: paymentIntent,
    amount_cents,
    currency: "USD",
    reason: "requested_by_customer",
  };
}

const refunds = ({ sims }: Bench) => sims.stripe.state().refunds;

const refundPosts = ({ sims }: Bench) =>
  sims.stripe.journal().filter(({ method, path }) => method === "POST" && path === "/v1/refunds");

describe("a refund", () => {
  test("P1-T22 moves the money once and names its proof", async () => {
    const outcome = await executeRefund.handler(approvedRefund(), attempt(bench()));

    expect(outputOf(outcome)).toMatchObject({ amount_cents: 2_000, refunded_cents: 2_000, status: "succeeded" });
    expect(outcome).toMatchObject({ result: { proof: { transactionId: refunds(bench())[0]?.id } } });
    expect(refunds(bench())).toHaveLength(1);
  });

  test("P1-T23 a second attempt under the same key finds the first one's refund", async () => {
    const input = approvedRefund();

    await perform(executeRefund, input, attempt(bench()));
    await perform(executeRefund, input, attempt(bench()));

    expect(refunds(bench())).toHaveLength(1);
    expect(refundPosts(bench())).toHaveLength(1);
  });

  test.each([
    { kind: "drop_after_effect" },
    { kind: "malformed_json" },
    { kind: "status", status: 500, after_effect: true },
    { kind: "status_without_error_key", status: 502, after_effect: true },
  ] as const)("whose answer is spoilt by $kind is unknown, then found, and made once", async (action) => {
    const input = approvedRefund();
    bench().sims.stripe.fault({ method: "POST", path: "/v1/refunds", action });

    const lost = await executeRefund.handler(input, attempt(bench()));
    const looked = await executeRefund.lookup?.(input, attempt(bench()));
    const again = await executeRefund.handler(input, attempt(bench()));

    expect(lost).toMatchObject({ kind: "unknown", code: "PAYMENT_PROVIDER_UNAVAILABLE" });
    expect(looked).toMatchObject({ kind: "found" });
    expect(again.kind).toBe("applied");
    expect(refunds(bench())).toHaveLength(1);
  });

  test("that was dropped before its effect is unknown and absent", async () => {
    const input = approvedRefund();
    bench().sims.stripe.fault({ method: "POST", action: { kind: "drop_before_effect" } });

    const lost = await executeRefund.handler(input, attempt(bench()));
    const looked = await executeRefund.lookup?.(input, attempt(bench()));

    expect(lost).toMatchObject({ kind: "unknown" });
    expect(looked).toEqual({ kind: "absent" });
  });

  test("leaves once per attempt, although the SDK repeats lost requests on its own", async () => {
    const input = approvedRefund();
    bench().sims.stripe.fault({ method: "POST", count: 0, action: { kind: "drop_before_effect" } });

    await executeRefund.handler(input, attempt(bench()));

    expect(refundPosts(bench())).toHaveLength(1);
  });

  test("that is throttled was not made, and says when to come back where the provider does", async () => {
    const input = approvedRefund();
    bench().sims.stripe.fault({ method: "POST", action: { kind: "throttle" } });

    expect(await executeRefund.handler(input, attempt(bench()))).toMatchObject({ kind: "not_applied" });
    expect(refunds(bench())).toHaveLength(0);
  });

  test("of what somebody refunded meanwhile is refused before it is sent", async () => {
    const input = approvedRefund(5_000);
    const meanwhile = { paymentIntent: String(input.payment_intent), metadata: {}, key: "by-hand" };
    await stripeClient(attempt(bench())).refund({ ...meanwhile, amountMinor: 2_000 });

    expect(await executeRefund.handler(input, attempt(bench()))).toMatchObject({ code: "BASE_DRIFTED" });
    expect(refunds(bench())).toHaveLength(1);
  });

  test("of a payment that is back in full is ALREADY_REFUNDED", async () => {
    const input = approvedRefund();
    const all = bench().sims.stripe.state().payment_intents[0]?.amount_received ?? 0;
    const meanwhile = { paymentIntent: String(input.payment_intent), metadata: {}, key: "by-hand" };
    await stripeClient(attempt(bench())).refund({ ...meanwhile, amountMinor: all });

    expect(await executeRefund.handler(input, attempt(bench()))).toMatchObject({ code: "ALREADY_REFUNDED" });
  });

  test("the provider replays a key's result and refuses another request under it", async () => {
    const input = approvedRefund();
    const request = { paymentIntent: String(input.payment_intent), amountMinor: 1_000, key: "k-1", metadata: {} };

    const first = await stripeClient(attempt(bench())).refund(request);
    const second = await stripeClient(attempt(bench())).refund(request);
    const other = await stripeClient(attempt(bench())).refund({ ...request, amountMinor: 1_001 });

    expect(first.ok && second.ok && first.value.id === second.value.id).toBe(true);
    expect(other).toMatchObject({ ok: false, failure: { class: "idempotency_mismatch" } });
    expect(refunds(bench())).toHaveLength(1);
  });

  test("the order names the payment that a refund needs", async () => {
    const { orderId, paymentIntent } = paidOrder(bench());

    const facts = await perform(fetchOrder, { order_id: orderId }, attempt(bench()));

    expect(facts).toMatchObject({ payment_intent: paymentIntent, currency: "USD", refunded_cents: 0 });
    expect(facts.captured_cents).toBe(bench().sims.stripe.state().payment_intents[0]?.amount_received);
  });
});
