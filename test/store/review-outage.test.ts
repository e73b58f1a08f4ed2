import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { after, assert } from "../../src/contracts/index.ts";
import type { RunRow } from "../../src/run/index.ts";
import { onAdmin } from "../database/admin.ts";
import { realHost } from "../database/real-host.ts";
import { call, flow } from "../flow/pack.ts";
import { applied } from "../flow/provider.ts";
import { type FlowShop, openFlowShop } from "../flow/shop.ts";
import type { FlowTenant } from "../flow/tenant.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(() => shop.close());

const RUNS = 20;
const PROFILE = { leaseMs: 1_500, beatMs: 300, claimsMax: 20, runsMax: 64, pollMs: 50 };

const pause = (ms: number) => realHost.clock.wake(after(realHost.clock.now(), ms), new AbortController().signal);

/** Opens the test's database to connections, or takes no more and ends every one there is. */
const setOpen = (name: string, isOpen: boolean) =>
  onAdmin(inject("testDatabase").admin, async (sql) => {
    await sql`update pg_database set datallowconn = ${isOpen} where datname = ${name}`;
    if (!isOpen) await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  });

async function databaseOf(tenant: FlowTenant): Promise<string> {
  const [database] = await tenant.sql((sql) => sql<{ name: string }[]>`select current_database() as name`);
  assert(database !== undefined, "a database has a name");
  return database.name;
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
  const database = await databaseOf(tenant);
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
    await setOpen(database, false);
    await pause(300);
    await setOpen(database, true);
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

describe("a run under which the database goes away each time that it has been claimed", () => {
  /** What becomes of it under a worker that blocks what it claimed twice; the database comes back once the drive has failed of it. */
  async function standing(outages: number): Promise<RunRow> {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("first", "look")])] });
    await shop.rest();
    const database = await databaseOf(tenant);
    const back: Promise<void>[] = [];
    let failed = (): void => undefined;
    tenant.answers("look", async () => {
      if (back.length < outages) {
        const noticed = new Promise<void>((resolve) => {
          failed = resolve;
        });
        await setOpen(database, false);
        // A drive that only loses its lease tells of no trouble.
        back.push(Promise.race([noticed, pause(1_000)]).then(() => setOpen(database, true)));
      }
      return applied({ state: "done" });
    });
    const runId = await tenant.start("W");
    const worker = shop.installation.newWorker({
      profile: { ...PROFILE, leaseMs: 600, beatMs: 200, claimsMax: 1 },
      onTrouble: (troubled) => {
        if (troubled === runId) failed();
      },
    });
    worker.start();

    const found = await shop.until("a run that goes no further", async () => {
      const run = await tenant.run(runId).catch(() => null);
      return run !== null && (run.status === "BLOCKED" || run.outcome !== null) && run;
    });
    await worker.stop();
    await Promise.all(back);
    shop.work();
    return found;
  }

  test("goes on when the database stays: claims under which it went away are not held against the run", async () => {
    const run = await standing(5);

    expect(run.status).toBe("SUCCEEDED");
    expect(run.epoch).toBeGreaterThan(5);
  });

  test("is blocked in the end, for it may be what takes the database away", async () => {
    const run = await standing(Number.POSITIVE_INFINITY);

    expect(run).toMatchObject({ status: "BLOCKED", code: "RUN_BLOCKED", epoch: 11 });
  });
});
