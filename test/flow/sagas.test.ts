import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flow } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

/** A branch of the reference example of commerce-kernel 4.7: a fulfilment that can be cancelled. */
const fulfil = (id: string, warehouse: string, compensation_order: number) => ({
  id,
  type: "TOOL",
  tool_name: "reserve",
  tool_input_mapping: { text: warehouse, id: "$.trigger.id" },
  compensation: { tool_name: "release", tool_input_mapping: { id: `$.${id}.id` }, compensation_order },
});

const fulfilment = (parallel: object = {}) =>
  flow("W", [
    { id: "split", type: "TOOL", tool_name: "look", next_step: "parallel_fulfil" },
    {
      id: "parallel_fulfil",
      type: "PARALLEL",
      parallel_steps: ["fulfil_west", "fulfil_east"],
      join_policy: "ALL",
      parallel_compensation_strategy: "COMPENSATE_SUCCEEDED",
      async_failure_policy: "COMPENSATE_ALL",
      next_step: "merge",
      ...parallel,
    },
    fulfil("fulfil_west", "WEST", 1),
    fulfil("fulfil_east", "EAST", 2),
    { id: "merge", type: "TOOL", tool_name: "note" },
  ]);

/** Warehouses that answer with an id of their own; those named here have nothing in stock. */
function stock(tenant: FlowTenant, ...empty: readonly string[]): void {
  tenant.answers("reserve", ({ text }) =>
    empty.includes(String(text))
      ? { kind: "rejected", code: "OUT_OF_STOCK", message: `nothing left in ${text}` }
      : applied({ id: `held-${text}` }),
  );
}

const released = (tenant: FlowTenant) => tenant.calls("release").map(({ input }) => input.id);

describe("P1-D11 parallel fulfilment with real calls", () => {
  test("P1-D11 both branches succeed: two reservations with receipts, nothing is undone", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    stock(tenant);

    const run = await tenant.runs("W");

    expect(run.outcome).toBe("SUCCESS");
    expect(
      tenant
        .calls("reserve")
        .map(({ input }) => input.text)
        .sort(),
    ).toEqual(["EAST", "WEST"]);
    expect((await tenant.receipts(run.run_id)).map(({ tool_name }) => tool_name).sort()).toEqual([
      "note",
      "reserve",
      "reserve",
    ]);
    expect(released(tenant)).toEqual([]);
  });

  test("P1-D11 if east fails finally, west is cancelled once and the run fails", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    stock(tenant, "EAST");

    const run = await tenant.runs("W");

    expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "OUT_OF_STOCK" });
    expect(released(tenant)).toEqual(["held-WEST"]);
    expect(await tenant.types(run.run_id)).toContain("compensation.succeeded");
    expect((await tenant.receipts(run.run_id)).map(({ tool_name }) => tool_name)).toEqual(["reserve", "release"]);
  });

  test("P1-D11 if west fails after east succeeded, east is cancelled", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    stock(tenant, "WEST");

    const run = await tenant.runs("W");

    expect(run.code).toBe("OUT_OF_STOCK");
    expect(released(tenant)).toEqual(["held-EAST"]);
  });

  test("P1-D11 if both succeeded but the merge fails, east is cancelled first, then west", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    stock(tenant);
    tenant.answers("note", () => ({ kind: "rejected", code: "MERGE_REFUSED", message: "no" }));

    const run = await tenant.runs("W");

    expect(run.code).toBe("MERGE_REFUSED");
    expect(released(tenant)).toEqual(["held-EAST", "held-WEST"]);
  });

  test("P1-D11 ANY goes on with the first that succeeds", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment({ join_policy: "ANY" })] });
    stock(tenant, "EAST");

    const run = await tenant.runs("W");

    expect(run.code).toBe(null);
    expect(tenant.calls("note")).toHaveLength(1);
    expect(released(tenant)).toEqual([]);
  });

  test("P1-D11 IGNORE goes on without the branch that failed and keeps its error", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment({ async_failure_policy: "IGNORE" })] });
    stock(tenant, "EAST");

    const run = await tenant.runs("W");

    expect(run.outcome).toBe("SUCCESS");
    expect((await tenant.event(run.run_id, "lane.ignored")).payload).toMatchObject({
      patch: [{ path: "/fulfil_east", value: { error: { code: "OUT_OF_STOCK" } } }],
    });
    expect(released(tenant)).toEqual([]);
  });

  test("P1-D11 MANUAL undoes nothing before a person decides", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment({ parallel_compensation_strategy: "MANUAL" })] });
    stock(tenant, "EAST");
    const runId = await tenant.start("W");

    const approval = await tenant.pending(runId);
    const undoneBefore = released(tenant);
    const decided = await tenant.decides(approval, "APPROVE", {
      principalId: "alice",
      kind: "person",
      role: "approver",
    });
    const run = await tenant.ends(runId);

    expect(approval).toMatchObject({ tool_name: "compensation.manual" });
    expect(undoneBefore).toEqual([]);
    expect(decided).toMatchObject({ ok: true, status: "APPROVED" });
    expect(released(tenant)).toEqual(["held-WEST"]);
    expect(run.code).toBe("OUT_OF_STOCK");
  });

  test("a compensation that fails is retried on its own budget, and a person is told when it stays undone", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    stock(tenant, "EAST");
    tenant.answers("release", () => ({ kind: "not_applied", code: "TOOL_ERROR", message: "not now" }));
    const runId = await tenant.start("W");

    for (const attempts of [1, 2]) {
      await shop.until(`attempt ${attempts}`, async () => tenant.calls("release").length === attempts);
      await tenant.rests(runId, "COMPENSATING");
      await shop.clock.move(60_000);
    }
    const run = await tenant.ends(runId);

    expect(run.code).toBe("OUT_OF_STOCK");
    expect(tenant.calls("release")).toHaveLength(3);
    const failures = (await tenant.events(runId)).filter(({ type }) => type === "compensation.failed");
    expect(failures.map(({ payload }) => [payload.final, payload.action])).toEqual([
      [false, "ESCALATE"],
      [false, "ESCALATE"],
      [true, "ESCALATE"],
    ]);
  });
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
