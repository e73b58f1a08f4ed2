import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/contracts/index.ts";
import { call, flow } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

describe("a call", () => {
  test("P1-T01 P1-T03 with valid input and a grant, the handler runs once and its output enters the run", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look", { output_key: "answer" })])] });
    tenant.answers("look", () => applied({ text: "blue" }));

    const run = await tenant.runs("W", { text: "which colour?" });

    expect(run).toMatchObject({ status: "SUCCEEDED", outcome: "SUCCESS", code: null });
    expect(tenant.calls("look").map(({ input }) => input)).toEqual([{ text: "which colour?" }]);
    const { payload } = await tenant.event(run.run_id, "step.succeeded");
    expect(payload).toMatchObject({
      patch: [{ op: "add", path: "/answer", value: { text: "blue" } }],
      call: { tool: "look", outcome: "succeeded", authority: { rules: { permission: "the scope grants `look`" } } },
    });
  });

  test("P1-T02 with invalid input the handler is not invoked, and the refusal is traced with its place", async () => {
    const steps = [call("ask", "look", { tool_input_mapping: { amount_cents: "fifty" } })];
    const tenant = await shop.tenant({ workflows: [flow("W", steps)] });

    const run = await tenant.runs("W");

    expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "SCHEMA_INVALID" });
    expect(tenant.calls()).toEqual([]);
    const { payload, severity } = await tenant.event(run.run_id, "call.refused");
    expect(payload).toMatchObject({
      stage: "input_schema",
      call: {
        code: "SCHEMA_INVALID",
        field_path: "$.amount_cents",
        schema_path: "/properties/amount_cents/type",
        details: { error_count: 1 },
      },
    });
    expect(severity).toBe("warning");
  });

  test("P1-T04 without a grant nothing happens, and the denial is traced and audited", async () => {
    const scope = { tool_name: "reserve", allowed_operations: ["look"] };
    const tenant = await shop.tenant({
      workflows: [flow("W", [call("write", "reserve")])],
      scopes: { reserve: scope },
    });

    const run = await tenant.runs("W");

    expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "PERMISSION_DENIED" });
    expect(tenant.calls()).toEqual([]);
    expect(await tenant.receipts(run.run_id)).toEqual([]);
    const audited = await tenant.sql(
      (sql) => sql`select tenant_id, type, payload from audit_log where stream = ${run.run_id}`,
    );
    expect(audited.map(({ payload, ...row }) => ({ ...row, payload: JSON.parse(payload) }))).toMatchObject([
      {
        tenant_id: tenant.id,
        type: "call.refused",
        payload: {
          code: "PERMISSION_DENIED",
          call: { details: { tool: "reserve", operation: "reserve", principal: "operator" } },
        },
      },
    ]);
  });

  test("a principal that the scope does not name is denied", async () => {
    const scope = { tool_name: "reserve", allowed_operations: ["reserve"], principals: ["warehouse"] };
    const tenant = await shop.tenant({
      workflows: [flow("W", [call("write", "reserve")])],
      scopes: { reserve: scope },
    });

    const denied = await tenant.runs("W", {}, "intern");
    const granted = await tenant.runs("W", {}, "warehouse");

    expect([denied.code, granted.code]).toEqual(["PERMISSION_DENIED", null]);
    expect(tenant.calls("reserve")).toHaveLength(1);
  });

  test("P1-T10 what a handler spends is recorded on the run and in the trace of its call", async () => {
    const tenant = await shop.tenant({
      workflows: [flow("W", [call("think", "think")]), flow("FREE", [call("ask", "look")])],
    });
    tenant.answers("think", (_input, context) => {
      context.usage({ model: "model-a", tokens: 120, costMicros: 450 });
      context.usage({ model: "model-b", tokens: 30, costMicros: 50 });
      return applied();
    });

    const thinking = await tenant.runs("W");
    const free = await tenant.runs("FREE");

    expect(thinking.cost_micros).toBe(500);
    expect((await tenant.event(thinking.run_id, "step.succeeded")).payload).toMatchObject({
      spent: { tokens: 150 },
      call: { cost_micros: 500, tokens: 150, usage: [{ model: "model-a" }, { model: "model-b", cost_micros: 50 }] },
    });
    expect(free.cost_micros).toBe(0);
  });

  test("P1-T-RK06c an entity id of another tenant is refused in the application, wherever it stands", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve")])] });

    const foreign = await tenant.runs("W", { item_id: "other_ord_1" });
    const own = await tenant.runs("W", { item_id: `${tenant.id}_ord_1` });

    expect([foreign.code, own.code]).toEqual(["CROSS_TENANT_DENIED", null]);
    expect(tenant.calls("reserve").map(({ input }) => input.item_id)).toEqual([`${tenant.id}_ord_1`]);
  });
});

describe("a side effect", () => {
  const plan = { workflows: [flow("W", [call("write", "reserve", { output_key: "held" })])] };

  test("P1-T11 P1-T12 is performed once; the same call again gets the stored result and the earlier receipt", async () => {
    const tenant = await shop.tenant(plan);

    const first = await tenant.runs("W", { text: "two shirts" });
    const again = await tenant.runs("W", { text: "two shirts" });

    expect(tenant.calls("reserve")).toHaveLength(1);
    const [receipt] = await tenant.receipts(first.run_id);
    expect(receipt?.internal_key).toMatch(new RegExp(`^${tenant.id}:reserve:1\\.0\\.0:operator:[0-9a-f]{32}$`));
    expect(await tenant.receipts(again.run_id)).toEqual([]);
    const [done, reused] = [
      await tenant.event(first.run_id, "step.succeeded"),
      await tenant.event(again.run_id, "step.succeeded"),
    ];
    expect(reused.payload).toMatchObject({
      patch: done.payload.patch,
      reused: true,
      receipt_id: receipt?.receipt_id,
      call: { code: "IDEMPOTENT_REPLAY" },
    });
  });

  test("P1-T13 leaves a receipt with the provider's request id, the result's hash and both keys", async () => {
    const tenant = await shop.tenant({ workflows: [flow("PAY", [call("pay", "charge")])] });
    const amount = { minor: 4500n, currency: "EUR" };
    const proof = { provider: "bank", transactionId: "ch_test_1", requestId: "req_test_1", amount };
    tenant.answers("charge", () => applied({ state: "paid" }, { proof }));

    const runId = await tenant.start("PAY", { amount_cents: 4500 });
    await tenant.decides(await tenant.pending(runId), "APPROVE");
    await tenant.ends(runId);

    const [receipt] = await tenant.receipts(runId);
    const key = receipt?.internal_key ?? "";
    expect(receipt).toMatchObject({
      external_key: `autobiz:${sha256Hex(key).slice(0, 32)}`,
      external_provider: "bank",
      external_transaction_id: "ch_test_1",
      provider_request_id: "req_test_1",
      amount_minor: "4500",
      currency: "EUR",
      result_sha256: sha256Hex('{"state":"paid"}'),
      status: "claimed",
    });
    expect(tenant.calls("charge").map(({ context }) => [context.internalKey, context.externalKey])).toEqual([
      [key, receipt?.external_key],
    ]);
  });
});

test("P1-T09 events, receipts, approvals, votes and entity versions of a run carry its correlation id, and no other", async () => {
  const tenant = await shop.tenant({ workflows: [flow("PAY", [call("pay", "charge")])] });
  const entityId = `${tenant.id}_ord_9`;
  tenant.answers("charge", (_input, context) => {
    expect(context.correlationId).toBe("c-t9-1".replace("t9", tenant.id));
    return applied({}, { entities: [{ entityType: "order", entityId, set: { paid: true } }] });
  });

  const runId = await tenant.start("PAY", { item_id: entityId });
  await tenant.decides(await tenant.pending(runId), "APPROVE");
  const { correlation_id: correlation } = await tenant.ends(runId);

  const stored = await tenant.sql(
    (sql) => sql<{ source: string; correlation: string }[]>`
      select 'event' as source, correlation from event where stream = ${runId}
       union select 'receipt', correlation_id from receipt where execution_id = ${runId}
       union select 'approval', correlation_id from approval where run_id = ${runId}
       union select 'entity', correlation_id from entity_version where run_id = ${runId}
       union select 'vote', correlation from event where stream = 'audit' and type = 'approval.voted'
       order by 1`,
  );
  expect(stored.map((row) => ({ ...row }))).toEqual(
    ["approval", "entity", "event", "receipt", "vote"].map((source) => ({ source, correlation })),
  );
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
