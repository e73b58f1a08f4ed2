import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimDue, openRun, WORKER_PROFILE } from "../../src/worker/index.ts";
import { call, flow } from "./pack.ts";
import { applied, gate } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound, replayed } from "./sound.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(() => shop.close());

const MINUTE_MS = 60_000;

/** Lets a test stop the shop's worker, so that somebody else may have what comes due. */
async function withoutWorker<T>(act: () => Promise<T>): Promise<T> {
  await shop.rest();
  const done = await act();
  shop.work();
  return done;
}

test("RT-704 what a run is told reaches it in the order it was told, once, though its first holder read it and died", async () => {
  const wait_for = { type: "WEBHOOK", event_type: "parcel.moved" };
  const waits = ["one", "two", "three"].map((id, index, all) => ({
    id,
    type: "WAIT",
    wait_for,
    wait_timeout_seconds: 7_200,
    output_key: id,
    ...(index < 2 ? { next_step: all[index + 1] } : {}),
  }));
  const tenant = await shop.tenant({ workflows: [flow("W", waits)] });
  const runId = await tenant.start("W");
  await tenant.rests(runId, "SUSPENDED_WAIT");
  const told = ["packed", "sent", "delivered"];

  const read = await withoutWorker(async () => {
    for (const text of told)
      await tenant.tells(runId, "signal", { event_type: "parcel.moved", entity_id: null, payload: { text } });
    await claimDue(shop.installation.database.worker, "ghost", 100, MINUTE_MS);
    const file = await tenant.sql((sql) => openRun(sql, runId)); // and never commits what it made of it
    await shop.clock.move(2 * MINUTE_MS);
    return file?.inbox.length;
  });
  await tenant.ends(runId);

  const events = await tenant.events(runId);
  const goneOn = events.filter(({ type }) => type === "wait.resumed");
  expect(read).toBe(3);
  expect(goneOn.map(({ step, payload }) => [step, JSON.stringify(payload.patch)])).toEqual(
    ["one", "two", "three"].map((step, index) => [step, expect.stringContaining(told[index] ?? "none")]),
  );
});

test("RT-710 RT-807 a run whose clock was set back by ten minutes is kept in sequence, and replays in sequence to the same end", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("before", "look", { next_step: "then" }), call("then", "look")])],
  });
  tenant.answers("look", async () => {
    if (tenant.calls("look").length === 1) await shop.clock.move(-10 * MINUTE_MS);
    return applied();
  });

  const run = await tenant.runs("W");
  await shop.clock.move(10 * MINUTE_MS);

  const events = await tenant.events(run.run_id);
  const [started, ended] = [events[0], events.at(-1)];
  expect(run).toMatchObject({ outcome: "SUCCESS" });
  expect(ended?.type).toBe("run.ended");
  expect(ended?.at).toBeLessThan(started?.at ?? 0);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(await replayed(tenant, run.run_id)).toMatchObject({ equal: true, document_sha256: run.document_sha256 });
});

test("RT-711 RT-904 every attempt is recorded with its code, its time and its delay; the run's state is that of the last", async () => {
  const retry_policy = { max_attempts: 3, base_delay_seconds: 0.05, jitter: false, retryable_errors: ["BUSY"] };
  const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look", { retry_policy })])] });
  tenant.answers("look", () =>
    tenant.calls("look").length < 3
      ? { kind: "rejected", code: "BUSY", message: "come back later" }
      : applied({ text: "there" }),
  );

  const run = await tenant.runs("W");

  const tried = (await tenant.events(run.run_id)).filter(({ step }) => step === "ask");
  expect(tried.map(({ type, payload }) => [type, payload.attempt, payload.code])).toEqual([
    ["step.failed", 1, "BUSY"],
    ["step.failed", 2, "BUSY"],
    ["step.succeeded", 3, undefined],
  ]);
  for (const { payload } of tried) expect(payload.call).toMatchObject({ latency_ms: expect.any(Number) });
  const delays = tried.flatMap(({ at, payload }) =>
    typeof payload.retry_at === "number" ? [payload.retry_at - at] : [],
  );
  expect(delays).toEqual([50, 100]);
  const again = await replayed(tenant, run.run_id);
  expect(again).toMatchObject({ state: { steps: { ask: { status: "succeeded", attempts: 3 } } } });
});

describe("RT-805 a worker", () => {
  test("drives no more runs at a time than its profile lets it, and all of them in the end", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [call("ask", "look")])] });
    const door = gate();
    let [inside, most] = [0, 0];
    tenant.answers("look", async () => {
      inside += 1;
      most = Math.max(most, inside);
      await door.opened;
      inside -= 1;
      return applied();
    });

    const runs = await withoutWorker(async () => {
      const runIds: string[] = [];
      while (runIds.length < 5) runIds.push(await tenant.start("W"));
      const worker = shop.installation.newWorker({
        profile: { ...WORKER_PROFILE, runsMax: 2, pollMs: 20 },
        onTrouble: (_run, error) => expect.fail(String(error)),
      });
      worker.start();
      await shop.until("two runs in hand", async () => inside === 2);
      expect(worker.busy).toBe(2);
      door.open();
      const ended = await Promise.all(runIds.map((runId) => tenant.ends(runId)));
      await worker.stop();
      return ended;
    });

    expect(runs.map(({ outcome }) => outcome)).toEqual(Array(5).fill("SUCCESS"));
    expect(most).toBe(2);
  });
});

test("RT-807 a database whose disk is full takes no intent, so nothing is called; with room again the run ends, called once", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("read", "look", { next_step: "write" }), call("write", "reserve")])],
  });
  const { owner } = shop.installation.database;
  await owner`
    create function public.disk_full() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`;
  const codes: unknown[] = [];

  await withoutWorker(async () => {
    const runId = await tenant.start("W");
    await owner`create trigger disk_full before insert on countermark.idempotency for each row execute function public.disk_full()`;
    const worker = shop.installation.newWorker({ onTrouble: (_run, error) => void codes.push(Object(error).code) });
    worker.start();
    await shop.until("the disk to be full", async () => codes.length > 0);
    await owner`drop trigger disk_full on countermark.idempotency`;
    expect(tenant.calls("reserve")).toEqual([]);
    await shop.clock.move(MINUTE_MS);
    expect(await tenant.ends(runId)).toMatchObject({ outcome: "SUCCESS" });
    await worker.stop();
  });

  expect(new Set(codes)).toEqual(new Set(["DATABASE_UNAVAILABLE"]));
  expect(tenant.calls("reserve")).toHaveLength(1);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
