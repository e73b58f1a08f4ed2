import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import type { OwnerConnection } from "../../src/store/embedded/index.ts";
import { onAdmin } from "./admin.ts";
import { testDatabaseName } from "./test-name.ts";

/** A migrated, empty database that nobody else uses. */
export interface FreshDatabase {
  /** The superuser's connection to it: what `openDatabase` takes. */
  readonly options: OwnerConnection;
  /** Removes it, ending whatever connections are left. The end of the run removes what a test forgot. */
  drop(): Promise<void>;
}

/** Copies the run's migrated template on the PostgreSQL that this test project runs against. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { admin, template, prefix } = inject("testDatabase");
  const name = testDatabaseName(`${prefix}_${randomUUID().slice(0, 8)}`);
  await onAdmin(admin, (sql) => sql`create database ${sql(name)} template ${sql(testDatabaseName(template))}`);
  return { options: { ...admin, database: name }, drop: () => dropDatabase(admin, name) };
}

function dropDatabase(admin: OwnerConnection, name: string): Promise<void> {
  return onAdmin(admin, async (sql) => {
    await sql`drop database if exists ${sql(testDatabaseName(name))} with (force)`;
  });
}
