import { beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../src/contracts/index.ts";
import { type Database, inTenant, openDatabase } from "../../src/store/index.ts";
import { Committer } from "../../src/worker/index.ts";
import { freshDatabase } from "../database/database.ts";
import { addTenant, afterCommit, type Held, heldRun, step, stored, useDatabase, withTakenSequence } from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

async function heldMany(count: number): Promise<readonly Held[]> {
  const runs: Held[] = [];
  while (runs.length < count) runs.push(await heldRun(database, tenant));
  return runs;
}

const versionOf = async ({ tenantId, runId }: Held): Promise<number> =>
  (await stored(database, tenantId, runId)).version;

/** Transactions that wrote the last event of each run: one per flush. */
const flushesOf = (runs: readonly Held[]): Promise<number> =>
  inTenant(database, tenant, async (sql) => {
    const rows = await sql<{ flushes: number }[]>`
      select count(distinct xid)::int as flushes from event where seq > 1 and stream = any(${runs.map(({ runId }) => runId)}::text[])`;
    return rows[0]?.flushes ?? 0;
  });

describe("the committer", () => {
  test("RT-701 C1 answers a caller only once its commit can be read by others", async () => {
    const committer = new Committer(database.committer);
    const runs = await heldMany(5);

    const seen = await Promise.all(
      runs.map(async (run) => {
        const result = await committer.commit(step(run));
        return [result.kind, await versionOf(run)];
      }),
    );

    expect(seen).toEqual(runs.map((run) => ["committed", run.version + 1]));
  });

  test("writes the steps of many callers in few flushes", async () => {
    const committer = new Committer(database.committer);
    const runs = await heldMany(40);

    await Promise.all(runs.map((run) => committer.commit(step(run))));

    // Halves of what is queued, as long as the half before was quicker than this process.
    expect(await flushesOf(runs)).toBeLessThanOrEqual(5);
  });

  test("C2 puts the commits of one run into flushes of their own, in order", async () => {
    const committer = new Committer(database.committer);
    const [run] = await heldMany(1);
    if (run === undefined) throw new Error("one run");
    const first = step(run);
    const second = step(afterCommit(run, first));
    const third = step(afterCommit(afterCommit(run, first), second));

    const results = await Promise.all([first, second, third].map((commit) => committer.commit(commit)));

    expect(results.map(({ kind }) => kind)).toEqual(["committed", "committed", "committed"]);
    expect(await versionOf(run)).toBe(run.version + 3);
    expect(await flushesOf([run])).toBe(3);
  });

  test("tells a fenced caller so, beside callers whose commits were made", async () => {
    const committer = new Committer(database.committer);
    const runs = await heldMany(3);

    const results = await Promise.all(
      runs.map((run, index) => committer.commit(step(index === 1 ? { ...run, epoch: 0 } : run))),
    );

    expect(results.map(({ kind }) => kind)).toEqual(["committed", "fenced", "committed"]);
  });

  test("C3 lets a commit that the database refuses fail alone", async () => {
    const committer = new Committer(database.committer);
    const runs = await heldMany(9);

    const results = await Promise.allSettled(
      runs.map((run, index) => committer.commit(index === 4 ? withTakenSequence(run) : step(run))),
    );

    const outcomes = results.map((result) =>
      result.status === "fulfilled" ? result.value.kind : codeOf(result.reason),
    );
    expect(outcomes).toEqual(runs.map((_, index) => (index === 4 ? "DATABASE_CONFLICT" : "committed")));
    expect(await Promise.all(runs.map(versionOf))).toEqual(
      runs.map((run, index) => run.version + (index === 4 ? 0 : 1)),
    );
  });

  test("C3 finds several refused commits, also of different tenants, and goes on afterwards", async () => {
    const committer = new Committer(database.committer);
    const other = await addTenant(database);
    const runs = [...(await heldMany(4)), await heldRun(database, other), await heldRun(database, other)];
    const bad = new Set([0, 3, 5]);

    const results = await Promise.allSettled(
      runs.map((run, index) => committer.commit(bad.has(index) ? withTakenSequence(run) : step(run))),
    );
    const later = await committer.commit(step(await heldRun(database, other)));

    expect(results.map(({ status }) => status === "rejected")).toEqual(runs.map((_, index) => bad.has(index)));
    expect(later.kind).toBe("committed");
  });

  test("is idle once everything queued has been answered", async () => {
    const committer = new Committer(database.committer);
    const runs = await heldMany(3);
    const commits = runs.map((run) => committer.commit(step(run)));

    await committer.idle();

    expect(await Promise.all(runs.map(versionOf))).toEqual(runs.map(({ version }) => version + 1));
    await Promise.all(commits);
    await committer.idle();
  });

  test("C1 answers nobody when the connection is lost: each caller learns that its commit is not known to be made", async () => {
    const fresh = await freshDatabase();
    const own = openDatabase(fresh.options);
    const shop = await addTenant(own);
    const runs = [await heldRun(own, shop), await heldRun(own, shop)];
    const committer = new Committer(own.committer);
    await own.close();

    const results = await Promise.allSettled(runs.map((run) => committer.commit(step(run))));

    await fresh.drop();
    expect(results.map((result) => result.status === "rejected" && codeOf(result.reason))).toEqual([
      "DATABASE_UNAVAILABLE",
      "DATABASE_UNAVAILABLE",
    ]);
  });
});

const codeOf = (error: unknown): unknown => (error instanceof Fault ? error.code : error);
