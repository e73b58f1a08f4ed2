import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/contracts/index.ts";
import { releaseHeld } from "../../src/ingress/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import {
  audited,
  entity,
  inbound,
  orderBody,
  paymentEvent,
  printfulEvent,
  rowsOf,
  SHOP,
  sendPrintful,
  sendShopify,
  sendStripe,
  setMembers,
  setPack,
  useShop,
} from "./ingress-shop.ts";

const shop = useShop();

const PRINTFUL = { occurred_at: "2026-01-01T00:00:00Z", retries: 0, store_id: 77 };

const lifecycle = async (entityId: string): Promise<unknown> => (await entity(shop, entityId))?.state.lifecycle;

const alertsAbout = async (eventId: string | undefined) =>
  (await audited(shop)).filter(({ payload }) => payload.includes(`"event_id":"${eventId}"`));

interface RunRow {
  readonly run_id: string;
  readonly workflow_id: string;
  readonly start_key: string;
  readonly correlation_id: string;
  readonly principal_id: string;
  readonly channel: string;
}

const artifactsOf = async (): Promise<readonly string[]> =>
  (await rowsOf<{ digest: string }>(shop, SHOP, "artifact", "digest")).map(({ digest }) => digest);

const runsOf = async (entityId: string): Promise<readonly RunRow[]> => {
  const columns = "run_id, workflow_id, start_key, correlation_id, principal_id, channel";
  const runs = await rowsOf<RunRow>(shop, SHOP, "run", columns);
  return runs.filter(({ start_key }) => start_key.includes(entityId));
};

describe("events out of order", () => {
  it("P1-T37 a successor waits for its predecessor, then both are applied in causal order", async () => {
    const early = await sendShopify(shop, "orders/paid", "wh-37-paid", orderBody("37"));
    const waiting = await inbound(shop, "wh-37-paid");
    const late = await sendShopify(shop, "orders/create", "wh-37-create", orderBody("37"));

    expect(early).toMatchObject({ status: "accepted", events: [{ processing_status: "HELD_ORDERING", run_id: null }] });
    expect(waiting).toMatchObject([{ processing_status: "HELD_ORDERING", seq: 1 }]);
    expect(late).toMatchObject({ events: [{ processing_status: "APPLIED" }] });
    expect(await inbound(shop, "wh-37-paid")).toMatchObject([
      { processing_status: "APPLIED", ordering_incomplete: false, status_reason: null },
    ]);
    expect(await lifecycle(`${SHOP}_ord_37`)).toEqual({
      status: "paid",
      applied_types: ["order.created", "order.paid"],
    });
    expect(await runsOf(`${SHOP}_ord_37`)).toHaveLength(1);
  });

  it("P1-T-RK07a events released by one another are applied transitively", async () => {
    const shipped = { id: 9, order_id: 70, shipment_status: "shipped", carrier: "DHL" };
    const shipment = { ...PRINTFUL, type: "shipment_sent", data: { shipment: shipped } };
    const returned = { ...shipment, type: "shipment_returned" };

    await sendPrintful(shop, returned);
    await sendPrintful(shop, shipment);
    const answer = await sendPrintful(shop, printfulEvent("order_created", 70));

    expect(answer).toMatchObject({ events: [{ processing_status: "APPLIED" }] });
    expect(await lifecycle(`${SHOP}_ful_70`)).toEqual({
      status: "returned",
      applied_types: ["fulfillment.created", "fulfillment.shipped", "fulfillment.returned"],
    });
    expect(await entity(shop, `${SHOP}_ful_70`)).toMatchObject({ version: 3 });
  });

  it("P1-T-RK02b a payment that succeeded before it was created ends captured", async () => {
    await sendStripe(shop, paymentEvent("evt_02b_2", "payment_intent.succeeded", "pi_02b"));
    await sendStripe(shop, paymentEvent("evt_02b_1", "payment_intent.created", "pi_02b"));

    expect(await lifecycle(`${SHOP}_pay_pi_02b`)).toMatchObject({ status: "captured" });
  });

  it("P1-T37 successor and predecessor delivered at the same moment end applied, with one run", async () => {
    const orders = Array.from({ length: 8 }, (_, index) => `37${index}`);

    await Promise.all(
      orders.flatMap((digits) => [
        sendShopify(shop, "orders/paid", `wh-${digits}-p`, orderBody(digits)),
        sendShopify(shop, "orders/create", `wh-${digits}-c`, orderBody(digits)),
      ]),
    );

    for (const digits of orders) {
      expect(await lifecycle(`${SHOP}_ord_${digits}`)).toMatchObject({ status: "paid" });
      expect(await runsOf(`${SHOP}_ord_${digits}:`)).toHaveLength(1);
    }
  });

  it("an event that contradicts the local status is reconciled, never applied", async () => {
    await sendShopify(shop, "orders/create", "wh-39-create", orderBody("39"));
    await sendShopify(
      shop,
      "orders/cancelled",
      "wh-39-cancel",
      orderBody("39", { cancelled_at: "2026-01-01T00:00:00Z" }),
    );

    const answer = await sendShopify(shop, "orders/paid", "wh-39-paid", orderBody("39"));

    expect(answer).toMatchObject({
      events: [{ processing_status: "RECONCILE_QUEUED", status_reason: "ROUTED_TO_RECONCILIATION", run_id: null }],
    });
    expect(await lifecycle(`${SHOP}_ord_39`)).toMatchObject({ status: "cancelled" });
    expect(await runsOf(`${SHOP}_ord_39`)).toHaveLength(0);
  });
});

describe("the end of waiting", () => {
  it("P1-T38 an event whose predecessor never comes is applied with a warning where its preconditions hold", async () => {
    // An authorised payment of which no event says that it was created: our own record has brought it this far.
    await sendStripe(shop, paymentEvent("evt_38_0", "payment_intent.created", "pi_38"));
    await forgetCreation(`${SHOP}_pay_pi_38`);
    const sent = await sendStripe(shop, paymentEvent("evt_38", "payment_intent.succeeded", "pi_38"));

    shop.host.clock.advance(59_999);
    await releaseHeld(shop.ports, SHOP);
    const before = await inbound(shop, "evt_38");
    shop.host.clock.advance(1);
    await releaseHeld(shop.ports, SHOP);

    expect(sent).toMatchObject({ events: [{ processing_status: "HELD_ORDERING" }] });
    expect(before).toMatchObject([{ processing_status: "HELD_ORDERING" }]);
    const [row] = await inbound(shop, "evt_38");
    expect(row).toMatchObject({ processing_status: "APPLIED", ordering_incomplete: true });
    expect(await lifecycle(`${SHOP}_pay_pi_38`)).toMatchObject({ status: "captured" });
    const [alert] = await alertsAbout(row?.event_id);
    expect(alert).toMatchObject({ type: "event.applied_with_warning", severity: "warning" });
    expect(JSON.parse(alert?.payload ?? "{}")).toMatchObject({
      held_for_seconds: 60,
      missing_predecessor: ["payment.created"],
      preconditions_passed: true,
      resolution: "APPLIED_WITH_WARNING",
      state_before: "created",
      state_after: "captured",
    });
  });

  it("P1-T-RK07b an event whose predecessor never comes is reconciled where its preconditions fail", async () => {
    await sendShopify(shop, "orders/fulfilled", "wh-71", orderBody("71", { fulfillment_status: "fulfilled" }));

    shop.host.clock.advance(60_000);
    await releaseHeld(shop.ports, SHOP);

    const [row] = await inbound(shop, "wh-71");
    expect(row).toMatchObject({ processing_status: "RECONCILE_QUEUED", ordering_incomplete: true });
    expect(await entity(shop, `${SHOP}_ord_71`)).toBeUndefined();
    expect(await alertsAbout(row?.event_id)).toMatchObject([{ type: "event.routed_to_reconciliation" }]);
  });

  it("P1-T-RK02a a webhook that comes 60 s late is processed once and leads to the right state", async () => {
    await sendShopify(shop, "orders/create", "wh-02a-create", orderBody("2"));

    shop.host.clock.advance(61_000);
    await releaseHeld(shop.ports, SHOP);
    await sendShopify(shop, "orders/paid", "wh-02a-paid", orderBody("2"));
    await releaseHeld(shop.ports, SHOP);

    expect(await lifecycle(`${SHOP}_ord_2`)).toMatchObject({ status: "paid" });
    expect(await runsOf(`${SHOP}_ord_2`)).toHaveLength(1);
  });

  it("a predecessor that comes after its successor was applied with a warning rolls nothing back", async () => {
    const late = await sendStripe(shop, paymentEvent("evt_38_late", "payment_intent.created", "pi_38"));

    expect(late).toMatchObject({ events: [{ processing_status: "RECONCILE_QUEUED" }] });
    expect(await lifecycle(`${SHOP}_pay_pi_38`)).toMatchObject({ status: "captured" });
  });

  it("sweeps at once do no harm", async () => {
    await sendShopify(shop, "orders/fulfilled", "wh-73", orderBody("73", { fulfillment_status: "fulfilled" }));
    shop.host.clock.advance(60_000);

    await Promise.all(Array.from({ length: 4 }, () => releaseHeld(shop.ports, SHOP)));

    const [row] = await inbound(shop, "wh-73");
    expect(await alertsAbout(row?.event_id)).toHaveLength(1);
  });
});

describe("what events leave on an entity", () => {
  it("each event that tells something new is one version with its patch and its digest", async () => {
    await sendShopify(shop, "orders/create", "wh-80-a", orderBody("80"));
    await sendShopify(shop, "orders/updated", "wh-80-b", orderBody("80"));
    await sendShopify(shop, "orders/updated", "wh-80-c", orderBody("80"));
    await sendShopify(shop, "orders/updated", "wh-80-d", orderBody("80", { total_price: "40.00" }));

    const present = await entity(shop, `${SHOP}_ord_80`);
    expect(present).toMatchObject({ version: 3, state: { reported: { total_cents: 4000 } } });
    const columns = "version, entity_id, state_patch, state_sha256";
    const versions = (
      await rowsOf<{ entity_id: string; state_patch: string; state_sha256: string }>(
        shop,
        SHOP,
        "entity_version",
        columns,
      )
    ).filter(({ entity_id }) => entity_id === `${SHOP}_ord_80`);
    expect(versions).toHaveLength(3);
    expect(versions[2]?.state_patch).toBe('[{"op":"replace","path":"/reported/total_cents","value":4000}]');
    expect(versions[2]?.state_sha256).toBe(digestOf({ ...present?.state }));
  });

  it("members that tools set stay as they are", async () => {
    await sendShopify(shop, "orders/create", "wh-81-a", orderBody("81"));
    await setMembers(shop, `${SHOP}_ord_81`, { status: "accepted" });

    await sendShopify(shop, "orders/paid", "wh-81-b", orderBody("81"));

    expect(await entity(shop, `${SHOP}_ord_81`)).toMatchObject({
      version: 3,
      state: { status: "accepted", lifecycle: { status: "paid" } },
    });
  });

  it("a disputed payment says so until the dispute is won", async () => {
    await sendStripe(shop, paymentEvent("evt_82_1", "payment_intent.created", "pi_82"));
    const dispute = (id: string, type: string, status: string) =>
      paymentEvent(id, type, "dp_82", { payment_intent: "pi_82", reason: "fraudulent", status });

    await sendStripe(shop, dispute("evt_82_2", "charge.dispute.created", "needs_response"));
    const open = await entity(shop, `${SHOP}_pay_pi_82`);
    await sendStripe(shop, dispute("evt_82_3", "charge.dispute.closed", "won"));

    expect(open?.state.disputed).toBe(true);
    expect((await entity(shop, `${SHOP}_pay_pi_82`))?.state.disputed).toBe(false);
  });
});

describe("what events start", () => {
  it("a paid order starts its workflow once, whichever deliveries bring the news", async () => {
    await sendShopify(shop, "orders/create", "wh-90-a", orderBody("90"));
    const paid = await sendShopify(shop, "orders/paid", "wh-90-b", orderBody("90"));
    await sendShopify(shop, "orders/paid", "wh-90-c", orderBody("90"));
    await sendShopify(shop, "orders/paid", "wh-90-b", orderBody("90"));

    const [orderToFulfil] = commercePack().pack.workflows.map(({ id }) => id);
    const runs = await runsOf(`${SHOP}_ord_90`);
    const [event] = await inbound(shop, "wh-90-b");
    expect(runs).toMatchObject([
      {
        workflow_id: orderToFulfil,
        correlation_id: event?.event_id,
        principal_id: "webhook.shopify",
        channel: "controlled_fixture",
      },
    ]);
    expect(paid).toMatchObject({ events: [{ run_id: runs[0]?.run_id }] });
    expect(event?.run_id).toBe(runs[0]?.run_id);
  });

  it("a run is triggered with what its schema declares, and nothing else; who the customer is comes sealed", async () => {
    const kept = await artifactsOf();
    await sendShopify(shop, "orders/create", "wh-91-a", orderBody("91"));
    const created = await artifactsOf();
    await sendShopify(shop, "orders/paid", "wh-91-b", orderBody("91"));
    const paid = await artifactsOf();
    await sendShopify(shop, "orders/paid", "wh-91-b", orderBody("91"));

    const [run] = await runsOf(`${SHOP}_ord_91`);
    const events = await rowsOf<{ stream: string; payload: string }>(shop, SHOP, "event", "stream, payload");
    const first = events.find(({ stream }) => stream === run?.run_id);
    const { document, refusal } = JSON.parse(first?.payload ?? "{}");
    const { contact, ship_to } = document.trigger;
    expect(document.trigger).toEqual({ order_id: `${SHOP}_ord_91`, contact, ship_to });
    expect(refusal).toBeNull();
    expect(created).toEqual(kept); // an event that starts nothing leaves nothing of the customer, not even sealed
    expect(paid.filter((digest) => !kept.includes(digest))).toEqual([contact.$sealed, ship_to.$sealed].toSorted());
    expect(await artifactsOf()).toEqual(paid); // nor does a repeated delivery
  });

  it("a paused pack starts nothing; its events wait and start their runs when it is resumed", async () => {
    await sendShopify(shop, "orders/create", "wh-92-a", orderBody("92"));
    await setPack(shop, "PAUSED");

    const answer = await sendShopify(shop, "orders/paid", "wh-92-b", orderBody("92"));
    shop.host.clock.advance(120_000);
    await releaseHeld(shop.ports, SHOP);
    const paused = await inbound(shop, "wh-92-b");
    const runsWhilePaused = await runsOf(`${SHOP}_ord_92`);
    await setPack(shop, "ACTIVE");
    await releaseHeld(shop.ports, SHOP);

    expect(answer).toMatchObject({ events: [{ processing_status: "RECEIVED", status_reason: "BUSINESS_PAUSED" }] });
    expect(paused).toMatchObject([{ processing_status: "RECEIVED", status_reason: "BUSINESS_PAUSED" }]);
    expect(runsWhilePaused).toHaveLength(0);
    expect(await inbound(shop, "wh-92-b")).toMatchObject([{ processing_status: "APPLIED", status_reason: null }]);
    expect(await runsOf(`${SHOP}_ord_92`)).toHaveLength(1);
  });

  it("an order that was cancelled while the pack was paused is not fulfilled when it is resumed", async () => {
    await sendShopify(shop, "orders/create", "wh-93-a", orderBody("93"));
    await setPack(shop, "PAUSED");
    await sendShopify(shop, "orders/paid", "wh-93-b", orderBody("93"));
    await sendShopify(shop, "orders/cancelled", "wh-93-c", orderBody("93", { cancelled_at: "2026-01-01T00:00:00Z" }));

    await setPack(shop, "ACTIVE");
    await releaseHeld(shop.ports, SHOP);

    expect(await inbound(shop, "wh-93-b")).toMatchObject([{ processing_status: "RECONCILE_QUEUED" }]);
    expect(await runsOf(`${SHOP}_ord_93`)).toHaveLength(0);
  });
});

/** Leaves the payment's status, and takes the event that led there out of what was applied. */
async function forgetCreation(entityId: string): Promise<void> {
  await setMembers(shop, entityId, { lifecycle: { status: "created", applied_types: [] } });
}
