import type { Query, TenantQuery } from "./database.ts";

/** Makes the schema and the table that records migrations, once; safe to run from two processes at a time. */
export async function ensureMigrationTable(owner: Query): Promise<void> {
  await owner.begin(async (sql) => {
    // "if not exists" is not atomic in PostgreSQL: two first starts would collide in the catalogue.
    await sql`select pg_advisory_xact_lock(hashtext('countermark.migration'))`;
    await sql`create schema if not exists countermark`;
    await sql`
      create table if not exists countermark.migration (
        version integer primary key,
        name text not null,
        sha256 text not null,
        applied_at timestamptz not null default clock_timestamp(),
        took_ms integer
      )`;
  });
}

export interface AppliedMigration {
  readonly version: number;
  readonly sha256: string;
  readonly took_ms: number | null;
}

/** Applied migrations, oldest first. */
export const appliedMigrations = (owner: Query) => owner<AppliedMigration[]>`
  select version, sha256, took_ms from countermark.migration order by version limit 10000`;

/** Claims a migration for this transaction. False: another process applied it meanwhile (this waits for that one's end). */
export async function markMigration(
  sql: TenantQuery,
  migration: { readonly version: number; readonly name: string; readonly sha256: string },
): Promise<boolean> {
  const rows = await sql`
    insert into countermark.migration (version, name, sha256)
    values (${migration.version}, ${migration.name}, ${migration.sha256})
        on conflict (version) do nothing
    returning version`;
  return rows.length === 1;
}

export const timeMigration = (sql: TenantQuery, version: number, tookMs: number) => sql`
  update countermark.migration set took_ms = ${Math.round(tookMs)} where version = ${version}`;

export const forgetMigration = (sql: TenantQuery, version: number) => sql`
  delete from countermark.migration where version = ${version}`;

export const createDatabase = (owner: Query, name: string) => owner`create database ${owner(name)}`;

/** Ends whatever connections are left. */
export const dropDatabase = (owner: Query, name: string) => owner`drop database if exists ${owner(name)} with (force)`;

/** Databases whose name begins so, and whether a program is connected to each. */
export const databasesNamed = (owner: Query, prefix: string) => owner<
  { readonly name: string; readonly is_used: boolean }[]
>`
  select datname as name,
         exists (select from pg_stat_activity
                  where pg_stat_activity.datname = pg_database.datname and backend_type = 'client backend') as is_used
    from pg_database
   where starts_with(datname, ${prefix})
   order by datname
   limit 1000`;
