import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Clock, Fault, sha256Hex } from "../contracts/index.ts";
import { type Query, SCHEMA } from "./database.ts";
import { asFault } from "./faults.ts";
import { appliedMigrations, ensureMigrationTable, forgetMigration, markMigration, timeMigration } from "./queries.ts";

/** One numbered step of the schema, with the way back. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly up: string;
  readonly down: string;
  readonly sha256: string;
}

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  readonly applied: boolean;
  /** Milliseconds the step took when it was applied; null when it has not been. */
  readonly took_ms: number | null;
}

const FOLDER = fileURLToPath(new URL("./migrations/", import.meta.url));

/** The program's migrations, in order. */
function migrations(): readonly Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".up.sql"))
    .sort()
    .map((file) => {
      const up = readFileSync(FOLDER + file, "utf8");
      const down = readFileSync(FOLDER + file.replace(".up.sql", ".down.sql"), "utf8");
      return {
        version: Number(file.slice(0, 4)),
        name: file.slice(5, -".up.sql".length),
        up,
        down,
        sha256: sha256Hex(up),
      };
    });
}

/** Which migrations there are and which are applied. Faults: SCHEMA_AHEAD, MIGRATION_CHANGED, DATABASE_UNAVAILABLE. */
export async function migrationStatus(owner: Query): Promise<readonly MigrationStatus[]> {
  const applied = await readApplied(owner);
  return migrations().map(({ version, name }) => {
    const row = applied.get(version);
    return { version, name, applied: row !== undefined, took_ms: row?.took_ms ?? null };
  });
}

/**
 * Applies what is missing, each migration in its own transaction, its marker row first: of two processes that migrate at
 * once, one waits for the other's marker and then finds the work done. Returns the versions that this call applied.
 */
export async function migrateUp(owner: Query, clock: Clock): Promise<readonly number[]> {
  const applied = await readApplied(owner);
  const done: number[] = [];
  for (const migration of migrations().filter(({ version }) => !applied.has(version))) {
    if (await applyMigration(owner, clock, migration)) done.push(migration.version);
  }
  return done;
}

/** Undoes applied migrations above `target`, newest first. Returns the versions undone. */
export async function migrateDown(owner: Query, target: number): Promise<readonly number[]> {
  const applied = await readApplied(owner);
  const undone: number[] = [];
  for (const migration of [...migrations()]
    .reverse()
    .filter(({ version }) => version > target && applied.has(version))) {
    await guarded(() =>
      owner.begin(async (sql) => {
        await forgetMigration(sql, migration.version);
        await sql.unsafe(migration.down);
      }),
    );
    undone.push(migration.version);
  }
  return undone;
}

/** Throws unless the database's schema is exactly this program's. Faults: SCHEMA_BEHIND, SCHEMA_AHEAD, MIGRATION_CHANGED. */
export async function assertSchemaCurrent(owner: Query): Promise<void> {
  const missing = (await migrationStatus(owner)).filter(({ applied }) => !applied);
  if (missing.length === 0) return;
  const names = missing.map(({ version }) => version).join(", ");
  throw new Fault("SCHEMA_BEHIND", `the database lacks migration ${names}`, { retry: "never" });
}

async function applyMigration(owner: Query, clock: Clock, migration: Migration): Promise<boolean> {
  const startedAt = clock.now();
  return guarded(() =>
    owner.begin(async (sql) => {
      if (!(await markMigration(sql, migration))) return false;
      await sql.unsafe(migration.up);
      await timeMigration(sql, migration.version, clock.now() - startedAt);
      return true;
    }),
  );
}

async function readApplied(owner: Query): Promise<ReadonlyMap<number, { readonly took_ms: number | null }>> {
  const rows = await guarded(async () => {
    await ensureMigrationTable(owner);
    return appliedMigrations(owner);
  });
  const known = new Map(migrations().map((migration) => [migration.version, migration]));
  for (const row of rows) {
    const migration = known.get(row.version);
    if (migration === undefined) {
      throw new Fault(
        "SCHEMA_AHEAD",
        `schema ${SCHEMA} has migration ${row.version}, which this program does not know`,
        { retry: "never" },
      );
    }
    if (migration.sha256 !== row.sha256) {
      throw new Fault("MIGRATION_CHANGED", `migration ${row.version} differs from the one applied`, { retry: "never" });
    }
  }
  return new Map(rows.map((row) => [row.version, row]));
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asFault(error);
  }
}
