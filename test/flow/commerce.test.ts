import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setCredential } from "../../src/api/administer.ts";
import { callPackOf, callWorkflowId } from "../../src/api/call-pack.ts";
import { assert, entityIdOf } from "../../src/contracts/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { type Simulators, simulatorKeys, startSimulators } from "../../src/packs/commerce/simulators/index.ts";
import { compilePack } from "../../src/run/index.ts";
import { realHost } from "../database/real-host.ts";
import { type FlowShop, openShopOf } from "./shop.ts";
import { expectSound } from "./sound.ts";
import { ALICE, type FlowTenant } from "./tenant.ts";

let shop: FlowShop;
let simulators: Simulators;
let tenant: FlowTenant;

beforeAll(async () => {
  const { pack, tools } = commercePack();
  const shopPack = compilePack(pack);
  assert(shopPack.ok, "the shop's pack compiles");
  const calls = callPackOf(shopPack.compiled).pack.workflows;
  const compiled = compilePack({ ...pack, workflows: [...pack.workflows, ...calls] });
  assert(compiled.ok, "and does so with workflows that each call a tool");
  const keys = simulatorKeys(realHost.random);
  shop = await openShopOf(tools);
  simulators = await startSimulators({ host: shop.clock.host, keys });
  tenant = await shop.tenantOn(compiled.compiled);
  const { stripe, shopify, printful, sendgrid } = simulators;
  for (const credential of [
    { service: "stripe", origin: stripe.origin, secret: keys.stripe.secretKey, settings: {} },
    {
      service: "shopify",
      origin: shopify.origin,
      secret: keys.shopify.accessToken,
      settings: { shop_domain: keys.shopify.shopDomain },
    },
    {
      service: "printful",
      origin: printful.origin,
      secret: keys.printful.token,
      settings: { store_id: String(keys.printful.storeId), variants: "TEE-M=4012" },
    },
    {
      service: "sendgrid",
      origin: sendgrid.origin,
      secret: keys.sendgrid.apiKey,
      settings: { from: "shop@test.example.com" },
    },
  ])
    expect(await setCredential(shop.installation, { tenantId: tenant.id, ...credential, by: "test" })).toMatchObject({
      ok: true,
    });
});

afterAll(async () => {
  await shop.close();
  await simulators.close();
});

/** A customer's paid order of two shirts, and our id of it. */
function paidOrder(): { readonly orderId: string; readonly paymentIntentId: string } {
  const placed = simulators.placePaidOrder({
    email: "buyer@test.example.com",
    lines: [{ sku: "TEE-M", quantity: 2, unitPriceMinor: 2_500 }],
    address: {
      first_name: "Ada",
      last_name: "Buyer",
      address1: "1 Main St",
      city: "Springfield",
      province_code: "IL",
      zip: "62701",
      country_code: "US",
    },
    shippingMinor: 500,
  });
  const orderId = entityIdOf(tenant.id, "order", placed.orderId.split("/").at(-1) ?? "");
  assert(orderId !== undefined, "the simulator's id can stand in ours");
  return { orderId, paymentIntentId: placed.paymentIntentId };
}

describe("P1-WF01", () => {
  test("P1-T19 P1-T20 a paid order becomes one fulfilment and one confirmation, each with a receipt", async () => {
    const { orderId } = paidOrder();
    const before = simulators.printful.state().orders.length;

    const run = await tenant.runs("P1-WF01", { order_id: orderId });

    expect(run).toMatchObject({ status: "SUCCEEDED", code: null });
    expect(simulators.printful.state().orders).toHaveLength(before + 1);
    const { messages } = simulators.sendgrid.state();
    expect(messages.flatMap(({ recipients }) => recipients.map(({ email }) => email))).toEqual([
      "buyer@test.example.com",
    ]);
    const receipts = await tenant.receipts(run.run_id);
    expect(receipts.map(({ tool_name, status }) => [tool_name, status])).toEqual([
      ["createOrder", "claimed"],
      ["createFulfillment", "claimed"],
      ["sendConfirmation", "claimed"],
    ]);
    expect(new Set(receipts.map(({ correlation_id }) => correlation_id))).toEqual(new Set([run.correlation_id]));
  });

  test("P1-T19 the same order told twice, by two runs, is fulfilled and confirmed once", async () => {
    const { orderId } = paidOrder();
    const first = await tenant.runs("P1-WF01", { order_id: orderId });
    const [orders, mails] = [simulators.printful.state().orders.length, simulators.sendgrid.state().messages.length];

    const second = await tenant.runs("P1-WF01", { order_id: orderId });

    expect([first.outcome, second.outcome]).toEqual(["SUCCESS", "SUCCESS"]);
    expect(simulators.printful.state().orders).toHaveLength(orders);
    expect(simulators.sendgrid.state().messages).toHaveLength(mails);
    expect(await tenant.receipts(second.run_id)).toEqual([]);
  });
});

test("17.6 an order is cancelled once its fulfilment is, which is an effect of its own", async () => {
  const { orderId } = paidOrder();
  await tenant.runs("P1-WF01", { order_id: orderId });
  const fulfilment = entityIdOf(tenant.id, "fulfillment", String(simulators.printful.state().orders.at(-1)?.id));
  assert(fulfilment !== undefined, "the supplier's number can stand in our id");
  const cancels = () =>
    tenant.runs(callWorkflowId("cancelOrder"), { order_id: orderId, mode: "cancel", reason: "CUSTOMER" });

  const early = await cancels();
  const stopped = await tenant.runs(callWorkflowId("cancelFulfillment"), { fulfillment_id: fulfilment });
  const late = await cancels();

  expect([early, stopped, late].map(({ code, outcome }) => code ?? outcome)).toEqual([
    "ORDER_NOT_CANCELLABLE",
    "SUCCESS",
    "SUCCESS",
  ]);
  expect(simulators.printful.state().orders.at(-1)?.status).toBe("canceled");
});

describe("P1-WF03", () => {
  const refundsOf = (paymentIntentId: string) =>
    simulators.stripe.state().refunds.filter(({ payment_intent }) => payment_intent === paymentIntentId);

  test("P1-T22 P1-T23 an approved refund is made once, with both keys; the same request again gets the stored result", async () => {
    const { orderId, paymentIntentId } = paidOrder();
    const request = { order_id: orderId, amount_cents: 1_500, reason: "requested_by_customer", request_id: "r-1" };

    const runId = await tenant.start("P1-WF03", request);
    const approval = await tenant.pending(runId);
    expect(refundsOf(paymentIntentId)).toEqual([]);
    expect((await tenant.preview(approval)).document).toMatchObject({
      tool: "executeRefund",
      input: { amount_cents: 1_500 },
    });
    await tenant.decides(approval, "APPROVE", ALICE);
    const first = await tenant.ends(runId);
    const second = await tenant.runs("P1-WF03", request);

    expect([first.outcome, second.outcome]).toEqual(["SUCCESS", "SUCCESS"]);
    expect(refundsOf(paymentIntentId)).toMatchObject([{ amount: 1_500, status: "succeeded" }]);
    const receipts = await tenant.receipts(runId);
    expect(receipts).toMatchObject([
      {
        tool_name: "executeRefund",
        internal_key: expect.stringMatching(new RegExp(`^${tenant.id}:executeRefund:`)),
        external_key: expect.stringMatching(/^autobiz:[0-9a-f]{32}$/),
        external_provider: "stripe",
        external_transaction_id: refundsOf(paymentIntentId)[0]?.id,
        provider_request_id: expect.stringMatching(/^req_/),
        amount_minor: "1500",
        currency: "USD",
      },
    ]);
    expect((await tenant.event(second.run_id, "step.succeeded", "execute")).payload).toMatchObject({
      reused: true,
      receipt_id: receipts[0]?.receipt_id,
    });
    expect(await tenant.approvals(second.run_id)).toEqual([]);
  });

  test("a denied refund moves no money", async () => {
    const { orderId, paymentIntentId } = paidOrder();
    const runId = await tenant.start("P1-WF03", { order_id: orderId, reason: "requested_by_customer" });

    await tenant.decides(await tenant.pending(runId), "DENY", ALICE);
    const run = await tenant.ends(runId);

    expect(run).toMatchObject({ outcome: "EXPECTED_FAILURE", code: "HITL_DENIED" });
    expect(refundsOf(paymentIntentId)).toEqual([]);
  });

  test("what the customer's address is, nobody reads in the ledger", async () => {
    const { owner } = shop.installation.database;

    const rows = await owner`select 1 from event where strpos(payload, 'buyer@test.example.com') > 0`;

    expect(rows).toHaveLength(0);
  });
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
