import { beforeAll, expect, test } from "vitest";
import { approvalsOfCalls } from "../../src/approve/index.ts";
import { loadFacts } from "../../src/guard/index.ts";
import type { Database, TenantReads } from "../../src/store/index.ts";
import { addTenant, heldRun, useDatabase } from "./runs.ts";

const TENANT_CONTEXT_NOT_SET = "CM001";
const sqlStateOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error) => error.code,
  );

const [A, B] = ["t_read_a", "t_read_b"];

const opened = useDatabase();
let database: Database;
const runsOf = new Map<string, string>();

beforeAll(async () => {
  database = opened();
  for (const tenant of [A, B]) {
    await addTenant(database, tenant);
    runsOf.set(tenant, (await heldRun(database, tenant)).runId);
  }
});

const runs = async (sql: TenantReads): Promise<readonly string[]> => {
  const rows = await sql<{ run_id: string }[]>`select run_id from run`.execute();
  return rows.map(({ run_id }) => run_id);
};

test("reads of many tenants that are asked for at once see each their own tenant's rows, and nothing outlives them", async () => {
  const tenants = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? A : B));

  const seen = await Promise.all(
    tenants.map((tenant) => database.atOnce(tenant, (sql) => Promise.all([runs(sql), runs(sql)]))),
  );

  expect(seen).toEqual(
    tenants.map((tenant) => {
      const own = [runsOf.get(tenant)];
      return [own, own];
    }),
  );
});

test("a statement that fails fails its own tenant's reads, and writes are refused", async () => {
  const wrong = database.atOnce(A, (sql) => sql`select 1 / 0`.execute());
  const write = database.atOnce(A, (sql) => sql`update run set status = status`.execute());
  const right = database.atOnce(B, runs);

  await expect(wrong).rejects.toMatchObject({ code: "DATABASE_FAILED" });
  await expect(write).rejects.toMatchObject({ code: "DATABASE_FAILED" });
  expect(await right).toEqual([runsOf.get(B)]);
});

test("a statement that is sent too late meets no tenant, and is refused", async () => {
  const late = database.atOnce(A, async (sql) => {
    await runs(sql);
    return await sql`select require_tenant_context()`.execute();
  });

  await expect(late).rejects.toMatchObject({ code: "TENANT_CONTEXT_MISSING" });
});

test("a call's facts and approvals that come to a connection without a tenant are refused, not found missing", async () => {
  const facts = loadFacts(database.app, [{ internalKey: "key", breakerId: "breaker", tool: "tool" }]);
  const approvals = approvalsOfCalls(database.app, [{ internalKey: "key", runId: "run" }]);

  expect(await sqlStateOf(facts)).toBe(TENANT_CONTEXT_NOT_SET);
  expect(await sqlStateOf(approvals)).toBe(TENANT_CONTEXT_NOT_SET);
});

test("after its connection went away the next reads have another", async () => {
  const pid = async (sql: TenantReads) =>
    (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`.execute())[0]?.pid;
  const before = await database.atOnce(A, pid);
  const sleeping = database.atOnce(A, (sql) => sql`select pg_sleep(30)`.execute());
  const ending = database.owner`select pg_terminate_backend(${before ?? 0})`.execute();

  await expect(sleeping).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  await ending;
  // What is sent while the old connection closes fails with it.
  await database.owner`select pg_sleep(0.05)`;
  expect(await database.atOnce(A, runs)).toEqual([runsOf.get(A)]);
  expect(await database.atOnce(B, pid)).not.toBe(before);
});
