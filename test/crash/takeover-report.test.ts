import { beforeAll, describe, expect, test } from "vitest";
import { inTenant } from "../../src/store/index.ts";
import { claimDue, effectOutcomes, epochViolations, takeoversOf } from "../../src/worker/index.ts";
import { type CrashShop, openCrashShop, PROFILE, TENANT } from "./shop.ts";
import { expectSound, hasEnded, type Standing, standing, tell, until } from "./standing.ts";

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
  return () => shop.close();
});

const inShop = <T>(work: Parameters<typeof inTenant<T>>[2]): Promise<T> =>
  inTenant(shop.installation.database, TENANT, work);

const payloads = ({ events }: Standing, type: string) =>
  events.filter((event) => event.type === type).map(({ payload }) => JSON.parse(payload ?? "{}"));

const typesOf = ({ events }: Standing) => events.map(({ type }) => type);

/** Claims a run as a worker that then does nothing more. */
async function claimAndDie(runId: string, worker: string): Promise<void> {
  const claimed = await claimDue(shop.installation.database.worker, worker, 100, 1);
  expect(claimed.map(({ id }) => id)).toContain(runId);
  await until(shop, runId, () => inShop((sql) => isExpired(sql, runId)));
}

const isExpired = async (sql: Parameters<Parameters<typeof inTenant>[2]>[0], runId: string): Promise<boolean> =>
  (await sql`select 1 from due where id = ${runId} and due_at <= clock()`).length === 1;

/** Holders that a busy machine does not make lose their leases before they die. */
const STEADY = { ...PROFILE, leaseMs: 5_000, beatMs: 500 };

/** A successor that a busy machine does not make lose its lease in turn. */
const PATIENT = { ...PROFILE, leaseMs: 20_000, beatMs: 2_000 };

async function finish(runId: string, profile = PATIENT): Promise<Standing> {
  const worker = shop.startWorker(profile);
  const found = await until(shop, runId, hasEnded);
  await worker.stop();
  return found;
}

describe("CO-653 a worker that takes a dead one's run over", () => {
  test("reports since when, why, how fast and what was in flight, before it does anything else", async () => {
    const runId = await shop.start("debit", { reference: "reported" });
    expect(await shop.spawn({ at: { point: "after_intent", step: "debit" }, profile: STEADY }).ended).toBe("SIGKILL");
    const before = await standing(shop, runId);

    const found = await finish(runId);

    const fresh = found.events.slice(before.run.head_seq);
    expect(fresh.slice(0, 5).map(({ type, step }) => [type, step])).toEqual([
      ["takeover.decided", null],
      ["lease.taken_over", null],
      ["lease.not_adopted", "debit"],
      ["lease.registered", null],
      ["handoff.applied", "debit"],
    ]);
    expect(payloads(found, "takeover.decided")).toMatchObject([
      {
        stage: "decide",
        decision_action: "TAKEOVER",
        decision_reason_code: "HEARTBEAT_STALE",
        heartbeat_status: "STALE",
        lease_reason_code: "EXPIRED_CONTROLLER_LEASE",
        takeover_required: true,
      },
    ]);
    const [report] = payloads(found, "lease.taken_over");
    expect(report).toMatchObject({
      reason_code: "HEARTBEAT_STALE",
      adopted_step_ids: [],
      failed_step_ids: ["debit"],
      epoch_before: 1,
      epoch_after: 2,
      in_flight_effects: [{ step_id: "debit", status: "IN_PROGRESS", epoch: 1, generation: 0 }],
    });
    expect(Date.parse(report.detected_at) - Date.parse(report.stale_since)).toBe(report.detection_latency_ms);
    expect(Date.parse(report.takeover_at) - Date.parse(report.detected_at)).toBe(report.takeover_latency_ms);
    expect(payloads(found, "lease.not_adopted")).toMatchObject([{ reason_code: "LEASE_NOT_ADOPTED" }]);
    expect(payloads(found, "lease.registered")).toMatchObject([{ resumed_step_ids: ["debit"] }]);
    expect(found.run).toMatchObject({ status: "SUCCEEDED" });
    await expectSound(shop, found);
  });

  test("CO-631 leaves what became of each effect to be read from what came later, and nothing carries two epochs", async () => {
    const runId = await shop.start("debit", { reference: "looked up" });
    expect(await shop.spawn({ at: { point: "after_effect", step: "debit" }, profile: STEADY }).ended).toBe("SIGKILL");

    const found = await finish(runId);

    const [receipt] = found.receipts;
    expect([...(await inShop((sql) => effectOutcomes(sql, runId)))]).toMatchObject([
      {
        epoch: 2,
        step_id: "debit",
        status_then: "IN_PROGRESS",
        effect_epoch: 1,
        became: "applied",
        receipt_id: receipt?.receipt_id,
      },
    ]);
    expect([...(await inShop((sql) => epochViolations(sql, runId)))]).toEqual([]);
    expect(shop.bank.transfers.filter((made) => made === "looked up")).toHaveLength(1);
  });

  test("reports the takeover of a successor too that died before it could", async () => {
    const runId = await shop.start("debit", { reference: "twice" });
    await claimAndDie(runId, "first");
    await claimAndDie(runId, "second");

    const found = await finish(runId);

    expect(payloads(found, "lease.taken_over")).toMatchObject([
      { previous_holder: "first", holder: "second", epoch_before: 1, epoch_after: 2 },
      { previous_holder: "second", epoch_before: 2, epoch_after: 3 },
    ]);
    const taken = await inShop((sql) => takeoversOf(sql, runId));
    expect(taken.map(({ epoch, seq }) => [epoch, typesOf(found)[(seq ?? 0) - 1]])).toEqual([
      [2, "lease.taken_over"],
      [3, "lease.taken_over"],
    ]);
    await expectSound(shop, found);
  });

  test("under a policy that blocks leaves the run to a person, whose word gives it a fresh lease", async () => {
    const runId = await shop.start("debit", { reference: "blocked" });
    await claimAndDie(runId, "first");

    const worker = shop.startWorker({ ...PATIENT, onLoss: "block" });
    const blocked = await until(shop, runId, ({ run }) => run.status === "BLOCKED");
    const sentBefore = shop.bank.transfers.filter((made) => made === "blocked").length;
    await tell(shop, runId, "resume", { lane: null, payload: {} });
    const found = await until(shop, runId, hasEnded);
    await worker.stop();

    expect(blocked.run).toMatchObject({ code: "E_LEASE_LOST" });
    expect(typesOf(blocked).slice(-4)).toEqual([
      "lease.taken_over",
      "lease.not_adopted",
      "handoff.applied",
      "run.blocked",
    ]);
    expect(sentBefore).toBe(0);
    expect(found.run.status).toBe("SUCCEEDED");
    expect(typesOf(found)).not.toContain("lease.registered");
    await expectSound(shop, found);
  });
});

test("a run that nobody loses leaves no trace of takeovers", async () => {
  const runId = await shop.start("debit", { reference: "undisturbed" });

  const found = await finish(runId);

  expect(typesOf(found)).toEqual(["run.started", "step.succeeded", "run.ended"]);
  expect([...(await inShop((sql) => takeoversOf(sql, runId)))]).toEqual([]);
});
