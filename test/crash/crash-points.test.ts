import { beforeAll, describe, expect, test } from "vitest";
import { CRASH_POINTS, type CrashPoint } from "../../src/worker/index.ts";
import { type CrashShop, openCrashShop } from "./shop.ts";
import { approvals, approve, asked, expectSound, hasEnded, type Standing, tell, until } from "./standing.ts";

let shop: CrashShop;
beforeAll(async () => {
  shop = await openCrashShop();
  return () => shop.close();
});

/** Lets a process take the run and die at a point of a step. */
async function dieAt(point: CrashPoint, step: string): Promise<void> {
  const child = shop.spawn({ at: { point, step } });

  await child.says("started");
  expect(await child.ended).toBe("SIGKILL");
}

/** Lets another worker take what the dead one left, until it stands so. */
async function succeed(runId: string, isSo: (found: Standing) => boolean): Promise<Standing> {
  const worker = shop.startWorker();
  const found = await until(shop, runId, isSo);
  await worker.stop();
  return found;
}

const transfersOf = (reference: string) => shop.bank.transfers.filter((made) => made === reference);

const waitsForPerson = ({ run, events }: Standing): boolean =>
  run.status === "SUSPENDED_WAIT" && events.some(({ type }) => type === "effect.unknown");

describe.each(CRASH_POINTS)("P1-D16 a worker dies %s", (point) => {
  test("a provider with idempotency keys refunds once, and nobody is asked twice", async () => {
    const order_id = shop.placeOrder();
    const refundsBefore = shop.simulators.stripe.state().refunds.length;
    const runId = await shop.start("P1-WF03", { order_id, reason: "damaged" });
    const asking = shop.startWorker();
    await approve(shop, await asked(shop, runId));
    await asking.stop();

    await dieAt(point, "execute");
    const found = await succeed(runId, hasEnded);

    expect(found.run.status).toBe("SUCCEEDED");
    expect(shop.simulators.stripe.state().refunds).toHaveLength(refundsBefore + 1);
    expect(found.receipts.filter(({ tool_name }) => tool_name === "executeRefund")).toMatchObject([
      { status: "claimed", external_provider: "stripe", step_id: "execute" },
    ]);
    expect(await approvals(shop, runId)).toMatchObject([{ status: "APPROVED", consumed_at: expect.any(Number) }]);
    await expectSound(shop, found);
  });

  test("a provider without keys is asked what became of the call, and is called once", async () => {
    const reference = `debit ${point}`;
    const runId = await shop.start("debit", { reference });

    await dieAt(point, "debit");
    const found = await succeed(runId, hasEnded);

    expect(found.run.status).toBe("SUCCEEDED");
    expect(transfersOf(reference)).toHaveLength(1);
    expect(found.receipts).toMatchObject([{ status: "claimed", external_transaction_id: reference }]);
    await expectSound(shop, found);
  });

  test("an e-mail that may be repeated is repeated only where it may not have left", async () => {
    const order_id = shop.placeOrder();
    const mailsBefore = shop.simulators.sendgrid.state().messages.length;
    const runId = await shop.start("mail", { order_id });

    await dieAt(point, "mail");
    const found = await succeed(runId, hasEnded);

    const mails = shop.simulators.sendgrid.state().messages.slice(mailsBefore);
    expect(found.run.status).toBe("SUCCEEDED");
    expect(mails).toHaveLength(point === "after_effect" ? 2 : 1);
    expect(found.receipts).toMatchObject([{ tool_name: "sendConfirmation", status: "claimed" }]);
    await expectSound(shop, found);
  });
});

describe.each(["before_intent", "after_outcome"] as const)("P1-D16 a worker dies %s", (point) => {
  test("a provider that can tell nothing is called once, since the record tells enough", async () => {
    const reference = `wire ${point}`;
    const runId = await shop.start("wire", { reference });

    await dieAt(point, "wire");
    const found = await succeed(runId, hasEnded);

    expect(found.run.status).toBe("SUCCEEDED");
    expect(transfersOf(reference)).toHaveLength(1);
    expect(found.receipts).toMatchObject([{ status: "claimed" }]);
    await expectSound(shop, found);
  });
});

describe.each(["after_intent", "after_effect"] as const)("P1-D16 a worker dies %s", (point) => {
  const applied = point === "after_effect";

  test(`a provider that can tell nothing is not called again: a person says whether it ${applied ? "happened" : "did not happen"}`, async () => {
    const reference = `wire ${point}`;
    const runId = await shop.start("wire", { reference });

    await dieAt(point, "wire");
    const waiting = await succeed(runId, waitsForPerson);

    expect(transfersOf(reference)).toHaveLength(applied ? 1 : 0);
    expect(waiting.receipts).toMatchObject([{ status: "unknown" }]);
    await expectSound(shop, waiting);

    await tell(shop, runId, "resolve", applied ? { applied, output: { reference }, receipt_id: null } : { applied });
    const found = await succeed(runId, hasEnded);

    expect(found.run.status).toBe("SUCCEEDED");
    expect(transfersOf(reference)).toHaveLength(1);
    expect(found.receipts.map(({ status }) => status)).toEqual(applied ? ["confirmed"] : ["contradicted", "claimed"]);
    await expectSound(shop, found);
  });
});
