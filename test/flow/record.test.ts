import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { after, instant } from "../../src/contracts/index.ts";
import { readStream } from "../../src/ledger/index.ts";
import { replay } from "../../src/run/index.ts";
import { Committer, claimDue, driveRun, factsReader, openRun, runEventOf } from "../../src/worker/index.ts";
import { Lease } from "../../src/worker/lease.ts";
import { call, flow, TRIGGER } from "./pack.ts";
import { applied, gate } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound, replayed } from "./sound.ts";
import type { FlowTenant } from "./tenant.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

const versions = (tenant: FlowTenant, entityId: string) =>
  tenant
    .sql(
      (sql) => sql<{ version: number; state_patch: string; run_id: string | null; step_id: string | null }[]>`
        select version, state_patch, run_id, step_id from entity_version where entity_id = ${entityId} order by version`,
    )
    .then((rows) => rows.map(({ state_patch, ...row }) => ({ ...row, patch: JSON.parse(state_patch) })));

describe("entities", () => {
  const plan = { workflows: [flow("W", [call("write", "note")])] };

  test("P1-T14 each change raises the version by one and keeps its patch, its run and its step", async () => {
    const tenant = await shop.tenant(plan);
    const entityId = `${tenant.id}_ord_1`;
    tenant.answers("note", ({ text }) =>
      applied({}, { entities: [{ entityType: "order", entityId, set: { state: text ?? null } }] }),
    );

    const first = await tenant.runs("W", { text: "paid" });
    const second = await tenant.runs("W", { text: "sent" });

    expect(await versions(tenant, entityId)).toEqual([
      { version: 1, patch: [{ op: "add", path: "/state", value: "paid" }], run_id: first.run_id, step_id: "write" },
      {
        version: 2,
        patch: [{ op: "replace", path: "/state", value: "sent" }],
        run_id: second.run_id,
        step_id: "write",
      },
    ]);
    expect(await tenant.entity(entityId)).toEqual({ version: 2, state: { state: "sent" } });
  });

  test("P1-T14 concurrent writers of one entity all get their change in, and no tool is called again for it", async () => {
    const tenant = await shop.tenant(plan);
    const entityId = `${tenant.id}_ord_1`;
    const door = gate();
    tenant.answers("note", async ({ text }) => {
      await door.opened;
      return applied({}, { entities: [{ entityType: "order", entityId, set: { [`by_${text}`]: true } }] });
    });
    const writers = [..."abcdefghij"];
    const runIds = await Promise.all(writers.map((text) => tenant.start("W", { text })));
    await shop.until("all to be called", async () => tenant.calls("note").length === writers.length);

    door.open();
    const runs = await Promise.all(runIds.map((runId) => tenant.ends(runId)));
    await Promise.all(runIds.map((runId) => tenant.rests(runId, "SUCCEEDED")));

    expect(runs.every(({ outcome }) => outcome === "SUCCESS")).toBe(true);
    expect(await tenant.entity(entityId)).toEqual({
      version: writers.length,
      state: Object.fromEntries(writers.map((text) => [`by_${text}`, true])),
    });
    expect((await versions(tenant, entityId)).map(({ version }) => version)).toEqual(
      writers.map((_, index) => index + 1),
    );
    expect(tenant.calls("note")).toHaveLength(writers.length);
    const conflicts = (await tenant.audited()).filter(({ type }) => type === "entity.conflict");
    expect(conflicts.length).toBeGreaterThan(0);
    for (const { payload } of conflicts)
      expect(payload).toMatchObject({
        code: "STATE_VERSION_CONFLICT",
        entity_type: "order",
        entity_id: entityId,
        step_id: "write",
        resolution: "RETRY",
        resolution_result: "RESOLVED",
        resolved_version: Number(payload.actual_version) + 1,
      });
    expect(await tenant.sql((sql) => sql`select entity_id from entity_change`)).toEqual([]);
  });

  test("P1-T31 two tenants' entities carry the prefix of their own, and the database takes no other", async () => {
    const tenants = [await shop.tenant(plan), await shop.tenant(plan)];
    for (const tenant of tenants) {
      const entityId = `${tenant.id}_ord_1`;
      tenant.answers("note", () => applied({}, { entities: [{ entityType: "order", entityId, set: { paid: true } }] }));
      await tenant.runs("W");
    }

    const rows = await shop.installation.database.owner<{ tenant_id: string; entity_id: string }[]>`
      select tenant_id, entity_id from entity`;
    expect(rows.length).toBeGreaterThanOrEqual(2);
    expect(rows.filter(({ tenant_id, entity_id }) => !entity_id.startsWith(`${tenant_id}_`))).toEqual([]);
    const [one, other] = tenants;
    const foreign = one?.sql(
      (sql) => sql`
        insert into entity (tenant_id, entity_type, entity_id, version, state, state_sha256, updated_at)
        values (require_tenant_context(), 'order', ${`${other?.id}_ord_2`}, 1, '{}', '', clock())`,
    );
    await expect(foreign).rejects.toMatchObject({ code: "DATABASE_CONFLICT" });
  });
});

describe("P1-T15 replay", () => {
  const compensation = { tool_name: "release", tool_input_mapping: { id: "$.hold.id" }, compensation_order: 1 };
  const retry_policy = { max_attempts: 3, base_delay_seconds: 0, retryable_errors: ["BUSY"] };
  const eventful = flow("W", [
    call("hold", "reserve", { compensation, retry_policy, next_step: "pay" }),
    call("pay", "charge", { tool_input_mapping: { ...TRIGGER, text: "$.hold.state" }, next_step: "tell" }),
    { id: "tell", type: "PARALLEL", parallel_steps: ["mail", "log"], next_step: "end" },
    call("mail", "note"),
    call("log", "publish"),
    call("end", "look"),
  ]);

  /** A run that was retried, approved, ran in parallel, failed at last and was undone. */
  async function eventfulRun() {
    const tenant = await shop.tenant({ workflows: [eventful] });
    tenant.answers("reserve", () =>
      tenant.calls("reserve").length === 1
        ? { kind: "not_applied", code: "BUSY", message: "again" }
        : applied({ id: "held-1", state: "held" }),
    );
    tenant.answers("look", () => ({ kind: "rejected", code: "GONE", message: "it is gone" }));
    const runId = await tenant.start("W", { amount_cents: 100 });
    await tenant.decides(await tenant.pending(runId), "APPROVE");
    return { tenant, run: await tenant.ends(runId) };
  }

  test("P1-T15 gives the same state hash and the same receipts, and calls nobody", async () => {
    const { tenant, run } = await eventfulRun();
    const calls = tenant.calls().length;

    const again = await replayed(tenant, run.run_id);

    expect(run.code).toBe("GONE");
    const receipts = (await tenant.receipts(run.run_id)).map(({ receipt_id }) => receipt_id);
    expect(receipts).toHaveLength(5);
    expect(again).toMatchObject({ equal: true, document_sha256: run.document_sha256, state: { code: "GONE" } });
    expect(again.equal && [...again.receipts].sort()).toEqual([...receipts].sort());
    expect(tenant.calls()).toHaveLength(calls);
  });

  test("P1-T15 of a recording that was changed names the first step that differs", async () => {
    const { tenant, run } = await eventfulRun();
    const workflow = tenant.pack.workflows.W;
    if (workflow === undefined) throw new Error("the pack has the workflow");
    const stored = await tenant.sql((sql) => readStream(sql, run.run_id, 0, 1_000));
    const forged = stored.find(({ type, step }) => type === "step.succeeded" && step === "hold");
    const recorded = stored.flatMap((entry) => {
      const text = entry === forged ? (entry.payload ?? "").replaceAll('"pay"', '"end"') : entry.payload;
      const event = runEventOf({ ...entry, payload: text });
      return event === null ? [] : [{ seq: entry.seq, event }];
    });

    const again = replay(workflow, tenant.pack.pack.bounds, recorded);

    expect(again).toMatchObject({ equal: false, first: { code: "REPLAY_MISMATCH", seq: forged?.seq } });
  });
});

test("P1-D09 of two drivers of one run only the newer writes: the older finds itself fenced and has called nobody", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("write", "reserve")])] });
  await shop.rest();
  const runId = await tenant.start("W");
  const old = await opened(tenant, runId, "old");
  await shop.clock.move(60_000);
  const fresh = await opened(tenant, runId, "new");

  const ends = [await fresh.drive(), await old.drive()];
  shop.work();

  expect([old.epoch, fresh.epoch]).toEqual([1, 2]);
  expect(ends).toEqual(["rested", "fenced"]);
  expect(tenant.calls("reserve")).toHaveLength(1);
  expect(await tenant.receipts(runId)).toHaveLength(1);
  const events = await tenant.events(runId);
  expect(events.map(({ epoch }) => epoch)).toEqual([0, ...events.slice(1).map(() => 2)]);
});

/** One worker's hold of a run, to be driven when the test says so; it believes in its lease for ever. */
async function opened(tenant: FlowTenant, runId: string, workerId: string) {
  const { database, host, control: room, registry } = shop.installation;
  const claimed = (await claimDue(database.worker, workerId, 10, 10_000)).find(({ id }) => id === runId);
  const file = await tenant.sql((sql) => openRun(sql, runId));
  const control = await room.at(tenant.id, 0);
  const workflow = tenant.pack.workflows.W;
  if (claimed === undefined || file === undefined || workflow === undefined) throw new Error("the run is due");
  const { epoch } = claimed;
  const options = {
    ...{ database, host, registry, control: room, workerId, tier: "HARDENED" as const, reached: () => undefined },
    committer: new Committer(database.committer),
    facts: factsReader(database),
    network: { fetch, resolve: async () => [] },
    openSealed:
      () =>
      async <T>(value: T) =>
        value,
  };
  const until = after(instant(host.clock.now()), 3_600_000);
  const lease = new Lease(host.clock, { tenantId: tenant.id, runId, epoch, until });
  const stopping = new AbortController().signal;
  return { epoch, drive: () => driveRun(options, { file, lease, pack: tenant.pack, workflow, control, stopping }) };
}

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
