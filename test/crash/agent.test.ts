import { beforeAll, describe, expect, test, vi } from "vitest";
import { inTenant } from "../../src/store/index.ts";
import type { LeaseProfile } from "../../src/worker/index.ts";
import type { Stop } from "./child.ts";
import { type CrashShop, openCrashShop, PROFILE, TENANT } from "./shop.ts";
import { approvals, approve, asked, expectSound, hasEnded, type Standing, standing, until } from "./standing.ts";

// Each test starts several processes, one after the other, of which one waits for a dead one's lease to run out.
vi.setConfig({ testTimeout: 240_000 });

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
  return () => shop.close();
});

/** Starting a graph's process takes a second, and more where the machine is busy. */
const PATIENT: LeaseProfile = { ...PROFILE, leaseMs: 4_000, beatMs: 500, claimsMax: 20 };

/** Lets a process take the run and die where it is told to. */
async function dieAt(at: Stop): Promise<void> {
  const child = shop.spawn({ at, profile: PATIENT });

  await child.says("started");
  expect(await child.ended).toBe("SIGKILL");
}

/** Lets another worker take what the dead one left, to its end. */
async function succeed(runId: string): Promise<Standing> {
  const worker = shop.startWorker(PATIENT);
  const found = await until(shop, runId, hasEnded);
  await worker.stop();
  return found;
}

const documentOf = ({ events }: Standing, step: string) =>
  events.flatMap(({ type, payload }) => {
    const { patch } = JSON.parse(payload ?? "{}");
    return type === "step.succeeded" ? patch.filter(({ path }: { readonly path: string }) => path === `/${step}`) : [];
  })[0]?.value;

const checkpointsOf = (runId: string) =>
  inTenant(
    shop.installation.database,
    TENANT,
    (sql) => sql<{ graph_step: number; epoch: number }[]>`
      select graph_step, epoch::int from agent_checkpoint where run_id = ${runId} order by checkpoint_id`,
  );

/** Between each two things that a graph does; a checkpoint is put for the input, before and after each of the two nodes. */
const POINTS: readonly (readonly [what: string, stop: Omit<Stop, "step">])[] = [
  ["before the graph begins", { point: "graph_started" }],
  ["after the checkpoint of the input", { point: "after_checkpoint", time: 1 }],
  ["as the first node begins", { point: "after_checkpoint", time: 2 }],
  ["after the tool's effect", { point: "after_effect" }],
  ["after the ledger's commit of the effect", { point: "after_graph_call" }],
  ["after the node's writes", { point: "after_writes", time: 1 }],
  ["after the next checkpoint", { point: "after_checkpoint", time: 3 }],
  ["after the last node's writes", { point: "after_writes", time: 2 }],
  ["after the last checkpoint", { point: "after_checkpoint", time: 4 }],
];

describe("CO-20.9-13 a worker that runs a graph is killed", () => {
  test.each(POINTS)(
    "%s: its successor ends the graph in the same state, with the effect made once",
    async (what, at) => {
      const reference = what.slice(-40);
      const runId = await shop.start("noting", { reference });

      await dieAt({ ...at, step: "noting" });
      const found = await succeed(runId);

      expect(found.run.status).toBe("SUCCEEDED");
      expect(documentOf(found, "noting")).toEqual({ log: [`noted ${reference}`, "closed"], call_plan: {} });
      expect(shop.bank.transfers.filter((made) => made === reference)).toHaveLength(1);
      expect(found.receipts).toMatchObject([{ tool_name: "note", external_transaction_id: reference }]);
      expect((await checkpointsOf(runId)).map(({ graph_step }) => graph_step)).toEqual([-1, 0, 1, 2]);
      await expectSound(shop, found);
    },
  );
});

test("CO-20.9-14 an answer that a killed worker had not used yet is used once, under its successor's epoch", async () => {
  const runId = await shop.start("asking", { reference: "release" });
  const first = shop.startWorker(PATIENT);
  await approve(shop, await asked(shop, runId).finally(() => first.stop()));

  await dieAt({ point: "graph_started", step: "asking" });
  const [killed] = await approvals(shop, runId);
  const { run: left } = await standing(shop, runId);
  const found = await succeed(runId);

  expect(killed).toMatchObject({ status: "APPROVED", consumed_at: null });
  expect(await approvals(shop, runId)).toMatchObject([{ status: "APPROVED", consumed_at: expect.any(Number) }]);
  const resumed = found.events.filter(({ type }) => type === "agent.resumed");
  expect(resumed).toHaveLength(1);
  expect(resumed.every(({ epoch }) => epoch > left.epoch)).toBe(true);
  expect(documentOf(found, "asking")).toEqual({ log: ["APPROVED"], call_plan: {} });
  await expectSound(shop, found);
});

test("CO-20.9-11 CO-20.9-12 a worker that slept while another took its run writes nothing of its graph when it wakes", async () => {
  const reference = "slept";
  const runId = await shop.start("noting", { reference });
  const at = { point: "after_graph_call", step: "noting" } as const;
  const sleeping = shop.spawn({ at, signal: "SIGSTOP", profile: PATIENT });
  await sleeping.says("stopping");

  await succeed(runId);
  const before = await checkpointsOf(runId);
  sleeping.signal("SIGCONT");
  await sleeping.stop();

  const epochs = (await checkpointsOf(runId)).map(({ epoch }) => epoch);
  expect(await checkpointsOf(runId)).toEqual(before);
  expect(epochs.slice(2).every((epoch) => epoch > (epochs[1] ?? 0))).toBe(true);
  expect(shop.bank.transfers.filter((made) => made === reference)).toHaveLength(1);
  await expectSound(shop, await standing(shop, runId));
});
