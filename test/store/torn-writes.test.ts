import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appendOutside, chainRow, readStream, verifyStream } from "../../src/ledger/index.ts";
import { type Database, inTenant, openDatabase } from "../../src/store/index.ts";
import { flushCommits } from "../../src/worker/queries.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";
import { addTenant, dueOf, heldRun, step, stored } from "./runs.ts";

let fresh: FreshDatabase;
let database: Database;
let tenant: string;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase(fresh.options);
  tenant = await addTenant(database);
  await database.owner`
    create function public.die() returns trigger language plpgsql security definer as
    $$ begin perform pg_terminate_backend(pg_backend_pid()), pg_sleep(60); return new; end $$`;
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const PLACES = {
  "after the event is inserted": "after insert on countermark.event",
  "after the run has moved": "after update on countermark.run",
  "before the lease is given up": "before update on countermark.due",
  "before a stream's head moves": "before update on countermark.stream_head",
} as const;

/** Connections that requests share. */
const APP_CONNECTIONS = 8;

/** Works on connections of its own, of which the server's process ends once it comes to a place. */
async function dyingAt(place: keyof typeof PLACES, work: (doomed: Database) => Promise<unknown>): Promise<void> {
  const doomed = openDatabase(fresh.options);
  await database.owner.unsafe(`create trigger die ${PLACES[place]} for each row execute function public.die()`);
  try {
    await expect(work(doomed)).rejects.toThrow("connection");
  } finally {
    const [table] = PLACES[place].split(" ").slice(-1);
    await database.owner.unsafe(`drop trigger die on ${table}`);
    // A connection that has died is made anew with its next statement, and only what lives is closed at once.
    const all = [doomed.committer, ...Array<Database["app"]>(APP_CONNECTIONS).fill(doomed.app)];
    await Promise.all(all.map((sql) => sql`select 1`.catch(() => sql`select 1`)));
    await doomed.close();
  }
}

const note = (text: string, on = database) =>
  inTenant(on, tenant, (sql) =>
    appendOutside(sql, realHost, {
      tenantId: tenant,
      stream: "notes",
      type: "note.made",
      actor: "tester",
      correlation: "c",
      channel: "ci",
      severity: "info",
      payload: { text },
    }),
  );

async function notes() {
  const events = await inTenant(database, tenant, (sql) => readStream(sql, "notes", 0, 1_000));
  const rows = events.map((event) => chainRow(tenant, event));
  return { events, report: await verifyStream(rows, { tenant, stream: "notes" }, {}) };
}

describe("RT-807 a server process that dies", () => {
  test.each(["after the event is inserted", "after the run has moved", "before the lease is given up"] as const)(
    "%s leaves neither event nor state behind, and the same commit is taken afterwards",
    async (place) => {
      const run = await heldRun(database, tenant);
      const before = await stored(database, tenant, run.runId);
      const commit = step(run, { release: true });

      await dyingAt(place, (doomed) => flushCommits(doomed.committer, [commit]));

      expect(await stored(database, tenant, run.runId)).toEqual(before);
      expect(await dueOf(database, run.runId)).toMatchObject({ worker_id: "worker-1" });
      expect((await flushCommits(database.committer, [commit])).size).toBe(1);
      expect(await stored(database, tenant, run.runId)).toMatchObject({ version: run.version + 1 });
    },
  );

  test("between an entry of a shared stream and the head that it moves leaves the stream as it was", async () => {
    await note("first");

    await dyingAt("before a stream's head moves", (doomed) => note("lost", doomed));
    await note("second");

    const { events, report } = await notes();
    expect(events.map(({ payload }) => payload)).toEqual(['{"text":"first"}', '{"text":"second"}']);
    expect(report).toMatchObject({ broken: null, verified: 2 });
  });
});

test("RT-803 many who append to one stream at once do so one after another: no place is left out, none is taken twice", async () => {
  const { events: before } = await notes();

  await Promise.all(Array.from({ length: 16 }, (_, index) => note(`at once ${index}`)));

  const { events, report } = await notes();
  expect(report).toMatchObject({ broken: null, verified: before.length + 16 });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
});
