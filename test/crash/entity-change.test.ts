import { setTimeout as briefly } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { createPatch, digestOf, type JsonObject } from "../../src/contracts/index.ts";
import { AUDIT_STREAM, entitiesById, openChanges, readStream, writeEntity } from "../../src/ledger/index.ts";
import { inTenant, type TenantQuery } from "../../src/store/index.ts";
import type { Child } from "./children.ts";
import { type CrashShop, openCrashShop, TENANT } from "./shop.ts";
import { expectSound, hasEnded, standing, tell, until } from "./standing.ts";

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
  return () => shop.close();
});

const inShop = <T>(work: (sql: TenantQuery) => Promise<T>) => inTenant(shop.installation.database, TENANT, work);

/** Writes an order's state as the given version, from the one before. */
async function write(
  sql: TenantQuery,
  orderId: string,
  [before, state]: readonly [JsonObject, JsonObject],
  version = 1,
) {
  const isWritten = await writeEntity(sql, {
    entityType: "order",
    entityId: orderId,
    version,
    state: JSON.stringify(state),
    stateSha256: digestOf(state),
    patch: JSON.stringify(createPatch(before, state)),
    correlationId: "outside",
    by: null,
    at: shop.installation.host.clock.now(),
  });
  expect(isWritten).toBe(true);
}

async function order(orderId: string) {
  const [row] = await inShop((sql) => entitiesById(sql, [orderId]));
  return { version: row?.version, state: JSON.parse(row?.state ?? "{}") };
}

/** What the audit stream says of conflicts about an order. */
async function conflicts(orderId: string): Promise<readonly JsonObject[]> {
  const audited = await inShop((sql) => readStream(sql, AUDIT_STREAM, 0, 1_000));
  return audited
    .filter(({ type }) => type === "entity.conflict")
    .map(({ payload }): JsonObject => JSON.parse(payload ?? "{}"))
    .filter(({ entity_id }) => entity_id === orderId);
}

/** Resolves once a commit waits for a row that somebody else is writing. */
async function aCommitWaits(): Promise<void> {
  for (;;) {
    const rows = await shop.installation.database.owner`
      select 1 from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%commit_flush%'`;
    if (rows.length > 0) return;
    await briefly(5);
  }
}

const PLACED = { placed: true };
const PAID = { placed: true, paid: true };

/**
 * A run's outcome changes an order that moves between the worker's reading and its writing: the worker has read version 1
 * and waits to write version 2, which we hold. Once we have it, the worker's commit finds that, and the worker dies.
 */
async function diesWithAnOpenChange(orderId: string): Promise<string> {
  await inShop((sql) => write(sql, orderId, [{}, PLACED]));
  const runId = await shop.start("mark", { order_id: orderId });
  const child = await inShop(async (sql): Promise<Child> => {
    await write(sql, orderId, [PLACED, PAID], 2);
    const spawned = shop.spawn({ at: { point: "after_outcome", step: "mark" } });
    await spawned.says("started");
    await aCommitWaits();
    return spawned;
  });
  expect(await child.ended).toBe("SIGKILL");
  return runId;
}

describe("INV-06 a worker dies between an outcome and the change of an entity that had moved", () => {
  test("P1-T14 the change is open, and the run's next holder makes it, once, without calling the tool again", async () => {
    const orderId = `${TENANT}_ord_moved`;
    const runId = await diesWithAnOpenChange(orderId);
    const between = await order(orderId);
    const open = await inShop((sql) => openChanges(sql, runId));

    const worker = shop.startWorker();
    await shopUntil(async () => (await order(orderId)).version === 3);
    const found = await until(shop, runId, hasEnded);
    await worker.stop();

    expect(between).toEqual({ version: 2, state: PAID });
    expect(open).toMatchObject([{ entity_id: orderId, members: '{"checked":true}', step_id: "mark" }]);
    expect(await order(orderId)).toEqual({ version: 3, state: { ...PAID, checked: true } });
    expect(await inShop((sql) => openChanges(sql, runId))).toEqual([]);
    expect(await conflicts(orderId)).toMatchObject([
      { run_id: runId, step_id: "mark", expected_version: 1, actual_version: 2, resolved_version: 3 },
    ]);
    expect(found.run.status).toBe("SUCCEEDED");
    expect(found.receipts).toHaveLength(1);
    await expectSound(shop, found);
  });

  test("a change that the database refuses blocks the run, and is made when a person resumes it", async () => {
    const orderId = `${TENANT}_ord_refused`;
    const { owner } = shop.installation.database;
    const runId = await diesWithAnOpenChange(orderId);
    await owner`
      create function countermark.refuse_order() returns trigger language plpgsql as
      $$ begin if new.entity_id like '%_ord_refused' then raise exception 'no'; end if; return new; end $$`;
    await owner`create trigger refuse before update on countermark.entity for each row execute function countermark.refuse_order()`;

    const worker = shop.startWorker();
    await shopUntil(async () => (await standing(shop, runId)).run.status === "BLOCKED");
    const blocked = await standing(shop, runId);
    const open = await inShop((sql) => openChanges(sql, runId));
    await owner`drop function countermark.refuse_order() cascade`;
    await tell(shop, runId, "resume", { lane: null, payload: {} });
    const found = await until(shop, runId, hasEnded);
    await worker.stop();

    expect(blocked.run).toMatchObject({ code: "RUN_BLOCKED", outcome: null });
    expect(open).toHaveLength(1);
    expect(await order(orderId)).toEqual({ version: 3, state: { ...PAID, checked: true } });
    expect(await inShop((sql) => openChanges(sql, runId))).toEqual([]);
    expect(found.run).toMatchObject({ status: "SUCCEEDED", outcome: "SUCCESS" });
    await expectSound(shop, found);
  });
});

async function shopUntil(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await briefly(10);
}
