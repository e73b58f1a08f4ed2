import { beforeAll, describe, expect, test } from "vitest";
import { type Database, inTenant } from "../../src/store/index.ts";
import { type Commit, claimDue } from "../../src/worker/index.ts";
import { flushCommits } from "../../src/worker/queries.ts";
import {
  addTenant,
  afterCommit,
  dueOf,
  expireLease,
  type Held,
  heldRun,
  LEASE_MS,
  step,
  stored,
  useDatabase,
  withTakenSequence,
} from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

const DAY_MS = 24 * 3_600_000;

const flush = (...commits: readonly Commit[]) => flushCommits(database.committer, commits);
const keyOf = ({ tenantId, runId }: Held): string => `${tenantId}/${runId}`;
const storedOf = ({ tenantId, runId }: Held) => stored(database, tenantId, runId);

describe("a commit", () => {
  test("RT-701 moves the run row and the stream together, and raises the version by one", async () => {
    const run = await heldRun(database, tenant);
    const commit = step(run, { costMicros: 7 });

    const written = await flush(commit);

    expect(written.get(keyOf(run))).toEqual({ kind: "committed", lostClaim: null, conflict: null, controlRevision: 1 });
    expect(await storedOf(run)).toEqual({
      version: run.version + 1,
      epoch: run.epoch,
      status: "RUNNING",
      head: afterCommit(run, commit).head,
      events: ["test.step", "test.step"],
    });
  });

  test("RT-804 K-14 of a stale epoch writes nothing", async () => {
    const run = await heldRun(database, tenant);
    const before = await storedOf(run);

    const written = await flush(step({ ...run, epoch: run.epoch - 1 }));

    expect(written.size).toBe(0);
    expect(await storedOf(run)).toEqual(before);
  });

  test("CO-20.9-12 CO-2042 of a stale epoch writes neither checkpoint nor write of a graph", async () => {
    const run = await heldRun(database, tenant);
    const place = { thread_id: `lg:W:${run.runId}:s`, checkpoint_ns: "", checkpoint_id: "c1" };
    const stored = { content: "sealed", payload_sha256: "d" };
    const graph = { step_id: "s", graph_id: "g", graph_version: "1.0.0", source: "input", graph_step: -1 };
    const extras = {
      agent: {
        checkpoints: [{ ...place, ...stored, ...graph, parent_checkpoint_id: null }],
        writes: [{ ...place, ...stored, lg_task_id: "t1", idx: 0, channel: "log" }],
      },
    };
    const rowsOf = () =>
      inTenant(
        database,
        tenant,
        (sql) => sql`
          select (select count(*)::int from agent_checkpoint where run_id = ${run.runId}) as checkpoints,
                 (select count(*)::int from agent_write where run_id = ${run.runId}) as writes`,
      );

    const stale = await flush(step({ ...run, epoch: run.epoch - 1 }, {}, extras));
    const [before] = await rowsOf();
    const own = await flush(step(run, {}, extras));
    const [after] = await rowsOf();

    expect([stale.size, own.size]).toEqual([0, 1]);
    expect(before).toEqual({ checkpoints: 0, writes: 0 });
    expect(after).toEqual({ checkpoints: 1, writes: 1 });
  });

  test("of a version that has moved writes nothing", async () => {
    const run = await heldRun(database, tenant);
    await flush(step(run));
    const before = await storedOf(run);

    const written = await flush(step(run));

    expect(written.size).toBe(0);
    expect(await storedOf(run)).toEqual(before);
  });

  test("of the old holder writes nothing once another has taken over, though it had not moved the run", async () => {
    const old = await heldRun(database, tenant);
    await expireLease(database, old.runId);
    const [claim] = await claimDue(database.worker, "worker-2", 1, LEASE_MS);

    const stale = await flush(step(old));
    const fresh = await flush(step({ ...old, epoch: claim?.epoch ?? 0 }));

    expect(claim).toMatchObject({ id: old.runId, epoch: old.epoch + 1, previous_worker: "worker-1" });
    expect(stale.size).toBe(0);
    expect(fresh.size).toBe(1);
    expect((await storedOf(old)).events).toHaveLength(2);
  });

  test("that starts, suspends and ends a run keeps its snapshot and its digest where none is given", async () => {
    const run = await heldRun(database, tenant);
    const first = step(run, { snapshot: '{"at":2}', documentSha256: "d1", status: "SUSPENDED_WAIT" });
    const second = step(afterCommit(run, first), { status: "SUCCEEDED", outcome: "SUCCESS" });

    await flush(first);
    await flush(second);

    const [row] = await inTenant(
      database,
      tenant,
      (sql) => sql`
      select snapshot, snapshot_seq, document_sha256, outcome, ended_at is not null as ended from run where run_id = ${run.runId}`,
    );
    expect(row).toEqual({
      snapshot: '{"at":2}',
      snapshot_seq: 2,
      document_sha256: "d1",
      outcome: "SUCCESS",
      ended: true,
    });
  });
});

describe("a flush", () => {
  test("writes the steps of many tenants, each under its own context", async () => {
    const tenants = await Promise.all(Array.from({ length: 8 }, () => addTenant(database)));
    const runs: Held[] = [];
    for (const id of [...tenants, ...tenants, ...tenants]) runs.push(await heldRun(database, id));

    const written = await flush(...runs.map((run) => step(run)));

    expect([...written.keys()].sort()).toEqual(runs.map(keyOf).sort());
    for (const run of runs) expect((await storedOf(run)).version).toBe(run.version + 1);
    const owners = await database.owner`
      select count(*)::int as strangers from event e join run r on r.run_id = e.stream where r.tenant_id <> e.tenant_id`;
    expect(owners[0]).toEqual({ strangers: 0 });
  });

  test("in which one tenant is fenced off writes for the others", async () => {
    const other = await addTenant(database);
    const fenced = await heldRun(database, tenant);
    const neighbour = await heldRun(database, tenant);
    const stranger = await heldRun(database, other);

    const written = await flush(step({ ...fenced, epoch: 0 }), step(neighbour), step(stranger));

    expect([...written.keys()].sort()).toEqual([keyOf(neighbour), keyOf(stranger)].sort());
    expect((await storedOf(fenced)).version).toBe(fenced.version);
    expect((await storedOf(stranger)).version).toBe(stranger.version + 1);
  });

  test("writes the events of accepted commits only", async () => {
    const before = await heldRun(database, tenant);
    const fenced = await heldRun(database, tenant);
    const behind = await heldRun(database, tenant);

    await flush(step(before), step({ ...fenced, version: 99 }), step(behind));

    const events = await Promise.all([before, fenced, behind].map(async (run) => (await storedOf(run)).events.length));
    expect(events).toEqual([2, 1, 2]);
  });

  test("cannot write a run of another tenant, whatever the commit says", async () => {
    const other = await addTenant(database);
    const mine = await heldRun(database, tenant);

    const written = await flush({ ...step(mine), tenantId: other });

    expect(written.size).toBe(0);
    expect((await storedOf(mine)).version).toBe(mine.version);
  });

  test("that is refused by the database writes nothing of anybody", async () => {
    const good = await heldRun(database, tenant);
    const bad = await heldRun(database, tenant);

    const refused = flush(step(good), withTakenSequence(bad));

    await expect(refused).rejects.toThrow();
    expect((await storedOf(good)).version).toBe(good.version);
  });
});

describe("a release", () => {
  test("gives the lease up and sets when the run is due again, if ever", async () => {
    const waiting = await heldRun(database, tenant);
    const ready = await heldRun(database, tenant);
    const resting = await heldRun(database, tenant);

    await flush(
      step(waiting, { release: true, dueInMs: DAY_MS }),
      step(ready, { release: true, dueInMs: 0 }),
      step(resting, { release: true }),
    );

    const free = { worker_id: null, claims: 0 };
    expect(await dueOf(database, waiting.runId)).toMatchObject({ ...free, is_due: false, is_set: true });
    expect(await dueOf(database, ready.runId)).toMatchObject({ ...free, is_due: true, is_set: true });
    expect(await dueOf(database, resting.runId)).toMatchObject({ ...free, is_due: false, is_set: false });
  });

  test("of a stale epoch leaves the lease with its holder", async () => {
    const run = await heldRun(database, tenant);

    await flush(step({ ...run, epoch: 0 }, { release: true }));

    expect(await dueOf(database, run.runId)).toMatchObject({ worker_id: "worker-1", epoch: run.epoch });
  });
});
