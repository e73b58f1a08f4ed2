import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reviewLetter } from "../../src/api/requeue.ts";
import { assert } from "../../src/contracts/index.ts";
import { type LetterRow, listLetters } from "../../src/ledger/index.ts";
import { call, flow, type PackPlan } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import type { FlowTenant } from "./tenant.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  expect(shop.troubles).toEqual([]);
  await shop.close();
});

const retry_policy = { max_attempts: 2, base_delay_seconds: 0, retryable_errors: ["BUSY"] };
const BUSY = { kind: "rejected", code: "BUSY", message: "come back later" } as const;

/** Notes what it was told, then looks; the look is what fails. */
const PLAN: PackPlan = {
  workflows: [flow("W", [call("first", "note", { next_step: "ask" }), call("ask", "look", { retry_policy })])],
};

const letters = (tenant: FlowTenant): Promise<readonly LetterRow[]> =>
  tenant.sql((sql) => listLetters(sql, { state: null, after: "", limit: 100 }));

async function onlyLetter(tenant: FlowTenant): Promise<LetterRow> {
  const [letter, second] = await letters(tenant);
  assert(letter !== undefined && second === undefined, "there is one letter");
  return letter;
}

async function reviewed(
  tenant: FlowTenant,
  letter: LetterRow,
  act: "requeue" | "discard" | "resolve",
  reason = "mended",
) {
  const control = await shop.installation.control.find(tenant.id);
  assert(control !== undefined, "the tenant exists");
  return reviewLetter(shop.installation, { control, letterId: letter.dead_letter_id, act, by: "olga", reason });
}

const audited = async (tenant: FlowTenant) =>
  (await tenant.audited())
    .filter(({ type }) => type.startsWith("dead_letter."))
    .map(({ type, payload }) => ({ type, payload }));

async function exhausted() {
  const tenant = await shop.tenant(PLAN);
  tenant.answers("look", () => BUSY);
  const run = await tenant.runs("W", { text: "hello" });
  return { tenant, run, letter: await onlyLetter(tenant) };
}

describe("a step that used up its attempts", () => {
  test("RT-9.4 leaves a letter in the commit in which it failed, which names it, its code and its attempts", async () => {
    const { tenant, run, letter } = await exhausted();

    const failed = (await tenant.events(run.run_id)).findLast(({ type }) => type === "step.failed");
    expect(failed?.payload).toMatchObject({ exhausted: "attempts", attempt: 2 });
    expect(letter).toMatchObject({
      dead_letter_id: failed?.event_id,
      kind: "retry",
      run_id: run.run_id,
      step_id: "ask",
      seq: failed?.seq,
      reason_code: "BUSY",
      attempts: 2,
      state: "PENDING_REVIEW",
    });
  });

  test("RT-901 that no retry would have helped leaves none", async () => {
    const tenant = await shop.tenant(PLAN);
    tenant.answers("look", () => ({ ...BUSY, code: "GONE" }));
    await tenant.runs("W", { text: "hello" });

    expect(await letters(tenant)).toEqual([]);
  });

  test("is started anew when it is requeued, once however often that is asked, and does nothing twice", async () => {
    const { tenant, run, letter } = await exhausted();
    tenant.answers("look", () => applied({ text: "there" }));

    const once = await reviewed(tenant, letter, "requeue");
    const twice = await reviewed(tenant, letter, "requeue");

    expect(once).toMatchObject({
      ok: true,
      value: { state: "REQUEUED", reviewed_by: "olga", review_reason: "mended" },
    });
    expect(twice).toEqual(once);
    const again = await tenant.ends((once.ok ? once.value.requeued_as : null) ?? "");
    expect(again).toMatchObject({ outcome: "SUCCESS", principal_id: run.principal_id });
    expect(again.run_id).not.toBe(run.run_id);
    expect(tenant.calls("note")).toHaveLength(1); // the first run's, found by its key
    expect(await tenant.run(run.run_id)).toEqual(run);
    expect(await audited(tenant)).toEqual([
      {
        type: "dead_letter.reviewed",
        payload: {
          dead_letter_id: letter.dead_letter_id,
          act: "requeue",
          reason: "mended",
          kind: "retry",
          run_id: run.run_id,
          requeued_as: again.run_id,
        },
      },
    ]);
  });

  test("is not started anew where what it did was undone, which a second run would take for done", async () => {
    const compensation = { tool_name: "release", tool_input_mapping: { id: "$.first.id" }, compensation_order: 1 };
    const hold = call("first", "reserve", { next_step: "ask", compensation });
    const tenant = await shop.tenant({ workflows: [flow("W", [hold, call("ask", "look", { retry_policy })])] });
    tenant.answers("look", () => BUSY);
    await tenant.runs("W", { id: "order-1" });
    const letter = await onlyLetter(tenant);

    const refused = await reviewed(tenant, letter, "requeue");

    expect(refused).toMatchObject({ ok: false, refusal: { code: "DEAD_LETTER_NOT_REQUEUABLE" } });
    expect((await onlyLetter(tenant)).state).toBe("PENDING_REVIEW");
    expect(await reviewed(tenant, letter, "resolve")).toMatchObject({ ok: true, value: { state: "RESOLVED" } });
  });
});

describe("a review", () => {
  test("is made once: another one is refused with the move it would have been, and written down", async () => {
    const { tenant, letter } = await exhausted();
    await reviewed(tenant, letter, "discard", "a test");

    const refused = await reviewed(tenant, letter, "requeue");

    expect(refused).toMatchObject({
      ok: false,
      refusal: {
        code: "STATE_TRANSITION_ILLEGAL",
        details: { reason_code: "STATE.INVALID_TRANSITION.DISCARDED.REQUEUED" },
      },
    });
    expect(await audited(tenant)).toMatchObject([
      { type: "dead_letter.reviewed", payload: { act: "discard" } },
      {
        type: "dead_letter.review_refused",
        payload: { act: "requeue", code: "STATE_TRANSITION_ILLEGAL", from: "DISCARDED" },
      },
    ]);
  });

  test("cannot be taken back behind the program's back either", async () => {
    const { tenant, letter } = await exhausted();
    await reviewed(tenant, letter, "discard", "a test");

    const taken = tenant.sql(
      (sql) => sql`
        update dead_letter set state = 'RESOLVED' where dead_letter_id = ${letter.dead_letter_id}`,
    );

    await expect(taken).rejects.toThrow();
  });
});

test("a compensation that failed and that nobody is asked about leaves a letter", async () => {
  const compensation = {
    tool_name: "release",
    tool_input_mapping: { id: "$.first.id" },
    compensation_order: 1,
    max_attempts: 1,
    on_compensation_failure: "ALERT",
  };
  const hold = call("first", "reserve", { next_step: "ask", compensation });
  const tenant = await shop.tenant({ workflows: [flow("W", [hold, call("ask", "look")])] });
  tenant.answers("look", () => ({ ...BUSY, code: "GONE" }));
  tenant.answers("release", () => ({ ...BUSY, code: "STUCK" }));
  await tenant.runs("W", { id: "order-1" });

  const letter = await onlyLetter(tenant);

  expect(letter).toMatchObject({ kind: "compensation", step_id: "first", reason_code: "STUCK" });
  expect(await reviewed(tenant, letter, "requeue")).toMatchObject({
    ok: false,
    refusal: { code: "DEAD_LETTER_NOT_REQUEUABLE" },
  });
});

test("an ended run takes no other status, whoever writes it", async () => {
  const { tenant, run } = await exhausted();

  const revived = tenant.sql(
    (sql) => sql`
      update run set status = 'RUNNING', outcome = null, ended_at = null where run_id = ${run.run_id}`,
  );

  await expect(revived).rejects.toThrow();
  expect((await tenant.run(run.run_id)).status).toBe(run.status);
});

describe("a run that was claimed too often", () => {
  /** A run that waits, made due with as many claims as it takes. */
  async function blocked() {
    const wait = { id: "wait", type: "WAIT", wait_for: { type: "MANUAL" }, wait_timeout_seconds: 600 };
    const tenant = await shop.tenant({ workflows: [flow("W", [wait])] });
    const runId = await tenant.start("W");
    await tenant.rests(runId, "SUSPENDED_WAIT");
    await tenant.sql((sql) => sql`update due set claims = 1000, due_at = clock() where kind = 'run' and id = ${runId}`);
    await tenant.rests(runId, "BLOCKED");
    return { tenant, runId, letter: await onlyLetter(tenant) };
  }

  test("leaves a letter, and goes on from where it was when that is requeued", async () => {
    const { tenant, runId, letter } = await blocked();

    expect(letter).toMatchObject({ kind: "blocked", run_id: runId, reason_code: "RUN_BLOCKED", attempts: 1001 });
    expect(await reviewed(tenant, letter, "requeue")).toMatchObject({ ok: true, value: { requeued_as: runId } });

    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
  });
});
