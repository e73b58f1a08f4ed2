import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assert } from "../../src/contracts/index.ts";
import { takeOver } from "../../src/worker/continuity/takeover.ts";
import { heartbeatLease, LeaseWatch, leasesOf, registerLease, renewLease } from "../../src/worker/index.ts";
import { call, flow } from "./pack.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

let shop: FlowShop;
let tenant: FlowTenant;

beforeAll(async () => {
  shop = await openFlowShop();
  tenant = await shop.tenant({
    workflows: [flow("W", [call("ask", "look")], { timeout_seconds: 7_200 })],
    bounds: { max_time_seconds: 7_200 },
  });
  await shop.rest();
});

afterAll(() => shop.close());

const ports = () => ({ database: shop.installation.database, host: shop.clock.host });

const watch = (workerId = "watcher") => {
  const troubles: unknown[] = [];
  const made = new LeaseWatch({ ...ports(), workerId, onTrouble: (_run, error) => void troubles.push(error) });
  return {
    look: async () => {
      await made.look();
      expect(troubles).toEqual([]);
    },
  };
};

/** A run that somebody holds by token for half an hour. */
async function held(lane = "controller", runId?: string) {
  const request = {
    tenantId: tenant.id,
    runId: runId ?? (await tenant.start("W")),
    lane,
    stepId: lane,
    threadId: `t-${lane}`,
  };
  const done = await registerLease(ports(), { ...request, hostId: "host-1", pid: 1, ttlSeconds: 1_800 });
  assert(done.ok, "the lease is granted");
  const claim = { tenantId: tenant.id, runId: request.runId, stepId: lane, token: done.value.token };
  return { runId: request.runId, claim };
}

const veto = (runId: string) =>
  takeOver(ports(), {
    tenantId: tenant.id,
    runId,
    by: "ann",
    override: { kind: "veto", reason: "it is being debugged" },
    fromEpoch: null,
    successor: null,
    handoff: null,
  });

const ofType = async (runId: string, type: string) =>
  (await tenant.events(runId)).filter((event) => event.type === type);

const audited = async (runId: string, type: string) =>
  (await tenant.audited()).filter((event) => event.type === type && event.payload.run_id === runId);

describe("CO-510 who holds a run by token and gives no sign of life", () => {
  test.each([
    [899, [], []],
    [900, [], ["HEARTBEAT_WARNING_OBSERVE_ONLY"]],
    [1_199, [], ["HEARTBEAT_WARNING_OBSERVE_ONLY"]],
    [1_200, ["NO_OUTPUT_20M"], []],
  ])("for %i s is recorded as silent %j, and left with %j", async (seconds, silent, observed) => {
    const { runId } = await held();
    await shop.clock.move(seconds * 1_000);

    await watch().look();
    await watch().look();

    expect((await ofType(runId, "heartbeat.stale")).map(({ payload }) => payload.reason_code)).toEqual(silent);
    expect((await audited(runId, "takeover.decided")).map(({ payload }) => payload.decision_reason_code)).toEqual(
      observed,
    );
  });

  test("K-03 is recorded once a streak, whoever looks, and loses the run while its lease can still be adopted", async () => {
    const { runId } = await held();
    await shop.clock.move(1_250_000);

    await Promise.all([watch("one").look(), watch("two").look()]);

    expect(await tenant.event(runId, "heartbeat.stale")).toMatchObject({
      severity: "warning",
      step: "controller",
      payload: { reason_code: "NO_OUTPUT_20M", stale_after_seconds: 1_200, silence_seconds: expect.any(Number) },
    });
    expect(await tenant.types(runId)).toEqual([
      "run.started",
      "lease.registered",
      "heartbeat.stale",
      "takeover.decided",
      "lease.taken_over",
      "lease.adopted",
      "handoff.applied",
    ]);
    expect((await tenant.event(runId, "takeover.decided")).payload).toMatchObject({
      decision_reason_code: "HEARTBEAT_STALE",
      lease_reason_code: "VALID_ACTIVE_LEASE",
    });
    expect((await tenant.sql((sql) => leasesOf(sql, runId))).map(({ status }) => status)).toEqual(["TAKEN_OVER"]);
  });

  test("and is back with a beat ends its streak; the next one is an incident of its own", async () => {
    const { runId, claim } = await held();
    for (let streak = 0; streak < 3; streak++) {
      await shop.clock.move(1_300_000);
      await veto(runId);
      await watch().look();
      await watch().look();
      expect(await renewLease(ports(), claim, 1_800)).toMatchObject({ ok: true });
      expect(await heartbeatLease(ports(), claim)).toMatchObject({ ok: true });
    }

    const [stale, back] = [await ofType(runId, "heartbeat.stale"), await ofType(runId, "heartbeat.recovered")];

    expect(stale).toHaveLength(3);
    expect(new Set(stale.map(({ dedup_key }) => dedup_key)).size).toBe(3);
    expect(back.map(({ payload }) => payload.operation)).toEqual(Array(3).fill("HEARTBEAT_RECOVERED"));
    expect(await ofType(runId, "lease.taken_over")).toEqual([]);
  });

  test("CO-511 while its run waits for a person's approval is not silent", async () => {
    const { runId } = await held();
    await tenant.sql((sql) => sql`update run set status = 'SUSPENDED_HITL' where run_id = ${runId}`);
    await shop.clock.move(1_500_000);

    await watch().look();

    expect(await tenant.types(runId)).toEqual(["run.started", "lease.registered"]);
    await tenant.sql((sql) => sql`update run set status = 'RUNNING' where run_id = ${runId}`);
  });

  test("of another lane than the run's is recorded beside the stream of the run, whose holder lives", async () => {
    const { runId, claim } = await held();
    const other = await held("lane-2", runId);
    await shop.clock.move(1_250_000);
    await heartbeatLease(ports(), claim);
    const types = await tenant.types(runId);

    await watch().look();
    await watch().look();
    await heartbeatLease(ports(), other.claim);

    expect(await audited(runId, "heartbeat.stale")).toMatchObject([{ payload: { lane: "lane-2", step_id: "lane-2" } }]);
    expect(await audited(runId, "heartbeat.recovered")).toMatchObject([{ payload: { lane: "lane-2" } }]);
    expect(await tenant.types(runId)).toEqual(types);
  });

  test("K-05 is not helped by the beats of another run, nor harmed by its silence", async () => {
    const [silent, alive] = [await held(), await held()];
    await shop.clock.move(1_250_000);
    await heartbeatLease(ports(), alive.claim);

    await watch().look();

    expect(await ofType(silent.runId, "heartbeat.stale")).toHaveLength(1);
    expect(await tenant.types(alive.runId)).toEqual(["run.started", "lease.registered"]);
    expect((await tenant.sql((sql) => leasesOf(sql, alive.runId))).map(({ status }) => status)).toEqual(["ACTIVE"]);
  });

  test("after the clock was set forward is looked at once more before it is judged", async () => {
    const own = watch();
    await own.look();
    const { runId } = await held();
    await shop.clock.move(1_600_000);

    await own.look();
    const before = await tenant.types(runId);
    await own.look();

    expect(before).toEqual(["run.started", "lease.registered"]);
    expect(await tenant.types(runId)).toContain("heartbeat.stale");
  });
});

test("a worker looks after what others hold by token, and goes on with what it adopts", async () => {
  const { runId } = await held();
  await shop.clock.move(1_250_000);

  shop.work();
  const run = await tenant.ends(runId);

  expect(run.status).toBe("SUCCEEDED");
  expect(await tenant.types(runId)).toEqual(
    expect.arrayContaining(["heartbeat.stale", "lease.adopted", "step.succeeded", "run.ended"]),
  );
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
