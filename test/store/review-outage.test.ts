import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { after } from "../../src/contracts/index.ts";
import { onAdmin } from "../database/admin.ts";
import { realHost } from "../database/real-host.ts";
import { call, flow } from "../flow/pack.ts";
import { applied } from "../flow/provider.ts";
import { type FlowShop, openFlowShop } from "../flow/shop.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(() => shop.close());

const RUNS = 20;
const PROFILE = { leaseMs: 1_500, beatMs: 300, claimsMax: 20, runsMax: 64, pollMs: 50 };

const pause = (ms: number) => realHost.clock.wake(after(realHost.clock.now(), ms), new AbortController().signal);

/** Ends every connection of the test's database and takes no other until `work` has ended. */
async function whileClosed(name: string, work: () => Promise<void>): Promise<void> {
  const { admin } = inject("testDatabase");
  const setOpen = (isOpen: boolean) =>
    onAdmin(admin, async (sql) => {
      await sql`update pg_database set datallowconn = ${isOpen} where datname = ${name}`;
      if (!isOpen) await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    });
  await setOpen(false);
  await work();
  await setOpen(true);
}

test("a worker survives outages of the database: it makes no call twice, and leaves no run behind", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("first", "note", { next_step: "second" }), call("second", "reserve")])],
  });
  await shop.rest();
  for (const tool of ["note", "reserve"]) {
    tenant.answers(tool, async () => {
      await pause(20);
      return applied({ state: "done" });
    });
  }
  const [database] = await tenant.sql((sql) => sql<{ name: string }[]>`select current_database() as name`);
  if (database === undefined) throw new Error("a database has a name");
  const troubles: unknown[] = [];
  const runIds: string[] = [];
  while (runIds.length < RUNS) runIds.push(await tenant.start("W", { text: `${runIds.length}` }));
  const worker = shop.installation.newWorker({
    profile: PROFILE,
    onTrouble: (_run, error) => void troubles.push(error),
  });
  worker.start();

  for (let outage = 0; outage < 3; outage++) {
    await pause(60);
    await whileClosed(database.name, () => pause(300));
  }
  // A lost outcome of a tool without key and look-up is for a person; every other run ends.
  const atRest = async () => {
    const runs = await Promise.all(runIds.map((runId) => tenant.run(runId)));
    const open = await tenant.sql(
      (sql) => sql<{ run_id: string }[]>`select distinct run_id from idempotency where status = 'UNKNOWN'`,
    );
    const unknown = new Set(open.map(({ run_id }) => run_id));
    return runs.every(({ run_id, outcome }) => outcome === "SUCCESS" || unknown.has(run_id));
  };
  await shop.until("every run at rest", () => atRest().catch(() => false as const));
  await worker.stop();
  shop.work();
  const receipts = await tenant.sql(
    (sql) => sql<{ receipts: number }[]>`select count(*)::int as receipts from receipt`,
  );

  const calls = tenant.calls().map(({ tool, input }) => `${tool} ${input.text}`);
  expect(troubles.length).toBeGreaterThan(0);
  expect(new Set(calls).size).toBe(calls.length);
  expect(receipts).toEqual([{ receipts: calls.length }]);
});
