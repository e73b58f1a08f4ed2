import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDiagnosed } from "../../src/api/diagnosed-run.ts";
import { assert, type Json } from "../../src/contracts/index.ts";
import { diagnose, diagnosisInput, EVERYTHING, scopeOf } from "../../src/observe/index.ts";
import { takeOver } from "../../src/worker/continuity/takeover.ts";
import type { TakeoverOutcome } from "../../src/worker/continuity/taking.ts";
import {
  assertWriter,
  claimDue,
  type HandoffPackage,
  handOver,
  handoffHash,
  heartbeatLease,
  leasesOf,
  registerLease,
  releaseLease,
  renewLease,
} from "../../src/worker/index.ts";
import { call, flow } from "./pack.ts";
import { applied, gate } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

const STEPS = [flow("W", [call("ask", "look", { next_step: "tell" }), call("tell", "look")])];

let shop: FlowShop;
let tenant: FlowTenant;

beforeAll(async () => {
  shop = await openFlowShop();
  tenant = await shop.tenant({ workflows: STEPS });
  await shop.rest();
});

afterAll(() => shop.close());

const ports = () => ({ database: shop.installation.database, host: shop.clock.host });

type Asked = Parameters<typeof takeOver>[1];

const FORCE = { override: { kind: "force", reason: "its machine is gone" } } as const;

const named = (threadId: string) => ({ threadId, hostId: "host-2", pid: 7, ttlSeconds: 1_800 });

const take = (runId: string, asked: Partial<Asked> = {}) =>
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

async function taken(runId: string, asked: Partial<Asked> = {}): Promise<TakeoverOutcome> {
  const done = await take(runId, asked);
  assert(done.ok, "the run is looked at");
  return done.value;
}

/** A run that a worker holds which does nothing. */
async function heldRun(leaseMs = 60_000): Promise<string> {
  const runId = await tenant.start("W");
  await claimDue(shop.installation.database.worker, "ghost", 100, leaseMs);
  return runId;
}

async function lease(runId: string, changes: Partial<Parameters<typeof registerLease>[1]> = {}) {
  const request = {
    tenantId: tenant.id,
    runId,
    lane: "controller",
    stepId: "ask",
    threadId: "thread-1",
    hostId: "host-1",
  };
  const done = await registerLease(ports(), { ...request, pid: 12_345, ttlSeconds: 1_800, ...changes });
  assert(done.ok, "the lease is granted");
  const claim = { tenantId: tenant.id, runId, stepId: done.value.lease.step_id, token: done.value.token };
  return { ...done.value, claim };
}

const made = async (runId: string, includeAccepted = false): Promise<HandoffPackage> => {
  const request = {
    tenantId: tenant.id,
    runId,
    by: "ann",
    madeFor: "demand",
    includeAccepted,
    evidencePaths: null,
  } as const;
  const done = await handOver(ports(), request);
  assert(done.ok, "the package is made");
  return done.value;
};

const jsonOf = (handoff: HandoffPackage): { readonly [name: string]: Json } => JSON.parse(JSON.stringify(handoff));

const statuses = async (runId: string) =>
  (await tenant.sql((sql) => leasesOf(sql, runId))).map(
    ({ status, step_id, lane, thread_id, epoch }) => `${epoch} ${lane}/${step_id} ${thread_id} ${status}`,
  );

describe("a handoff package of a run", () => {
  test("says what is to do, what for, and how far its maker knew the run", async () => {
    const runId = await heldRun();

    const handoff = await made(runId);

    expect(handoff).toMatchObject({
      task_id: "W",
      run_id: runId,
      current_step: "ask",
      next_action: "resume",
      resumable_step_ids: ["ask", "tell"],
      skipped_step_ids: [],
      step_status: { accepted: [], failed: [], pending: ["ask", "tell"] },
      evidence_paths: ["$.ask", "$.tell"],
      epoch: 1,
      event_seq: 1,
      pending_approvals: [],
    });
    expect(handoff.open_acceptance_items.map(({ step_id }) => step_id)).toEqual(["ask", "tell", "tell"]);
    expect(handoff.package_hash).toBe(handoffHash(handoff));
    expect(await tenant.types(runId)).toEqual(["run.started"]);
  });

  test("of a run that has ended, or is none, is refused", async () => {
    const request = {
      tenantId: tenant.id,
      by: "ann",
      madeFor: "demand",
      includeAccepted: false,
      evidencePaths: null,
    } as const;
    const runId = await tenant.start("W");
    shop.work();
    await tenant.ends(runId);
    await shop.rest();

    expect(await handOver(ports(), { ...request, runId })).toMatchObject({ refusal: { code: "RUN_CLOSED" } });
    expect(await handOver(ports(), { ...request, runId: "none" })).toMatchObject({
      refusal: { code: "RUN_NOT_FOUND" },
    });
  });

  test("is made when a lease on the run is released, and applied by the next takeover", async () => {
    const runId = await tenant.start("W");
    const { claim } = await lease(runId);

    await releaseLease(ports(), claim);
    await claimDue(shop.installation.database.worker, "ghost", 100, 60_000);
    const outcome = await taken(runId, FORCE);

    const rows = await tenant.sql(
      (sql) =>
        sql<{ made_for: string; made_by: string }[]>`select made_for, made_by from handoff where run_id = ${runId}`,
    );
    expect([...rows]).toEqual([{ made_for: "rotation", made_by: "thread-1" }]);
    expect(outcome).toMatchObject({ handoff_applied: true, handoff_resume_step_id: "ask", warnings: [] });
  });
});

test("a worker that stops in the middle of a run hands it over, and the next one goes on", async () => {
  const { opened, open } = gate();
  const own = await shop.tenant({ workflows: STEPS });
  let calls = 0;
  own.answers("look", async () => {
    calls += 1;
    if (calls === 1) await opened;
    return applied({ id: `look-${calls}` });
  });
  const runId = await own.start("W");
  const worker = shop.installation.newWorker({ onTrouble: (_run, error) => assert(false, String(error)) });
  worker.start();
  await shop.until("the first call", async () => calls === 1);

  const stopped = worker.stop();
  open();
  await stopped;

  const made = await own.sql(
    (sql) =>
      sql<{ made_for: string; made_by: string; document: string }[]>`
        select made_for, made_by, document from handoff where run_id = ${runId}`,
  );
  expect([...made]).toMatchObject([{ made_for: "rotation", made_by: worker.id }]);
  expect(JSON.parse(made[0]?.document ?? "{}")).toMatchObject({
    current_step: "tell",
    skipped_step_ids: ["ask"],
    step_status: { accepted: ["ask"], failed: [], pending: ["tell"] },
  });
  shop.work();
  expect(await own.ends(runId)).toMatchObject({ status: "SUCCEEDED" });
  await shop.rest();
});

describe("CO-653 a takeover applies the handoff in its own transaction", () => {
  test("one that its holder left, and says where the run goes on", async () => {
    const runId = await heldRun();
    await made(runId);

    const outcome = await taken(runId, FORCE);

    expect(outcome).toMatchObject({ handoff_applied: true, handoff_resume_step_id: "ask", warnings: [] });
    expect(await tenant.event(runId, "handoff.applied")).toMatchObject({
      severity: "info",
      step: "ask",
      epoch: 2,
      payload: {
        operation: "HANDOFF_APPLIED",
        resume_step_id: "ask",
        next_action: "resume",
        resumable_step_ids: ["ask", "tell"],
        warnings: [],
      },
    });
    const [first, second] = await tenant.sql(
      (sql) => sql<{ made_for: string }[]>`select made_for from handoff where run_id = ${runId}`,
    );
    expect([first?.made_for, second]).toEqual(["demand", undefined]);
  });

  test("one made of the record where its holder left none", async () => {
    const runId = await heldRun();

    await taken(runId, FORCE);

    const rows = await tenant.sql(
      (sql) => sql<{ made_for: string; epoch: number }[]>`select made_for, epoch from handoff where run_id = ${runId}`,
    );
    expect([...rows]).toEqual([{ made_for: "takeover", epoch: 1 }]);
  });

  test("CO-730 STALE_HANDOFF one that is older than the record contradicts it: the record is followed, with a warning", async () => {
    const runId = await heldRun();
    const old = await made(runId);
    const { package_hash: _, ...fields } = { ...old, current_step: "tell", resumable_step_ids: ["tell"], event_seq: 0 };
    const stale = { ...fields, package_hash: handoffHash(fields) };

    const outcome = await taken(runId, { ...FORCE, handoff: jsonOf(stale) });

    expect(outcome).toMatchObject({
      handoff_applied: true,
      handoff_resume_step_id: "ask",
      warnings: ["STALE_HANDOFF"],
    });
    expect(await tenant.event(runId, "handoff.applied")).toMatchObject({
      severity: "warning",
      payload: { warnings: ["STALE_HANDOFF"] },
    });
  });

  test.each([
    ["altered", (own: HandoffPackage) => ({ ...own, current_step: "tell" }), "does not hash"],
    [
      "of another run",
      ({ package_hash: _, ...own }: HandoffPackage) => {
        const other = { ...own, run_id: "another" };
        return { ...other, package_hash: handoffHash(other) };
      },
      "of another run",
    ],
    ["no package", () => ({ schema_version: "2.0.0" }), "`$.schema_version` of the package"],
  ])("one that is %s is refused: the takeover stands, and the run waits for a person", async (_, change, message) => {
    const runId = await tenant.start("W");
    await lease(runId);
    const handoff: Json = JSON.parse(JSON.stringify(change(await made(runId))));

    const outcome = await taken(runId, { ...FORCE, handoff, successor: named("thread-2") });

    expect(outcome).toMatchObject({
      action: "TAKEOVER",
      takeover: { adopted_step_ids: ["ask"], failed_step_ids: [] },
      handoff_applied: false,
      handoff_resume_step_id: null,
    });
    expect(await tenant.event(runId, "handoff.apply_failed")).toMatchObject({
      severity: "error",
      payload: {
        operation: "HANDOFF_APPLY_FAILED",
        reason_code: "HANDOFF_APPLY_ERROR",
        error: expect.stringContaining(message),
      },
    });
    expect(await tenant.run(runId)).toMatchObject({ status: "BLOCKED", code: "E_HANDOFF_FAILED" });
    expect(await statuses(runId)).toEqual(["1 controller/ask thread-1 TAKEN_OVER", "2 controller/ask thread-2 ACTIVE"]);
  });
});

describe("a named successor", () => {
  test("K-13 adopts what its predecessor held by token, under a new token and epoch, and holds the run", async () => {
    const runId = await tenant.start("W");
    const { claim, lease: old } = await lease(runId);
    await shop.clock.move(1_300_000);

    const { leases, ...outcome } = await taken(runId, { successor: named("thread-2") });
    const [granted] = leases;
    assert(granted !== undefined, "there is a lease");
    const mine = { ...claim, token: granted.lease_token };

    expect(outcome).toMatchObject({ action: "TAKEOVER", decision_reason_code: "HEARTBEAT_STALE" });
    expect(leases).toMatchObject([{ lane: "controller", step_id: "ask", epoch: 2 }]);
    expect(await statuses(runId)).toEqual(["1 controller/ask thread-1 TAKEN_OVER", "2 controller/ask thread-2 ACTIVE"]);
    expect(await heartbeatLease(ports(), mine)).toMatchObject({ ok: true });
    expect(await renewLease(ports(), mine, 900)).toMatchObject({ ok: true, value: { ttl_seconds: 900 } });
    expect(await tenant.sql((sql) => assertWriter(sql, ports(), { ...mine, epoch: 2 }))).toMatchObject({ ok: true });
    expect(await renewLease(ports(), claim, 900)).toMatchObject({
      ok: false,
      refusal: {
        code: "STATE_TRANSITION_ILLEGAL",
        details: { reason_code: "STATE.INVALID_TRANSITION.TAKEN_OVER.RENEW" },
      },
    });
    expect(await tenant.sql((sql) => assertWriter(sql, ports(), { ...claim, epoch: old.epoch }))).toMatchObject({
      ok: false,
      refusal: { code: "E_STALE_WRITER" },
    });
    const found = await tenant.sql((sql) => readDiagnosed(sql, runId));
    assert(found !== undefined, "the run is there");
    const { validation, report } = diagnose(diagnosisInput(found, found.now), scopeOf(found, found.now), EVERYTHING);
    expect(validation).toEqual({ status: "PASS", issue_count: 0, issues: [] });
    expect(report.heartbeat.status).toBe("RUNNING");
    expect((await tenant.event(runId, "lease.taken_over")).payload).toMatchObject({
      holder: "lease:thread-2",
      successor_thread_id: "thread-2",
      epoch_before: 1,
      epoch_after: 2,
    });
  });

  test("takes a worker's run and holds it by token: no worker claims it before the lease ends or is released", async () => {
    const runId = await heldRun();

    const { leases } = await taken(runId, { ...FORCE, successor: named("thread-2") });
    await shop.clock.move(61_000);
    const claimed = await claimDue(shop.installation.database.worker, "ghost", 100, 60_000);

    expect(leases).toMatchObject([{ lane: "controller", step_id: "ask", epoch: 2 }]);
    expect(claimed.map(({ id }) => id)).not.toContain(runId);
    expect(await tenant.run(runId)).toMatchObject({ epoch: 2, status: "PENDING" });
  });

  test("S1 and S3 hold, S2 of another lane has run out: S1 and S3 are adopted in order, the run's epoch is the newest", async () => {
    const runId = await tenant.start("W");
    await lease(runId, { stepId: "S1" });
    await lease(runId, { stepId: "S2", lane: "lane-2", ttlSeconds: 5, threadId: "t2" });
    await lease(runId, { stepId: "S3", lane: "lane-3", threadId: "t3" });
    await shop.clock.move(1_300_000);

    const { takeover, leases } = await taken(runId, { successor: named("thread-2") });

    expect(takeover).toMatchObject({ adopted_step_ids: ["S1", "S3"], failed_step_ids: ["S2"] });
    expect(leases.map(({ lane, epoch }) => [lane, epoch])).toEqual([
      ["lane-3", 4],
      ["controller", 5],
    ]);
    expect(await tenant.run(runId)).toMatchObject({ epoch: 5 });
  });

  test("CO-650 of a controller's lease that has run out gets nothing: the run is blocked although another lane lasts", async () => {
    const runId = await tenant.start("W");
    await lease(runId, { stepId: "S1", ttlSeconds: 5 });
    await lease(runId, { stepId: "S2", lane: "lane-2", threadId: "t2" });
    await shop.clock.move(6_000);

    const { takeover, leases } = await taken(runId, { successor: named("thread-2") });

    expect(takeover).toMatchObject({ adopted_step_ids: ["S2"], failed_step_ids: ["S1"] });
    expect(leases).toMatchObject([{ lane: "lane-2", step_id: "S2" }]);
    expect(await tenant.run(runId)).toMatchObject({ status: "BLOCKED", code: "E_LEASE_LOST" });
  });

  test("CO-651 of two at once one wins; the other is refused with the winner's epoch", async () => {
    const runId = await tenant.start("W");
    await lease(runId);
    await shop.clock.move(1_300_000);

    const both = await Promise.all([
      take(runId, { fromEpoch: 1, successor: named("thread-2") }),
      take(runId, { fromEpoch: 1, successor: named("thread-3") }),
    ]);

    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.flatMap((done) => (done.ok ? [] : [done.refusal]))).toMatchObject([
      { code: "E_TAKEOVER_FAILED", details: { epoch: 2 } },
    ]);
    expect((await statuses(runId)).filter((one) => one.endsWith("ACTIVE"))).toHaveLength(1);
  });

  test("CO-651 who takes the same run once more finds it taken by itself: nothing is done again, no token shown again", async () => {
    const runId = await tenant.start("W");
    await lease(runId);
    await shop.clock.move(1_300_000);
    const asked = { fromEpoch: 1, successor: named("thread-2") };
    const first = await taken(runId, asked);
    const types = await tenant.types(runId);

    const again = await taken(runId, asked);

    expect(again).toEqual({ ...first, leases: [] });
    expect(await tenant.types(runId)).toEqual(types);
  });

  test("CO-652 a veto keeps the run from it for this incident, and force takes the run all the same", async () => {
    const runId = await tenant.start("W");
    await lease(runId);
    await shop.clock.move(1_300_000);

    const vetoed = await taken(runId, {
      override: { kind: "veto", reason: "it is being debugged" },
      successor: named("thread-2"),
    });
    const again = await taken(runId, { successor: named("thread-2") });
    const forced = await taken(runId, { ...FORCE, successor: named("thread-2") });

    expect([vetoed, again]).toMatchObject([
      { action: "OBSERVE", decision_reason_code: "MANUAL_VETO", takeover: null, leases: [] },
      { action: "OBSERVE", decision_reason_code: "MANUAL_VETO", takeover: null, leases: [] },
    ]);
    expect(forced).toMatchObject({
      action: "TAKEOVER",
      decision_reason_code: "MANUAL_TAKEOVER",
      leases: [{ epoch: 2 }],
    });
  });
});

describe("CO-652 a successor among several", () => {
  const among = (...threads: string[]) => ({ successor: { among: threads, ttlSeconds: 600 } });

  /** A run whose holder fell silent, beside one that each of these threads holds and gives signs of life of. */
  async function silentRun(...alive: string[]): Promise<string> {
    const runId = await tenant.start("W");
    await lease(runId, { threadId: "gone" });
    await shop.clock.move(1_300_000);
    for (const threadId of alive)
      await lease(await tenant.start("W"), { threadId, hostId: `host of ${threadId}`, pid: 40 });
    return runId;
  }

  test("is who lives and has the lowest name, holds the run by token, and is on record with the others", async () => {
    const runId = await silentRun("m-3", "m-2");

    const outcome = await taken(runId, among("gone", "m-1", "m-3", "m-2"));

    expect(outcome).toMatchObject({ decision_reason_code: "HEARTBEAT_STALE", successor_thread_id: "m-2" });
    expect(outcome.leases).toMatchObject([{ lane: "controller", epoch: 2 }]);
    expect((await tenant.event(runId, "takeover.decided")).payload).toMatchObject({
      candidates: [{ thread_id: "m-2" }, { thread_id: "m-3" }],
      elected_thread_id: "m-2",
    });
    const leases = await tenant.sql((sql) => leasesOf(sql, runId));
    expect(leases.at(-1)).toMatchObject({ thread_id: "m-2", host_id: "host of m-2", pid: 40, ttl_seconds: 600 });
  });

  test("is not found where nothing was heard of any: the run is left as it is", async () => {
    const runId = await silentRun();
    const types = await tenant.types(runId);

    expect(await take(runId, among("gone", "n-1"))).toMatchObject({
      refusal: { code: "E_TAKEOVER_FAILED", message: expect.stringContaining("n-1") },
    });
    expect(await tenant.types(runId)).toEqual(types);
  });

  test("is asked again for the same epoch and answered from the record; asked without, the run is looked at anew", async () => {
    const runId = await silentRun("o-1", "o-2");
    const first = await taken(runId, { ...among("o-1", "o-2"), fromEpoch: 1 });

    const same = await taken(runId, { ...among("o-1", "o-2"), fromEpoch: 1 });
    const anew = await taken(runId, among("o-1", "o-2"));
    const forced = await taken(runId, { ...among("o-1", "o-2"), ...FORCE });

    expect(same).toEqual({ ...first, leases: [] });
    expect(anew).toMatchObject({ action: "OBSERVE", successor_thread_id: null });
    expect([first, forced].map(({ successor_thread_id }) => successor_thread_id)).toEqual(["o-1", "o-2"]);
  });
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
