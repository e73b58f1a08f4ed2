import { describe, expect, test } from "vitest";
import { formatInstant, after as later } from "../contracts/index.ts";
import { compileWorkflow } from "./compile/workflow.ts";
import type { StepDefinition } from "./definition.ts";
import { Driver, START } from "./testing/driver.ts";
import { BOUNDS, PACK, reserving, TOOLS, tool, toolOf, WORKFLOW, workflowOf } from "./testing/pack.ts";

const five = workflowOf(
  ["a", "b", "c", "d", "e"].map((id, index, all) => {
    const next = all[index + 1];
    return tool(id, next === undefined ? {} : { next_step: next });
  }),
);

describe("bounds", () => {
  test("P1-T05 a bound of three steps ends a run of five before the fourth starts", () => {
    const run = new Driver(five, { ...BOUNDS, max_steps_per_run: 3 }).succeed("a").succeed("b");
    expect(run.calls).toEqual(["c"]);

    run.succeed("c");

    expect(run.calls).toEqual([]);
    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "BOUND_STEPS", counters: { steps: 3 } });
    expect(run.events.find(({ type }) => type === "bound.reached")).toMatchObject({
      step: "d",
      severity: "error",
      payload: { code: "BOUND_STEPS", limit: 3, observed: 4 },
    });
  });

  test("P1-T06 a run is ended at its time limit while a tool still runs, and what it did is undone", () => {
    const workflow = workflowOf([reserving("a", 1, { next_step: "b" }), tool("b")]);
    const run = new Driver(workflow, { ...BOUNDS, max_time_seconds: 2 }).succeed("a");
    expect(run.last.wake).toBe(later(START, 2000));

    run.wait(1999);
    expect(run.calls).toEqual(["b"]);
    run.wait(1);

    expect(run.state.failure?.code).toBe("BOUND_TIME");
    expect(run.calls).toEqual(["undo:a"]);
    expect(run.succeed("undo:a").state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "BOUND_TIME" });
  });

  test("P1-T06 a write in flight at the time limit is told to stop, and its answer is still awaited", () => {
    const run = new Driver(workflowOf([reserving("a", 1)]), { ...BOUNDS, max_time_seconds: 2 }).wait(2000);

    expect(run.last.abandoned).toEqual(["main"]);
    expect(run.state.outcome).toBeNull();
  });

  test("P1-T07 tokens beyond the bound end the run", () => {
    const run = new Driver(five, { ...BOUNDS, max_tokens_per_run: 1000 }).succeed("a", {}, 1000);
    expect(run.calls).toEqual(["b"]);

    expect(run.succeed("b", {}, 1).state).toMatchObject({ code: "BOUND_TOKENS", counters: { tokens: 1001 } });
  });

  test("P1-D01 retries count as tool calls, not as steps, and the bound on calls ends the run", () => {
    const retry_policy = {
      max_attempts: 5,
      base_delay_seconds: 1,
      max_delay_seconds: 60,
      backoff_multiplier: 2,
      jitter: false,
      retryable_errors: ["TOOL_ERROR"],
    };
    const run = new Driver(workflowOf([tool("a", { retry_policy })]), { ...BOUNDS, max_tool_calls_per_run: 2 });

    run.fail("a", "TOOL_ERROR").wait(1000).fail("a", "TOOL_ERROR").wait(2000);

    expect(run.state).toMatchObject({ code: "BOUND_TOOL_CALLS", counters: { steps: 1, tool_calls: 2 } });
  });

  test("P1-D01 a bound on one tool ends the run at that tool", () => {
    const run = new Driver(five, { ...BOUNDS, max_tool_calls_per_type: { look: 2 } }).succeed("a").succeed("b");

    expect(run.state).toMatchObject({
      code: "BOUND_TOOL_CALLS_PER_TYPE",
      counters: { tool_calls_per_type: { look: 2 } },
    });
  });

  test("P1-D01 a bound on a tool named `constructor` ends the run too", () => {
    const own = { ...TOOLS, constructor: { ...toolOf("look"), name: "constructor" } };
    const steps = ["a", "b", "c"].map((id, index, ids) =>
      tool(id, { tool_name: "constructor", ...(index < 2 ? { next_step: ids[index + 1] ?? "" } : {}) }),
    );
    const workflow = compileWorkflow({ ...PACK, tools: own }, { ...WORKFLOW, steps });

    const run = new Driver(workflow, { ...BOUNDS, max_tool_calls_per_type: { constructor: 2 } });
    run.succeed("a").succeed("b");

    expect(run.state).toMatchObject({ code: "BOUND_TOOL_CALLS_PER_TYPE" });
    expect(run.state.counters.tool_calls_per_type).toEqual({ constructor: 2 });
  });

  test("P1-D13 a run taken over goes on counting where it was", () => {
    const bounds = { ...BOUNDS, max_steps_per_run: 2 };
    const run = new Driver(five, bounds).succeed("a").crash().succeed("b").crash();

    expect(run.state.code).toBe("BOUND_STEPS");
  });

  test("LOOP_DETECTED by a guard ends the run whatever the step's retry policy says", () => {
    const run = new Driver(workflowOf([tool("a", { on_failure: "b" }), tool("b")]), BOUNDS).refuse(
      "a",
      "LOOP_DETECTED",
    );

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "LOOP_DETECTED" });
    expect(run.types).toContain("bound.reached");
  });

  test.each([
    ["BOUND_STEPS", 50, 1],
    ["BOUND_TIME", 300, 4],
    ["BOUND_TOKENS", 50_000, 0],
    ["BOUND_TOOL_CALLS", 100, 1],
    ["BOUND_TOOL_CALLS_PER_TYPE", 7, 1],
    ["LOOP_DETECTED", null, null],
  ] as const)("P1-T07 %s by a guard is recorded with the limit and what was used", (code, limit, observed) => {
    const bounds = { ...BOUNDS, max_tool_calls_per_type: { look: 7 } };
    const run = new Driver(workflowOf([tool("a")]), bounds).wait(4_000).refuse("a", code);

    const reached = run.events.find(({ type }) => type === "bound.reached");
    expect(reached).toMatchObject({ step: "a", payload: { code, limit, observed } });
  });

  test("P1-T08 a call that a loop stopped is not retried, where a retry would pass the loop's guard: not by a policy, not as an undoing step", () => {
    const retry_policy = {
      max_attempts: 3,
      base_delay_seconds: 0,
      max_delay_seconds: 60,
      backoff_multiplier: 2,
      jitter: false,
      retryable_errors: ["LOOP_DETECTED"],
    };
    const undoing: StepDefinition = { id: "a", type: "COMPENSATION", tool_name: "release", hitl_required: false };

    for (const step of [tool("a", { retry_policy }), undoing]) {
      const run = new Driver(workflowOf([step]), BOUNDS).refuse("a", "LOOP_DETECTED").wait(60_000);

      expect(run.calls).toEqual([]);
      expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "LOOP_DETECTED" });
    }
  });

  test("the clock of conditions stands at the run's start", () => {
    const branch = {
      id: "a",
      type: "BRANCH",
      condition: "now() == $.run.started_at",
      if_true: "b",
      if_false: null,
    } as const;
    const workflow = workflowOf([tool("z", { next_step: "a" }), branch, tool("b")]);

    const run = new Driver(workflow, BOUNDS).wait(60_000).succeed("z");

    expect(run.calls).toEqual(["b"]);
    expect(run.state.document.run).toMatchObject({ started_at: formatInstant(START) });
  });
});
