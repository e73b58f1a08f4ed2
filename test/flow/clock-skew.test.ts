import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setCredential } from "../../src/api/administer.ts";
import { CARRIER, call, flow } from "./pack.ts";
import { applied, gate } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe.each([
  ["ahead of", 10 * MINUTE_MS],
  ["behind", -10 * MINUTE_MS],
])("a worker whose clock is ten minutes %s the database's", (_, skewMs) => {
  let shop: FlowShop;

  beforeAll(async () => {
    shop = await openFlowShop();
    await shop.rest();
    shop.clock.skew(skewMs);
    shop.work();
  });

  afterAll(async () => {
    await shop.close();
  });

  /** Goes on with a worker whose clock is off by another amount. */
  async function workerOffBy(ms: number): Promise<void> {
    await shop.rest();
    shop.clock.skew(ms);
    shop.work();
  }

  const writing = { workflows: [flow("W", [call("write", "reserve")])] };

  const generations = async (tenant: FlowTenant) =>
    (await tenant.sql((sql) => sql`select generation from idempotency order by generation`)).map(
      (row) => row.generation,
    );

  test("refuses the call after the limit of a minute, says when there is room, and there is then", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("read", "meter")])] });
    for (const text of ["a", "b", "c"]) expect((await tenant.runs("W", { text })).code).toBeNull();

    const refused = await tenant.runs("W", { text: "d" });
    const { payload } = await tenant.event(refused.run_id, "call.refused");
    await shop.clock.move(Number(payload.retry_after_ms));
    const passed = await tenant.runs("W", { text: "e" });

    expect(refused.code).toBe("RATE_LIMITED");
    expect(payload.retry_after_ms).toBeLessThanOrEqual(MINUTE_MS);
    expect(passed.code).toBeNull();
  });

  test("waits for an identical call that another run is making, instead of taking it for dead", async () => {
    const tenant = await shop.tenant(writing);
    const door = gate();
    tenant.answers("reserve", async () => {
      await door.opened;
      return applied({ id: "held-once" });
    });
    const first = await tenant.start("W", { text: "one shirt" });
    await shop.until("the call", async () => tenant.calls("reserve").length === 1);
    const second = await tenant.start("W", { text: "one shirt" });
    await shop.until("the second run to wait", async () => (await tenant.run(second)).version > 1);

    door.open();
    const runs = await Promise.all([first, second].map((runId) => tenant.ends(runId)));

    expect(runs.map(({ outcome }) => outcome)).toEqual(["SUCCESS", "SUCCESS"]);
    expect(tenant.calls("reserve")).toHaveLength(1);
  });

  test("reuses a result for 24 hours, and no longer", async () => {
    const tenant = await shop.tenant(writing);
    await tenant.runs("W", { text: "one shirt" });

    await shop.clock.move(DAY_MS - 5 * MINUTE_MS);
    await tenant.runs("W", { text: "one shirt" });
    const within = await generations(tenant);
    await shop.clock.move(5 * MINUTE_MS);
    await tenant.runs("W", { text: "one shirt" });

    expect(within).toEqual([0]);
    expect(await generations(tenant)).toEqual([0, 1]);
    expect(tenant.calls("reserve")).toHaveLength(2);
  });

  test("opens a breaker that a worker with the right time lets a probe through after its 30 seconds, and not before", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("go", "carry")])] });
    const set = { service: CARRIER, origin: "http://127.0.0.1:9", secret: "test", settings: {}, by: "test" };
    expect(await setCredential(shop.installation, { tenantId: tenant.id, ...set })).toMatchObject({ ok: true });
    tenant.answers("carry", () => ({ kind: "not_applied", code: "CARRIER_DOWN", message: "503" }));
    for (const text of ["1", "2", "3", "4", "5"]) await tenant.runs("W", { text });
    tenant.answers("carry", () => applied());

    await workerOffBy(0);
    const early = await tenant.runs("W", { text: "6" });
    await shop.clock.move(30 * SECOND_MS);
    const probe = await tenant.runs("W", { text: "7" });
    await workerOffBy(skewMs);

    expect([early.code, probe.code]).toEqual(["CIRCUIT_OPEN", null]);
  });

  test("looks again for an effect that it does not know of, before it leaves it to a person", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("pay", "charge")])] });
    tenant.answers("charge", () =>
      tenant.calls("charge").length === 1
        ? { kind: "unknown", code: "TOOL_TIMEOUT", message: "no answer" }
        : applied({ id: "paid" }),
    );
    const runId = await tenant.start("W", { text: "one shirt" });
    await tenant.decides(await tenant.pending(runId), "APPROVE");

    await tenant.rests(runId, "SUSPENDED_WAIT");
    const { payload } = await tenant.event(runId, "effect.unknown");
    expect(payload.look_at).not.toBeNull();
    await shop.clock.move(SECOND_MS);
    expect(await tenant.ends(runId)).toMatchObject({ outcome: "SUCCESS" });
    expect(new Set(tenant.calls("charge").map(({ context }) => context.externalKey)).size).toBe(1);
  });

  test("wakes a run when its time has come, and leaves it alone until then", async () => {
    const step = { id: "pause", type: "WAIT", wait_for: { type: "TIMER", duration_seconds: 60 } };
    const tenant = await shop.tenant({
      workflows: [flow("W", [{ ...step, wait_timeout_seconds: 600 }]), flow("OTHER", [call("read", "look")])],
    });
    const runId = await tenant.start("W");
    const { version } = await tenant.rests(runId, "SUSPENDED_WAIT");

    for (const text of ["1", "2", "3"]) await tenant.runs("OTHER", { text });
    const { version: later } = await tenant.run(runId);
    await shop.clock.move(MINUTE_MS);
    const run = await tenant.ends(runId);

    expect(later).toBe(version);
    expect(run.outcome).toBe("SUCCESS");
  });

  test("leaves streams that verify and runs that are decided the same way again", () => expectSound(shop));
});
