import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, flow } from "./pack.ts";
import { applied, gate } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

const wait = (wait_for: object, rest: object = {}) => ({
  id: "wait",
  type: "WAIT",
  wait_for,
  wait_timeout_seconds: 600,
  next_step: "go_on",
  ...rest,
});

const goOn = call("go_on", "look", { tool_input_mapping: { text: "$.wait.text" } });

describe("a run that waits", () => {
  test("WEBHOOK: goes on with the event about its own entity, and with no other", async () => {
    const step = wait({ type: "WEBHOOK", event_type: "parcel.delivered", entity_id: "$.trigger.item_id" });
    const tenant = await shop.tenant({ workflows: [flow("W", [step, goOn])] });
    const entity_id = `${tenant.id}_ful_1`;
    const runId = await tenant.start("W", { item_id: entity_id });
    await tenant.rests(runId, "SUSPENDED_WAIT");

    await tenant.tells(runId, "signal", { event_type: "parcel.lost", entity_id, payload: { text: "lost" } });
    await tenant.tells(runId, "signal", {
      event_type: "parcel.delivered",
      entity_id: "other",
      payload: { text: "other" },
    });
    await tenant.tells(runId, "signal", {
      event_type: "parcel.delivered",
      entity_id,
      payload: { text: "at the door" },
    });
    const run = await tenant.ends(runId);

    expect(run.outcome).toBe("SUCCESS");
    expect(tenant.calls("look").map(({ input }) => input)).toEqual([{ text: "at the door" }]);
  });

  test("WEBHOOK: an event that outruns the step is kept for it", async () => {
    const step = wait({ type: "WEBHOOK", event_type: "parcel.delivered" });
    const tenant = await shop.tenant({
      workflows: [flow("W", [call("first", "note", { next_step: "wait" }), step, goOn])],
    });
    const door = gate();
    tenant.answers("note", async () => {
      await door.opened;
      return applied();
    });
    const runId = await tenant.start("W");
    await shop.until("the first call", async () => tenant.calls("note").length === 1);

    await tenant.tells(runId, "signal", {
      event_type: "parcel.delivered",
      entity_id: null,
      payload: { text: "early" },
    });
    door.open();

    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
    expect(tenant.calls("look").map(({ input }) => input)).toEqual([{ text: "early" }]);
  });

  test("a wait whose time is over fails WAIT_TIMEOUT, or goes where the workflow says", async () => {
    const plain = flow("W", [wait({ type: "MANUAL" }, { wait_timeout_seconds: 60 }), goOn]);
    const guided = flow("G", [
      wait({ type: "MANUAL" }, { wait_timeout_seconds: 60, on_timeout: "late" }),
      goOn,
      call("late", "note", { tool_input_mapping: { text: "late" } }),
    ]);
    const tenant = await shop.tenant({ workflows: [plain, guided] });
    const runIds = [await tenant.start("W"), await tenant.start("G")];
    await Promise.all(runIds.map((runId) => tenant.rests(runId, "SUSPENDED_WAIT")));

    await shop.clock.move(60_000);
    const runs = await Promise.all(runIds.map((runId) => tenant.ends(runId)));

    expect(runs.map(({ code }) => code)).toEqual(["WAIT_TIMEOUT", null]);
    expect(tenant.calls().map(({ input }) => input)).toEqual([{ text: "late" }]);
  });

  test("TIMER: goes on when its time has passed, and waiting is no active time", async () => {
    const step = wait({ type: "TIMER", duration_seconds: 3_600 }, { wait_timeout_seconds: 7_200 });
    const tenant = await shop.tenant({ workflows: [flow("W", [step, goOn])], bounds: { max_time_seconds: 20 } });
    const runId = await tenant.start("W");
    await tenant.rests(runId, "SUSPENDED_WAIT");

    await shop.clock.move(3_590_000);
    expect((await tenant.rests(runId, "SUSPENDED_WAIT")).outcome).toBeNull();
    await shop.clock.move(10_000);

    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
    expect(tenant.calls("look")).toHaveLength(1);
  });

  test("POLL: asks again after its interval until the condition holds, and hands on what it found", async () => {
    const polling = {
      type: "POLL",
      poll_tool: "track",
      poll_interval_seconds: 30,
      poll_condition: "$.poll.state == 'ready'",
    };
    const step = wait({ ...polling, poll_tool: "think", poll_input_mapping: { id: "parcel-1" } });
    const tenant = await shop.tenant({ workflows: [flow("W", [step, goOn])] });
    const states = ["packing", "packing", "ready"];
    tenant.answers("think", () =>
      applied({ state: states[tenant.calls("think").length - 1] ?? "ready", text: "found" }),
    );
    const runId = await tenant.start("W");
    await tenant.rests(runId, "SUSPENDED_WAIT");

    for (const polls of [1, 2]) {
      await shop.until(`poll ${polls}`, async () => tenant.calls("think").length === polls);
      await tenant.rests(runId, "SUSPENDED_WAIT");
      await shop.clock.move(30_000);
    }

    expect((await tenant.ends(runId)).outcome).toBe("SUCCESS");
    expect(tenant.calls("think")).toHaveLength(3);
    expect(tenant.calls("look").map(({ input }) => input)).toEqual([{ text: "found" }]);
  });

  test("MANUAL: goes on with what a person gives it, and the ledger names the person", async () => {
    const tenant = await shop.tenant({ workflows: [flow("W", [wait({ type: "MANUAL" }), goOn])] });
    const runId = await tenant.start("W");
    await tenant.rests(runId, "SUSPENDED_WAIT");

    await tenant.tells(runId, "resume", { payload: { text: "checked by hand" } }, "alice");
    const run = await tenant.ends(runId);

    expect(run.outcome).toBe("SUCCESS");
    expect(tenant.calls("look").map(({ input }) => input)).toEqual([{ text: "checked by hand" }]);
    expect((await tenant.event(runId, "wait.released")).payload).toMatchObject({ by: "alice" });
  });

  test("a cancelled run undoes what it did and calls nothing else", async () => {
    const compensation = { tool_name: "release", tool_input_mapping: { id: "$.hold.id" }, compensation_order: 1 };
    const tenant = await shop.tenant({
      workflows: [
        flow("W", [call("hold", "reserve", { next_step: "wait", compensation }), wait({ type: "MANUAL" }), goOn]),
      ],
    });
    tenant.answers("reserve", () => applied({ id: "held-1" }));
    const runId = await tenant.start("W");
    await tenant.rests(runId, "SUSPENDED_WAIT");

    await tenant.tells(runId, "cancel", { reason: "no longer wanted" });
    const run = await tenant.ends(runId);
    const again = await tenant.tells(runId, "cancel", { reason: "still not wanted" });

    expect(run).toMatchObject({ status: "CANCELLED", outcome: "CANCELLED", code: "RUN_CANCELLED" });
    expect(tenant.calls().map(({ tool, input }) => [tool, input])).toEqual([
      ["reserve", {}],
      ["release", { id: "held-1" }],
    ]);
    expect((await tenant.event(runId, "run.cancel_requested")).payload).toMatchObject({ reason: "no longer wanted" });
    expect(again).toBe(true);
    await shop.until("the run at rest", async () => {
      const [due] = await tenant.sql((sql) => sql`select due_at, signals from due where id = ${runId}`);
      return due?.signals === 2 && due.due_at === null;
    });
  });
});

describe("a run that starts another", () => {
  const child = flow("CHILD", [call("work", "note")]);

  test("START_RUN starts exactly one child, with its input and a correlation of its own, and does not wait for it", async () => {
    const start = { id: "hand_over", type: "START_RUN", workflow: "CHILD", input_mapping: { text: "$.trigger.text" } };
    const tenant = await shop.tenant({ workflows: [flow("W", [start]), child] });

    const parent = await tenant.runs("W", { text: "from the parent" });

    const children = await tenant.sql(
      (sql) => sql<{ run_id: string }[]>`select run_id from run where workflow_id = 'CHILD'`,
    );
    expect(children).toHaveLength(1);
    const run = await tenant.ends(children[0]?.run_id ?? "");
    expect(run).toMatchObject({ outcome: "SUCCESS", correlation_id: `${parent.correlation_id}/hand_over` });
    expect(tenant.calls("note").map(({ input }) => input)).toEqual([{ text: "from the parent" }]);
  });

  test("the same start key starts one run, however often it is asked", async () => {
    const tenant = await shop.tenant({ workflows: [child] });

    const started = await Promise.all(
      Array.from({ length: 10 }, () => tenant.startWith("order-7", "CHILD", { text: "once" })),
    );

    expect(started.filter((runId) => runId !== null)).toHaveLength(1);
    for (const runId of started) if (runId !== null) await tenant.ends(runId);
    expect(tenant.calls("note")).toHaveLength(1);
  });
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
