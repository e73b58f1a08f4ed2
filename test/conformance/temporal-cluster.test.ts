import { Client, Connection, type WorkflowHandle } from "@temporalio/client";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { TemporalAddress, Worker } from "../../src/worker/index.ts";
import { type CrashShop, openCrashShop, PROFILE, TENANT } from "../crash/shop.ts";
import { expectSound, hasEnded, tell, until } from "../crash/standing.ts";
import { HOW_TO_GET_ONE, temporalServer } from "../crash/temporal-server.ts";
import { layCable } from "./cable.ts";

const temporal = temporalServer();

/** More than fit into one history. */
const TOLD_MANY = 300;
const TOLD_AT_ONCE = 50;

if (temporal === null) describe.skip(`runs in a Temporal cluster ${HOW_TO_GET_ONE}`);
else
  describe("runs in a Temporal cluster", () => {
    let shop: CrashShop;
    let client: Client;
    const workers: Worker[] = [];

    beforeAll(async () => {
      shop = await openCrashShop();
      const connection = await Connection.connect({ address: temporal.address });
      client = new Client({ connection });
      return async () => {
        await connection.close();
        await shop.close();
      };
    });

    // Stopping twice is stopping once.
    afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop())));

    const startWorker = async (
      where: TemporalAddress = temporal,
      onTrouble?: (runId: string, error: unknown) => void,
    ): Promise<Worker> => {
      const schedule = await shop.installation.connectTemporal(where);
      const worker = shop.installation.newWorker({
        profile: PROFILE,
        schedule,
        ...(onTrouble === undefined ? {} : { onTrouble }),
      });
      worker.start();
      workers.push(worker);
      return worker;
    };
    const workflowOf = (runId: string): WorkflowHandle => client.workflow.getHandle(`run:${TENANT}:${runId}`);
    const waiting = (runId: string) => until(shop, runId, ({ run }) => run.status === "SUSPENDED_WAIT");
    const tellOf = (runId: string, event_type: string) =>
      tell(shop, runId, "signal", { event_type, entity_id: null, payload: {} });
    const transfersOf = (reference: string) => shop.bank.transfers.filter((made) => made === reference);

    test("INT-T1 a run is one workflow, which waits by a timer, ends with the run, and holds ids only", async () => {
      const worker = await startWorker();

      const runId = await shop.start("later", { reference: "a secret of the run" });
      await until(shop, runId, hasEnded);
      const workflow = workflowOf(runId);
      await workflow.result();
      const { events } = await workflow.fetchHistory();
      await worker.stop();

      const payloads = events?.flatMap((event) => [
        ...(event.workflowExecutionStartedEventAttributes?.input?.payloads ?? []),
        ...(event.activityTaskScheduledEventAttributes?.input?.payloads ?? []),
        ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
      ]);
      const said = payloads?.map(({ data }) => Buffer.from(data ?? []).toString()).join("\n");
      const types = events?.map((event) => Object.keys(event).find((key) => key.endsWith("EventAttributes")));
      expect(types).toContain("timerStartedEventAttributes");
      expect(types?.at(-1)).toBe("workflowExecutionCompletedEventAttributes");
      expect(said).toContain(runId);
      expect(said).not.toContain("a secret of the run");
    });

    test("INT-T1 the cluster finds a run by tenant, workflow, channel and status, which follow the run", async () => {
      await startWorker();
      const attributes = async (runId: string) => {
        const { typedSearchAttributes } = await workflowOf(runId).describe();
        return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
      };
      const shown = {
        CountermarkTenant: TENANT,
        CountermarkWorkflow: "once_told",
        CountermarkChannel: "controlled_fixture",
      };
      const runId = await shop.start("once_told", { reference: "found" });
      await waiting(runId);

      await expect
        .poll(() => attributes(runId), { timeout: 20_000 })
        .toMatchObject({ ...shown, CountermarkStatus: "SUSPENDED_WAIT" });
      await tellOf(runId, "order.paid");
      await workflowOf(runId).result();

      expect(await attributes(runId)).toMatchObject({ ...shown, CountermarkStatus: "SUCCEEDED" });
    });

    test("INT-T7 the history of a run that is told much is cut, and nothing of the run is lost", async () => {
      await startWorker();
      const runId = await shop.start("once_told", { reference: "told much" });
      await waiting(runId);
      const workflow = workflowOf(runId);
      const { runId: first } = await workflow.describe();

      for (let told = 0; told < TOLD_MANY; told += TOLD_AT_ONCE)
        await Promise.all(Array.from({ length: TOLD_AT_ONCE }, () => workflow.signal("told")));
      await expect.poll(async () => (await workflow.describe()).runId, { timeout: 50_000 }).not.toBe(first);
      const cut = await workflow.describe();
      await tellOf(runId, "order.paid");
      const found = await until(shop, runId, hasEnded);

      expect(cut.historyLength).toBeLessThan(TOLD_MANY);
      expect(found.run.status).toBe("SUCCEEDED");
      expect(transfersOf("told much")).toHaveLength(1);
      await expectSound(shop, found);
    });

    test("INT-T10 while the cluster is away runs are accepted and nobody else drives them; they go on when it is back", async () => {
      const cable = await layCable(temporal.address);
      const troubles: string[] = [];
      const worker = await startWorker({ ...temporal, address: cable.address }, (_, error) =>
        troubles.push(String(error)),
      );
      const early = await shop.start("once_told", { reference: "before the outage" });
      await waiting(early);

      cable.cut();
      await tellOf(early, "order.paid");
      const late = await shop.start("debit", { reference: "in the outage" });
      worker.nudge();
      await expect.poll(() => troubles.length, { timeout: 50_000 }).toBeGreaterThan(0);
      const made = [...transfersOf("before the outage"), ...transfersOf("in the outage")];
      cable.mend();
      const found = [await until(shop, early, hasEnded), await until(shop, late, hasEnded)];

      expect(made).toEqual([]);
      expect(found.map(({ run }) => run.status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
      expect([...transfersOf("before the outage"), ...transfersOf("in the outage")]).toHaveLength(2);
      await worker.stop();
      await cable.close();
    });

    test("a worker stops also while the cluster is away", async () => {
      const cable = await layCable(temporal.address);
      const worker = await startWorker({ ...temporal, address: cable.address });
      const runId = await shop.start("debit", { reference: "before the stop" });
      await until(shop, runId, hasEnded);

      cable.cut();
      await shop.start("debit", { reference: "after the cut" });
      worker.nudge();
      await worker.stop();

      expect(worker.busy).toBe(0);
      expect(transfersOf("after the cut")).toEqual([]);
      await cable.close();
    });

    test("a workflow that somebody ended in the cluster is started again when its run is due", async () => {
      await startWorker();
      const runId = await shop.start("later", { reference: "ended from outside" });
      await waiting(runId);

      await workflowOf(runId).terminate("by somebody");
      const found = await until(shop, runId, hasEnded);

      expect(found.run.status).toBe("SUCCEEDED");
      expect(transfersOf("ended from outside")).toHaveLength(1);
      await expectSound(shop, found);
    });
  });
