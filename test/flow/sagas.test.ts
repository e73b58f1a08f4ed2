import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApprovalRow } from "../../src/approve/index.ts";
import { openRun } from "../../src/worker/index.ts";
import { flow, rule } from "./pack.ts";
import { applied, type Behaviour } from "./provider.ts";
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
});

describe("P1-D11 a compensation that fails", () => {
  const failing: Behaviour = () => ({ kind: "not_applied", code: "TOOL_ERROR", message: "not now" });

  /** A run that could not release what it reserved in the west, as often as it may by itself, and has asked a person. */
  async function escalated(tenant: FlowTenant): Promise<ApprovalRow> {
    stock(tenant, "EAST");
    tenant.answers("release", failing);
    const runId = await tenant.start("W");
    for (const attempts of [1, 2]) {
      await shop.until(`attempt ${attempts}`, async () => tenant.calls("release").length === attempts);
      await tenant.rests(runId, "COMPENSATING");
      await shop.clock.move(60_000);
    }
    return tenant.pending(runId);
  }

  test("P1-D11 is retried on its own budget, then a person is asked, with the call, the error and where the run stands", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });

    const approval = await escalated(tenant);

    const failures = (await tenant.events(approval.run_id)).filter(({ type }) => type === "compensation.failed");
    expect(failures.map(({ payload }) => [payload.final, payload.action])).toEqual([
      [false, "ESCALATE"],
      [false, "ESCALATE"],
      [true, "ESCALATE"],
    ]);
    expect(approval).toMatchObject({ tool_name: "release", rule_id: "compensation.failed", step_id: "fulfil_west" });
    expect((await tenant.preview(approval)).document.input).toEqual({
      call: { id: "held-WEST" },
      error: { code: "TOOL_ERROR", message: "not now", attempts: 3 },
      state: {
        failed: "OUT_OF_STOCK",
        undoes: "fulfil_west",
        steps: {
          split: "succeeded",
          fulfil_west: "compensation_failed",
          parallel_fulfil: "failed",
          fulfil_east: "failed",
        },
      },
    });
    expect(await tenant.run(approval.run_id)).toMatchObject({ status: "COMPENSATING", outcome: null });
    await tenant.decides(approval, "DENY");
    await tenant.ends(approval.run_id);
  });

  test("P1-D11 that a person has tried once more is undone by it, once", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    const approval = await escalated(tenant);
    tenant.answers("release", () => applied({ id: "released" }));

    await tenant.decides(approval, "APPROVE");
    const run = await tenant.ends(approval.run_id);

    expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "OUT_OF_STOCK" });
    expect(tenant.calls("release")).toHaveLength(4);
    const { payload } = await tenant.event(run.run_id, "compensation.succeeded");
    expect(payload).toMatchObject({ attempt: 4 });
    expect((await tenant.receipts(run.run_id)).map(({ tool_name }) => tool_name)).toEqual(["reserve", "release"]);
  });

  test("P1-D11 that fails once more is put to a person again", async () => {
    const tenant = await shop.tenant({ workflows: [fulfilment()] });
    const first = await escalated(tenant);

    await tenant.decides(first, "APPROVE");
    await shop.until("the fourth attempt", async () => tenant.calls("release").length === 4);
    const second = await tenant.pending(first.run_id);

    expect(second).toMatchObject({ rule_id: "compensation.failed", attempt: 5 });
    expect(second.approval_id).not.toBe(first.approval_id);
    await tenant.decides(second, "DENY");
    await tenant.ends(first.run_id);
  });

  test("P1-D11 that a person leaves as it is ends the run as an unexpected failure, which says that something remains", async () => {
    const tenant = await shop.tenant({
      workflows: [{ ...fulfilment(), allowed_failure_modes: ["OUT_OF_STOCK"] }],
    });
    const approval = await escalated(tenant);

    await tenant.decides(approval, "DENY");
    const run = await tenant.ends(approval.run_id);

    expect(run).toMatchObject({ status: "FAILED_UNEXPECTED", code: "OUT_OF_STOCK" });
    expect(tenant.calls("release")).toHaveLength(3);
    const file = await tenant.sql((sql) => openRun(sql, run.run_id));
    expect(file?.state.leftover).toBe(true);
  });

  test("P1-D11 that nobody decides about stays as it is when the rule's time is over", async () => {
    const tenant = await shop.tenant({
      workflows: [fulfilment()],
      rules: [rule("compensation.failed", { timeout_seconds: 600 })],
    });
    const approval = await escalated(tenant);

    await shop.clock.move(600_000);
    const run = await tenant.ends(approval.run_id);

    expect(run.status).toBe("FAILED_UNEXPECTED");
    expect(await tenant.approvals(run.run_id)).toMatchObject([{ status: "TIMED_OUT" }]);
  });

  test("P1-D11 closes what it asked when another one aborts the run", async () => {
    const aborting = { ...fulfil("last", "LAST", 0), next_step: "merge" };
    const compensation = { ...aborting.compensation, max_attempts: 1, on_compensation_failure: "ABORT" };
    const first = fulfil("first", "FIRST", 1);
    const tenant = await shop.tenant({
      workflows: [
        flow("W", [
          { ...first, next_step: "last", compensation: { ...first.compensation, max_attempts: 1 } },
          { ...aborting, compensation },
          { id: "merge", type: "TOOL", tool_name: "note" },
        ]),
      ],
    });
    stock(tenant);
    tenant.answers("note", () => ({ kind: "rejected", code: "MERGE_REFUSED", message: "no" }));
    tenant.answers("release", failing);

    const run = await tenant.runs("W");

    expect(run.code).toBe("COMPENSATION_ABORTED");
    expect(await tenant.approvals(run.run_id)).toMatchObject([
      { rule_id: "compensation.failed", step_id: "first", status: "CANCELLED" },
    ]);
  });

  test("P1-D11 of a FINANCIAL kind asks anew for its own approval where nobody had decided it", async () => {
    const tenant = await shop.tenant({
      workflows: [
        flow("W", [
          {
            id: "hold",
            type: "TOOL",
            tool_name: "reserve",
            compensation: {
              tool_name: "charge",
              tool_input_mapping: { id: "$.hold.id" },
              compensation_order: 1,
              max_attempts: 1,
            },
            next_step: "merge",
          },
          { id: "merge", type: "TOOL", tool_name: "note" },
        ]),
      ],
      rules: [rule("charge", { timeout_seconds: 60 })],
    });
    tenant.answers("note", () => ({ kind: "rejected", code: "MERGE_REFUSED", message: "no" }));
    const runId = await tenant.start("W");
    await tenant.pending(runId);

    await shop.clock.move(60_000);
    const failed = await shop.until("the escalation", async () => {
      const open = await tenant.pending(runId);
      return open.rule_id === "compensation.failed" && open;
    });
    await tenant.decides(failed, "APPROVE");
    const anew = await shop.until("a new approval of the call", async () => {
      const open = await tenant.pending(runId);
      return open.rule_id === "charge" && open;
    });
    await tenant.decides(anew, "APPROVE");
    await tenant.ends(runId);

    expect(failed.reason).toContain("HITL_TIMEOUT");
    expect(anew).toMatchObject({ attempt: 2, tool_name: "charge" });
    expect(tenant.calls("charge")).toHaveLength(1);
    expect((await tenant.event(runId, "compensation.succeeded")).payload).toMatchObject({ attempt: 2 });
  });
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
