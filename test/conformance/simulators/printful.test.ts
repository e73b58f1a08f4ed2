import { expect, test } from "vitest";
import { printful, useBench } from "./bench.ts";

const bench = useBench();

const DRAFT = {
  external_id: "run1-fulfil",
  shipping: "STANDARD",
  recipient: {
    name: "Ada Vector",
    address1: "1 Test Street",
    city: "Springfield",
    state_code: "CA",
    country_code: "US",
    zip: "90001",
  },
  order_items: [
    {
      source: "catalog",
      catalog_variant_id: 4_011,
      quantity: 2,
      placements: [
        { placement: "front", technique: "dtg", layers: [{ type: "file", url: "https://example.test/a.png" }] },
      ],
    },
  ],
};

const create = (body: unknown = DRAFT) => printful(bench(), "POST", "/v2/orders", body);
const read = async () => (await printful(bench(), "GET", "/v2/orders/@run1-fulfil")).json.data;
const confirm = () => printful(bench(), "POST", "/v2/orders/@run1-fulfil/confirmation");

test("an order begins as a draft that costs nothing, and is found by number and by our own id", async () => {
  const { status, json } = await create();
  const byExternalId = await printful(bench(), "GET", "/v2/orders/@run1-fulfil");
  const [order] = bench().sims.printful.state().orders;
  const byNumber = await printful(bench(), "GET", `/v2/orders/${order?.id}`);

  expect(status).toBe(200);
  expect(json).toMatchObject({ data: { status: "draft", external_id: "run1-fulfil", costs: { total: "28.65" } } });
  expect(byExternalId.json).toEqual(byNumber.json);
  expect(order?.charged).toBe(false);
});

test("a second order with the same external id is a 400, and that is all the idempotency there is", async () => {
  await create();

  const { status, json } = await create();

  expect(status).toBe(400);
  expect(json).toMatchObject({
    code: 400,
    error: { reason: "BadRequest", message: expect.stringContaining("already exists") },
  });
  expect(bench().sims.printful.state().orders).toHaveLength(1);
});

test("confirming charges, and works once", async () => {
  await create();

  const first = await confirm();
  const second = await confirm();

  expect(first.json).toMatchObject({ data: { status: "pending" } });
  expect(second.status).toBe(400);
  expect(bench().sims.printful.state().orders).toMatchObject([{ charged: true }]);
});

test("version 1 cancels a pending order and returns the charge", async () => {
  await create();
  await confirm();

  const { status, json } = await printful(bench(), "DELETE", "/orders/@run1-fulfil");

  expect(status).toBe(200);
  expect(json).toMatchObject({ code: 200, result: { status: "canceled", external_id: "run1-fulfil" } });
  expect(bench().sims.printful.state().orders).toMatchObject([{ status: "canceled", charged: false }]);
});

test("from production on nothing cancels an order", async () => {
  await create();
  await confirm();
  bench().sims.printful.progress("@run1-fulfil", { to: "inprocess" });

  const { status, json } = await printful(bench(), "DELETE", "/orders/@run1-fulfil");

  expect(status).toBe(400);
  expect(json).toMatchObject({ error: { message: expect.stringContaining("inprocess") } });
});

test("version 2 deletes a draft but not a charged order", async () => {
  await create();
  await confirm();
  const kept = await printful(bench(), "DELETE", "/v2/orders/@run1-fulfil");
  await create({ ...DRAFT, external_id: "other" });
  const deleted = await printful(bench(), "DELETE", "/v2/orders/@other");

  expect([kept.status, deleted.status]).toEqual([409, 204]);
  expect(
    bench()
      .sims.printful.state()
      .orders.map(({ external_id }) => external_id),
  ).toEqual(["run1-fulfil"]);
});

test("a shipped order is fulfilled and shows its parcel, which is delivered later", async () => {
  const { sims } = bench();
  await create();
  await confirm();
  sims.printful.progress("@run1-fulfil", { to: "shipped", carrier: "USPS", trackingNumber: "9400 TEST 1" });
  const shipped = await printful(bench(), "GET", "/v2/orders/@run1-fulfil/shipments");
  sims.printful.progress("@run1-fulfil", { to: "delivered" });
  const delivered = await printful(bench(), "GET", "/v2/orders/@run1-fulfil/shipments");

  expect(await read()).toMatchObject({ status: "fulfilled" });
  expect(shipped.json).toMatchObject({
    data: [
      { carrier: "USPS", tracking_number: "9400 TEST 1", shipment_status: "shipped", delivery_status: "in_transit" },
    ],
  });
  expect(delivered.json).toMatchObject({ data: [{ delivery_status: "delivered", is_reshipment: false }] });
});

test("a failed order gives its charge back and can be confirmed again; a held one can be cancelled", async () => {
  const { sims } = bench();
  await create();
  await confirm();

  sims.printful.progress("@run1-fulfil", { to: "failed", reason: "card" });
  const failed = sims.printful.state().orders[0];
  await confirm();
  sims.printful.progress("@run1-fulfil", { to: "onhold", reason: "address" });
  const held = await read();
  const cancelled = await printful(bench(), "DELETE", "/orders/@run1-fulfil");

  expect(failed).toMatchObject({ status: "failed", charged: false });
  expect(held).toMatchObject({ status: "onhold" });
  expect(cancelled.status).toBe(200);
});

test.each([
  [{ ...DRAFT, order_items: [] }, "order_items"],
  [{ ...DRAFT, recipient: { ...DRAFT.recipient, zip: "" } }, "recipient.zip"],
  [{ ...DRAFT, recipient: { ...DRAFT.recipient, state_code: undefined } }, "state_code"],
  [{ ...DRAFT, order_items: [{ source: "catalog", quantity: 1 }] }, "catalog_variant_id"],
  [{ ...DRAFT, order_items: [{ ...DRAFT.order_items[0], quantity: 0 }] }, "quantity"],
  [{ ...DRAFT, order_items: [{ ...DRAFT.order_items[0], placements: [] }] }, "placements"],
])("a draft with a fault is refused, naming the field (%#)", async (body, field) => {
  const { status, json } = await create(body);

  expect(status).toBe(400);
  expect(json).toMatchObject({ error: { reason: "BadRequest", message: expect.stringContaining(field) } });
});

test("an unknown order is 404, in both versions", async () => {
  const v2 = await printful(bench(), "GET", "/v2/orders/@none");
  const v1 = await printful(bench(), "DELETE", "/orders/@none");

  expect([v2, v1]).toMatchObject([{ status: 404 }, { status: 404 }]);
});

test("throttling is 429 with retry-after; the limit's policy is on every answer", async () => {
  bench().sims.printful.fault({ action: { kind: "throttle" } });

  const limited = await printful(bench(), "GET", "/v2/orders");
  const free = await printful(bench(), "GET", "/v2/orders");

  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "60"]);
  expect([free.status, free.headers.get("x-ratelimit-policy")]).toEqual([200, "120;w=60"]);
});
