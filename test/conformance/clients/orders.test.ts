import { describe, expect, test } from "vitest";
import { calculateTax } from "../../../src/packs/commerce/tools/calculate-tax.ts";
import { cancelOrder } from "../../../src/packs/commerce/tools/cancel-order.ts";
import { createFulfillment } from "../../../src/packs/commerce/tools/create-fulfillment.ts";
import { createOrder } from "../../../src/packs/commerce/tools/create-order.ts";
import {
  cancelFulfillment,
  checkFulfillmentState,
  lookupShipment,
} from "../../../src/packs/commerce/tools/fulfilment-state.ts";
import { sendConfirmation } from "../../../src/packs/commerce/tools/send-confirmation.ts";
import { validateOrder } from "../../../src/packs/commerce/tools/validate-order.ts";
import { type Bench, useBench } from "../simulators/bench.ts";
import { attempt, outputOf, paidOrder, perform } from "./shop-calls.ts";

const bench = useBench();

const charged = ({ sims }: Bench) => sims.printful.state().orders.filter((order) => order.charged);

async function itemsOf(orderId: string) {
  const { lines } = await perform(validateOrder, { order_id: orderId }, attempt(bench()));
  return { order_id: orderId, items: lines ?? [] };
}

describe("an order's way through the four providers", () => {
  test("P1-T19 P1-T20 a paid order becomes one charged fulfilment and one confirmation", async () => {
    const { orderId } = paidOrder(bench());
    const order = await perform(validateOrder, { order_id: orderId }, attempt(bench()));
    const { currency = "", lines = [], total_cents = 0 } = order;

    const tax = await perform(calculateTax, { order_id: orderId, currency, lines }, attempt(bench()));
    const { tax_cents = 0 } = tax;
    await perform(createOrder, { order_id: orderId, currency, total_cents, tax_cents }, attempt(bench()));
    await perform(createFulfillment, { order_id: orderId, items: lines }, attempt(bench()));
    await perform(sendConfirmation, { order_id: orderId }, attempt(bench()));

    expect(charged(bench())).toHaveLength(1);
    expect(bench().sims.printful.state().orders).toHaveLength(1);
    const { messages } = bench().sims.sendgrid.state();
    expect(messages.map(({ sandbox, recipients }) => [sandbox, recipients.map(({ email }) => email)])).toEqual([
      [true, ["ada@test.example.com"]],
    ]);
    expect(bench().sims.shopify.state().orders[0]?.tags).toContain("countermark-accepted");
  });

  test("a throttled shop answers 200 and is waited for, not believed", async () => {
    const { orderId } = paidOrder(bench());
    bench().sims.shopify.fault({ action: { kind: "throttle" } });

    const outcome = await validateOrder.handler({ order_id: orderId }, attempt(bench()));

    expect(outcome).toMatchObject({ kind: "not_applied", code: "SHOP_UNAVAILABLE" });
    expect(outcome).toHaveProperty("retryAfterMs");
  });

  test("a wrong key is the credential's fault, and no attempt repeats it", async () => {
    const { orderId } = paidOrder(bench());

    const context = attempt(bench(), { secrets: { shopify: "shpat_test_wrong" } });
    const outcome = await validateOrder.handler({ order_id: orderId }, context);

    expect(outcome).toMatchObject({ kind: "rejected", code: "PROVIDER_CREDENTIAL_REFUSED" });
    expect(bench().sims.shopify.journal()).toHaveLength(1);
  });
});

describe("a fulfilment whose answers get lost", () => {
  test.each([
    ["the draft's answer", "/v2/orders"],
    ["the confirmation's answer", "/v2/orders/*/confirmation"],
  ] as const)("%s is lost after the effect: it is found, and there is one fulfilment", async (_, path) => {
    const { orderId } = paidOrder(bench());
    const input = await itemsOf(orderId);
    bench().sims.printful.fault({ method: "POST", path, action: { kind: "drop_after_effect" } });

    const outcome = await createFulfillment.handler(input, attempt(bench()));

    expect(outputOf(outcome)).toMatchObject({ status: "pending" });
    expect(bench().sims.printful.state().orders).toHaveLength(1);
  });

  test("while nothing can be read back the outcome is unknown; the next attempt finishes the same fulfilment", async () => {
    const { orderId } = paidOrder(bench());
    const input = await itemsOf(orderId);
    bench().sims.printful.fault({ path: "/v2/orders/*/confirmation", action: { kind: "drop_after_effect" } });
    bench().sims.printful.fault({ method: "GET", action: { kind: "outage" } });

    const lost = await createFulfillment.handler(input, attempt(bench()));
    bench().sims.printful.clearFaults();
    const looked = await createFulfillment.lookup?.(input, attempt(bench()));
    const again = await createFulfillment.handler(input, attempt(bench()));

    expect(lost).toMatchObject({ kind: "unknown", code: "POD_UNAVAILABLE" });
    expect(looked).toMatchObject({ kind: "found" });
    expect(outputOf(again)).toMatchObject({ status: "pending" });
    expect(charged(bench())).toHaveLength(1);
    expect(bench().sims.printful.state().orders).toHaveLength(1);
  });

  test("an outage is no effect and no charge", async () => {
    const { orderId } = paidOrder(bench());
    const input = await itemsOf(orderId);
    bench().sims.printful.fault({ method: "POST", action: { kind: "outage" } });

    const outcome = await createFulfillment.handler(input, attempt(bench()));

    expect(outcome).toMatchObject({ kind: "not_applied", code: "POD_UNAVAILABLE" });
    expect(bench().sims.printful.state().orders).toHaveLength(0);
  });

  test("five attempts with every kind of trouble still charge once", async () => {
    const { orderId } = paidOrder(bench());
    const input = await itemsOf(orderId);
    const { printful } = bench().sims;
    const kinds = ["drop_before_effect", "malformed_json", "throttle", "drop_after_effect"] as const;

    for (const kind of kinds) {
      printful.fault({ method: "POST", action: { kind } });
      await createFulfillment.handler(input, attempt(bench()));
    }
    printful.clearFaults();
    const last = await createFulfillment.handler(input, attempt(bench()));

    expect(last.kind).toBe("applied");
    expect(charged(bench())).toHaveLength(1);
  });
});

describe("stopping and following a fulfilment", () => {
  async function fulfilled() {
    const { orderId } = paidOrder(bench());
    const output = await perform(createFulfillment, await itemsOf(orderId), attempt(bench()));
    const { fulfillment_id = "" } = output;
    const entities = { [orderId]: { fulfillment_id } };
    return { orderId, fulfillment_id, entities, number: bench().sims.printful.state().orders[0]?.id ?? 0 };
  }

  test("cancelling returns the charge, and a second time changes nothing", async () => {
    const { fulfillment_id } = await fulfilled();

    await perform(cancelFulfillment, { fulfillment_id }, attempt(bench()));
    await perform(cancelFulfillment, { fulfillment_id }, attempt(bench()));

    expect(charged(bench())).toHaveLength(0);
    expect(
      bench()
        .sims.printful.journal()
        .filter(({ method }) => method === "DELETE"),
    ).toHaveLength(1);
  });

  test("a cancellation whose answer was lost is found by looking", async () => {
    const { fulfillment_id } = await fulfilled();
    bench().sims.printful.fault({ method: "DELETE", action: { kind: "drop_after_effect" } });

    const lost = await cancelFulfillment.handler({ fulfillment_id }, attempt(bench()));
    const looked = await cancelFulfillment.lookup?.({ fulfillment_id }, attempt(bench()));

    expect(lost).toMatchObject({ kind: "unknown" });
    expect(looked).toMatchObject({ kind: "found" });
  });

  test("goods in production cannot be cancelled", async () => {
    const { fulfillment_id, orderId, entities, number } = await fulfilled();
    bench().sims.printful.progress(String(number), { to: "inprocess" });

    const outcome = await cancelFulfillment.handler({ fulfillment_id }, attempt(bench()));
    const state = await perform(checkFulfillmentState, { order_id: orderId }, attempt(bench(), { entities }));

    expect(outcome).toMatchObject({ kind: "rejected", code: "FULFILLMENT_NOT_CANCELLABLE" });
    expect(state).toMatchObject({ state: "inprocess", cancellable: false });
  });

  test("a shipped order is followed by the supplier's tracking number", async () => {
    const { orderId, entities, number } = await fulfilled();
    bench().sims.printful.progress(String(number), { to: "shipped", carrier: "UPS", trackingNumber: "1Z999" });

    const shipment = await perform(lookupShipment, { order_id: orderId }, attempt(bench(), { entities }));

    expect(shipment).toMatchObject({ status: "shipped", carrier: "UPS", tracking_number: "1Z999" });
  });

  test("an order is cancelled in the shop, which a look-up sees once the shop is done", async () => {
    const { orderId } = paidOrder(bench());
    const input = { order_id: orderId, mode: "cancel", reason: "CUSTOMER" };

    const before = await cancelOrder.lookup?.(input, attempt(bench()));
    await perform(cancelOrder, input, attempt(bench()));
    bench().sims.shopify.completeJobs();
    const after = await cancelOrder.lookup?.(input, attempt(bench()));

    expect(before).toMatchObject({ kind: "absent" });
    expect(after).toMatchObject({ kind: "found" });
  });
});
