import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../src/contracts/index.ts";
import {
  assertSchemaCurrent,
  type Database,
  migrateDown,
  migrateUp,
  migrationStatus,
  openDatabase,
} from "../../src/store/index.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";
import { schemaText } from "./schema-text.ts";

const { clock } = realHost;

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.options);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no fault",
    (error) => (error instanceof Fault ? error.code : error),
  );

const relationCount = async (): Promise<unknown> => {
  const rows = await database.owner`
    select count(*)::int as count from pg_class
     where relnamespace = 'countermark'::regnamespace and relname not like 'migration%'`;
  return rows[0]?.count;
};

describe("migrations", () => {
  test("a migrated database has the schema that is committed", async () => {
    // Written anew by `npm run schema` after a migration was added.
    await expect(await schemaText(database.owner)).toMatchFileSnapshot("../../src/store/schema.txt");
  });

  test("down takes everything away, and up brings the same schema back", async () => {
    const before = await schemaText(database.owner);
    const versions = (await migrationStatus(database.owner)).map(({ version }) => version);

    const undone = await migrateDown(database.owner, 0);
    const left = await relationCount();
    const done = await migrateUp(database.owner, clock);

    expect(undone).toEqual([...versions].reverse());
    expect(left).toBe(0);
    expect(done).toEqual(versions);
    expect(await schemaText(database.owner)).toBe(before);
  });

  test("a migrated database has nothing left to do, and each migration says how long it took", async () => {
    const done = await migrateUp(database.owner, clock);

    const status = await migrationStatus(database.owner);
    expect(done).toEqual([]);
    expect(status.every(({ applied, took_ms }) => applied && took_ms !== null && took_ms >= 0)).toBe(true);
    await assertSchemaCurrent(database.owner);
  });

  test("of several processes that migrate at once, each migration is applied by one", async () => {
    await migrateDown(database.owner, 0);
    const versions = (await migrationStatus(database.owner)).map(({ version }) => version);
    const others = [openDatabase(fresh.options), openDatabase(fresh.options), openDatabase(fresh.options)];

    const done = await Promise.all(others.map(({ owner }) => migrateUp(owner, clock)));

    await Promise.all(others.map((other) => other.close()));
    expect(done.flat().sort((a, b) => a - b)).toEqual(versions);
    await assertSchemaCurrent(database.owner);
  });

  test("several first starts on an empty database make the schema once", async () => {
    await database.owner`drop owned by countermark_app, countermark_worker, countermark_resolver`;
    await database.owner`drop schema countermark cascade`;
    const others = [openDatabase(fresh.options), openDatabase(fresh.options)];

    const done = await Promise.all(others.map(({ owner }) => migrateUp(owner, clock)));

    await Promise.all(others.map((other) => other.close()));
    expect(done.flat().sort((a, b) => a - b)).toEqual(
      (await migrationStatus(database.owner)).map(({ version }) => version),
    );
  });

  test("a schema newer than this program is refused", async () => {
    await database.owner`insert into countermark.migration (version, name, sha256) values (9999, 'later', 'x')`;

    expect(await codeOf(assertSchemaCurrent(database.owner))).toBe("SCHEMA_AHEAD");
    expect(await codeOf(migrateUp(database.owner, clock))).toBe("SCHEMA_AHEAD");
  });

  test("a schema older than this program is refused until it is migrated", async () => {
    await migrateDown(database.owner, 1);

    const before = await codeOf(assertSchemaCurrent(database.owner));
    await migrateUp(database.owner, clock);
    const after = await codeOf(assertSchemaCurrent(database.owner));

    expect([before, after]).toEqual(["SCHEMA_BEHIND", "no fault"]);
  });

  test("an applied migration whose file has changed is refused", async () => {
    await database.owner`update countermark.migration set sha256 = 'other' where version = 1`;

    expect(await codeOf(assertSchemaCurrent(database.owner))).toBe("MIGRATION_CHANGED");
    expect(await codeOf(migrateUp(database.owner, clock))).toBe("MIGRATION_CHANGED");
  });

  test("a migration that fails leaves neither a half schema nor its mark", async () => {
    await migrateDown(database.owner, 1);
    await database.owner`create function countermark.begin_run(jsonb) returns int language sql as 'select 1'`;

    const code = await codeOf(migrateUp(database.owner, clock));

    expect(code).toBe("DATABASE_FAILED");
    expect(
      (await migrationStatus(database.owner)).filter(({ applied }) => applied).map(({ version }) => version),
    ).toEqual([1]);
  });
});
