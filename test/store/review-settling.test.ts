import { beforeAll, describe, expect, test } from "vitest";
import { type Database, inTenant } from "../../src/store/index.ts";
import type { CommitExtras } from "../../src/worker/index.ts";
import { flushCommits } from "../../src/worker/queries.ts";
import { intentOf, reservationRow } from "./commit-rows.ts";
import { addTenant, afterCommit, freshId, type Held, heldRun, step, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;
let tenant: string;

beforeAll(async () => {
  database = opened();
  tenant = await addTenant(database);
});

async function commit(run: Held, extras: CommitExtras): Promise<Held> {
  const next = step(run, {}, extras);
  const written = await flushCommits(database.app, [next]);
  expect(written.get(`${run.tenantId}/${run.runId}`)).toMatchObject({ kind: "committed", lostClaim: null });
  return afterCommit(run, next);
}

const recordOf = (key: string) =>
  inTenant(database, tenant, async (sql) => {
    const [record] = await sql<{ status: string; run_id: string; heartbeat_ms: number; age_seconds: number }[]>`
      select status, run_id, floor(extract(epoch from heartbeat_at) * 1000)::float8 as heartbeat_ms,
             extract(epoch from clock() - first_seen_at)::float8 as age_seconds
        from idempotency where internal_key = ${key}`;
    return record;
  });

const settling = (internalKey: string, status: string, result: string | null = null): CommitExtras => ({
  settle: [{ internal_key: internalKey, generation: 0, status, result, receipt_id: null }],
});

describe("an attempt whose key another run has taken over", () => {
  async function takenOver() {
    const key = freshId("key");
    const late = await commit(await heldRun(database, tenant), {
      intent: intentOf({ reservation: reservationRow(key) }),
    });
    const read = await recordOf(key);
    const taking = reservationRow(key, {
      takes: "own",
      read_status: "IN_PROGRESS",
      read_heartbeat_ms: read?.heartbeat_ms ?? 0,
    });
    const holder = await commit(await heldRun(database, tenant), { intent: intentOf({ reservation: taking }) });
    return { key, late, holder };
  }

  test.each(["FAILED_NO_EFFECT", "UNKNOWN"])("does not make %s of the call that is being made", async (status) => {
    const { key, late, holder } = await takenOver();

    await commit(late, settling(key, status));

    expect(await recordOf(key)).toMatchObject({ status: "IN_PROGRESS", run_id: holder.runId });
  });

  test("tells that the effect happened all the same", async () => {
    const { key, late } = await takenOver();

    await commit(late, settling(key, "COMPLETED", "{}"));

    expect(await recordOf(key)).toMatchObject({ status: "COMPLETED" });
  });
});

test("P1-H08 a call made after one without effect answers for 24 hours from itself on, not from the other", async () => {
  const key = freshId("key");
  const first = await commit(await heldRun(database, tenant), {
    intent: intentOf({ reservation: reservationRow(key) }),
  });
  await commit(first, settling(key, "FAILED_NO_EFFECT"));
  await inTenant(
    database,
    tenant,
    (sql) => sql`update idempotency set first_seen_at = clock() - interval '23 hours' where internal_key = ${key}`,
  );

  await commit(await heldRun(database, tenant), {
    intent: intentOf({ reservation: reservationRow(key, { takes: "released" }) }),
  });

  expect((await recordOf(key))?.age_seconds).toBeLessThan(3_600);
});
