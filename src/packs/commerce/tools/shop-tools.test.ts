import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../contracts/index.ts";
import type { ToolOutcome } from "../../../guard/index.ts";
import { type Answers, callContext, KEY, ORDER_GID, ORDER_ID } from "../testing/call-context.ts";
import { graphql, json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import { wireContact, wireOrder } from "../testing/wire-order.ts";
import { calculateTax } from "./calculate-tax.ts";
import { cancelOrder } from "./cancel-order.ts";
import { createOrder } from "./create-order.ts";
import { fetchOrder } from "./fetch-order.ts";
import { sendConfirmation } from "./send-confirmation.ts";
import { validateOrder } from "./validate-order.ts";

async function call(
  tool: typeof validateOrder,
  input: JsonObject,
  answers: readonly Scripted[],
  rest: Omit<Answers, "fetch"> = {},
) {
  const { fetch, asked } = scriptedFetch(...answers);
  const outcome: ToolOutcome = await tool.handler(input, callContext({ fetch, ...rest }));
  return { outcome, asked };
}

const order = (changes: object = {}): Response => graphql({ order: wireOrder({ ...changes }) });
const contact = (changes: object = {}): Response => graphql({ order: wireContact({ ...changes }) });
const tagged = (): Response => graphql({ tagsAdd: { node: { id: ORDER_GID }, userErrors: [] } });

describe("validateOrder", () => {
  test("a paid order passes with its lines", async () => {
    const { outcome } = await call(validateOrder, { order_id: ORDER_ID }, [order()]);

    expect(outcome).toMatchObject({
      kind: "applied",
      result: { output: { valid: true, total_cents: 4500, lines: [{ sku: "TEE-M", quantity: 1, unit_cents: 4500 }] } },
    });
  });

  test.each([
    ["cancelled", { cancelledAt: "2026-01-21T00:00:00Z" }],
    ["not_paid", { displayFinancialStatus: "PENDING" }],
    ["no_shipping_address", { shippingAddress: null }],
    ["no_lines", { lineItems: { nodes: [] } }],
  ] as const)("an order that is %s is invalid", async (reason, changes) => {
    const { outcome } = await call(validateOrder, { order_id: ORDER_ID }, [order(changes)]);

    expect(outcome).toMatchObject({ kind: "rejected", code: "ORDER_INVALID", details: { reasons: [reason] } });
  });

  test("an id of another kind of entity is no order, and the shop is not asked", async () => {
    const { outcome, asked } = await call(validateOrder, { order_id: "shop_abc_ful_1" }, []);

    expect(outcome).toMatchObject({ kind: "rejected", code: "ORDER_NOT_FOUND" });
    expect(asked).toHaveLength(0);
  });
});

describe("calculateTax", () => {
  const INPUT = { order_id: ORDER_ID, currency: "USD", lines: [{ sku: "TEE-M", quantity: 2, unit_cents: 2250 }] };
  const quote = {
    id: "taxcalc_1",
    object: "tax.calculation",
    currency: "usd",
    amount_total: 4860,
    tax_amount_exclusive: 360,
  };

  test("quotes by the address of the order, which stays inside", async () => {
    const { outcome, asked } = await call(calculateTax, INPUT, [contact(), json(200, quote)]);

    expect(outcome).toMatchObject({ kind: "applied", result: { output: { tax_cents: 360, total_cents: 4860 } } });
    expect(new URLSearchParams(asked[1]?.body).get("customer_details[address][postal_code]")).toBe("90001");
    expect(JSON.stringify(outcome)).not.toContain("90001");
  });

  test("without an answer the tax is unavailable, and nothing is unknown", async () => {
    const { outcome } = await call(calculateTax, INPUT, [contact(), json(503, { error: { type: "api_error" } })]);

    expect(outcome).toMatchObject({ kind: "not_applied", code: "TAX_UNAVAILABLE" });
  });
});

describe("createOrder and cancelOrder", () => {
  const ACCEPT = { order_id: ORDER_ID, currency: "USD", total_cents: 4500, tax_cents: 360 };
  const cancel = (mode: string) => ({ order_id: ORDER_ID, mode, reason: "OTHER" });
  const cancelled = () =>
    graphql({ orderCancel: { job: { id: "gid://shopify/Job/1", done: false }, orderCancelUserErrors: [] } });

  test("an unchanged order is taken on, here and in the shop", async () => {
    const { outcome } = await call(createOrder, ACCEPT, [order(), tagged()]);

    expect(outcome).toMatchObject({
      kind: "applied",
      result: { proof: { transactionId: ORDER_GID }, entities: [{ entityId: ORDER_ID, set: { status: "accepted" } }] },
    });
  });

  test("an order that changed since it was validated is a conflict", async () => {
    const { outcome, asked } = await call(createOrder, { ...ACCEPT, total_cents: 4400 }, [order()]);

    expect(outcome).toMatchObject({ kind: "rejected", code: "ORDER_CONFLICT" });
    expect(asked).toHaveLength(1);
  });

  test("withdrawing marks the order and leaves it to the shop", async () => {
    const { outcome, asked } = await call(cancelOrder, cancel("withdraw"), [tagged()]);

    expect(outcome).toMatchObject({ kind: "applied", result: { output: { status: "withdrawn" } } });
    expect(asked[0]?.body).not.toContain("orderCancel");
  });

  const fulfilled = (state: string, cancellable: boolean) => {
    const entities = { [ORDER_ID]: { fulfillment_id: "shop_abc_ful_77" } };
    const invoke: Answers["invoke"] = async (tool, input) =>
      tool === "checkFulfillmentState"
        ? { kind: "applied", result: { output: { ...Object(input), state, cancellable } } }
        : { kind: "rejected", code: "PERMISSION_DENIED", message: `\`${tool}\` writes` };
    return { entities, invoke };
  };

  test.each(["canceled", "none"])("an order whose fulfilment is %s is cancelled", async (state) => {
    const answers = fulfilled(state, true);

    const { outcome } = await call(cancelOrder, cancel("cancel"), [order(), cancelled()], answers);

    expect(outcome).toMatchObject({ kind: "applied", result: { output: { status: "cancelling" } } });
  });

  test.each([
    ["pending", true, "cancel it first, with `cancelFulfillment`"],
    ["inprocess", false, "its goods are being made"],
  ])("an order whose fulfilment is %s is not cancelled, and the answer says what to do", async (state, can, said) => {
    const { outcome, asked } = await call(cancelOrder, cancel("cancel"), [order()], fulfilled(state, can));

    expect(outcome).toMatchObject({
      kind: "rejected",
      code: "ORDER_NOT_CANCELLABLE",
      message: expect.stringContaining(said),
    });
    expect(asked).toHaveLength(1);
  });

  test("an order that is cancelled already counts as done", async () => {
    const { outcome } = await call(cancelOrder, cancel("cancel"), [order({ cancelledAt: "2026-01-21T00:00:00Z" })]);

    expect(outcome).toMatchObject({ kind: "applied", result: { output: { status: "cancelled" } } });
  });
});

describe("fetchOrder", () => {
  test("tells what was paid, and a dispute that our record of the payment holds", async () => {
    const entities = { shop_abc_pay_pi_1: { disputed: true } };

    const { outcome } = await call(fetchOrder, { order_id: ORDER_ID }, [order()], { entities });

    expect(outcome).toMatchObject({
      kind: "applied",
      result: { output: { captured_cents: 4500, refunded_cents: 0, payment_intent: "pi_1", disputed: true } },
    });
  });

  test.each([
    ["not_applied", "SHOP_UNAVAILABLE", json(503, {})],
    ["rejected", "ORDER_NOT_FOUND", graphql({ order: null })],
  ] as const)("ends %s with %s", async (kind, code, answer) => {
    const { outcome } = await call(fetchOrder, { order_id: ORDER_ID }, [answer]);

    expect(outcome).toMatchObject({ kind, code });
  });
});

describe("sendConfirmation", () => {
  test("P1-T20 writes to the address on the order, which is kept nowhere", async () => {
    const accepted = new Response(null, { status: 200, headers: { "x-message-id": "m1" } });

    const { outcome, asked } = await call(sendConfirmation, { order_id: ORDER_ID }, [contact(), accepted]);

    expect(JSON.parse(asked[1]?.body ?? "").personalizations[0]).toMatchObject({
      to: [{ email: "buyer@test.example.com" }],
      custom_args: { notification_id: KEY },
    });
    expect(outcome).toMatchObject({ kind: "applied", result: { proof: { transactionId: "m1" } } });
    expect(JSON.stringify(outcome)).not.toMatch(/buyer|Buyer/);
  });

  test("P1-T20 writes to the address that came sealed, without asking the shop", async () => {
    const accepted = new Response(null, { status: 200, headers: { "x-message-id": "m1" } });
    const input = { order_id: ORDER_ID, contact: { $sealed: "0".repeat(64) } };
    const open = async () => ({ email: "sealed@test.example.com", name: null });

    const { outcome, asked } = await call(sendConfirmation, input, [accepted], { open });

    expect(JSON.parse(asked[0]?.body ?? "").personalizations[0].to).toEqual([{ email: "sealed@test.example.com" }]);
    expect(outcome).toMatchObject({ kind: "applied" });
    expect(JSON.stringify(outcome)).not.toContain("sealed@");
  });

  test.each([
    ["rejected", "EMAIL_REJECTED", [contact({ email: null })]],
    ["rejected", "RECIPIENT_FORBIDDEN", [contact({ email: "someone@example.org" })]],
    ["rejected", "EMAIL_REJECTED", [contact(), json(400, {})]],
    ["not_applied", "EMAIL_UNAVAILABLE", [contact(), json(429, {})]],
    ["unknown", "EMAIL_UNAVAILABLE", [contact(), json(503, {})]],
  ] as const)("ends %s with %s", async (kind, code, answers) => {
    const { outcome } = await call(sendConfirmation, { order_id: ORDER_ID }, answers);

    expect(outcome).toMatchObject({ kind, code });
  });
});
