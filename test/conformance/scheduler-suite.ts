import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Installation } from "../../src/api/installation.ts";
import { inTenant } from "../../src/store/index.ts";
import type { Schedule, TemporalAddress, Worker } from "../../src/worker/index.ts";
import { claimRun, dueInMs, dueRuns } from "../../src/worker/queries.ts";
import { type CrashShop, openCrashShop, PROFILE, TENANT } from "../crash/shop.ts";
import {
  approvals,
  approve,
  asked,
  deny,
  expectSound,
  hasEnded,
  type Standing,
  standing,
  tell,
  until,
} from "../crash/standing.ts";

export interface SchedulerUnderTest {
  readonly name: string;
  /** The schedule of one worker of the installation. */
  schedule(installation: Installation): Promise<Schedule>;
  /** How a worker in another process gets the same. */
  readonly temporal: TemporalAddress | null;
}

/** Where a worker may die and leave the run to another; after its last outcome it leaves nothing. */
const UNFINISHED = ["before_intent", "after_intent", "after_effect"] as const;

/** What holds of every scheduler, whatever stands behind it. */
export function schedulerConformance({ name, schedule, temporal }: SchedulerUnderTest): void {
  describe(`the ${name} scheduler`, () => {
    let shop: CrashShop;
    const workers: Worker[] = [];

    beforeAll(async () => {
      shop = await openCrashShop();
      return () => shop.close();
    });
    afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));

    const startWorker = async (profile = PROFILE): Promise<Worker> => {
      const worker = shop.installation.newWorker({ profile, schedule: await schedule(shop.installation) });
      worker.start();
      workers.push(worker);
      return worker;
    };
    const stop = (worker: Worker): Promise<void> => {
      workers.splice(workers.indexOf(worker), 1);
      return worker.stop();
    };
    const transfersOf = (reference: string) => shop.bank.transfers.filter((made) => made === reference);
    const debited = async (runId: string, reference: string): Promise<Standing> => {
      const found = await until(shop, runId, hasEnded);
      expect(found.run.status).toBe("SUCCEEDED");
      expect(transfersOf(reference)).toHaveLength(1);
      await expectSound(shop, found);
      return found;
    };

    test("runs that were due before a worker came, and after, are driven once each", async () => {
      const before = await shop.start("debit", { reference: `${name} early` });
      const worker = await startWorker();
      const later = await Promise.all(
        [1, 2, 3, 4].map(async (n) => ({ n, runId: await shop.start("debit", { reference: `${name} ${n}` }) })),
      );
      worker.nudge();

      await debited(before, `${name} early`);
      for (const { n, runId } of later) await debited(runId, `${name} ${n}`);
    });

    test("a run that waits for a time goes on when it has come, and not before", async () => {
      await startWorker();

      const runId = await shop.start("later", { reference: `${name} later` });
      const found = await debited(runId, `${name} later`);

      const [first, last] = [found.events.at(0), found.events.at(-1)];
      expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
      expect(found.run.epoch).toBeGreaterThan(1);
    });

    test("a run that waits for an event goes on when it is told of it, also where nobody nudges", async () => {
      await startWorker();
      const runId = await shop.start("once_told", { reference: `${name} told` });
      await until(shop, runId, ({ run }) => run.status === "SUSPENDED_WAIT");

      await tell(shop, runId, "signal", { event_type: "order.paid", entity_id: null, payload: {} });

      await debited(runId, `${name} told`);
    });

    test("DS-03 DUR-32 INT-T3 an approval outlives the workers: asked for once, given while none is up, and the run goes on", async () => {
      const refundsBefore = shop.simulators.stripe.state().refunds.length;
      const asking = await startWorker();
      const runId = await shop.start("P1-WF03", { order_id: shop.placeOrder(), reason: "damaged" });
      const approval = await asked(shop, runId);
      await stop(asking);
      await stop(await startWorker());

      await approve(shop, approval);
      await startWorker();
      const found = await until(shop, runId, hasEnded);

      expect(found.run.status).toBe("SUCCEEDED");
      expect(await approvals(shop, runId)).toMatchObject([
        { approval_id: approval.approval_id, status: "APPROVED", consumed_at: expect.any(Number) },
      ]);
      expect(shop.simulators.stripe.state().refunds).toHaveLength(refundsBefore + 1);
      await expectSound(shop, found);
    });

    test("DS-04 an approval that is denied after a restart ends the run: nothing is refunded, and the denial is on record", async () => {
      const refundsBefore = shop.simulators.stripe.state().refunds.length;
      const asking = await startWorker();
      const runId = await shop.start("P1-WF03", { order_id: shop.placeOrder(), reason: "damaged" });
      const approval = await asked(shop, runId);
      await stop(asking);

      await startWorker();
      await deny(shop, approval);
      const found = await until(shop, runId, hasEnded);

      expect(found.run).toMatchObject({ status: "FAILED_EXPECTED", code: "HITL_DENIED" });
      expect(await approvals(shop, runId)).toMatchObject([
        { approval_id: approval.approval_id, status: "DENIED", consumed_at: null },
      ]);
      expect(shop.simulators.stripe.state().refunds).toHaveLength(refundsBefore);
      await expectSound(shop, found);
    });

    test("DS-05 INT-T3 what a run is told while no worker is up reaches it once, when one is", async () => {
      const worker = await startWorker();
      const runId = await shop.start("once_told", { reference: `${name} told of in vain` });
      await until(shop, runId, ({ run }) => run.status === "SUSPENDED_WAIT");
      await stop(worker);

      await tell(shop, runId, "signal", { event_type: "order.paid", entity_id: null, payload: {} });
      const between = await standing(shop, runId);
      await startWorker();
      const found = await debited(runId, `${name} told of in vain`);

      expect(between.run.outcome).toBeNull();
      expect(found.events.filter(({ type }) => type === "wait.resumed")).toHaveLength(1);
    });

    test("DS-06 INT-T3 a time that comes while no worker is up is made good once, when one is", async () => {
      const worker = await startWorker();
      const runId = await shop.start("later", { reference: `${name} overdue` });
      await until(shop, runId, ({ run }) => run.status === "SUSPENDED_WAIT");
      await stop(worker);
      const isOverdue = async () =>
        ((await inTenant(shop.installation.database, TENANT, (sql) => dueInMs(sql, runId))) ?? 0) < 0;
      await until(shop, runId, isOverdue);

      await startWorker();
      const found = await debited(runId, `${name} overdue`);

      expect(found.events.filter(({ type }) => type === "wait.elapsed")).toHaveLength(1);
    });

    test("DS-15 two workers on the same runs: each run has one writer at a time, and one effect", async () => {
      await startWorker();
      await startWorker();

      const started = await Promise.all(
        Array.from({ length: 8 }, async (_, n) => {
          const reference = `${name} shared ${n}`;
          return { reference, runId: await shop.start("debit", { reference }) };
        }),
      );

      for (const { reference, runId } of started) expect((await debited(runId, reference)).receipts).toHaveLength(1);
    });

    test.each(UNFINISHED)(
      "DS-08 DUR-53 INT-T5 INT-T11 P1-D16 a worker that is killed %s is succeeded: one effect, and no run is lost",
      async (point) => {
        const reference = `${name} killed ${point}`;
        const runId = await shop.start("debit", { reference });
        const child = shop.spawn({ at: { point, step: "debit" }, temporal });
        expect(await child.ended).toBe("SIGKILL");
        const between = await standing(shop, runId);

        await startWorker();
        const found = await debited(runId, reference);

        expect(between.run.outcome).toBeNull();
        expect(found.run.epoch).toBeGreaterThan(between.run.epoch);
        expect(found.receipts).toHaveLength(1);
      },
    );

    test("P1-D16 a worker that wakes after its lease commits nothing and sends nothing", async () => {
      const reference = `${name} paused`;
      const runId = await shop.start("debit", { reference });
      const profile = { ...PROFILE, beatMs: 600_000 };
      const at = { point: "after_intent", step: "debit" } as const;
      const paused = shop.spawn({ at, signal: "SIGSTOP", profile, temporal });
      await paused.says("stopping");

      await startWorker();
      const ended = await debited(runId, reference);
      paused.signal("SIGCONT");
      await paused.stop();

      expect(await standing(shop, runId)).toEqual(ended);
      expect(transfersOf(reference)).toHaveLength(1);
    });

    test("a worker that is stopped lets its call land and gives the run back: another goes on with it", async () => {
      // Leases that no test outlives: only giving back can make the run due.
      const patient = { ...PROFILE, leaseMs: 600_000 };
      const reference = `${name} handed over`;
      const held = shop.bank.hold();
      const first = await startWorker(patient);
      const runId = await shop.start("both", { reference });
      await held.arrived;

      const stopped = stop(first);
      held.release();
      await stopped;
      const between = await standing(shop, runId);
      await startWorker(patient);
      const found = await until(shop, runId, hasEnded);

      expect(between.run).toMatchObject({ outcome: null, epoch: 1 });
      expect(found.run).toMatchObject({ status: "SUCCEEDED", epoch: 2 });
      expect(transfersOf(reference)).toHaveLength(2);
    });

    test("a claim of one run takes it when it is due, by the same epochs, and nobody takes it twice", async () => {
      const { database } = shop.installation;
      const runId = await shop.start("debit", { reference: `${name} claimed` });
      const claim = (worker: string) => claimRun(database.worker, worker, { tenantId: TENANT, runId }, 1_000);
      const isListed = async () => (await dueRuns(database.worker, 1_000, 0)).some(({ id }) => id === runId);

      const listed = await isListed();
      const [first, second] = [await claim("a"), await claim("b")];

      expect(listed).toBe(true);
      expect(first).toMatchObject([
        { tenant_id: TENANT, kind: "run", id: runId, epoch: 1, claims: 1, previous_worker: null },
      ]);
      expect(second).toEqual([]);
      expect(await isListed()).toBe(false);
      expect(await inTenant(database, TENANT, (sql) => dueInMs(sql, runId))).toBeGreaterThan(0);
      await startWorker();
      await debited(runId, `${name} claimed`);
    });
  });
}
