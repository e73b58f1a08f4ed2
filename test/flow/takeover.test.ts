import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takeOver } from "../../src/worker/continuity/takeover.ts";
import {
  assertWriter,
  claimDue,
  epochViolations,
  heartbeatLease,
  leasesOf,
  registerLease,
  releaseLease,
  renewLease,
  takeoversOf,
} from "../../src/worker/index.ts";
import { call, flow } from "./pack.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

let shop: FlowShop;
let tenant: FlowTenant;

beforeAll(async () => {
  shop = await openFlowShop();
  tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
  await shop.rest();
});

afterAll(() => shop.close());

const ports = () => ({ database: shop.installation.database, host: shop.clock.host });

type Asked = Partial<Parameters<typeof takeOver>[1]>;

const take = (runId: string, asked: Asked = {}) =>
  takeOver(ports(), {
    tenantId: tenant.id,
    runId,
    by: "ann",
    override: null,
    fromEpoch: null,
    successor: null,
    handoff: null,
    ...asked,
  });

const outcome = async (runId: string, asked: Asked = {}) => {
  const done = await take(runId, asked);
  return done.ok ? done.value : done.refusal;
};

const FORCE = { override: { kind: "force", reason: "its machine is gone" } } as const;
const VETO = { override: { kind: "veto", reason: "it is being debugged" } } as const;

/** A run that a worker holds which does nothing. */
async function heldRun(leaseMs = 60_000): Promise<string> {
  const runId = await tenant.start("W");
  await claimDue(shop.installation.database.worker, "ghost", 100, leaseMs);
  return runId;
}

const lease = async (runId: string, changes: Partial<Parameters<typeof registerLease>[1]> = {}) => {
  const done = await registerLease(ports(), {
    tenantId: tenant.id,
    runId,
    lane: "controller",
    stepId: "ask",
    threadId: "thread-1",
    hostId: "host-1",
    pid: 12_345,
    ttlSeconds: 1_800,
    ...changes,
  });
  if (!done.ok) throw new Error(`${done.refusal.code}: ${done.refusal.message}`);
  const claim = { tenantId: tenant.id, runId, stepId: done.value.lease.step_id, token: done.value.token };
  return { ...done.value, claim };
};

const statuses = async (runId: string) =>
  (await tenant.sql((sql) => leasesOf(sql, runId))).map(({ status, step_id }) => `${step_id} ${status}`);

const audited = async (type: string, runId: string) =>
  (await tenant.audited()).filter((event) => event.type === type && event.payload.run_id === runId);

describe("a look at a worker's run", () => {
  test("leaves it to a worker that lives, and records that once", async () => {
    const runId = await heldRun();

    const [first, second] = [await outcome(runId), await outcome(runId)];

    expect(first).toMatchObject({
      action: "OBSERVE",
      decision_reason_code: "HEARTBEAT_RUNNING_NO_ACTION",
      lease_reason_code: "VALID_ACTIVE_LEASE",
      takeover: null,
      handoff_applied: false,
    });
    expect(second).toEqual(first);
    expect(await audited("takeover.decided", runId)).toHaveLength(1);
    expect(await tenant.types(runId)).toEqual(["run.started"]);
  });

  test("K-16 leaves a run alone that nobody should be advancing, also where it is forced", async () => {
    const runId = await tenant.start("W");

    expect(await outcome(runId)).toMatchObject({ action: "OBSERVE", decision_reason_code: "RUN_NOT_ACTIVE" });
    expect(await outcome(runId, FORCE)).toMatchObject({ code: "E_TAKEOVER_FAILED", details: { epoch: 0 } });
  });

  test("K-18 forced by a person takes it from the living, adopts its step, and names the person", async () => {
    const runId = await heldRun();

    const done = await outcome(runId, FORCE);

    expect(done).toMatchObject({
      action: "TAKEOVER",
      decision_reason_code: "MANUAL_TAKEOVER",
      takeover: { run_id: runId, task_id: "W", adopted_step_ids: ["ask"], failed_step_ids: [] },
    });
    expect(await tenant.types(runId)).toEqual([
      "run.started",
      "takeover.decided",
      "lease.taken_over",
      "lease.adopted",
      "handoff.applied",
    ]);
    expect((await tenant.event(runId, "takeover.decided")).payload).toMatchObject({
      decided_by: "ann",
      override_reason: "its machine is gone",
    });
    expect((await tenant.event(runId, "lease.taken_over")).payload).toMatchObject({
      reason_code: "MANUAL_TAKEOVER",
      previous_holder: "ghost",
      holder: null,
      epoch_before: 1,
      epoch_after: 2,
      in_flight_effects: [],
    });
    expect(await tenant.run(runId)).toMatchObject({ epoch: 2 });
    expect([...(await tenant.sql((sql) => takeoversOf(sql, runId)))]).toMatchObject([{ epoch: 2, seq: 3 }]);
  });

  test("K-20 vetoed leaves it for this incident, until somebody forces it", async () => {
    const runId = await heldRun(1);
    await shop.clock.move(1_000);

    const vetoed = await outcome(runId, VETO);
    const again = await outcome(runId);
    const forced = await outcome(runId, FORCE);

    expect([vetoed, again]).toMatchObject([
      { action: "OBSERVE", decision_reason_code: "MANUAL_VETO", heartbeat_status: "STALE" },
      { action: "OBSERVE", decision_reason_code: "MANUAL_VETO" },
    ]);
    expect(forced).toMatchObject({ action: "TAKEOVER", takeover: { adopted_step_ids: [], failed_step_ids: ["ask"] } });
    expect((await tenant.event(runId, "lease.registered")).payload).toMatchObject({ resumed_step_ids: ["ask"] });
  });

  test("CO-651 of two who take it at once one does, and the other is told the winner's epoch", async () => {
    const runId = await heldRun();

    const both = await Promise.all([
      outcome(runId, { ...FORCE, by: "ann", fromEpoch: 1 }),
      outcome(runId, { ...FORCE, by: "bob", fromEpoch: 1 }),
    ]);

    expect(both.filter((done) => "action" in done && done.action === "TAKEOVER")).toHaveLength(1);
    expect(both.filter((done) => "code" in done)).toMatchObject([{ code: "E_TAKEOVER_FAILED", details: { epoch: 2 } }]);
  });

  test("of no run is refused", async () => {
    expect(await outcome("none")).toMatchObject({ code: "RUN_NOT_FOUND" });
  });
});

describe("a registered lease", () => {
  test("holds the run: nobody else registers, no worker claims, and its token is nowhere in the database", async () => {
    const runId = await tenant.start("W");
    const { lease: granted, token } = await lease(runId);

    const rival = await registerLease(ports(), { ...request(runId), threadId: "thread-2" });
    const claimed = await claimDue(shop.installation.database.worker, "ghost", 100, 1);
    const [found] = await tenant.sql(
      (sql) => sql<{ row: string }[]>`select lease::text as row from lease where run_id = ${runId}`,
    );

    expect(granted).toMatchObject({ epoch: 1, status: "ACTIVE", lane: "controller", ttl_seconds: 1_800 });
    expect(token).toMatch(/^lease_[0-9a-f]{32}$/);
    expect(rival).toMatchObject({ ok: false, refusal: { code: "E_LOCK_CONFLICT" } });
    expect(claimed.map(({ id }) => id)).not.toContain(runId);
    expect(found?.row).not.toContain(token);
  });

  test("is beaten, renewed and released by its token, and the run is the workers' then", async () => {
    const runId = await tenant.start("W");
    const { lease: granted, claim } = await lease(runId, { ttlSeconds: 300 });

    const beat = await heartbeatLease(ports(), claim);
    const renewed = await renewLease(ports(), claim, 600);
    const wrong = await renewLease(ports(), { ...claim, stepId: "other" }, 600);
    const released = await releaseLease(ports(), claim);
    const again = await releaseLease(ports(), claim);

    expect(beat).toMatchObject({ ok: true, value: { expiry: granted.expiry } });
    expect(renewed).toMatchObject({ ok: true, value: { ttl_seconds: 600 } });
    expect(wrong).toMatchObject({ ok: false, refusal: { code: "E_LEASE_LOST", message: "no such lease" } });
    expect(released).toMatchObject({ ok: true, value: { status: "RELEASED" } });
    expect(again).toMatchObject({ ok: false, refusal: { code: "STATE_TRANSITION_ILLEGAL" } });
    expect(await audited("lease.transition_refused", runId)).toMatchObject([
      {
        severity: "error",
        payload: {
          operation: "LEASE_TRANSITION_REFUSED",
          reason_code: "STATE.INVALID_TRANSITION.RELEASED.RELEASE",
          step_id: "ask",
        },
      },
    ]);
    expect(await tenant.types(runId)).toEqual(["run.started", "lease.registered", "lease.released"]);
    expect((await claimDue(shop.installation.database.worker, "ghost", 100, 60_000)).map(({ id }) => id)).toContain(
      runId,
    );
  });

  test("STALE under a lease that lasts is adopted, and the run goes on", async () => {
    const runId = await tenant.start("W");
    const { claim, lease: granted } = await lease(runId);
    await shop.clock.move(1_300_000);

    const done = await outcome(runId);
    const late = await tenant.sql((sql) => assertWriter(sql, ports(), { ...claim, epoch: granted.epoch }));

    expect(done).toMatchObject({
      action: "TAKEOVER",
      decision_reason_code: "HEARTBEAT_STALE",
      lease_reason_code: "VALID_ACTIVE_LEASE",
      takeover: { adopted_step_ids: ["ask"], failed_step_ids: [] },
    });
    expect(await statuses(runId)).toEqual(["ask TAKEN_OVER"]);
    expect(await tenant.run(runId)).toMatchObject({ status: "PENDING", epoch: 2 });
    expect(late).toMatchObject({ ok: false, refusal: { code: "E_STALE_WRITER" } });
    expect(await audited("lease.stale_write_rejected", runId)).toMatchObject([
      { severity: "error", payload: { operation: "STALE_WRITE_REJECTED", offered_epoch: 1, current_epoch: 2 } },
    ]);
  });

  test("K-17 is judged by the newest sign of life, read under the run's lock, not by what somebody saw before", async () => {
    const runId = await tenant.start("W");
    const { claim } = await lease(runId);
    await shop.clock.move(1_250_000);
    const vetoed = await outcome(runId, VETO);
    await heartbeatLease(ports(), claim);

    expect(vetoed).toMatchObject({ heartbeat_status: "STALE" });
    expect(await outcome(runId)).toMatchObject({ action: "OBSERVE", heartbeat_status: "RUNNING" });
    expect(await statuses(runId)).toEqual(["ask ACTIVE"]);
  });

  test("K-06 of another lane leaves the run to the workers", async () => {
    const runId = await tenant.start("W");
    await lease(runId, { lane: "lane-2", stepId: "S2" });

    const claimed = await claimDue(shop.installation.database.worker, "ghost", 100, 60_000);

    expect(claimed.map(({ id }) => id)).toContain(runId);
    expect(await statuses(runId)).toEqual(["S2 ACTIVE"]);
  });

  test("a beat 901 s old under a valid lease is a warning, and nothing is done", async () => {
    const runId = await tenant.start("W");
    await lease(runId);
    await shop.clock.move(901_000);

    expect(await outcome(runId)).toMatchObject({
      action: "OBSERVE",
      decision_reason_code: "HEARTBEAT_WARNING_OBSERVE_ONLY",
      heartbeat_status: "WARNING",
    });
    expect(await statuses(runId)).toEqual(["ask ACTIVE"]);
  });

  test("CO-650 K-07 K-19 that has run out loses its step: the run is blocked, and a person's word gives it a fresh lease", async () => {
    const runId = await tenant.start("W");
    await lease(runId, { ttlSeconds: 120 });
    await shop.clock.move(180_000);

    const done = await outcome(runId);

    expect(done).toMatchObject({
      action: "TAKEOVER",
      decision_reason_code: "INVALID_LEASE_EXPIRED_CONTROLLER_LEASE",
      takeover: { adopted_step_ids: [], failed_step_ids: ["ask"] },
    });
    expect(await statuses(runId)).toEqual(["ask EXPIRED"]);
    expect(await tenant.run(runId)).toMatchObject({ status: "BLOCKED", code: "E_LEASE_LOST" });
    expect((await tenant.types(runId)).slice(-4)).toEqual([
      "lease.taken_over",
      "lease.not_adopted",
      "handoff.applied",
      "run.blocked",
    ]);
  });

  test("S1 of the controller lasts and S2 of another lane has run out: S1 is adopted and S2 lost", async () => {
    const runId = await tenant.start("W");
    await lease(runId, { stepId: "S1" });
    await lease(runId, { stepId: "S2", lane: "lane-2", ttlSeconds: 5, threadId: "thread-2" });
    await shop.clock.move(1_300_000);

    expect(await outcome(runId)).toMatchObject({ takeover: { adopted_step_ids: ["S1"], failed_step_ids: ["S2"] } });
    expect(await statuses(runId)).toEqual(["S1 TAKEN_OVER", "S2 EXPIRED"]);
    expect(await tenant.run(runId)).toMatchObject({ status: "PENDING" });
  });
});

const request = (runId: string) => ({
  tenantId: tenant.id,
  runId,
  lane: "controller",
  stepId: "ask",
  threadId: "thread-1",
  hostId: "host-1",
  pid: 1,
  ttlSeconds: 60,
});

test("workers finish what was taken, block what was lost under a registered lease, and nothing carries two epochs", async () => {
  const lost = await tenant.start("W");
  const { claim } = await lease(lost, { ttlSeconds: 5 });
  await shop.clock.move(6_000);
  expect(await heartbeatLease(ports(), claim)).toMatchObject({ ok: false, refusal: { code: "E_LEASE_LOST" } });
  const forced = await heldRun();
  await outcome(forced, FORCE);
  await shop.clock.move(60_000);

  shop.work();
  const run = await tenant.ends(forced);
  const blocked = await tenant.rests(lost, "BLOCKED");
  await tenant.tells(lost, "resume", { lane: null, payload: {} });
  const resumed = await tenant.ends(lost);

  expect(run.status).toBe("SUCCEEDED");
  expect(blocked.code).toBe("E_LEASE_LOST");
  expect(resumed.status).toBe("SUCCEEDED");
  for (const runId of [forced, lost]) expect([...(await tenant.sql((sql) => epochViolations(sql, runId)))]).toEqual([]);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));

test("a thing done under two epochs is found", async () => {
  const runId = await heldRun();
  await tenant.sql(
    (sql) => sql`
      insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, actor, channel, epoch, step, severity, payload_sha256, prev_hash, hash, payload)
      select ${tenant.id}, '2001-01-01', ${runId}, 900 + n, 'e' || n, 'step.succeeded', clock(), clock(), 'c', 'x', 'ci', 9 - n, 'ask', 'info', 'p', 'h', 'h', '{}'
        from generate_series(1, 2) as n`,
  );
  await tenant.sql(
    (sql) => sql`
      insert into receipt (tenant_id, receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id, correlation_id, epoch, external_provider, external_transaction_id, result, result_sha256, created_at, confirm_by)
      select ${tenant.id}, 'two-' || n, 't', '1.0.0', 'two', n, ${runId}, 'ask', 'c', n, 'bank', 'tx', '{}', 'h', clock(), clock()
        from generate_series(1, 2) as n`,
  );

  expect([...(await tenant.sql((sql) => epochViolations(sql, runId)))]).toEqual([
    { kind: "outcome", subject: "step.succeeded ask", epochs: [7, 8] },
    { kind: "stale_write", subject: "event 902", epochs: [8, 7] },
    { kind: "transaction", subject: "t bank tx", epochs: [1, 2] },
  ]);
});
