import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import { asFault, inTenant } from "../../store/index.ts";
import { askToDrain, listWorkers, runsHeld, standingOf, type WorkerRow } from "../../worker/index.ts";
import { audit } from "../administer.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { PLATFORM } from "../installation.ts";
import { name, time, timeOf } from "../wire/parts.ts";
import { noInstaller } from "./administration.ts";

/* Workers serve every tenant, so they are seen and drained by whoever administers the installation. */

const worker = z
  .strictObject({
    worker_id: name,
    host: z.string(),
    pid: z.int(),
    /** `lost`: it has not been heard of for longer than its leases last. */
    standing: z.enum(["working", "draining", "stopped", "lost"]),
    /** Runs that it holds, of all tenants. */
    runs: z.int(),
    started_at: time,
    beat_at: time,
  })
  .openapi("Worker");

export const listWorkersEndpoint = endpoint({
  method: "get",
  path: "/v1/workers",
  summary: "List the workers, and those that stopped in the last ten minutes",
  needs: ["install"],
  request: NOTHING,
  statuses: { 200: "workers, newest first" },
  answer: z.strictObject({ workers: z.array(worker).readonly() }),
  async handle(call) {
    if (call.caller.tenantId !== PLATFORM) return noInstaller();
    return reply({ workers: await workersOf(call) });
  },
});

export const drainWorkerEndpoint = endpoint({
  method: "post",
  path: "/v1/workers/{worker_id}/drain",
  summary: "Ask a worker to take no more runs and give back those it holds",
  description:
    "It hears of it within 2 s, lets calls in flight land, and then stops; other workers go on with its runs.",
  needs: ["install"],
  idempotent: true,
  request: { ...NOTHING, params: z.strictObject({ worker_id: name }) },
  statuses: { 202: "the worker was asked" },
  answer: worker,
  async handle(call, { params: { worker_id } }) {
    const { installation, caller } = call;
    if (caller.tenantId !== PLATFORM) return noInstaller();
    const asked = await inTenant(installation.database, PLATFORM, async (sql) => {
      const done = await askToDrain(sql, worker_id);
      const by = { tenantId: PLATFORM, by: caller.principalId };
      if (done) await audit(installation, sql, { ...by, type: "worker.drain_asked", payload: { worker_id } });
      return done;
    });
    const found = asked ? (await workersOf(call)).find((one) => one.worker_id === worker_id) : undefined;
    if (found !== undefined) return reply(found, 202);
    return rejected({ code: "WORKER_NOT_FOUND", message: `no worker \`${worker_id}\` is at work` });
  },
});

async function workersOf({ installation: { database } }: Call) {
  const rows = await inTenant(database, PLATFORM, listWorkers);
  const held = new Map((await heldRuns(database.worker)).map(({ worker_id, runs }) => [worker_id, runs]));
  return rows.map((row) => workerView(row, held.get(row.worker_id) ?? 0));
}

async function heldRuns(sql: Parameters<typeof runsHeld>[0]) {
  try {
    return await runsHeld(sql);
  } catch (error) {
    throw asFault(error);
  }
}

const workerView = (row: WorkerRow, runs: number): z.output<typeof worker> => ({
  worker_id: row.worker_id,
  host: row.host_id,
  pid: row.pid,
  standing: standingOf(row),
  runs,
  started_at: timeOf(row.started_at),
  beat_at: timeOf(row.beat_at),
});
