import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setCredential } from "../../src/api/administer.ts";
import { CARRIER, call, flow } from "./pack.ts";
import { applied, gate } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

const generations = (tenant: FlowTenant): Promise<readonly object[]> =>
  tenant
    .sql((sql) => sql`select generation, status from idempotency order by internal_key, generation`)
    .then((rows) => rows.map((row) => ({ ...row })));

describe("the idempotency window", () => {
  const plan = { workflows: [flow("W", [call("write", "reserve")])] };

  test("P1-H08 after 23 h 59 min the stored result is returned, after 24 h the call is made again", async () => {
    const tenant = await shop.tenant(plan);
    await tenant.runs("W", { text: "two shirts" });

    await shop.clock.move(24 * HOUR_MS - MINUTE_MS);
    const inside = await tenant.runs("W", { text: "two shirts" });
    expect(tenant.calls("reserve")).toHaveLength(1);
    await shop.clock.move(MINUTE_MS);
    const outside = await tenant.runs("W", { text: "two shirts" });

    expect(tenant.calls("reserve")).toHaveLength(2);
    expect((await tenant.event(inside.run_id, "step.succeeded")).payload.reused).toBe(true);
    expect((await tenant.event(outside.run_id, "step.succeeded")).payload.reused).toBe(false);
    expect(await generations(tenant)).toEqual([
      { generation: 0, status: "COMPLETED" },
      { generation: 1, status: "COMPLETED" },
    ]);
  });

  test("P1-T05-NEG-03 25 h later the same key is a new generation, with an external key of its own", async () => {
    const tenant = await shop.tenant({ workflows: [flow("PAY", [call("pay", "charge")])] });
    const pay = async () => {
      const runId = await tenant.start("PAY", { amount_cents: 4500 });
      await tenant.decides(await tenant.pending(runId), "APPROVE");
      return tenant.ends(runId);
    };

    const first = await pay();
    await shop.clock.move(25 * HOUR_MS);
    const second = await pay();

    const [before] = await tenant.receipts(first.run_id);
    const [after] = await tenant.receipts(second.run_id);
    expect([before?.generation, after?.generation]).toEqual([0, 1]);
    expect(after?.internal_key).toBe(before?.internal_key);
    expect(after?.external_key).not.toBe(before?.external_key);
    expect(tenant.calls("charge").map(({ context }) => context.externalKey)).toEqual([
      before?.external_key,
      after?.external_key,
    ]);
  });

  test("P1-T05-NEG-01 the same key with another request returns the original result, and is told as a collision", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "keyed", { output_key: "done" })])] });
    tenant.answers("keyed", ({ text }) => applied({ text: `did ${text}` }));

    const first = await tenant.runs("W", { id: "order-1", text: "this" });
    const other = await tenant.runs("W", { id: "order-1", text: "that" });

    expect(tenant.calls("keyed")).toHaveLength(1);
    expect((await tenant.event(other.run_id, "step.succeeded")).payload).toMatchObject({
      patch: [{ value: { text: "did this" } }],
      call: { code: "IDEMPOTENCY_COLLISION" },
    });
    expect(await tenant.event(other.run_id, "idempotency.collided", "write")).toMatchObject({
      severity: "warning",
      payload: { tool: "keyed", first_run: first.run_id, first_step: "write" },
    });
    expect(await tenant.types(first.run_id)).not.toContain("idempotency.collided");
  });

  test("P1-T05-NEG-02 of two identical calls at once one is executed; the other gets its result", async () => {
    const tenant = await shop.tenant(plan);
    const door = gate();
    tenant.answers("reserve", async () => {
      await door.opened;
      return applied({ id: "held-1" });
    });

    const first = await tenant.start("W", { text: "one shirt" });
    await shop.until("the first call", async () => tenant.calls("reserve").length === 1);
    const second = await tenant.start("W", { text: "one shirt" });
    await shop.until("the second run to wait", async () => (await tenant.run(second)).epoch > 0);
    door.open();
    const runs = [await tenant.ends(first), await tenant.ends(second)];

    expect(runs.map(({ outcome }) => outcome)).toEqual(["SUCCESS", "SUCCESS"]);
    expect(tenant.calls("reserve")).toHaveLength(1);
    expect((await tenant.event(second, "step.succeeded")).payload).toMatchObject({ reused: true });
  });

  test("fifty identical calls at once reach the handler once, and all get the same result and receipt", async () => {
    const tenant = await shop.tenant(plan);
    tenant.answers("reserve", () => applied({ id: "held-once" }));
    await shop.rest();
    const runIds = await Promise.all(Array.from({ length: 50 }, () => tenant.start("W", { text: "the last shirt" })));

    shop.work();
    const runs = await Promise.all(runIds.map((runId) => tenant.ends(runId)));

    expect(runs.filter(({ outcome }) => outcome === "SUCCESS")).toHaveLength(50);
    expect(tenant.calls("reserve")).toHaveLength(1);
    const done = await Promise.all(runIds.map((runId) => tenant.event(runId, "step.succeeded")));
    const results = new Set(done.map(({ payload: { patch, receipt_id } }) => JSON.stringify([patch, receipt_id])));
    expect(results.size).toBe(1);
    expect(done.filter(({ payload }) => payload.reused === false)).toHaveLength(1);
    const receipts = await tenant.sql((sql) => sql`select receipt_id from receipt`);
    expect(receipts.map(({ receipt_id }) => receipt_id)).toEqual([done[0]?.payload.receipt_id]);
  });

  test("a call that failed without effect gives its key back, so that the next one is made", async () => {
    const tenant = await shop.tenant(plan);
    tenant.answers("reserve", () => ({ kind: "rejected", code: "OUT_OF_STOCK", message: "none left" }));
    const refused = await tenant.runs("W", { text: "one shirt" });
    tenant.answers("reserve", () => applied({ id: "held-1" }));

    const made = await tenant.runs("W", { text: "one shirt" });

    expect([refused.code, made.code]).toEqual(["OUT_OF_STOCK", null]);
    expect(await generations(tenant)).toEqual([{ generation: 0, status: "COMPLETED" }]);
  });

  test("an attempt that failed without effect is followed at once by the next, under the same key", async () => {
    const retry_policy = { max_attempts: 3, base_delay_seconds: 0, retryable_errors: ["BUSY"] };
    const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve", { retry_policy })])] });
    tenant.answers("reserve", () =>
      tenant.calls("reserve").length < 3 ? { kind: "not_applied", code: "BUSY", message: "not now" } : applied(),
    );

    const run = await tenant.runs("W");

    expect(run.outcome).toBe("SUCCESS");
    expect(tenant.calls("reserve").map(({ context }) => context.attempt)).toEqual([1, 2, 3]);
    expect(new Set(tenant.calls("reserve").map(({ context }) => context.internalKey)).size).toBe(1);
    expect(await tenant.receipts(run.run_id)).toHaveLength(1);
  });
});

describe("an effect that nobody can tell of", () => {
  const plan = { workflows: [flow("W", [call("write", "reserve", { output_key: "held" })])] };

  /** A run whose one call may or may not have happened. */
  async function unknown(trigger = { text: "one shirt" }) {
    const tenant = await shop.tenant(plan);
    tenant.answers("reserve", () => ({ kind: "unknown", code: "TOOL_TIMEOUT", message: "no answer" }));
    const runId = await tenant.start("W", trigger);
    await tenant.rests(runId, "SUSPENDED_WAIT");
    return { tenant, runId };
  }

  test("waits for a person with an unknown receipt, and is not tried again by itself", async () => {
    const { tenant, runId } = await unknown();

    await shop.clock.move(HOUR_MS);
    await tenant.rests(runId, "SUSPENDED_WAIT");

    expect(tenant.calls("reserve")).toHaveLength(1);
    expect(await tenant.receipts(runId)).toMatchObject([{ status: "unknown" }]);
    expect(await generations(tenant)).toEqual([{ generation: 0, status: "UNKNOWN" }]);
  });

  test("a person who found that it happened lets the run go on with what was found, and later calls reuse it", async () => {
    const { tenant, runId } = await unknown();

    await tenant.tells(runId, "resolve", { applied: true, output: { id: "held-9" }, receipt_id: null }, "alice");
    const run = await tenant.ends(runId);
    const again = await tenant.runs("W", { text: "one shirt" });

    expect(run.outcome).toBe("SUCCESS");
    expect((await tenant.event(runId, "effect.resolved")).payload).toMatchObject({
      by: "alice",
      resolution: "applied",
      patch: [{ path: "/held", value: { id: "held-9" } }],
    });
    expect(await tenant.receipts(runId)).toMatchObject([{ status: "confirmed", status_source: "person:alice" }]);
    expect(again.outcome).toBe("SUCCESS");
    expect(tenant.calls("reserve")).toHaveLength(1);
  });

  test("a person who found that it did not happen ends the run with the call's code, and the call may be made anew", async () => {
    const { tenant, runId } = await unknown();
    tenant.answers("reserve", () => applied({ id: "held-2" }));

    await tenant.tells(runId, "resolve", { applied: false }, "alice");
    const run = await tenant.ends(runId);
    const again = await tenant.runs("W", { text: "one shirt" });

    expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "TOOL_TIMEOUT" });
    expect(await tenant.receipts(runId)).toMatchObject([{ status: "contradicted" }]);
    expect(again.outcome).toBe("SUCCESS");
    expect(tenant.calls("reserve")).toHaveLength(2);
  });
});

describe("back-pressure", () => {
  test("the call after the limit of a minute is refused; a minute later there is room again", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("read", "meter")])] });
    const codes = [];

    for (const text of ["a", "b", "c", "d"]) codes.push((await tenant.runs("W", { text })).code);
    await shop.clock.move(MINUTE_MS);
    codes.push((await tenant.runs("W", { text: "e" })).code);

    expect(codes).toEqual([null, null, null, "RATE_LIMITED", null]);
    expect(tenant.calls("meter")).toHaveLength(4);
  });

  test("calls of one minute from many runs at once never pass the limit", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("read", "meter")])] });
    await shop.rest();
    const runIds = await Promise.all([..."abcdefgh"].map((text) => tenant.start("W", { text })));

    shop.work();
    const runs = await Promise.all(runIds.map((runId) => tenant.ends(runId)));

    expect(runs.filter(({ code }) => code === null)).toHaveLength(3);
    expect(runs.filter(({ code }) => code === "RATE_LIMITED")).toHaveLength(5);
    expect(tenant.calls("meter")).toHaveLength(3);
  });

  for (const tool of ["track", "carry"]) {
    test(`P1-D06 the breaker of a dependency opens after five failures of \`${tool}\`, lets probes through and closes`, async () => {
      const tenant = await shop.tenant({ workflows: [flow("W", [call("go", tool)])] });
      const origin = "http://127.0.0.1:9";
      const set = { tenantId: tenant.id, service: CARRIER, origin, secret: "test", settings: {}, by: "test" };
      expect(await setCredential(shop.installation, set)).toMatchObject({ ok: true });
      const codes: (string | null)[] = [];
      const go = async (text: string) => codes.push((await tenant.runs("W", { text })).code);

      tenant.answers(tool, () => ({ kind: "not_applied", code: "CARRIER_DOWN", message: "503" }));
      for (const text of ["1", "2", "3", "4", "5", "6"]) await go(text);
      expect(codes).toEqual([...Array(5).fill("CARRIER_DOWN"), "CIRCUIT_OPEN"]);
      expect(tenant.calls(tool)).toHaveLength(5);

      tenant.answers(tool, () => applied());
      await shop.clock.move(30_000);
      for (const text of ["7", "8", "9"]) await go(text);

      expect(codes.slice(6)).toEqual([null, null, null]);
      const [breaker] = await tenant.sql((sql) => sql`select state, failure_times from breaker`);
      expect({ ...breaker }).toEqual({ state: "CLOSED", failure_times: [] });
    });
  }

  test("P1-D06 a probe that fails opens the breaker again", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("go", "carry")])] });
    const set = { service: CARRIER, origin: "http://127.0.0.1:9", secret: "test", settings: {}, by: "test" };
    await setCredential(shop.installation, { tenantId: tenant.id, ...set });
    tenant.answers("carry", () => ({ kind: "not_applied", code: "CARRIER_DOWN", message: "503" }));
    for (const text of ["1", "2", "3", "4", "5"]) await tenant.runs("W", { text });

    await shop.clock.move(30_000);
    const probe = await tenant.runs("W", { text: "6" });
    const after = await tenant.runs("W", { text: "7" });

    expect([probe.code, after.code]).toEqual(["CARRIER_DOWN", "CIRCUIT_OPEN"]);
    expect(tenant.calls("carry")).toHaveLength(6);
  });
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
