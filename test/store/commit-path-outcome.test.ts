import { beforeAll, describe, expect, test } from "vitest";
import { seededHost } from "../../src/contracts/index.ts";
import { openChanges } from "../../src/ledger/index.ts";
import { type Database, inTenant } from "../../src/store/index.ts";
import { applyOpenChanges } from "../../src/worker/entities.ts";
import type { Commit, CommitExtras, CommitResult } from "../../src/worker/index.ts";
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
import {
  addTenant,
  afterCommit,
  beginning,
  dueOf,
  freshId,
  type Held,
  heldRun,
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

const flush = (...commits: readonly Commit[]) => flushCommits(database.app, commits);

async function commit(run: Held, extras: CommitExtras): Promise<readonly [CommitResult | undefined, Held]> {
  const next = step(run, {}, extras);
  const written = await flush(next);
  return [written.get(`${run.tenantId}/${run.runId}`), afterCommit(run, next)];
}

const rowsOf = (table: string, column: string, value: string) =>
  inTenant(database, tenant, async (sql) => [
    ...(await sql`select * from ${sql(table)} where ${sql(column)} = ${value}`),
  ]);

const freshEntity = (): string => `${tenant}_${freshId("order")}`;

describe("INV-05 a receipt", () => {
  test("is written with its first status, under the run and epoch of its commit", async () => {
    const id = freshId("receipt");
    const run = await heldRun(database, tenant);

    await commit(run, { receipts: [receiptRow(id)], receipt_events: [receiptEventRow(id, "claimed")] });

    expect(await rowsOf("receipt_current", "receipt_id", id)).toMatchObject([
      { execution_id: run.runId, epoch: run.epoch, amount_minor: 900, status: "claimed" },
    ]);
  });

  test("of one key and generation is written once, also by another run", async () => {
    const [first, second] = [freshId("receipt"), freshId("receipt")];
    const key = freshId("key");
    await commit(await heldRun(database, tenant), { receipts: [receiptRow(first, { internal_key: key })] });

    const [result] = await commit(await heldRun(database, tenant), {
      receipts: [receiptRow(second, { internal_key: key })],
    });

    expect(result?.kind).toBe("committed");
    expect(await rowsOf("receipt", "internal_key", key)).toMatchObject([{ receipt_id: first }]);
  });

  test("commits although the entity it changed had moved, and the conflict is told", async () => {
    const id = freshId("receipt");
    const entity = freshEntity();
    await commit(await heldRun(database, tenant), { entities: [entityRow(entity, 1)] });
    await commit(await heldRun(database, tenant), { entities: [entityRow(entity, 2, { state: '{"by":"first"}' })] });
    const late = await heldRun(database, tenant);

    const [result] = await commit(late, {
      receipts: [receiptRow(id)],
      entities: [entityRow(entity, 2, { state: '{"by":"late"}' })],
    });

    expect(result).toMatchObject({ kind: "committed", lostClaim: null, conflict: `order ${entity}` });
    expect((await stored(database, tenant, late.runId)).version).toBe(late.version + 1);
    expect(await rowsOf("receipt", "receipt_id", id)).toHaveLength(1);
    expect(await rowsOf("entity", "entity_id", entity)).toMatchObject([{ version: 2, state: '{"by":"first"}' }]);
  });
});

const PATCH = '[{"op":"replace","path":"/version","value":2}]';

describe("INV-06 an entity", () => {
  test("that had moved keeps open what the outcome changes of it, in order, and what builds on that", async () => {
    const [moved, still] = [freshEntity(), freshEntity()];
    await commit(await heldRun(database, tenant), { entities: [entityRow(moved, 1)] });
    const run = await heldRun(database, tenant);

    const [result] = await commit(run, {
      entities: [
        entityRow(moved, 1, { members: '{"first":1}', step_id: "one" }),
        entityRow(still, 1),
        entityRow(moved, 2, { members: '{"second":2}', step_id: "two" }),
      ],
    });

    expect(result).toMatchObject({ kind: "committed", conflict: `order ${moved}` });
    expect(await rowsOf("entity", "entity_id", moved)).toMatchObject([{ version: 1, state: '{"version":1}' }]);
    expect(await rowsOf("entity", "entity_id", still)).toHaveLength(1);
    expect(await inTenant(database, tenant, (sql) => openChanges(sql, run.runId))).toMatchObject([
      { entity_id: moved, version: 1, members: '{"first":1}', step_id: "one" },
      { entity_id: moved, version: 2, members: '{"second":2}', step_id: "two" },
    ]);
  });

  test("is locked by who changes it, so that what is open is written once, by whoever closes it", async () => {
    const entity = freshEntity();
    await commit(await heldRun(database, tenant), { entities: [entityRow(entity, 1)] });
    const run = await heldRun(database, tenant);
    await commit(run, { entities: [entityRow(entity, 1, { members: '{"late":true}' })] });
    const row = { tenant_id: tenant, run_id: run.runId, correlation_id: "c", channel: "ci" } as const;

    await Promise.all([1, 2, 3].map(() => applyOpenChanges({ database, host: seededHost(7) }, row)));

    expect(await rowsOf("entity", "entity_id", entity)).toMatchObject([
      { version: 2, state: '{"version":1,"late":true}' },
    ]);
    expect(await rowsOf("entity_version", "entity_id", entity)).toMatchObject([
      { version: 1 },
      { version: 2, run_id: run.runId, step_id: "s", state_patch: '[{"op":"add","path":"/late","value":true}]' },
    ]);
    expect(await inTenant(database, tenant, (sql) => openChanges(sql, run.runId))).toEqual([]);
  });

  test("that holds the change already gets no new version, and the change is closed", async () => {
    const entity = freshEntity();
    await commit(await heldRun(database, tenant), { entities: [entityRow(entity, 1)] });
    const run = await heldRun(database, tenant);
    await commit(run, { entities: [entityRow(entity, 1)] });
    const row = { tenant_id: tenant, run_id: run.runId, correlation_id: "c", channel: "ci" } as const;

    await applyOpenChanges({ database, host: seededHost(8) }, row);

    expect(await rowsOf("entity_version", "entity_id", entity)).toHaveLength(1);
    expect(await inTenant(database, tenant, (sql) => openChanges(sql, run.runId))).toEqual([]);
  });

  test("P1-T14 comes to be at version 1, and each change raises it by one and is kept", async () => {
    const entity = freshEntity();
    const run = await heldRun(database, tenant);

    const [, next] = await commit(run, { entities: [entityRow(entity, 1)] });
    await commit(next, { entities: [entityRow(entity, 2, { patch: PATCH })] });

    expect(await rowsOf("entity", "entity_id", entity)).toMatchObject([{ version: 2, state_sha256: "h2" }]);
    const versions = await rowsOf("entity_version", "entity_id", entity);
    expect(versions.map(({ version, run_id, state_patch }) => [version, run_id, state_patch])).toEqual([
      [1, run.runId, "[]"],
      [2, run.runId, PATCH],
    ]);
  });

  test("that is there already cannot be made anew, and none can be changed before it is there", async () => {
    const entity = freshEntity();
    const absent = freshEntity();
    await commit(await heldRun(database, tenant), { entities: [entityRow(entity, 1)] });

    const [again] = await commit(await heldRun(database, tenant), {
      entities: [entityRow(entity, 1), entityRow(absent, 2)],
    });

    expect(again).toMatchObject({ kind: "committed", conflict: `order ${entity}, order ${absent}` });
    expect(await rowsOf("entity", "entity_id", absent)).toEqual([]);
    expect(await rowsOf("entity_version", "entity_id", entity)).toHaveLength(1);
  });

  test("changed by many runs at once is changed by one", async () => {
    const entity = freshEntity();
    await commit(await heldRun(database, tenant), { entities: [entityRow(entity, 1)] });
    const runs: Held[] = [];
    for (let count = 0; count < 8; count++) runs.push(await heldRun(database, tenant));

    const results = await Promise.all(runs.map((run) => commit(run, { entities: [entityRow(entity, 2)] })));

    const conflicts = results.map(([result]) => result?.kind === "committed" && result.conflict);
    expect(conflicts.filter((conflict) => conflict === null)).toHaveLength(1);
    expect(conflicts.filter((conflict) => conflict === `order ${entity}`)).toHaveLength(7);
  });
});

describe("an idempotency record", () => {
  const settled = (key: string, status: string, result: string | null) => ({
    internal_key: key,
    generation: 0,
    status,
    result,
    receipt_id: null,
  });

  test("is settled with its result", async () => {
    const key = freshId("key");
    const [, run] = await commit(await heldRun(database, tenant), {
      intent: intentOf({ reservation: reservationRow(key) }),
    });

    await commit(run, { settle: [settled(key, "COMPLETED", '{"paid":true}')] });

    expect(await rowsOf("idempotency", "internal_key", key)).toMatchObject([
      { status: "COMPLETED", result: '{"paid":true}' },
    ]);
  });

  test("that is completed stays as it is", async () => {
    const key = freshId("key");
    const [, run] = await commit(await heldRun(database, tenant), {
      intent: intentOf({ reservation: reservationRow(key) }),
    });
    const [, next] = await commit(run, { settle: [settled(key, "COMPLETED", '{"paid":true}')] });

    await commit(next, { settle: [settled(key, "FAILED_NO_EFFECT", null)] });

    expect(await rowsOf("idempotency", "internal_key", key)).toMatchObject([
      { status: "COMPLETED", result: '{"paid":true}' },
    ]);
  });
});

describe("an approval", () => {
  test("closes or escalates only while it is pending", async () => {
    const [open, decided] = [freshId("approval"), freshId("approval")];
    const [, run] = await commit(await heldRun(database, tenant), {
      approvals: [approvalRow(open), approvalRow(decided)],
    });
    await inTenant(
      database,
      tenant,
      (sql) => sql`update approval set status = 'DENIED' where approval_id = ${decided}`,
    );
    const close = (id: string) => ({ approval_id: id, status: "TIMED_OUT", void_reason: null });

    const [, next] = await commit(run, { close_approvals: [close(open), close(decided)] });
    await commit(next, {
      escalate_approvals: [
        {
          approval_id: open,
          escalation_level: 1,
          authorized_approvers: ["eve"],
          timeout_at: "2026-01-02T00:00:00Z",
          token_sha256: "t2",
        },
      ],
    });

    expect(await rowsOf("approval", "approval_id", open)).toMatchObject([{ status: "TIMED_OUT", escalation_level: 0 }]);
    expect(await rowsOf("approval", "approval_id", decided)).toMatchObject([{ status: "DENIED" }]);
  });

  test("that is approved can still be voided, once used it cannot", async () => {
    const [unused, used] = [freshId("approval"), freshId("approval")];
    const [, run] = await commit(await heldRun(database, tenant), {
      approvals: [approvalRow(unused), approvalRow(used)],
    });
    await inTenant(
      database,
      tenant,
      (sql) => sql`update approval set status = 'APPROVED' where approval_id in (${unused}, ${used})`,
    );
    const [, next] = await commit(run, { intent: intentOf({ approval_id: used }) });
    const voided = (id: string) => ({ approval_id: id, status: "VOIDED", void_reason: "drift" });

    await commit(next, { close_approvals: [voided(unused), voided(used)] });

    expect(await rowsOf("approval", "approval_id", unused)).toMatchObject([{ status: "VOIDED", void_reason: "drift" }]);
    expect(await rowsOf("approval", "approval_id", used)).toMatchObject([{ status: "APPROVED", void_reason: null }]);
  });

  test("escalates to the next approvers with a new token while it is pending", async () => {
    const id = freshId("approval");
    const [, run] = await commit(await heldRun(database, tenant), { approvals: [approvalRow(id)] });

    await commit(run, {
      escalate_approvals: [
        {
          approval_id: id,
          escalation_level: 1,
          authorized_approvers: ["eve"],
          timeout_at: "2026-01-02T00:00:00Z",
          token_sha256: "t2",
        },
      ],
    });

    expect(await rowsOf("approval", "approval_id", id)).toMatchObject([
      { status: "PENDING", escalation_level: 1, authorized_approvers: ["eve"], token_sha256: "t2" },
    ]);
  });
});

describe("a breaker", () => {
  test("ignores a result that was judged on a state before the present one", async () => {
    const id = freshId("breaker");
    const [, run] = await commit(await heldRun(database, tenant), { breakers: [breakerRow(id, 0, { state: "OPEN" })] });

    const [, next] = await commit(run, { breakers: [breakerRow(id, 0, { state: "CLOSED" })] });
    const before = await rowsOf("breaker", "breaker_id", id);
    await commit(next, { breakers: [breakerRow(id, 1, { state: "HALF_OPEN" })] });

    expect(before).toMatchObject([{ state: "OPEN", revision: 1 }]);
    expect(await rowsOf("breaker", "breaker_id", id)).toMatchObject([{ state: "HALF_OPEN", revision: 2 }]);
  });
});

describe("a run that starts another", () => {
  test("starts it in its own commit, once, and it is due at once", async () => {
    const parent = await heldRun(database, tenant);
    const child = beginning(tenant);

    const [first, next] = await commit(parent, { start_runs: [child] });
    const [second] = await commit(next, { start_runs: [{ ...beginning(tenant), start_key: child.start_key ?? null }] });

    expect([first?.kind, second?.kind]).toEqual(["committed", "committed"]);
    expect((await stored(database, tenant, child.run_id)).events).toHaveLength(1);
    expect(await dueOf(database, child.run_id)).toMatchObject({ worker_id: null, is_due: true });
    expect(await rowsOf("run", "start_key", String(child.start_key))).toHaveLength(1);
  });

  test("that is fenced off starts nothing", async () => {
    const parent = await heldRun(database, tenant);
    const child = beginning(tenant);

    await flush(step({ ...parent, epoch: 0 }, {}, { start_runs: [child] }));

    expect(await rowsOf("run", "run_id", child.run_id)).toEqual([]);
  });
});
