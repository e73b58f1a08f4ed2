import { afterAll, beforeAll, expect, test } from "vitest";
import { call, flow } from "./pack.ts";
import { applied } from "./provider.ts";
import { type FlowShop, openFlowShop } from "./shop.ts";
import { expectSound } from "./sound.ts";

let shop: FlowShop;

beforeAll(async () => {
  shop = await openFlowShop();
});

afterAll(async () => {
  await shop.close();
});

/** Steps `a`, `b`, … one after another, each with another argument, so that none repeats the one before. */
const chain = (tool: string, length: number, rest: object = {}) =>
  [..."abcdefgh"].slice(0, length).map((id, index, ids) =>
    call(id, tool, {
      tool_input_mapping: { text: id },
      ...(index + 1 < length ? { next_step: ids[index + 1] } : {}),
      ...rest,
    }),
  );

test("P1-T05 a run of five steps ends after the third, and the violation is logged", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", chain("look", 5))], bounds: { max_steps_per_run: 3 } });

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "BOUND_STEPS" });
  expect(tenant.calls("look")).toHaveLength(3);
  const { payload, severity } = await tenant.event(run.run_id, "bound.reached");
  expect(payload).toMatchObject({ code: "BOUND_STEPS", limit: 3, observed: 4 });
  expect(severity).toBe("error");
  const audited = await tenant.sql((sql) => sql`select type from audit_log where stream = ${run.run_id}`);
  expect(audited.map(({ type }) => type)).toEqual(["bound.reached"]);
});

test("P1-T06 a run whose tool sleeps is ended when its time is over, not when the tool wakes", async () => {
  const tenant = await shop.tenant({ workflows: [flow("W", [call("a", "look")])], bounds: { max_time_seconds: 2 } });
  tenant.answers("look", async (_input, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new Error("stopped");
  });

  const runId = await tenant.start("W");
  await shop.until("the tool to sleep", async () => tenant.calls("look").length === 1);
  await shop.clock.move(2_000);
  const run = await tenant.ends(runId);

  expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "BOUND_TIME" });
  const { payload } = await tenant.event(runId, "bound.reached");
  expect(payload).toMatchObject({ code: "BOUND_TIME", limit: 2 });
  expect(payload.observed).toBeLessThan(9); // the tool itself may take ten seconds
});

test("P1-T07 a run whose models used more tokens than it may is ended", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", chain("think", 3))],
    bounds: { max_tokens_per_run: 1_000 },
  });
  tenant.answers("think", (_input, context) => {
    context.usage({ model: "model-a", tokens: 600, costMicros: 10 });
    return applied();
  });

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "BOUND_TOKENS", cost_micros: 20 });
  expect(tenant.calls("think")).toHaveLength(2);
  expect((await tenant.event(run.run_id, "bound.reached")).payload).toMatchObject({ limit: 1_000, observed: 1_200 });
});

test("P1-T08 the same call three times is a loop, and what repeated is kept as evidence", async () => {
  const steps = chain("look", 5, { tool_input_mapping: { text: "again" } });
  const tenant = await shop.tenant({ workflows: [flow("W", steps)] });

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "LOOP_DETECTED" });
  expect(tenant.calls("look")).toHaveLength(2);
  const { payload } = await tenant.event(run.run_id, "call.refused");
  const repeated = { tool: "look", version: "1.0.0", fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) };
  expect(payload).toMatchObject({
    stage: "bounds",
    code: "LOOP_DETECTED",
    message: expect.stringContaining("`look`"),
    call: { details: { repeats: 3, sequence: [repeated] } },
  });
});

test("P1-D01 a run ends at its limit of tool calls, retries included", async () => {
  const retry_policy = { max_attempts: 5, base_delay_seconds: 0, retryable_errors: ["TOOL_ERROR"] };
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("a", "look", { retry_policy })])],
    bounds: { max_tool_calls_per_run: 2 },
  });
  tenant.answers("look", () => ({ kind: "not_applied", code: "TOOL_ERROR", message: "not now" }));

  const run = await tenant.runs("W");

  expect(run.code).toBe("BOUND_TOOL_CALLS");
  expect(tenant.calls("look")).toHaveLength(2);
});

test("P1-D01 a call inside another counts: a handler that calls on and on is stopped at the limit, and its run is ended", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("a", "look")])],
    bounds: { max_tool_calls_per_run: 4 },
  });
  tenant.answers("look", async (_input, { invoke }) => {
    for (let turn = 0; turn < 20; turn++) {
      const inner = await invoke("think", { text: "again" });
      if (inner.kind !== "applied") return inner;
    }
    return applied();
  });

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ outcome: "UNEXPECTED_FAILURE", code: "BOUND_TOOL_CALLS" });
  expect(tenant.calls("think")).toHaveLength(3);
  expect((await tenant.event(run.run_id, "step.failed")).payload).toMatchObject({
    spent: { tool_calls: ["look", "think", "think", "think"] },
  });
});

test("P1-D01 calls inside another count also when they are made at once", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", [call("a", "look")])],
    bounds: { max_tool_calls_per_type: { think: 2 } },
  });
  tenant.answers("look", async (_input, { invoke }) => {
    const inner = await Promise.all([..."abcde"].map((text) => invoke("think", { text })));
    return applied({ count: inner.filter(({ kind }) => kind === "applied").length });
  });

  const run = await tenant.runs("W");

  expect(tenant.calls("think")).toHaveLength(2);
  expect((await tenant.event(run.run_id, "step.succeeded")).payload).toMatchObject({
    patch: [{ value: { count: 2 } }],
    spent: { tool_calls: ["look", "think", "think"] },
  });
});

test("P1-T07 P1-T10 what a call inside another spends is its run's: cost is recorded, and the bound on tokens holds", async () => {
  const tenant = await shop.tenant({
    workflows: [flow("W", chain("look", 3))],
    bounds: { max_tokens_per_run: 1_000 },
  });
  tenant.answers("think", (_input, context) => {
    context.usage({ model: "model-a", tokens: 600, costMicros: 10 });
    return applied();
  });
  tenant.answers("look", (_input, { invoke }) => invoke("think", { text: "once" }));

  const run = await tenant.runs("W");

  expect(run).toMatchObject({ code: "BOUND_TOKENS", cost_micros: 20 });
  expect(tenant.calls("think")).toHaveLength(2);
});

test("P1-D01 a run ends at the limit of one tool, and what it did before is undone on another budget", async () => {
  const compensation = { tool_name: "release", tool_input_mapping: { text: "undo" }, compensation_order: 1 };
  const reserve = call("hold", "reserve", { next_step: "a", compensation });
  const tenant = await shop.tenant({
    workflows: [flow("W", [reserve, ...chain("look", 3)])],
    bounds: { max_tool_calls_per_type: { look: 2 }, max_tool_calls_per_run: 3 },
  });

  tenant.answers("release", async (_input, { invoke }) => {
    const state = await invoke("think", { text: "what is to be undone?" });
    return state.kind === "applied" ? applied() : state;
  });

  const run = await tenant.runs("W");

  expect(run.code).toBe("BOUND_TOOL_CALLS");
  expect((await tenant.event(run.run_id, "compensation.succeeded")).payload).toMatchObject({ attempt: 1 });
  expect(tenant.calls().map(({ tool }) => tool)).toEqual(["reserve", "look", "look", "release", "think"]);
});

test("every stream of these tests verifies, and every run is decided the same way again", () => expectSound(shop));
