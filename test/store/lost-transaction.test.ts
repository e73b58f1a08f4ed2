import { beforeAll, expect, test } from "vitest";
import { type Database, inTenant } from "../../src/store/index.ts";
import { addTenant, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;

beforeAll(async () => {
  database = opened();
  await addTenant(database, "t_lost");
});

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

/** Work that waits for something outside the database while its only connection is ended, and another is made in its place. */
async function orphaned(after: { readonly goesOn: "statement" | "return" | "throw" }): Promise<readonly string[]> {
  const one = { app: database.committer };
  const outside = signal();
  let pid = 0;
  const begun = signal();
  const lost = inTenant(one, "t_lost", async (sql) => {
    [pid = 0] = (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`).map((row) => row.pid);
    begun.give();
    await outside.given;
    if (after.goesOn === "throw") throw new Error("what was outside failed");
    if (after.goesOn === "statement") await sql`select set_config('application_name', 'stray', true)`;
  });
  await begun.given;
  await database.owner`select pg_terminate_backend(${pid})`;
  await expect(lost).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });

  return await inTenant(one, "t_lost", async (sql) => {
    const name = () => sql<{ name: string }[]>`
      select current_setting('application_name') || ' in ' || coalesce(current_setting('app.current_tenant_id', true), '') as name`;
    const before = await name();
    outside.give();
    // Long enough for whatever the lost work would send.
    await database.owner`select pg_sleep(0.05)`;
    return [...before, ...(await name())].map((row) => row.name);
  });
}

test.each(["statement", "return", "throw"] as const)(
  "work whose connection went away reaches nobody else's transaction: it goes on with a %s",
  async (goesOn) => {
    const names = await orphaned({ goesOn });

    expect(names).toEqual(["countermark in t_lost", "countermark in t_lost"]);
  },
);
