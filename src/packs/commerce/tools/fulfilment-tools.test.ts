import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../contracts/index.ts";
import type { Tool } from "../../../guard/index.ts";
import { callContext, KEY, NOON, ORDER_ID } from "../testing/call-context.ts";
import { json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import { classOfError, recentExceptions, recordException } from "./fulfilment-exception.ts";
import { cancelFulfillment, checkFulfillmentState, lookupShipment } from "./fulfilment-state.ts";
import { createSupportTicket, escalate } from "./tickets.ts";

const ENTITIES = { [ORDER_ID]: { fulfillment_id: "shop_abc_ful_77" } };

const supplier = (status: string): Response => json(200, { data: { id: 77, external_id: KEY, status } });

function call(
  tool: Tool,
  input: JsonObject,
  answers: readonly Scripted[],
  entities: { [id: string]: JsonObject } = ENTITIES,
) {
  return tool.handler(input, callContext({ fetch: scriptedFetch(...answers).fetch, entities }));
}

describe("cancelFulfillment", () => {
  const INPUT = { fulfillment_id: "shop_abc_ful_77" };

  test("a fulfilment that has not started is cancelled", async () => {
    const cancelled = json(200, { code: 200, result: { id: 77, status: "canceled" } });

    expect(await call(cancelFulfillment, INPUT, [supplier("pending"), cancelled])).toMatchObject({
      kind: "applied",
      result: { output: { status: "canceled" }, proof: { transactionId: "77" } },
    });
  });

  test("one that is cancelled already counts as done, without another request", async () => {
    expect((await call(cancelFulfillment, INPUT, [supplier("canceled")])).kind).toBe("applied");
  });

  test.each(["inprocess", "partial", "fulfilled"])("one that is %s cannot be cancelled", async (status) => {
    expect(await call(cancelFulfillment, INPUT, [supplier(status)])).toMatchObject({
      kind: "rejected",
      code: "FULFILLMENT_NOT_CANCELLABLE",
    });
  });

  test("an unanswered cancellation is unknown, and a look-up settles it", async () => {
    expect(await call(cancelFulfillment, INPUT, [supplier("pending"), json(503, {})])).toMatchObject({
      kind: "unknown",
    });

    const { fetch } = scriptedFetch(supplier("canceled"));
    expect(await cancelFulfillment.lookup?.(INPUT, callContext({ fetch }))).toMatchObject({ kind: "found" });
  });
});

describe("reading fulfilments", () => {
  test("an order without a fulfilment can be cancelled", async () => {
    expect(await call(checkFulfillmentState, { order_id: ORDER_ID }, [], {})).toMatchObject({
      result: { output: { state: "none", cancellable: true } },
    });
  });

  test("one in production cannot", async () => {
    expect(await call(checkFulfillmentState, { order_id: ORDER_ID }, [supplier("inprocess")])).toMatchObject({
      result: { output: { state: "inprocess", cancellable: false } },
    });
  });

  test("the latest shipment tells where the goods are", async () => {
    const shipment = (id: number, number: string) => ({
      id,
      shipment_status: "shipped",
      carrier: "UPS",
      tracking_number: number,
    });
    const answer = json(200, { data: [shipment(2, "1Z2"), shipment(1, "1Z1")] });

    expect(await call(lookupShipment, { order_id: ORDER_ID }, [answer])).toMatchObject({
      result: { output: { status: "shipped", carrier: "UPS", tracking_number: "1Z2" } },
    });
  });

  test.each([
    ["no fulfilment", [], {}],
    ["no shipment", [json(200, { data: [] })], ENTITIES],
  ] as const)("%s is SHIPMENT_NOT_FOUND", async (_, answers, entities) => {
    expect(await call(lookupShipment, { order_id: ORDER_ID }, answers, entities)).toMatchObject({
      code: "SHIPMENT_NOT_FOUND",
    });
  });
});

describe("fulfilment exceptions", () => {
  const at = (hoursAgo: number): string => new Date(NOON - hoursAgo * 3_600_000).toISOString();

  test("exceptions of the last 24 h count, this one included, each run once", async () => {
    const exceptions = [
      { run_id: "old", at: at(24) },
      { run_id: "recent", at: at(23.9) },
      { run_id: "run-1", at: at(0) },
    ];

    const outcome = await call(recordException, { order_id: ORDER_ID, run_id: "run-1" }, [], {
      [ORDER_ID]: { exceptions },
    });

    expect(outcome).toMatchObject({ result: { output: { exceptions_24h: 2 } } });
  });

  test("an unreadable record counts as none", () => {
    expect(recentExceptions("garbage", NOON)).toEqual([]);
  });

  test.each([
    ["POD_UNAVAILABLE", "retryable"],
    ["POD_REJECTED", "rejected"],
    ["BadAddress", "address_problem"],
    ["out_of_stock", "out_of_stock"],
    [null, "retryable"],
  ] as const)("%s is %s", (code, kind) => {
    expect(classOfError(code)).toBe(kind);
  });
});

describe("tickets", () => {
  test("the same call opens the same ticket", async () => {
    const input = { order_id: ORDER_ID, run_id: "run-1", subject: "s", priority: "high" };

    const first = await call(createSupportTicket, input, []);
    const second = await call(createSupportTicket, input, []);

    expect(first).toEqual(second);
    expect(first).toMatchObject({ result: { entities: [{ entityType: "ticket", set: { status: "open" } }] } });
  });

  test("P1-T26 an escalation is a record, and the order says so", async () => {
    const outcome = await call(escalate, { order_id: ORDER_ID, run_id: "run-1", reason: "retry_exhausted" }, []);

    expect(outcome).toMatchObject({
      result: { entities: [{ set: { kind: "escalation" } }, { entityId: ORDER_ID, set: { status: "escalated" } }] },
    });
  });
});
