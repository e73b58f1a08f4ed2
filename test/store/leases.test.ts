import { beforeAll, describe, expect, test } from "vitest";
import { Fault } from "../../src/contracts/index.ts";
import { tellRun, waitingInboxes } from "../../src/ledger/index.ts";
import { type Database, inTenant } from "../../src/store/index.ts";
import { claimDue, renewLeases } from "../../src/worker/index.ts";
import { flushCommits } from "../../src/worker/queries.ts";
import { realHost } from "../database/real-host.ts";
import {
  addTenant,
  afterCommit,
  begin,
  beginning,
  dueOf,
  expireLease,
  freshId,
  type Held,
  heldRun,
  LEASE_MS,
  step,
  stored,
  useDatabase,
} from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

const start = async (tenantId: string = tenant): Promise<string> => {
  const run = beginning(tenantId);
  await inTenant(database, tenantId, (sql) => begin(sql, run));
  return run.run_id;
};

const claim = (worker: string, limit = 1_000) => claimDue(database.worker, worker, limit, LEASE_MS);

const tell = (run: Pick<Held, "tenantId" | "runId">, inboxId = freshId("inbox")) =>
  inTenant(database, run.tenantId, (sql) =>
    tellRun(sql, run.runId, { inbox_id: inboxId, kind: "signal", actor: "ann", at: realHost.clock.now(), payload: {} }),
  );

describe("starting a run", () => {
  test("INV-05 twenty starts at once with one key start one run", async () => {
    const startKey = freshId("trigger");
    const runs = Array.from({ length: 20 }, () => beginning(tenant, { startKey }));

    const begun = await Promise.all(runs.map((run) => inTenant(database, tenant, (sql) => begin(sql, run))));

    expect(begun.filter(Boolean)).toHaveLength(1);
    const rows = await inTenant(
      database,
      tenant,
      (sql) => sql<{ run_id: string }[]>`select run_id from run where start_key = ${startKey}`,
    );
    expect(rows.map(({ run_id }) => run_id)).toEqual([runs[begun.indexOf(true)]?.run_id]);
    const winner = rows[0]?.run_id ?? "";
    expect((await stored(database, tenant, winner)).events).toHaveLength(1);
    expect(await dueOf(database, winner)).toMatchObject({ worker_id: null, epoch: 0, is_due: true });
  });

  test("one key of two tenants starts a run for each", async () => {
    const startKey = freshId("trigger");
    const other = await addTenant(database);

    const begun = [
      await inTenant(database, tenant, (sql) => begin(sql, beginning(tenant, { startKey }))),
      await inTenant(database, other, (sql) => begin(sql, beginning(other, { startKey }))),
    ];

    expect(begun).toEqual([true, true]);
  });

  test("needs a tenant's context", async () => {
    const start = inTenant(database, "", (sql) => begin(sql, beginning(tenant)));

    await expect(start).rejects.toSatisfy((error) => error instanceof Fault && error.code === "TENANT_CONTEXT_MISSING");
  });
});

describe("claiming what is due", () => {
  test("raises the epoch of lease and run together, and counts the claim", async () => {
    const runId = await start();

    const claimed = (await claim("worker-1")).filter(({ id }) => id === runId);

    expect(claimed).toMatchObject([{ tenant_id: tenant, kind: "run", epoch: 1, claims: 1, previous_worker: null }]);
    expect((await stored(database, tenant, runId)).epoch).toBe(1);
    expect(await dueOf(database, runId)).toMatchObject({ worker_id: "worker-1", epoch: 1, claims: 1, is_due: false });
  });

  test("leaves what is leased alone until the lease has expired, then names the holder it takes over from", async () => {
    const run = await heldRun(database, tenant, "worker-1");

    const early = (await claim("worker-2")).filter(({ id }) => id === run.runId);
    await expireLease(database, run.runId);
    const late = (await claim("worker-2")).filter(({ id }) => id === run.runId);

    expect(early).toEqual([]);
    expect(late).toMatchObject([{ epoch: run.epoch + 1, claims: 2, previous_worker: "worker-1" }]);
    expect((await stored(database, tenant, run.runId)).epoch).toBe(run.epoch + 1);
  });

  test("takes the longest due first, and no more than asked for", async () => {
    await claim("sweeper");
    const runs = [await start(), await start(), await start()];

    const first = await claim("worker-1", 2);
    const second = await claim("worker-1", 2);

    expect(first.map(({ id }) => id)).toEqual(runs.slice(0, 2));
    expect(second.map(({ id }) => id)).toEqual(runs.slice(2));
  });

  test("skips what another worker is claiming, and does not wait for it", async () => {
    await claim("sweeper");
    const [locked, free] = [await start(), await start()];

    const claimed = await database.owner.begin(async (sql) => {
      await sql`select 1 from countermark.due where id = ${locked} for update`;
      return claim("worker-1");
    });

    expect(claimed.map(({ id }) => id)).toEqual([free]);
    expect(await dueOf(database, locked)).toMatchObject({ worker_id: null, epoch: 0, is_due: true });
  });

  test("skips a run whose row is locked, and leaves its lease as it was", async () => {
    await claim("sweeper");
    const [locked, free] = [await start(), await start()];

    const claimed = await database.owner.begin(async (sql) => {
      await sql`select 1 from countermark.run where run_id = ${locked} for update`;
      return claim("worker-1");
    });

    expect(claimed.map(({ id }) => id)).toEqual([free]);
    expect(await dueOf(database, locked)).toMatchObject({ worker_id: null, epoch: 0, claims: 0, is_due: true });
    expect((await stored(database, tenant, locked)).epoch).toBe(0);
  });

  test("RT-806 by many workers at once gives each run to one of them", async () => {
    await claim("sweeper");
    const runs: string[] = [];
    for (let count = 0; count < 30; count++) runs.push(await start());

    const shares = await Promise.all(Array.from({ length: 6 }, (_, index) => claimUntilNone(`worker-${index}`)));

    expect(shares.flat().sort()).toEqual([...runs].sort());
  });

  test("serves tenants alike, and things that are no run", async () => {
    await claim("sweeper");
    const other = await addTenant(database);
    const [mine, theirs] = [await start(), await start(other)];
    await inTenant(
      database,
      other,
      (sql) => sql`insert into due (tenant_id, kind, id, due_at) values (${other}, 'sweep', 'approvals', clock())`,
    );

    const claimed = await claim("worker-1");

    expect(claimed.map(({ tenant_id, kind, id }) => [tenant_id, kind, id])).toEqual([
      [tenant, "run", mine],
      [other, "run", theirs],
      [other, "sweep", "approvals"],
    ]);
  });
});

async function claimUntilNone(worker: string): Promise<readonly string[]> {
  const mine: string[] = [];
  for (;;) {
    const claimed = await claim(worker, 4);
    if (claimed.length === 0) return mine;
    mine.push(...claimed.map(({ id }) => id));
  }
}

describe("renewing leases", () => {
  test("returns what is still held and leaves out what was taken over, released or never held", async () => {
    const kept = await heldRun(database, tenant);
    const lost = await heldRun(database, tenant);
    const released = await heldRun(database, tenant);
    await expireLease(database, lost.runId);
    await claimDue(database.worker, "worker-2", 1, LEASE_MS);
    await flushCommits(database.committer, [step(released, { release: true })]);

    const renewed = await renewLeases(
      database.worker,
      "worker-1",
      [kept, lost, released, { ...kept, runId: "none" }],
      LEASE_MS,
    );

    expect([...renewed]).toEqual([{ tenant_id: tenant, id: kept.runId, signals: 0 }]);
  });

  test("that had expired and that nobody took keeps the run", async () => {
    const run = await heldRun(database, tenant);
    await expireLease(database, run.runId);

    const renewed = await renewLeases(database.worker, "worker-1", [run], LEASE_MS);
    const claimed = await claim("worker-2");

    expect(renewed).toHaveLength(1);
    expect(claimed.filter(({ id }) => id === run.runId)).toEqual([]);
  });

  test("tells how much the run was ever told", async () => {
    const run = await heldRun(database, tenant);
    await tell(run);
    await tell(run);

    const renewed = await renewLeases(database.worker, "worker-1", [run], LEASE_MS);

    expect(renewed).toMatchObject([{ id: run.runId, signals: 2 }]);
  });
});

describe("telling a run", () => {
  test("makes an idle run due now", async () => {
    const run = await heldRun(database, tenant);
    await flushCommits(database.committer, [step(run, { release: true })]);
    const before = await dueOf(database, run.runId);

    await tell(run);

    expect(before).toMatchObject({ is_set: false });
    expect(await dueOf(database, run.runId)).toMatchObject({ is_due: true, signals: 1 });
  });

  test("while it is held leaves the lease alone and makes the run due at its release", async () => {
    const run = await heldRun(database, tenant);

    await tell(run);
    const held = await dueOf(database, run.runId);
    await flushCommits(database.committer, [step(run, { release: true })]);

    expect(held).toMatchObject({ worker_id: "worker-1", is_due: false, signals: 1 });
    expect(await dueOf(database, run.runId)).toMatchObject({ worker_id: null, is_due: true });
  });

  test("what the releasing commit has folded does not make the run due again", async () => {
    const run = await heldRun(database, tenant);
    const inbox = freshId("inbox");
    await tell(run, inbox);

    await flushCommits(database.committer, [step(run, { release: true, folded: 1 }, { folded: [inbox] })]);

    expect(await dueOf(database, run.runId)).toMatchObject({ worker_id: null, is_set: false });
    expect([...(await inTenant(database, tenant, (sql) => waitingInboxes(sql, [run.runId])))]).toEqual([]);
  });

  test("the same thing twice tells it once", async () => {
    const run = await heldRun(database, tenant);
    const inbox = freshId("inbox");

    const told = [await tell(run, inbox), await tell(run, inbox)];

    expect(told).toEqual([true, false]);
    expect(await dueOf(database, run.runId)).toMatchObject({ signals: 1 });
  });

  test("of another tenant is refused", async () => {
    const other = await addTenant(database);
    const run = await heldRun(database, tenant);

    const told = tell({ tenantId: other, runId: run.runId });

    await expect(told).rejects.toSatisfy((error) => error instanceof Fault && error.code === "DATABASE_CONFLICT");
    expect(await dueOf(database, run.runId)).toMatchObject({ signals: 0 });
  });

  test("at the very moment of its release loses no wake-up, whichever comes first", async () => {
    for (let round = 0; round < 20; round++) {
      const run = await heldRun(database, tenant);

      await Promise.all([tell(run), flushCommits(database.committer, [step(run, { release: true })])]);

      expect(await dueOf(database, run.runId), `round ${round}`).toMatchObject({ worker_id: null, is_due: true });
    }
  });
});

describe("a poisonous run", () => {
  test("is claimed again and again with a growing count, which a commit that releases it resets", async () => {
    const run = await heldRun(database, tenant);
    for (let count = 0; count < 3; count++) {
      await expireLease(database, run.runId);
      await claim("worker-1");
    }
    const before = await dueOf(database, run.runId);
    const commit = step({ ...run, epoch: before?.epoch ?? 0 }, { release: true });

    await flushCommits(database.committer, [commit]);

    expect(before).toMatchObject({ claims: 4, epoch: run.epoch + 3 });
    expect(await dueOf(database, run.runId)).toMatchObject({ claims: 0 });
    expect((await stored(database, tenant, run.runId)).version).toBe(afterCommit(run, commit).version);
  });
});
