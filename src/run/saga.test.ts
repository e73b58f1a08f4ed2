import { describe, expect, test } from "vitest";
import { assert, instant } from "../contracts/index.ts";
import type { ParallelStep, StepDefinition } from "./definition.ts";
import { replay } from "./replay.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS, reserving, tool, workflowOf } from "./testing/pack.ts";

/** The reference example of commerce-kernel 4.7, its tools played by `reserve`, `release` and `look`. */
const fulfilment = (parallel: Partial<ParallelStep> = {}, more: readonly StepDefinition[] = []) =>
  workflowOf([
    tool("split_order", { output_key: "split", next_step: "parallel_fulfill" }),
    {
      id: "parallel_fulfill",
      type: "PARALLEL",
      parallel_steps: ["fulfill_west", "fulfill_east"],
      join_policy: "ALL",
      parallel_compensation_strategy: "COMPENSATE_SUCCEEDED",
      async_failure_policy: "COMPENSATE_ALL",
      next_step: "merge_tracking",
      ...parallel,
    },
    reserving("fulfill_west", 1, { tool_input_mapping: { warehouse: "WEST", items: "$.split.west_items" } }),
    reserving("fulfill_east", 2, { tool_input_mapping: { warehouse: "EAST", items: "$.split.east_items" } }),
    tool("merge_tracking"),
    ...more,
  ]);

const started = (parallel: Partial<ParallelStep> = {}) =>
  new Driver(fulfilment(parallel), BOUNDS).succeed("split_order", { west_items: ["a"], east_items: ["b"] });

describe("P1-D11 parallel fulfilment", () => {
  test("P1-D11 both branches are called at once, each with its own input", () => {
    const run = started();

    expect(run.calls).toEqual(["fulfill_east", "fulfill_west"]);
    expect(run.call("fulfill_west").input).toEqual({ warehouse: "WEST", items: ["a"] });
  });

  test("P1-D11 if east fails finally, west is cancelled once and the run fails", () => {
    const run = started().fail("fulfill_east", "OUT_OF_STOCK");
    expect(run.calls).toEqual(["fulfill_west"]);

    run.succeed("fulfill_west", { id: "w1" });
    expect(run.state.status).toBe("COMPENSATING");
    expect(run.call("undo:fulfill_west").input).toEqual({ id: "w1" });
    run.succeed("undo:fulfill_west");

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "OUT_OF_STOCK", leftover: false });
    expect(run.types.filter((type) => type === "compensation.succeeded")).toHaveLength(1);
  });

  test("P1-D11 if west fails after east succeeded, east is cancelled", () => {
    const run = started().succeed("fulfill_east", { id: "e1" }).fail("fulfill_west", "OUT_OF_STOCK");

    expect(run.calls).toEqual(["undo:fulfill_east"]);
    expect(run.succeed("undo:fulfill_east").state.steps).toMatchObject({
      fulfill_east: { status: "compensated" },
      fulfill_west: { status: "failed" },
    });
  });

  test("P1-D11 if both succeeded but merge_tracking fails, east is cancelled first, then west", () => {
    const run = started().succeed("fulfill_west", { id: "w1" }).succeed("fulfill_east", { id: "e1" });
    run.fail("merge_tracking", "TOOL_ERROR");

    expect(run.calls).toEqual(["undo:fulfill_east"]);
    run.succeed("undo:fulfill_east");
    expect(run.calls).toEqual(["undo:fulfill_west"]);
    expect(run.succeed("undo:fulfill_west").state).toMatchObject({ code: "TOOL_ERROR", outcome: "UNEXPECTED_FAILURE" });
  });
});

describe("P1-D11 join policies", () => {
  test("P1-D11 ANY joins with the first success and cancels branches that have changed nothing", () => {
    const workflow = workflowOf([
      { id: "p", type: "PARALLEL", parallel_steps: ["a", "b"], join_policy: "ANY", next_step: "end" },
      reserving("a", 1),
      tool("b"),
      tool("end"),
    ]);

    const run = new Driver(workflow, BOUNDS).succeed("a");

    expect(run.state.lanes.b?.phase.kind).toBe("cancelled");
    expect(run.calls).toEqual(["end"]);
    expect(run.succeed("end").state.status).toBe("SUCCEEDED");
  });

  test("P1-D11 ANY lets a branch that may be writing finish, and waits for it before the run ends", () => {
    const run = started({ join_policy: "ANY" }).succeed("fulfill_east", { id: "e1" }).succeed("merge_tracking");
    expect(run.state.outcome).toBeNull();

    run.succeed("fulfill_west", { id: "w1" });

    expect(run.state).toMatchObject({ status: "SUCCEEDED", document: { fulfill_west: { id: "w1" } } });
  });

  test("P1-D11 ANY fails when all branches fail", () => {
    const run = started({ join_policy: "ANY" }).fail("fulfill_west", "FIRST");
    expect(run.state.failure).toBeNull();

    run.fail("fulfill_east", "SECOND");

    expect(run.state.outcome).toBe("UNEXPECTED_FAILURE");
  });

  test("P1-D11 N_OF_M fails as soon as no branch is left that could make up the number", () => {
    const workflow = workflowOf([
      { id: "p", type: "PARALLEL", parallel_steps: ["a", "b", "c"], join_policy: "N_OF_M", join_n: 2 },
      reserving("a", 1),
      reserving("b", 2),
      reserving("c", 3),
    ]);

    const run = new Driver(workflow, BOUNDS).succeed("a").fail("b", "NO").fail("c", "NO");

    expect(run.calls).toEqual(["undo:a"]);
    expect(new Driver(workflow, BOUNDS).succeed("a").fail("b", "NO").succeed("c").state.status).toBe("SUCCEEDED");
  });
});

describe("P1-D11 failure policies", () => {
  test("P1-D11 IGNORE keeps the error beside the document and goes on", () => {
    const run = started({ async_failure_policy: "IGNORE" }).fail("fulfill_east", "NO").succeed("fulfill_west");

    run.succeed("merge_tracking");

    expect(run.state.status).toBe("SUCCEEDED");
    expect(run.state.document.fulfill_east).toEqual({ error: { code: "NO", message: "NO" } });
  });

  test("P1-D11 COMPENSATE_FAILED undoes only what the failed branch had done, then goes on", () => {
    const workflow = workflowOf([
      {
        id: "p",
        type: "PARALLEL",
        parallel_steps: ["a", "b"],
        async_failure_policy: "COMPENSATE_FAILED",
        next_step: "end",
      },
      reserving("a", 1, { next_step: "a2" }),
      tool("a2"),
      reserving("b", 2),
      tool("end"),
    ]);

    const run = new Driver(workflow, BOUNDS).succeed("b").succeed("a", { id: "a1" }).fail("a2", "NO");
    expect(run.calls).toEqual(["undo:a"]);
    run.succeed("undo:a").succeed("end");

    expect(run.state).toMatchObject({
      status: "SUCCEEDED",
      steps: { a: { status: "compensated" }, b: { status: "succeeded" } },
    });
  });

  test("P1-D11 COMPENSATE_FAILED ends no run before the failed branch is undone", () => {
    const workflow = workflowOf([
      {
        id: "p",
        type: "PARALLEL",
        parallel_steps: ["a", "b"],
        join_policy: "ANY",
        async_failure_policy: "COMPENSATE_FAILED",
      },
      reserving("a", 1, { next_step: "a2" }),
      reserving("a2", 2),
      reserving("b", 3),
    ]);

    const run = new Driver(workflow, BOUNDS).succeed("a", { id: "a1" }).succeed("b").fail("a2", "NO");
    expect(run.calls).toEqual(["undo:a"]);
    expect(run.state.outcome).toBeNull();

    expect(run.succeed("undo:a").state.status).toBe("SUCCEEDED");
  });

  test("P1-D11 COMPENSATE_ALL rolls everything back when a branch fails after the join", () => {
    const run = started({ join_policy: "ANY" }).succeed("fulfill_east", { id: "e1" }).fail("fulfill_west", "LATE");

    expect(run.state.failure?.code).toBe("LATE");
    expect(run.calls).toEqual(["undo:fulfill_east"]);
  });

  test("P1-D11 REVERSE_ALL also undoes the branch that failed", () => {
    const run = started({ parallel_compensation_strategy: "REVERSE_ALL" }).succeed("fulfill_west", { id: "w1" });
    run.fail("fulfill_east", "NO");

    expect(run.call("undo:fulfill_east").input).toEqual({});
    run.succeed("undo:fulfill_east").succeed("undo:fulfill_west");

    expect(run.state).toMatchObject({ code: "NO", leftover: false });
  });

  test.each([
    ["approved", ["undo:fulfill_west"], false],
    ["denied", [], true],
  ] as const)("P1-D11 MANUAL undoes nothing before a person decides: %s", (decision, calls, leftover) => {
    const run = started({ parallel_compensation_strategy: "MANUAL" })
      .succeed("fulfill_west")
      .fail("fulfill_east", "NO");
    expect(run.calls).toEqual([]);
    expect(run.last.ask).toEqual({ kind: "PARALLEL_COMPENSATION", held: ["parallel_fulfill"], plan: ["fulfill_west"] });

    run.send({
      kind: "approval_requested",
      lane: "compensation",
      step: "fulfill_west",
      attempt: 1,
      approval_id: "A",
      timeout_at: run.now,
    });
    expect(run.state.status).toBe("COMPENSATING");
    run.send({ kind: "approval_decided", approval_id: "A", decision, by: "alice" });

    expect(run.calls).toEqual(calls);
    expect(run.state.leftover).toBe(leftover);
  });
});

describe("compensation", () => {
  const failing = (
    compensation: Parameters<typeof reserving>[3],
    rest: Partial<Parameters<typeof workflowOf>[1]> = {},
  ) => {
    const steps = [
      reserving("a", 1, { next_step: "b" }),
      reserving("b", 2, { next_step: "c" }, compensation),
      tool("c"),
    ];
    const run = new Driver(workflowOf(steps, { allowed_failure_modes: ["NO"], ...rest }), BOUNDS);
    return run.succeed("a", { id: "a1" }).succeed("b", { id: "b1" }).fail("c", "NO");
  };

  /** A run that could not undo `b` and has asked a person under the id `A`; `a` is still to be undone. */
  const escalated = () => {
    const run = failing({ max_attempts: 1 }).fail("undo:b", "POD_UNAVAILABLE");
    asked(run, "A");
    return run;
  };

  function asked(run: Driver, approval_id: string): void {
    const { ask, wake } = run.last;
    assert(ask?.kind === "COMPENSATION_FAILED", "a person is to be asked");
    const { step, attempt } = ask.call;
    const timeout_at = instant(run.now + 3_600_000);
    run.send({ kind: "approval_requested", lane: "compensation", step, attempt, approval_id, timeout_at });
    expect(run.last.wake).toBe(wake ?? timeout_at);
  }

  const decided = (run: Driver, decision: "approved" | "denied" | "timed_out") =>
    run.send({ kind: "approval_decided", approval_id: "A", decision, by: "alice" });

  const recorded = (run: Driver) => run.events.map((event, index) => ({ seq: index + 1, event }));

  test("is retried with backoff up to its own max_attempts, then a person is asked at once, and the others go on", () => {
    const run = failing({ max_attempts: 2 }).fail("undo:b", "POD_UNAVAILABLE");
    expect(run.calls).toEqual([]);

    run.wait(60_000).fail("undo:b", "POD_UNAVAILABLE");
    expect(run.events.at(-1)?.payload).toMatchObject({ final: true, action: "ESCALATE", retry_at: null });

    expect(run.last.ask).toMatchObject({
      kind: "COMPENSATION_FAILED",
      code: "POD_UNAVAILABLE",
      call: { step: "b", attempt: 3, tool: "release", input: { id: "b1" } },
    });
    expect(run.calls).toEqual(["undo:a"]);
    run.succeed("undo:a");
    expect(run.state).toMatchObject({ status: "COMPENSATING", outcome: null });
  });

  test("that a person sends back is tried once more, and an expected failure is expected once that has undone it", () => {
    const run = escalated().succeed("undo:a");
    decided(run, "approved");

    expect(run.call("undo:b")).toMatchObject({ attempt: 2, purpose: "compensation" });
    run.succeed("undo:b");

    expect(run.state).toMatchObject({ status: "FAILED_EXPECTED", code: "NO", leftover: false });
    expect(run.state.steps).toMatchObject({ a: { status: "compensated" }, b: { status: "compensated" } });
    expect(replay(run.workflow, BOUNDS, recorded(run))).toMatchObject({ equal: true, state: run.state });
  });

  test("that a person sends back while another is being undone waits for its turn", () => {
    const run = escalated();
    decided(run, "approved");
    expect(run.calls).toEqual(["undo:a"]);

    run.succeed("undo:a");

    expect(run.call("undo:b").attempt).toBe(2);
    expect(replay(run.workflow, BOUNDS, recorded(run))).toMatchObject({ equal: true, state: run.state });
  });

  test("that fails once more is put to a person again, with the new error", () => {
    const run = escalated().succeed("undo:a");
    decided(run, "approved");

    run.fail("undo:b", "GONE");

    expect(run.last.ask).toMatchObject({ kind: "COMPENSATION_FAILED", code: "GONE", call: { step: "b", attempt: 3 } });
    expect(run.state.outcome).toBeNull();
  });

  test.each(["denied", "timed_out"] as const)(
    "that is %s a further attempt stays undone, and the run ends with something left",
    (decision) => {
      const run = escalated().succeed("undo:a");

      decided(run, decision);

      expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "NO", leftover: true });
      expect(run.state.steps.b?.status).toBe("compensation_failed");
      expect(replay(run.workflow, BOUNDS, recorded(run))).toMatchObject({ equal: true, state: run.state });
    },
  );

  test("waits for as many people's decisions as there are failures, each by its own approval", () => {
    const run = escalated().refuse("undo:a", "LATE").wait(60_000).refuse("undo:a", "LATE").wait(60_000);
    run.refuse("undo:a", "LATE");
    expect(run.last.ask).toMatchObject({ call: { step: "a" } });
    asked(run, "A2");
    run.send({ kind: "approval_decided", approval_id: "A2", decision: "denied", by: "alice" });
    expect(run.state.outcome).toBeNull();

    decided(run, "approved");
    run.succeed("undo:b");

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", leftover: true });
    expect(run.state.steps).toMatchObject({ a: { status: "compensation_failed" }, b: { status: "compensated" } });
  });

  test("is asked about by the next level until a later instant, and the run wakes then", () => {
    const run = escalated().succeed("undo:a");
    const timeout_at = instant(run.now + 7_200_000);

    run.send({ kind: "approval_escalated", approval_id: "A", level: 1, timeout_at });

    expect(run.last.wake).toBe(timeout_at);
  });

  test("that only tells of its failure goes on and leaves something behind, and nobody is asked", () => {
    const run = failing({ max_attempts: 1, on_compensation_failure: "ALERT" }).fail("undo:b", "GONE");
    expect(run.last.ask).toBeNull();

    expect(run.succeed("undo:a").state).toMatchObject({ status: "FAILED_UNEXPECTED", leftover: true });
  });

  test("that aborts ends the run though a person was asked about another", () => {
    const steps = [
      reserving("a", 1, { next_step: "b" }, { max_attempts: 1, on_compensation_failure: "ABORT" }),
      reserving("b", 2, { next_step: "c" }, { max_attempts: 1 }),
      tool("c"),
    ];
    const run = new Driver(workflowOf(steps), BOUNDS).succeed("a").succeed("b").fail("c", "NO").fail("undo:b", "GONE");
    asked(run, "A");

    run.fail("undo:a", "GONE");

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "COMPENSATION_ABORTED", leftover: true });
  });

  test("of one branch holds that branch's end up until a person decides, and the run is suspended meanwhile", () => {
    const workflow = workflowOf([
      {
        id: "p",
        type: "PARALLEL",
        parallel_steps: ["a", "b"],
        async_failure_policy: "COMPENSATE_FAILED",
        next_step: "end",
      },
      reserving("a", 1, { next_step: "a2" }, { max_attempts: 1 }),
      tool("a2"),
      reserving("b", 2),
      tool("end"),
    ]);
    const run = new Driver(workflow, BOUNDS).succeed("b").succeed("a").fail("a2", "NO").fail("undo:a", "GONE");
    asked(run, "A");
    expect(run.state).toMatchObject({ status: "SUSPENDED_HITL", active_since: null });

    decided(run, "approved");
    run.succeed("undo:a").succeed("end");

    expect(run.state).toMatchObject({ status: "SUCCEEDED", steps: { a: { status: "compensated" } } });
    expect(replay(run.workflow, BOUNDS, recorded(run))).toMatchObject({ equal: true, state: run.state });
  });

  test("that aborts ends the run with COMPENSATION_ABORTED and undoes nothing more", () => {
    const run = failing({ max_attempts: 1, on_compensation_failure: "ABORT" }).refuse("undo:b", "PERMISSION_DENIED");

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "COMPENSATION_ABORTED" });
    expect(run.state.steps.a?.status).toBe("succeeded");
  });

  test("leaves an expected failure expected once all is undone", () => {
    const run = failing({}).succeed("undo:b").succeed("undo:a");

    expect(run.state).toMatchObject({ status: "FAILED_EXPECTED", outcome: "EXPECTED_FAILURE", code: "NO" });
  });

  test("of a FINANCIAL kind waits for its approval in state COMPENSATING", () => {
    const run = failing({}).askApproval("undo:b", "A");
    expect(run.state.status).toBe("COMPENSATING");

    run.send({ kind: "approval_decided", approval_id: "A", decision: "approved", by: "alice" });

    expect(run.calls).toEqual(["undo:b"]);
  });

  test("that is denied counts as failed and leaves something behind; who has said no is not asked again", () => {
    const run = failing({}).askApproval("undo:b", "A");
    run.send({ kind: "approval_decided", approval_id: "A", decision: "denied", by: "alice" });
    expect(run.last.ask).toBeNull();

    expect(run.succeed("undo:a").state).toMatchObject({ status: "FAILED_UNEXPECTED", leftover: true });
  });

  test("whose approval nobody decided in time is put to a person as failed", () => {
    const run = failing({}).askApproval("undo:b", "A");

    run.send({ kind: "approval_decided", approval_id: "A", decision: "timed_out", by: null });

    expect(run.last.ask).toMatchObject({ code: "HITL_TIMEOUT", call: { step: "b", attempt: 2 } });
  });

  test("runs on its own budget: a run that used up its calls is still rolled back", () => {
    const steps = [reserving("a", 1, { next_step: "b" }), tool("b")];
    const run = new Driver(workflowOf(steps), { ...BOUNDS, max_tool_calls_per_run: 1 }).succeed("a");

    expect(run.calls).toEqual(["undo:a"]);
    expect(run.succeed("undo:a").state).toMatchObject({ code: "BOUND_TOOL_CALLS", counters: { tool_calls: 1 } });
  });
});

describe("the on_failure edge", () => {
  test("runs its chain after the compensation, and the run still ends with the failure's code", () => {
    const workflow = workflowOf(
      [
        reserving("a", 1, { next_step: "b" }),
        tool("b", { on_failure: "ticket" }),
        tool("ticket", { next_step: "follow_up" }),
        { id: "follow_up", type: "START_RUN", workflow: "EXCEPTION", input_mapping: { order: "$.a.id" } },
      ],
      { allowed_failure_modes: ["POD_UNAVAILABLE"] },
    );

    const run = new Driver(workflow, BOUNDS).succeed("a", { id: "a1" }).fail("b", "POD_UNAVAILABLE");
    expect(run.calls).toEqual(["undo:a"]);
    run.succeed("undo:a").succeed("ticket");

    expect(run.last.startRuns).toEqual([{ step: "follow_up", workflow: "EXCEPTION", input: { order: "a1" } }]);
    expect(run.state).toMatchObject({ status: "FAILED_EXPECTED", code: "POD_UNAVAILABLE" });
  });

  test("with `compensate: false` undoes nothing, as a lost e-mail does not undo a fulfilment", () => {
    const workflow = workflowOf(
      [reserving("a", 1, { next_step: "b" }), tool("b", { on_failure: "ticket", compensate: false }), tool("ticket")],
      { allowed_failure_modes: ["EMAIL_UNAVAILABLE"] },
    );

    const run = new Driver(workflow, BOUNDS).succeed("a").fail("b", "EMAIL_UNAVAILABLE").succeed("ticket");

    expect(run.state).toMatchObject({
      status: "FAILED_EXPECTED",
      code: "EMAIL_UNAVAILABLE",
      steps: { a: { status: "succeeded" } },
    });
  });

  test("whose chain fails leaves the failure unexpected: nobody was told", () => {
    const workflow = workflowOf([tool("b", { on_failure: "ticket" }), tool("ticket")], {
      allowed_failure_modes: ["NO"],
    });

    const run = new Driver(workflow, BOUNDS).fail("b", "NO").fail("ticket", "TOOL_ERROR");

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "NO" });
  });
});
