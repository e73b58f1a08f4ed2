import { beforeAll, expect, test } from "vitest";
import { type Database, inTenant, type TenantQuery } from "../../src/store/index.ts";
import { fillEveryTable } from "./every-table.ts";
import { addTenant, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database, "test_releases");
  await inTenant(database, tenant, (sql) => fillEveryTable(sql, tenant));
});

/** What the database says to a change of the rows of a release, made and undone: its SQLSTATE, or that it was made. */
async function tried(...changes: readonly ((sql: TenantQuery) => Promise<unknown>)[]): Promise<string> {
  const undo = new Error("undo");
  try {
    await database.app.begin(async (sql) => {
      await sql`select set_tenant_context(${tenant})`;
      for (const change of changes) await change(sql);
      throw undo;
    });
    return "unreachable";
  } catch (error) {
    return error === undo ? "made" : Object(error).code;
  }
}

const DENIED = "42501";
const ILLEGAL = "CM003";

const bad = (sql: TenantQuery) => sql`update environment_bundle set health = 'bad'`;
const lift = (sql: TenantQuery) => sql`update hold set lifted_by = 'ann', lifted_at = clock(), lift_reason = 'over'`;

test("a bundle is written once: no row of it is changed or taken away", async () => {
  expect(await tried((sql) => sql`update bundle set root_digest = ${"b".repeat(64)}`)).toBe(DENIED);
  expect(await tried((sql) => sql`delete from bundle`)).toBe(DENIED);
  expect(await tried((sql) => sql`delete from environment`)).toBe(DENIED);
  expect(await tried((sql) => sql`delete from environment_bundle`)).toBe(DENIED);
});

test("a bundle that was marked bad stays so", async () => {
  expect(await tried(bad)).toBe("made");
  expect(await tried(bad, (sql) => sql`update environment_bundle set health = 'good'`)).toBe(ILLEGAL);
  expect(await tried(bad, (sql) => sql`update environment_bundle set last_seq = 7 where bundle_id = 'b'`)).toBe("made");
});

test("an environment moves on along its stream, never back, and holds only what it was given", async () => {
  expect(await tried((sql) => sql`update environment set seq = 2`)).toBe("made");
  expect(await tried((sql) => sql`update environment set seq = 1`)).toBe(ILLEGAL);
  expect(await tried((sql) => sql`update environment set bundle_id = 'another', seq = 2`)).toBe("23503");
});

test("a hold ends once, with who ended it and why", async () => {
  expect(await tried(lift)).toBe("made");
  expect(await tried(lift, lift)).toBe(ILLEGAL);
  expect(await tried((sql) => sql`update hold set lifted_at = clock()`)).toBe("23514");
  expect(await tried((sql) => sql`update hold set reason = 'another'`)).toBe(DENIED);
});

test("a canary goes on by steps and ends once; that it runs is told to workers for as long, and nothing else is taken from what is due", async () => {
  const end = (sql: TenantQuery) => sql`update canary set status = 'passed', ended_at = clock()`;
  const told = async (sql: TenantQuery, count: number) => {
    const rows = await sql`select id from due where kind = 'canary' and id = 'dev' and due_at is null`;
    expect(rows).toHaveLength(count);
  };

  expect(
    await tried(
      (sql) => told(sql, 1),
      end,
      (sql) => told(sql, 0),
    ),
  ).toBe("made");
  expect(await tried(end, (sql) => sql`update canary set status = 'aborted'`)).toBe(ILLEGAL);
  expect(
    await tried(
      (sql) => sql`update canary set step = 1`,
      (sql) => sql`update canary set step = 0`,
    ),
  ).toBe(ILLEGAL);
  expect(await tried((sql) => sql`update canary set policy = 'another'`)).toBe(DENIED);
  expect(await tried((sql) => sql`delete from due where kind = 'run'`)).toBe(ILLEGAL);
  expect(await tried((sql) => sql`update due set due_at = clock() where kind = 'canary'`)).toBe("23514");
});
