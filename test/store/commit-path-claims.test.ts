import { beforeAll, describe, expect, test } from "vitest";
import { type Database, inTenant } from "../../src/store/index.ts";
import type { CommitExtras, CommitResult, Intent } from "../../src/worker/index.ts";
import { flushCommits } from "../../src/worker/queries.ts";
import {
  approvalRow,
  breakerRow,
  entityRow,
  intentOf,
  receiptEventRow,
  receiptRow,
  reservationRow,
} from "./commit-rows.ts";
import { addTenant, afterCommit, freshId, type Held, heldRun, step, stored, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

/** Commits one step and returns what became of it. */
async function commit(run: Held, extras: CommitExtras): Promise<CommitResult | undefined> {
  const written = await flushCommits(database.app, [step(run, {}, extras)]);
  return written.get(`${run.tenantId}/${run.runId}`);
}

/** Commits one step that only prepares, and returns the run after it. */
async function prepared(extras: CommitExtras): Promise<Held> {
  const run = await heldRun(database, tenant);
  const first = step(run, {}, extras);
  await flushCommits(database.app, [first]);
  return afterCommit(run, first);
}

const approve = (approvalId: string) =>
  inTenant(database, tenant, (sql) => sql`update approval set status = 'APPROVED' where approval_id = ${approvalId}`);

const one = async (table: string, column: string, value: string) => {
  const rows = await inTenant(
    database,
    tenant,
    (sql) => sql`select * from ${sql(table)} where ${sql(column)} = ${value}`,
  );
  return rows[0];
};

/** Each claim as it is lost: what stands before, and the intent that comes too late or on stale facts. */
const LOST: readonly { readonly claim: string; readonly because: string; lose(): Promise<readonly [Held, Intent]> }[] =
  [
    {
      claim: "control",
      because: "the guards judged by a revision of the tenant that is no longer",
      lose: async () => [await heldRun(database, tenant), { control_revision: 99 }],
    },
    {
      claim: "rate",
      because: "the tool's calls of the last minute are used up",
      lose: async () => {
        const tool = freshId("tool");
        return [
          await prepared({ intent: intentOf({ rate: { tool, limit: 1 } }) }),
          intentOf({ rate: { tool, limit: 1 } }),
        ];
      },
    },
    {
      claim: "reservation",
      because: "the key is taken already",
      lose: async () => {
        const key = freshId("key");
        const run = await prepared({ intent: intentOf({ reservation: reservationRow(key) }) });
        return [run, intentOf({ reservation: reservationRow(key) })];
      },
    },
    {
      claim: "reservation",
      because: "a released attempt is taken that was not released",
      lose: async () => {
        const key = freshId("key");
        const run = await prepared({ intent: intentOf({ reservation: reservationRow(key) }) });
        return [run, intentOf({ reservation: reservationRow(key, { takes: "released" }) })];
      },
    },
    {
      claim: "reservation",
      because: "an open attempt showed a sign of life after it was read",
      lose: async () => {
        const key = freshId("key");
        const run = await prepared({ intent: intentOf({ reservation: reservationRow(key) }) });
        const stale = { takes: "own", read_status: "IN_PROGRESS", read_heartbeat_ms: 1 };
        return [run, intentOf({ reservation: reservationRow(key, stale) })];
      },
    },
    {
      claim: "approval",
      because: "nobody has approved",
      lose: async () => {
        const id = freshId("approval");
        return [await prepared({ approvals: [approvalRow(id)] }), intentOf({ approval_id: id })];
      },
    },
    {
      claim: "approval",
      because: "the approval was used once",
      lose: async () => {
        const id = freshId("approval");
        const run = await prepared({ approvals: [approvalRow(id)] });
        await approve(id);
        const used = step(run, {}, { intent: intentOf({ approval_id: id }) });
        await flushCommits(database.app, [used]);
        return [afterCommit(run, used), intentOf({ approval_id: id })];
      },
    },
    {
      claim: "base",
      because: "what was previewed has changed since",
      lose: async () => {
        const id = freshId("approval");
        const entity = `${tenant}_${freshId("order")}`;
        const base = JSON.stringify([{ entity_type: "order", entity_id: entity, version: 1 }]);
        const run = await prepared({ approvals: [approvalRow(id, { base })], entities: [entityRow(entity, 1)] });
        await approve(id);
        await prepared({ entities: [entityRow(entity, 2)] });
        return [run, intentOf({ approval_id: id })];
      },
    },
    {
      claim: "base",
      because: "what was previewed as absent has come to be",
      lose: async () => {
        const id = freshId("approval");
        const entity = `${tenant}_${freshId("order")}`;
        const base = JSON.stringify([{ entity_type: "order", entity_id: entity, version: 0 }]);
        const run = await prepared({ approvals: [approvalRow(id, { base })] });
        await approve(id);
        await prepared({ entities: [entityRow(entity, 1)] });
        return [run, intentOf({ approval_id: id })];
      },
    },
    {
      claim: "probe",
      because: "another call probes the dependency",
      lose: async () => {
        const id = freshId("breaker");
        return [await prepared({ breakers: [breakerRow(id, 0)] }), intentOf({ probe: breakerRow(id, 7) })];
      },
    },
  ];

const named = LOST.map((lost) => [`of ${lost.claim}, because ${lost.because},`, lost] as const);

describe("a lost claim", () => {
  test.each(named)("%s does not undo the outcome that its intent rode with", async (_name, { claim, lose }) => {
    const [run, intent] = await lose();
    const receipt = freshId("receipt");

    const result = await commit(run, {
      receipts: [receiptRow(receipt)],
      receipt_events: [receiptEventRow(receipt, "claimed")],
      intent,
    });

    expect(result).toMatchObject({ kind: "committed", lostClaim: claim, conflict: null });
    expect((await stored(database, tenant, run.runId)).version).toBe(run.version + 1);
    expect(await one("receipt_current", "receipt_id", receipt)).toMatchObject({
      status: "claimed",
      epoch: run.epoch,
    });
  });

  test.each(named.filter(([, { claim }]) => claim !== "control" && claim !== "rate"))(
    "%s gives back the claims made before it",
    async (_name, { lose }) => {
      const [run, intent] = await lose();
      const tool = freshId("tool");

      await commit(run, { intent: { ...intent, rate: { tool, limit: 10 } } });

      expect(await one("rate_window", "tool_name", tool)).toBeUndefined();
    },
  );

  test("of one run leaves its neighbours' claims in the flush alone", async () => {
    const key = freshId("key");
    const winner = await heldRun(database, tenant);
    const loser = await heldRun(database, tenant);
    const intent = intentOf({ reservation: reservationRow(key) });

    const written = await flushCommits(database.app, [step(winner, {}, { intent }), step(loser, {}, { intent })]);

    expect([...written.values()].map((result) => result.kind === "committed" && result.lostClaim)).toEqual([
      null,
      "reservation",
    ]);
    expect(await one("idempotency", "internal_key", key)).toMatchObject({ run_id: winner.runId });
  });

  test("whose facts are stale tells the present revision, by which the guards can judge again", async () => {
    const other = await addTenant(database);
    const run = await heldRun(database, other);
    await inTenant(database, other, (sql) => sql`update tenant set control_revision = 5`);

    const result = await commit(run, { intent: intentOf({}) });

    expect(result).toMatchObject({ lostClaim: "control", controlRevision: 5 });
  });
});

describe("an intent", () => {
  test("makes all its claims together", async () => {
    const [approval, key, tool, breaker] = ["approval", "key", "tool", "breaker"].map(freshId);
    if (approval === undefined || key === undefined || tool === undefined || breaker === undefined)
      throw new Error("four");
    const entity = `${tenant}_${freshId("order")}`;
    const base = JSON.stringify([
      { entity_type: "order", entity_id: entity, version: 1 },
      { entity_type: "order", entity_id: `${entity}-absent`, version: 0 },
    ]);
    const run = await prepared({
      approvals: [approvalRow(approval, { base })],
      entities: [entityRow(entity, 1)],
      breakers: [breakerRow(breaker, 0)],
    });
    await approve(approval);

    const result = await commit(run, {
      intent: intentOf({
        rate: { tool, limit: 1 },
        reservation: reservationRow(key, { external_key: "x" }),
        approval_id: approval,
        probe: breakerRow(breaker, 1, { probe_count: 1 }),
      }),
    });

    expect(result).toMatchObject({ kind: "committed", lostClaim: null });
    expect(await one("idempotency", "internal_key", key)).toMatchObject({
      status: "IN_PROGRESS",
      run_id: run.runId,
      epoch: run.epoch,
      external_key: "x",
    });
    expect((await one("approval", "approval_id", approval))?.consumed_at).not.toBeNull();
    expect(await one("breaker", "breaker_id", breaker)).toMatchObject({
      state: "HALF_OPEN",
      probe_count: 1,
      revision: 2,
    });
    expect((await one("rate_window", "tool_name", tool))?.hits).toHaveLength(1);
  });

  test("may take a released attempt again, and an open one that is as it was read", async () => {
    const key = freshId("key");
    const run = await prepared({ intent: intentOf({ reservation: reservationRow(key) }) });
    const first = await one("idempotency", "internal_key", key);
    const readMs = await inTenant(
      database,
      tenant,
      (sql) =>
        sql<
          { ms: number }[]
        >`select floor(extract(epoch from heartbeat_at) * 1000)::float8 as ms from idempotency where internal_key = ${key}`,
    );
    const own = { takes: "own", read_status: "IN_PROGRESS", read_heartbeat_ms: readMs[0]?.ms ?? 0 };
    const second = step(run, {}, { intent: intentOf({ reservation: reservationRow(key, own) }) });
    const owned = await flushCommits(database.app, [second]);
    const third = step(afterCommit(run, second), {}, { settle: [settled(key, "FAILED_NO_EFFECT")] });
    await flushCommits(database.app, [third]);

    const released = await commit(afterCommit(afterCommit(run, second), third), {
      intent: intentOf({ reservation: reservationRow(key, { takes: "released" }) }),
    });

    expect(first).toMatchObject({ status: "IN_PROGRESS" });
    expect([...owned.values()]).toMatchObject([{ lostClaim: null }]);
    expect(released).toMatchObject({ lostClaim: null });
    expect(await one("idempotency", "internal_key", key)).toMatchObject({ status: "IN_PROGRESS", generation: 0 });
  });

  test("INV-05 of many runs at once for one key is won by exactly one", async () => {
    const key = freshId("key");
    const runs: Held[] = [];
    for (let count = 0; count < 12; count++) runs.push(await heldRun(database, tenant));

    const results = await Promise.all(
      runs.map((run) => commit(run, { intent: intentOf({ reservation: reservationRow(key) }) })),
    );

    const lost = results.map((result) => result?.kind === "committed" && result.lostClaim);
    expect(lost.filter((claim) => claim === null)).toHaveLength(1);
    expect(lost.filter((claim) => claim === "reservation")).toHaveLength(11);
  });

  test("INV-03 of many runs at once passes a rate limit exactly as often as it allows", async () => {
    const tool = freshId("tool");
    const runs: Held[] = [];
    for (let count = 0; count < 12; count++) runs.push(await heldRun(database, tenant));

    const results = await Promise.all(
      runs.map((run) => commit(run, { intent: intentOf({ rate: { tool, limit: 5 } }) })),
    );

    expect(results.filter((result) => result?.kind === "committed" && result.lostClaim === null)).toHaveLength(5);
    expect((await one("rate_window", "tool_name", tool))?.hits).toHaveLength(5);
  });

  test("INV-07 of many runs at once uses an approval once", async () => {
    const id = freshId("approval");
    await prepared({ approvals: [approvalRow(id)] });
    await approve(id);
    const runs: Held[] = [];
    for (let count = 0; count < 8; count++) runs.push(await heldRun(database, tenant));

    const results = await Promise.all(runs.map((run) => commit(run, { intent: intentOf({ approval_id: id }) })));

    expect(results.filter((result) => result?.kind === "committed" && result.lostClaim === null)).toHaveLength(1);
  });
});

const settled = (key: string, status: string) => ({
  internal_key: key,
  generation: 0,
  status,
  result: null,
  receipt_id: null,
});
