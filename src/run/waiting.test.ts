import { describe, expect, test } from "vitest";
import { after as later } from "../contracts/index.ts";
import type { WaitStep } from "./definition.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS, reserving, tool, workflowOf } from "./testing/pack.ts";

const waiting = (wait_for: WaitStep["wait_for"], rest: Partial<WaitStep> = {}) =>
  workflowOf([
    { id: "w", type: "WAIT", wait_for, wait_timeout_seconds: 600, next_step: "end", ...rest },
    tool("end", { tool_input_mapping: { got: "$.w" } }),
  ]);

const signal = (signal_id: string, event_type: string, entity_id: string | null) =>
  ({ kind: "signal", signal_id, event_type, entity_id, payload: { id: signal_id } }) as const;

describe("a WAIT step", () => {
  test("for a webhook takes the event of its type and entity, and no other", () => {
    const workflow = waiting({ type: "WEBHOOK", event_type: "order.paid", entity_id: "$.trigger.order" });
    const run = new Driver(workflow, BOUNDS, { order: "t1_ord_1" });
    expect(run.state.status).toBe("SUSPENDED_WAIT");

    run.send(signal("s1", "order.paid", "t1_ord_2")).send(signal("s2", "order.held", "t1_ord_1"));
    expect(run.calls).toEqual([]);
    run.send(signal("s3", "order.paid", "t1_ord_1"));

    expect(run.state.status).toBe("RUNNING");
    expect(run.call("end").input).toEqual({ got: { id: "s3" } });
  });

  test("takes an event that came before the run reached it, and each event once", () => {
    const workflow = workflowOf([
      tool("first", { next_step: "w" }),
      { id: "w", type: "WAIT", wait_for: { type: "WEBHOOK", event_type: "paid" }, wait_timeout_seconds: 60 },
    ]);

    const run = new Driver(workflow, BOUNDS).send(signal("s1", "paid", null)).send(signal("s1", "paid", null));
    run.succeed("first");

    expect(run.types.filter((type) => type === "signal.received")).toHaveLength(1);
    expect(run.state).toMatchObject({ status: "SUCCEEDED", document: { w: { id: "s1" } }, signals: [] });
  });

  test("for a poll calls at once and then every interval until the condition holds", () => {
    const poll = { type: "POLL", poll_tool: "look", poll_interval_seconds: 30, poll_condition: "$.poll.done" } as const;
    const run = new Driver(waiting(poll), BOUNDS);
    expect(run.call("w").purpose).toBe("poll");

    run.succeed("w", { done: false });
    expect(run.calls).toEqual([]);
    run.wait(30_000).succeed("w", { done: "not a boolean" });
    expect(run.events.at(-1)?.payload).toMatchObject({ satisfied: false, error: { code: "COND_RUNTIME_TYPE" } });
    run.wait(30_000).fail("w", "TOOL_ERROR").wait(30_000).succeed("w", { done: true });

    expect(run.call("end").input).toEqual({ got: { done: true } });
    expect(run.state.counters).toMatchObject({ steps: 1, tool_calls: 4 });
  });

  test("for a timer goes on at its instant, not before", () => {
    const run = new Driver(waiting({ type: "TIMER", duration_seconds: 60 }), BOUNDS);
    expect(run.last.wake).toBe(later(run.now, 60_000));

    expect(run.wait(59_999).calls).toEqual([]);
    expect(run.wait(1).calls).toEqual(["end"]);
  });

  test("for a person goes on when one says so", () => {
    const run = new Driver(waiting({ type: "MANUAL" }), BOUNDS);

    run.send({ kind: "resume", lane: "main", by: "alice", payload: { note: "ok" } });

    expect(run.call("end").input).toEqual({ got: { note: "ok" } });
  });

  test("that times out goes to on_timeout, or fails with WAIT_TIMEOUT where there is none", () => {
    const workflow = workflowOf([
      { id: "w", type: "WAIT", wait_for: { type: "MANUAL" }, wait_timeout_seconds: 600, on_timeout: "remind" },
      tool("remind"),
    ]);

    expect(new Driver(workflow, BOUNDS).wait(600_000).calls).toEqual(["remind"]);
    expect(new Driver(waiting({ type: "MANUAL" }), BOUNDS).wait(600_000).state.code).toBe("WAIT_TIMEOUT");
  });

  test("P1-D13 does not use up active time", () => {
    const run = new Driver(waiting({ type: "MANUAL" }, { wait_timeout_seconds: 1_000_000 }), BOUNDS).wait(900_000_000);
    run.send({ kind: "resume", lane: "main", by: "alice", payload: {} }).wait(1000).succeed("end");

    expect(run.state).toMatchObject({ status: "SUCCEEDED", counters: { active_ms: 1000 } });
  });
});

describe("an approval", () => {
  const workflow = workflowOf([reserving("a", 1, { hitl_required: true, next_step: "b" }), tool("b")], {
    allowed_failure_modes: ["HITL_DENIED"],
  });

  const asked = () => new Driver(workflow, BOUNDS).askApproval("a", "A", 10_000);

  test("suspends the run, wakes at its expiry, and approved, lets the same attempt be made", () => {
    const run = asked();
    expect(run.state.status).toBe("SUSPENDED_HITL");
    expect(run.last.wake).toBe(later(run.now, 10_000));

    run.send({ kind: "approval_decided", approval_id: "A", decision: "approved", by: "alice" });

    expect(run.call("a")).toMatchObject({ attempt: 1, approvalAsked: "hitl_required", purpose: "step" });
    expect(run.succeed("a").state.counters.steps).toBe(1);
  });

  test.each([
    ["denied", "HITL_DENIED", "FAILED_EXPECTED"],
    ["timed_out", "HITL_TIMEOUT", "FAILED_UNEXPECTED"],
    ["voided", "BASE_DRIFTED", "FAILED_UNEXPECTED"],
  ] as const)("that is %s ends the run with %s", (decision, code, status) => {
    const run = asked().send({ kind: "approval_decided", approval_id: "A", decision, by: null });

    expect(run.state).toMatchObject({ code, status });
  });

  test("that is escalated gets a new expiry", () => {
    const run = asked();
    const timeout_at = later(run.now, 99_000);
    run.send({ kind: "approval_escalated", approval_id: "A", level: 1, timeout_at });

    expect(run.last.wake).toBe(timeout_at);
  });

  test("nobody asked for changes nothing", () => {
    const run = asked();
    const { length } = run.events;

    run.send({ kind: "approval_decided", approval_id: "B", decision: "denied", by: "mallory" });

    expect(run.events).toHaveLength(length);
  });

  test("is asked for where hitl_condition holds or cannot be evaluated", () => {
    const reasonFor = (amount: number | null) => {
      const step = tool("a", { hitl_condition: "$.trigger.amount > 100" });
      return new Driver(workflowOf([step]), BOUNDS, { amount }).call("a").approvalAsked;
    };

    expect([reasonFor(50), reasonFor(500), reasonFor(null)]).toEqual([
      null,
      "hitl_condition holds",
      "hitl_condition could not be evaluated: COND_RUNTIME_TYPE",
    ]);
  });

  test("of one lane leaves the run RUNNING while another can go on", () => {
    const parallel = workflowOf([
      { id: "p", type: "PARALLEL", parallel_steps: ["a", "b"] },
      reserving("a", 1, { hitl_required: true }),
      reserving("b", 2),
    ]);

    const run = new Driver(parallel, BOUNDS).askApproval("a", "A");
    expect(run.state.status).toBe("RUNNING");

    expect(run.succeed("b").state.status).toBe("SUSPENDED_HITL");
  });
});
