import { describe, expect, it } from "vitest";
import { assert, type Json } from "../../src/contracts/index.ts";
import { releaseHeld } from "../../src/ingress/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { beginRun, compilePack, type DraftPack, definePack } from "../../src/run/index.ts";
import { inTenant } from "../../src/store/index.ts";
import {
  audited,
  inbound,
  OTHER,
  orderBody,
  paymentEvent,
  printfulEvent,
  rowsOf,
  SHOP,
  sendPrintful,
  sendShopify,
  sendStripe,
  setPack,
  useShop,
} from "./ingress-shop.ts";

const shop = useShop();

describe("what open runs are told", () => {
  it("an event about an entity tells the runs that its events started, once", async () => {
    const run = await paidOrder("50");
    await paidOrder("51");
    const changed = orderBody("50", { total_price: "41.00" });

    await sendShopify(shop, "orders/updated", "wh-50-u", changed);
    await sendShopify(shop, "orders/updated", "wh-50-u", changed);

    const [event] = await inbound(shop, "wh-50-u");
    const told = await tellings(event?.event_id);
    expect(told).toMatchObject([{ run_id: run, kind: "signal", actor: "webhook.shopify" }]);
    expect(JSON.parse(told[0]?.payload ?? "{}")).toMatchObject({
      event_type: "order.updated",
      entity_id: `${SHOP}_ord_50`,
      payload: { total_cents: 4100 },
    });
  });

  it("a payment's event tells the runs about the order that it names", async () => {
    const run = await paidOrder("52");
    const metadata = { order_id: `${SHOP}_ord_52` };

    await sendStripe(shop, paymentEvent("evt_52", "payment_intent.created", "pi_52", { metadata }));

    const [event] = await inbound(shop, "evt_52");
    expect(await tellings(event?.event_id)).toMatchObject([{ run_id: run }]);
  });

  it("an event tells the runs that changed its entity", async () => {
    const run = await paidOrder("53");
    await changedBy(run, `${SHOP}_ful_530`);

    await sendPrintful(shop, printfulEvent("order_created", 530));

    const told = await rowsOf<Telling>(shop, SHOP, "inbox", TELLING);
    expect(told.filter(({ payload }) => payload.includes(`${SHOP}_ful_530`))).toMatchObject([{ run_id: run }]);
  });

  it("a run that has ended is not told, and the event that starts a run is its trigger only", async () => {
    const run = await paidOrder("54");
    await inTenant(
      shop.database,
      SHOP,
      (sql) => sql`update run set status = 'SUCCEEDED', outcome = 'SUCCESS', ended_at = clock() where run_id = ${run}`,
    );

    await sendShopify(shop, "orders/updated", "wh-54-u", orderBody("54"));

    const told = await rowsOf<Telling>(shop, SHOP, "inbox", TELLING);
    expect(told.filter(({ run_id }) => run_id === run)).toEqual([]);
  });

  it("a run that waits for a type of event is told of it, though nothing links them", async () => {
    await setPack(shop, "ACTIVE", waitingPack());
    const waiting = await startWaiting("wait-1");
    const elsewhere = await startWaiting("wait-2", "RUNNING");

    await sendStripe(
      shop,
      paymentEvent("evt_55", "charge.dispute.created", "dp_55", { payment_intent: "pi_55", reason: "fraudulent" }),
    );

    const [event] = await inbound(shop, "evt_55");
    const told = (await tellings(event?.event_id)).map(({ run_id }) => run_id);
    expect(told).toContain(waiting);
    expect(told).not.toContain(elsewhere);
  });
});

describe("what events prove about effects", () => {
  it("a provider's event confirms the receipt of its transaction, and saying it again changes nothing", async () => {
    await receipt("rc-1", { tool: "executeRefund", provider: "stripe", transaction: "re_1" });

    await sendStripe(shop, refundEvent("evt_61", "refund.created", "re_1", "succeeded"));
    await sendStripe(shop, refundEvent("evt_62", "refund.updated", "re_1", "succeeded"));

    expect(await statuses("rc-1")).toEqual(["claimed", "confirmed"]);
    expect(await inbound(shop, "evt_62")).toMatchObject([{ processing_status: "APPLIED", status_reason: null }]);
  });

  it("a refund that fails after it succeeded contradicts its receipt, which is an audited error", async () => {
    await receipt("rc-2", { tool: "executeRefund", provider: "stripe", transaction: "re_2" });
    await sendStripe(shop, refundEvent("evt_63", "refund.created", "re_2", "succeeded"));

    await sendStripe(shop, refundEvent("evt_64", "refund.failed", "re_2", "failed"));
    await sendStripe(shop, refundEvent("evt_65", "refund.updated", "re_2", "succeeded"));

    expect(await currentStatus("rc-2")).toBe("contradicted");
    const errors = (await audited(shop)).filter(({ type }) => type === "receipt.contradicted");
    expect(errors).toMatchObject([{ severity: "error" }]);
    expect(errors[0]?.payload).toContain("rc-2");
  });

  it("a receipt that never learnt the provider's id is found by the key that the provider echoes", async () => {
    await receipt("rc-3", { tool: "executeRefund", provider: "stripe", transaction: null, key: "cm:rc-3" });
    const event = refundEvent("evt_66", "refund.created", "re_3", "succeeded");

    await sendStripe(shop, { ...event, request: { id: "req_1", idempotency_key: "cm:rc-3" } });

    expect(await currentStatus("rc-3")).toBe("confirmed");
  });

  it("an event proves the effect that it speaks of, and no other of the same id", async () => {
    await receipt("rc-4", { tool: "createFulfillment", provider: "printful", transaction: "640" });
    await receipt("rc-5", { tool: "cancelFulfillment", provider: "printful", transaction: "640" });

    await sendPrintful(shop, printfulEvent("order_created", 640));
    const afterCreation = [await currentStatus("rc-4"), await currentStatus("rc-5")];
    await sendPrintful(shop, printfulEvent("order_canceled", 640));

    expect(afterCreation).toEqual(["confirmed", "claimed"]);
    expect([await currentStatus("rc-4"), await currentStatus("rc-5")]).toEqual(["confirmed", "confirmed"]);
  });

  it("an event that comes before its receipt finds it later, and stops looking in the end", async () => {
    await sendStripe(shop, refundEvent("evt_67", "refund.created", "re_6", "succeeded"));
    await sendStripe(shop, refundEvent("evt_68", "refund.created", "re_7", "succeeded"));
    const early = await inbound(shop, "evt_67");
    await receipt("rc-6", { tool: "executeRefund", provider: "stripe", transaction: "re_6" });

    const first = await releaseHeld(shop.ports, SHOP);
    const second = await releaseHeld(shop.ports, SHOP);
    shop.host.clock.advance(15 * 60_000 + 1);
    await receipt("rc-7", { tool: "executeRefund", provider: "stripe", transaction: "re_7" });
    const late = await releaseHeld(shop.ports, SHOP);

    expect(early).toMatchObject([{ processing_status: "APPLIED", status_reason: "RECEIPT_AWAITED" }]);
    expect([first.matched, second.matched, late.matched]).toEqual([1, 0, 0]);
    expect(await currentStatus("rc-6")).toBe("confirmed");
    expect(await inbound(shop, "evt_67")).toMatchObject([{ status_reason: null }]);
  });

  it("one tenant's event proves nothing about another's receipts", async () => {
    await receipt("rc-8", { tool: "executeRefund", provider: "stripe", transaction: "re_8" });

    await sendStripe(shop, refundEvent("evt_69", "refund.created", "re_8", "succeeded"), { tenant: OTHER });

    expect(await currentStatus("rc-8")).toBe("claimed");
  });
});

/** Creates and pays an order; returns the run that this starts. */
async function paidOrder(digits: string): Promise<string> {
  await sendShopify(shop, "orders/create", `wh-${digits}-c`, orderBody(digits));
  const paid = await sendShopify(shop, "orders/paid", `wh-${digits}-p`, orderBody(digits));
  const run = paid.status === "refused" ? null : paid.events[0]?.run_id;
  assert(typeof run === "string", "a paid order starts a run");
  return run;
}

interface Telling {
  readonly inbox_id: string;
  readonly run_id: string;
  readonly kind: string;
  readonly payload: string;
  readonly actor: string;
}

const TELLING = "inbox_id, run_id, kind, payload, actor";

/** What runs were told of an event. */
const tellings = async (eventId: string | undefined): Promise<readonly Telling[]> =>
  (await rowsOf<Telling>(shop, SHOP, "inbox", TELLING)).filter(({ inbox_id }) => inbox_id === eventId);

/** Records that a run changed an entity. */
const changedBy = (run: string, entityId: string) =>
  inTenant(
    shop.database,
    SHOP,
    (sql) => sql`
      insert into entity_version (tenant_id, entity_type, entity_id, version, state_patch, state_sha256, correlation_id, run_id, at)
      values (require_tenant_context(), 'fulfillment', ${entityId}, 900, '[]', 'x', 'c', ${run}, clock())`,
  );

/** A pack whose one workflow waits for a dispute. */
const waitingPack = (): DraftPack =>
  definePack({
    ...commercePack().pack,
    id: "waiting",
    workflows: [
      {
        id: "W1",
        name: "Waits",
        trigger: { kind: "MANUAL", input_schema: { type: "object" } },
        steps: [
          {
            id: "wait",
            type: "WAIT",
            wait_for: { type: "WEBHOOK", event_type: "payment.disputed" },
            wait_timeout_seconds: 60,
          },
        ],
        pass_criteria: "$.wait != null",
        allowed_failure_modes: [],
        timeout_seconds: 60,
      },
    ],
  });

async function startWaiting(key: string, status = "SUSPENDED_WAIT"): Promise<string> {
  const compiled = compilePack(waitingPack());
  assert(compiled.ok, "the pack compiles");
  const pack = compiled.compiled;
  const workflow = pack.workflows.W1;
  assert(workflow !== undefined, "the pack has its workflow");
  return inTenant(shop.database, SHOP, async (sql) => {
    const run = await beginRun(sql, shop.host, {
      tenantId: SHOP,
      pack,
      workflow,
      trigger: {},
      startKey: key,
      correlationId: key,
      principalId: "tester",
      channel: "ci",
      causation: null,
    });
    assert(run !== null, "the key is new");
    await sql`update run set status = ${status} where run_id = ${run}`;
    return run;
  });
}

/** A receipt of an effect that was claimed. */
const receipt = (
  id: string,
  made: {
    readonly tool: string;
    readonly provider: string;
    readonly transaction: string | null;
    readonly key?: string;
  },
) =>
  inTenant(shop.database, SHOP, async (sql) => {
    await sql`
      insert into receipt (tenant_id, receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id,
             correlation_id, epoch, external_key, external_provider, external_transaction_id, result, result_sha256, created_at,
             confirm_by)
      values (require_tenant_context(), ${id}, ${made.tool}, '1.0.0', ${id}, 0, 'run', 'step', 'c', 1, ${made.key ?? null},
             ${made.provider}, ${made.transaction}, '{}', 'x', clock(), clock())`;
    await sql`
      insert into receipt_event (tenant_id, receipt_id, status, at, source)
      values (require_tenant_context(), ${id}, 'claimed', clock(), 'response')`;
  });

const statuses = async (id: string): Promise<readonly string[]> =>
  (await rowsOf<{ status: string; receipt_id: string }>(shop, SHOP, "receipt_event", "status, receipt_id"))
    .filter(({ receipt_id }) => receipt_id === id)
    .map(({ status }) => status);

const currentStatus = async (id: string): Promise<string | undefined> =>
  (await rowsOf<{ receipt_id: string; status: string }>(shop, SHOP, "receipt_current", "receipt_id, status")).find(
    ({ receipt_id }) => receipt_id === id,
  )?.status;

const refundEvent = (id: string, type: string, refund: string, status: string): { readonly [name: string]: Json } => ({
  id,
  object: "event",
  type,
  created: 1_767_225_600,
  livemode: false,
  data: { object: { id: refund, object: "refund", payment_intent: "pi_60", amount: 100, currency: "eur", status } },
});
