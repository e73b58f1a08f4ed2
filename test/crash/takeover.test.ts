import { beforeAll, describe, expect, test } from "vitest";
import { type CrashShop, openCrashShop, PROFILE } from "./shop.ts";
import { approvals, approve, asked, expectSound, hasEnded, standing, tell, until } from "./standing.ts";

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
  return () => shop.close();
});

const transfersOf = (reference: string) => shop.bank.transfers.filter((made) => made === reference);

test("P1-D16 RT-807 a worker dies between its claim and its first commit: another takes the run and does all of it", async () => {
  const runId = await shop.start("debit", { reference: "claimed" });
  const child = shop.spawn({ at: "claimed" });
  expect(await child.ended).toBe("SIGKILL");
  const before = await standing(shop, runId);

  const worker = shop.startWorker();
  const found = await until(shop, runId, hasEnded);
  await worker.stop();

  expect(before.run).toMatchObject({ status: "PENDING", epoch: 1, version: 0 });
  expect(found.run).toMatchObject({ status: "SUCCEEDED", epoch: 2 });
  expect(transfersOf("claimed")).toHaveLength(1);
  await expectSound(shop, found);
});

test("P1-D16 a worker dies while a run waits for approval: the request stands, and the run goes on when it is decided", async () => {
  const runId = await shop.start("P1-WF03", { order_id: shop.placeOrder(), reason: "damaged" });
  const child = shop.spawn();
  const approval = await asked(shop, runId);
  child.signal("SIGKILL");
  await child.ended;

  await approve(shop, approval);
  const worker = shop.startWorker();
  const found = await until(shop, runId, hasEnded);
  await worker.stop();

  expect(found.run.status).toBe("SUCCEEDED");
  expect(await approvals(shop, runId)).toMatchObject([{ approval_id: approval.approval_id, status: "APPROVED" }]);
  expect(found.receipts.filter(({ tool_name }) => tool_name === "executeRefund")).toHaveLength(1);
  await expectSound(shop, found);
});

test("P1-D16 a worker dies after it consumed an approval: the approval holds for the same call and is not asked for again", async () => {
  const refundsBefore = shop.simulators.stripe.state().refunds.length;
  const runId = await shop.start("P1-WF03", { order_id: shop.placeOrder(), reason: "damaged" });
  const child = shop.spawn({ at: { point: "after_intent", step: "execute" } });
  await approve(shop, await asked(shop, runId));
  expect(await child.ended).toBe("SIGKILL");
  const consumed = await approvals(shop, runId);
  const refundsBetween = shop.simulators.stripe.state().refunds.length;

  const worker = shop.startWorker();
  const found = await until(shop, runId, hasEnded);
  await worker.stop();

  expect(consumed).toMatchObject([{ status: "APPROVED", consumed_at: expect.any(Number) }]);
  expect(refundsBetween).toBe(refundsBefore);
  expect(found.run.status).toBe("SUCCEEDED");
  expect(await approvals(shop, runId)).toEqual(consumed);
  expect(shop.simulators.stripe.state().refunds).toHaveLength(refundsBefore + 1);
  await expectSound(shop, found);
});

describe.each(["before_intent", "after_intent", "after_effect"] as const)(
  "P1-D16 a worker is paused %s and wakes after its lease",
  (point) => {
    test("a stale epoch commits nothing and sends nothing: there is one effect", async () => {
      const reference = `paused ${point}`;
      const runId = await shop.start("debit", { reference });
      // No beat tells it when it wakes: what it may still do, its own clock must say, and the fence.
      const profile = { ...PROFILE, beatMs: 600_000 };
      const paused = shop.spawn({ at: { point, step: "debit" }, signal: "SIGSTOP", profile });
      await paused.says("stopping");

      const worker = shop.startWorker();
      const ended = await until(shop, runId, hasEnded);
      await worker.stop();
      paused.signal("SIGCONT");
      await paused.stop();
      const found = await standing(shop, runId);

      expect(found.run.status).toBe("SUCCEEDED");
      expect(found).toEqual(ended);
      expect(transfersOf(reference)).toHaveLength(1);
      expect(found.receipts).toHaveLength(1);
      await expectSound(shop, found);
    });
  },
);

test("a run whose handler kills its worker each time is blocked, and a person ends it", async () => {
  const { claimsMax } = PROFILE;
  // One claim for each death, also where a process is slower to reach the handler than a lease of the others lasts.
  const profile = { ...PROFILE, leaseMs: 6_000 };
  const runId = await shop.start("poison", { reference: "arsenic" });
  for (let claims = 1; claims <= claimsMax; claims++) {
    expect(await shop.spawn({ profile }).ended).toBe("SIGKILL");
  }

  const worker = shop.startWorker();
  const blocked = await until(shop, runId, ({ run }) => run.status === "BLOCKED");
  await tell(shop, runId, "signal", { event_type: "order.paid", entity_id: null, payload: {} });
  const still = await until(shop, runId, ({ run }) => run.version > blocked.run.version);
  await tell(shop, runId, "cancel", { reason: "it is poison" });
  const found = await until(shop, runId, hasEnded);
  await worker.stop();

  expect(blocked.run).toMatchObject({ code: "RUN_BLOCKED", outcome: null, epoch: claimsMax + 1 });
  expect(blocked.events.at(-1)).toMatchObject({ type: "run.blocked", severity: "error" });
  expect(still.run).toMatchObject({ status: "BLOCKED", head_seq: blocked.run.head_seq });
  expect(found.run).toMatchObject({ status: "CANCELLED" });
  expect(found.events.filter(({ type }) => type === "run.blocked")).toHaveLength(1);
  await expectSound(shop, found);
});

test("a worker that is stopped lets its call land and gives the run back: another goes on with it at once", async () => {
  // Leases that no test outlives: only giving back can make the run due.
  const patient = { ...PROFILE, leaseMs: 600_000 };
  const runId = await shop.start("both", { reference: "handed over" });
  const held = shop.bank.hold();
  const first = shop.startWorker(patient);
  await held.arrived;

  const stopped = first.stop();
  held.release();
  await stopped;
  const between = await standing(shop, runId);
  const second = shop.startWorker(patient);
  const found = await until(shop, runId, hasEnded);
  await second.stop();

  expect(between.run).toMatchObject({ outcome: null, epoch: 1 });
  expect(between.events.map(({ type }) => type)).toEqual(["run.started", "step.succeeded"]);
  expect(found.run).toMatchObject({ status: "SUCCEEDED", epoch: 2 });
  expect(found.receipts.map(({ tool_name }) => tool_name)).toEqual(["debit", "wire"]);
  expect(transfersOf("handed over")).toHaveLength(2);
  await expectSound(shop, found);
});
