import { beforeAll, expect, test } from "vitest";
import { type Database, inTenant, type TenantQuery } from "../../src/store/index.ts";
import { type CommitResult, Committer } from "../../src/worker/index.ts";
import { addTenant, heldRun, step, stored, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

const lockRun = (sql: TenantQuery, runId: string) =>
  sql`select 1 from run where tenant_id = require_tenant_context() and run_id = ${runId} for update`;

/** Resolves once some statement waits for a lock on a row. */
async function someoneWaits(): Promise<void> {
  for (;;) {
    const rows = await database.owner`
      select 1 from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%commit_flush%'`;
    if (rows.length > 0) return;
  }
}

/** Whether a flush of two runs was the victim of the deadlock that it met, and what became of its commits. */
async function meetDeadlock(committer: Committer) {
  const held = [await heldRun(database, tenant), await heldRun(database, tenant)];
  const [first, second] = held.toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
  if (first === undefined || second === undefined) throw new Error("two runs");
  let results: Promise<readonly CommitResult[]> | undefined;

  // The flush has the first run and waits for the second when the other transaction asks for the first.
  const isVictim = await inTenant(database, tenant, async (sql) => {
    await lockRun(sql, second.runId);
    results = Promise.all([first, second].map((run) => committer.commit(step(run))));
    await someoneWaits();
    await lockRun(sql, first.runId);
  }).then(
    () => true,
    () => false,
  );
  return { isVictim, results: await results, first };
}

test("C4 a flush that falls victim to a deadlock is written again, and every caller has its commit", async () => {
  const committer = new Committer(database.committer);
  // The victim is who has waited for a second when the other one comes: on a busy machine that may be the other.
  let met = await meetDeadlock(committer);
  while (!met.isVictim) met = await meetDeadlock(committer);

  expect(met.results?.map(({ kind }) => kind)).toEqual(["committed", "committed"]);
  expect((await stored(database, tenant, met.first.runId)).version).toBe(met.first.version + 1);
});
