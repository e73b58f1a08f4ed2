import { randomUUID } from "node:crypto";
import type postgres from "postgres";
import type { TestProject } from "vitest/node";
import type { OwnerConnection } from "../../src/store/embedded/index.ts";
import { migrateUp, openDatabase } from "../../src/store/index.ts";
import { onAdmin } from "./admin.ts";
import { findServerCluster, startEmbeddedCluster, type TestCluster } from "./cluster.ts";
import { realHost } from "./real-host.ts";
import { testDatabaseName } from "./test-name.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The PostgreSQL of this project's test run, with its migrated template. */
    testDatabase: {
      readonly admin: OwnerConnection;
      readonly template: string;
      /** Begins the name of every database of this run. */
      readonly prefix: string;
    };
  }
}

/** Matches no test's name. */
const NOTHING = /(?!)/;

/** Gives a project its PostgreSQL and one migrated template database, which `freshDatabase` copies. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const cluster = await clusterFor(project);
  if (cluster === undefined) return skipAll(project);
  const prefix = `countermark_test_${randomUUID().slice(0, 8)}`;
  const template = `${prefix}_template`;
  try {
    await makeTemplate(cluster.admin, template);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  project.provide("testDatabase", { admin: cluster.admin, template, prefix });
  return async () => {
    await onAdmin(cluster.admin, (sql) => dropAll(sql, prefix));
    await cluster.close();
  };
}

function clusterFor(project: TestProject): Promise<TestCluster | undefined> {
  if (project.name === "embedded") return startEmbeddedCluster();
  return findServerCluster(process.env.DATABASE_URL);
}

/** Without a server its tests are skipped, and say so; where the result counts, in CI, that is a failure. */
function skipAll(project: TestProject): undefined {
  const reason =
    "there is no PostgreSQL 15 or newer: set DATABASE_URL to a superuser's URL, or install the package postgresql";
  if (process.env.CI === "true") throw new Error(`project \`${project.name}\`: ${reason}`);
  process.stderr.write(`skipping all tests of project \`${project.name}\`: ${reason}\n`);
  project.config.testNamePattern = NOTHING;
  return undefined;
}

async function makeTemplate(admin: OwnerConnection, name: string): Promise<void> {
  await onAdmin(admin, (sql) => sql`create database ${sql(testDatabaseName(name))}`);
  const database = openDatabase({ ...admin, database: name });
  try {
    await migrateUp(database.owner, realHost.clock);
  } finally {
    await database.close();
  }
  await onAdmin(admin, (sql) => sql`alter database ${sql(name)} with allow_connections false is_template true`);
}

async function dropAll(sql: postgres.Sql, prefix: string): Promise<void> {
  const rows = await sql<{ name: string }[]>`
    select datname as name from pg_database where starts_with(datname, ${prefix}) order by datname`;
  for (const { name } of rows) {
    await sql`alter database ${sql(testDatabaseName(name))} with is_template false`;
    await sql`drop database ${sql(name)} with (force)`;
  }
}
