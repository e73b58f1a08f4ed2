import { expect, inject, test } from "vitest";
import { assertSchemaCurrent, openDatabase } from "../../src/store/index.ts";
import { onAdmin } from "../database/admin.ts";
import { freshDatabase } from "../database/database.ts";
import { testDatabaseName } from "../database/test-name.ts";

test("P1-H09 the harness refuses a database whose name lacks `_test`, and a fresh one with it is healthy", async () => {
  expect(() => testDatabaseName("countermark")).toThrow("refusing database `countermark`");
  expect(() => testDatabaseName("production_contest")).toThrow("refusing");

  const fresh = await freshDatabase();

  expect(testDatabaseName(fresh.options.database)).toBe(fresh.options.database);
  const database = openDatabase(fresh.options);
  await expect(assertSchemaCurrent(database.owner)).resolves.toBeUndefined();
  await database.close();
  await fresh.drop();
});

test("fresh databases do not see each other, and a dropped one is gone", async () => {
  const { admin } = inject("testDatabase");
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);

  await onAdmin(one.options, (sql) => sql`create table public.mark (id int)`);
  const seen = await onAdmin(other.options, (sql) => sql`select to_regclass('public.mark') as mark`);
  await Promise.all([one.drop(), other.drop()]);

  expect(seen).toEqual([{ mark: null }]);
  const names = [one.options.database, other.options.database];
  expect(await onAdmin(admin, (sql) => sql`select 1 from pg_database where datname = any(${names})`)).toHaveLength(0);
});
