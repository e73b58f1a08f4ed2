import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keptRefusal, type Upgrade, upgradeRun } from "../../src/api/upgrade-run.ts";
import { assert } from "../../src/contracts/index.ts";
import { type CompiledPack, outdatedRuns } from "../../src/run/index.ts";
import { call, flow, flowPack, flowTools, type PackPlan, rule } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { replayed } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  expect(shop.troubles).toEqual([]);
  await shop.close();
});

const packOf = (plan: PackPlan): CompiledPack => flowPack(flowTools(shop.provider), plan);

/** Reserves, waits for a person, notes; a later version differs in what is given here. */
const versionOf = (reserve: object, note: object, wait: object = {}): PackPlan => ({
  workflows: [
    flow("W", [
      call("hold", "reserve", { next_step: "wait", ...reserve }),
      { id: "wait", type: "WAIT", wait_for: { type: "MANUAL" }, wait_timeout_seconds: 600, next_step: "tell", ...wait },
      call("tell", "note", note),
    ]),
  ],
});

const FIRST = versionOf({}, { tool_input_mapping: { text: "first" } });

async function waiting(plan: PackPlan): Promise<{ readonly tenant: FlowTenant; readonly runId: string }> {
  const tenant = await shop.tenant(plan);
  tenant.answers("reserve", () => applied({ id: "held-1" }));
  const runId = await tenant.start("W", { id: "order-1" });
  await tenant.rests(runId, "SUSPENDED_WAIT");
  return { tenant, runId };
}

async function upgraded(tenant: FlowTenant, runId: string, dryRun = false): Promise<Upgrade> {
  const result = await upgradeRun(shop.installation, { tenantId: tenant.id, runId, by: "olga", dryRun });
  assert(result.ok, "an open run can be asked to upgrade");
  return result.value;
}

const told = (tenant: FlowTenant) => tenant.calls("note").map(({ input }) => input.text);

describe("a new version of a pack", () => {
  test("DS-13 DUR-21 takes over a run that it decides alike, and says so in the run's own stream", async () => {
    const { tenant, runId } = await waiting(FIRST);
    const before = await tenant.run(runId);
    const next = packOf(versionOf({}, { tool_input_mapping: { text: "second" } }));
    await tenant.activate(next);

    expect(await tenant.sql((sql) => outdatedRuns(sql, "", 10))).toEqual([{ run_id: runId }]);
    expect(await upgraded(tenant, runId)).toMatchObject({ result: "upgraded", proof: { proven: true, drift: "D0" } });
    await tenant.tells(runId, "resume", { lane: null, payload: {} });
    const run = await tenant.ends(runId);

    expect(run).toMatchObject({ outcome: "SUCCESS", pack_digest: next.config_hash });
    expect(told(tenant)).toEqual(["second"]);
    expect(await tenant.event(runId, "run.upgraded")).toMatchObject({
      actor: "olga",
      epoch: before.epoch + 1,
      payload: {
        from: before.pack_digest,
        to: next.config_hash,
        proof: { events: 4, head_hash: before.head_hash, document_sha256: before.document_sha256, drift: "D0" },
      },
    });
    expect(await replayed(tenant, runId)).toMatchObject({
      equal: true,
      drift: "D0",
      state: { pack_digest: next.config_hash },
    });
    expect(
      await upgradeRun(shop.installation, { tenantId: tenant.id, runId, by: "olga", dryRun: false }),
    ).toMatchObject({
      ok: false,
      refusal: { code: "RUN_CLOSED" },
    });
  });

  test("DUR-21 leaves a run that it would have decided otherwise to finish on its own version", async () => {
    const { tenant, runId } = await waiting(FIRST);
    const { pack_digest } = await tenant.run(runId);
    await tenant.activate(
      packOf(versionOf({ tool_input_mapping: { text: "another" } }, { tool_input_mapping: { text: "second" } })),
    );

    const kept = await upgraded(tenant, runId);
    await tenant.tells(runId, "resume", { lane: null, payload: {} });
    const run = await tenant.ends(runId);

    expect(kept).toMatchObject({ result: "kept", proof: { proven: false, drift: "D6", first: { seq: 2 } } });
    expect(keptRefusal(kept)).toMatchObject({
      code: "WORKFLOW_VERSION_INCOMPATIBLE",
      details: { drift: "D6", seq: 2, type: "step.succeeded" },
    });
    expect(run).toMatchObject({ outcome: "SUCCESS", pack_digest });
    expect(told(tenant)).toEqual(["first"]);
    const refused = (await tenant.audited()).filter(({ type }) => type === "run.upgrade_refused");
    expect(refused).toMatchObject([
      { actor: "olga", payload: { code: "WORKFLOW_VERSION_INCOMPATIBLE", drift: "D6", seq: 2 } },
    ]);
  });

  test("that is only asked about changes nothing", async () => {
    const { tenant, runId } = await waiting(FIRST);
    const before = await tenant.run(runId);
    await tenant.activate(packOf(versionOf({}, { tool_input_mapping: { text: "second" } })));

    expect(await upgraded(tenant, runId, true)).toMatchObject({ result: "proven" });

    expect(await tenant.run(runId)).toEqual(before);
  });

  test("DS-13 DUR-21 of another major number takes over none, whatever it decides: the run still waits", async () => {
    const { tenant, runId } = await waiting(FIRST);
    const { pack } = packOf(FIRST);
    const before = await tenant.run(runId);
    await tenant.activate(packOf({ ...FIRST, version: `${Number(pack.version.split(".")[0]) + 1}.0.0` }));

    expect(await upgraded(tenant, runId)).toMatchObject({ result: "kept", proof: { proven: false, first: null } });
    expect(await tenant.run(runId)).toEqual(before);
  });

  test("takes over a run that waits for approval only with the very call that is shown", async () => {
    const plan = (step: object): PackPlan => ({
      workflows: [flow("W", [call("send", "dispatch", { next_step: "tell", ...step }), call("tell", "note")])],
      rules: [rule("dispatch")],
    });
    const tenant = await shop.tenant(plan({}));
    const runId = await tenant.start("W", { text: "to Ada" });
    const approval = await tenant.pending(runId);

    await tenant.activate(packOf(plan({ tool_input_mapping: { text: "to Bob" } })));
    expect(await upgraded(tenant, runId)).toMatchObject({ result: "kept", proof: { drift: "D6" } });
    await tenant.activate(packOf(plan({ retry_policy: { max_attempts: 2, retryable_errors: ["BUSY"] } })));
    expect(await upgraded(tenant, runId)).toMatchObject({ result: "upgraded" });
    await tenant.decides(approval, "APPROVE");

    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
    expect(tenant.calls("dispatch").map(({ input }) => input)).toEqual([{ text: "to Ada" }]);
  });

  test("does not take a run out of a worker's hands", async () => {
    const { tenant, runId } = await waiting(FIRST);
    await tenant.activate(packOf(versionOf({}, { tool_input_mapping: { text: "second" } })));
    await tenant.sql(
      (sql) => sql`
        update due set worker_id = 'other', due_at = clock() + interval '1 minute' where kind = 'run' and id = ${runId}`,
    );

    const held = await upgraded(tenant, runId);

    expect(held.result).toBe("held");
    expect(keptRefusal(held)).toMatchObject({ code: "RUN_HELD" });
    expect((await tenant.run(runId)).pack_digest).toBe(held.from);
  });
});
