import { describe, expect, test } from "vitest";
import { after as later } from "../contracts/index.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS, reserving, tool, workflowOf } from "./testing/pack.ts";

const retry_policy = {
  max_attempts: 3,
  base_delay_seconds: 1,
  max_delay_seconds: 60,
  backoff_multiplier: 2,
  jitter: false,
  retryable_errors: ["POD_UNAVAILABLE"],
};

describe("a failed attempt", () => {
  const workflow = workflowOf([tool("a", { retry_policy })]);

  test("is retried when its code is listed, after the delay, until the attempts are used up", () => {
    const run = new Driver(workflow, BOUNDS).fail("a", "POD_UNAVAILABLE");
    expect(run.last.wake).toBe(later(run.now, 1000));

    run.wait(1000);
    expect(run.call("a")).toMatchObject({ attempt: 2, purpose: "retry" });
    run.fail("a", "POD_UNAVAILABLE").wait(2000).fail("a", "POD_UNAVAILABLE");

    expect(run.state).toMatchObject({ code: "POD_UNAVAILABLE", steps: { a: { status: "failed", attempts: 3 } } });
  });

  test("is final when its code is not listed", () => {
    expect(new Driver(workflow, BOUNDS).fail("a", "TOOL_ERROR").state.code).toBe("TOOL_ERROR");
  });

  test("waits at least as long as the provider asks, up to the policy's maximum", () => {
    const asked = new Driver(workflow, BOUNDS).fail("a", "POD_UNAVAILABLE", { retryAfterMs: 30_000 });
    const tooLong = new Driver(workflow, BOUNDS).fail("a", "POD_UNAVAILABLE", { retryAfterMs: 900_000 });

    expect(asked.last.wake).toBe(later(asked.now, 30_000));
    expect(tooLong.last.wake).toBe(later(tooLong.now, 60_000));
  });

  test("says when it could have been tried again, had there been attempts left", () => {
    const once = workflowOf([tool("a", { retry_policy: { ...retry_policy, max_attempts: 1 } })]);
    const gone = new Driver(once, BOUNDS).fail("a", "POD_UNAVAILABLE");
    const hopeless = new Driver(once, BOUNDS).fail("a", "TOOL_ERROR");
    const retried = new Driver(workflow, BOUNDS).fail("a", "POD_UNAVAILABLE");

    const exhausted = [gone, hopeless, retried].map(
      ({ events }) => events.find((event) => event.type === "step.failed")?.payload.exhausted,
    );
    expect(exhausted).toEqual(["attempts", null, null]);
  });

  test("RT-9.2 is final when the run has used up its retries, whichever steps had them", () => {
    const steps = [tool("a", { retry_policy, next_step: "b" }), tool("b", { retry_policy })];
    const run = new Driver(workflowOf(steps, { max_total_retries: 2 }), BOUNDS);
    run.fail("a", "POD_UNAVAILABLE").wait(1000).fail("a", "POD_UNAVAILABLE").wait(2000).succeed("a");
    expect(run.state.retries).toBe(2);

    run.fail("b", "POD_UNAVAILABLE");

    expect(run.state).toMatchObject({ code: "POD_UNAVAILABLE", steps: { b: { status: "failed", attempts: 1 } } });
    const failures = run.events.filter((event) => event.type === "step.failed");
    expect(failures.map(({ payload }) => payload.exhausted)).toEqual([null, null, "budget"]);
  });

  test("of a guard's refusal is treated alike", () => {
    const run = new Driver(workflow, BOUNDS).refuse("a", "PERMISSION_DENIED");

    expect(run.types).toEqual(["run.started", "call.refused", "run.failing", "run.ended"]);
  });
});

describe("an answer", () => {
  test("that comes twice counts once", () => {
    const run = new Driver(workflowOf([tool("a", { next_step: "b" }), tool("b")]), BOUNDS);
    const call = run.call("a");
    run.succeed("a");
    const { length } = run.events;

    run.send({
      kind: "failed",
      lane: call.lane,
      step: call.step,
      attempt: call.attempt,
      code: "TOOL_ERROR",
      message: "late",
      effect: "none",
      spent: { tool_calls: [], tokens: 0, marks: [] },
      call: null,
    });

    expect(run.events).toHaveLength(length);
  });

  test("P1-T14 raises the document's version by one with its patch", () => {
    const run = new Driver(workflowOf([tool("a", { next_step: "b" }), tool("b")]), BOUNDS).succeed("a", { n: 1 });

    expect(run.events.at(-1)?.payload).toMatchObject({
      patch: [{ op: "add", path: "/a", value: { n: 1 } }],
      document_version: 2,
    });
    expect(run.state).toMatchObject({ document_version: 2, document: { a: { n: 1 } } });
  });
});

describe("an unknown effect", () => {
  const workflow = workflowOf([reserving("a", 1, { retry_policy, next_step: "b" }), tool("b")]);

  test("waits for a person, who may find that it happened", () => {
    const run = new Driver(workflow, BOUNDS).fail("a", "TOOL_TIMEOUT", { effect: "unknown" });
    expect(run.state.status).toBe("SUSPENDED_WAIT");
    expect(run.calls).toEqual([]);

    run.send({
      kind: "effect_resolved",
      lane: "main",
      by: "alice",
      applied: true,
      output: { id: "a1" },
      receipt_id: "r",
    });

    expect(run.calls).toEqual(["b"]);
    expect(run.state.steps.a).toMatchObject({ status: "succeeded", receipt_id: "r" });
  });

  test("that did not happen fails the step with the code it had", () => {
    const run = new Driver(workflow, BOUNDS).fail("a", "TOOL_TIMEOUT", { effect: "unknown" });

    run.send({ kind: "effect_resolved", lane: "main", by: "alice", applied: false });

    expect(run.state.code).toBe("TOOL_TIMEOUT");
  });

  test("is looked at again at the instant given, as the same attempt", () => {
    const run = new Driver(workflow, BOUNDS);
    run.fail("a", "TOOL_TIMEOUT", { effect: "unknown", lookAt: later(run.now, 5000) });
    expect(run.last.wake).toBe(later(run.now, 5000));

    expect(run.wait(5000).call("a")).toMatchObject({ attempt: 1, purpose: "retry" });
    expect(run.succeed("a").calls).toEqual(["b"]);
  });
});

describe("a cancelled run", () => {
  test("drops reads at once, undoes what was done and ends CANCELLED", () => {
    const workflow = workflowOf([reserving("a", 1, { next_step: "b" }), tool("b")]);
    const run = new Driver(workflow, BOUNDS).succeed("a", { id: "a1" });

    run.send({ kind: "cancel", by: "alice", reason: "changed my mind" });
    expect(run.calls).toEqual(["undo:a"]);

    expect(run.succeed("undo:a").state).toMatchObject({
      status: "CANCELLED",
      outcome: "CANCELLED",
      code: "RUN_CANCELLED",
    });
  });

  test("lets a write finish, undoes it, and after a crash only settles it", () => {
    const run = new Driver(workflowOf([reserving("a", 1, { next_step: "b" }), tool("b")]), BOUNDS);
    run.send({ kind: "cancel", by: "alice", reason: "" }).crash();
    expect(run.call("a")).toMatchObject({ settleOnly: true });

    run.succeed("a", { id: "a1" });

    expect(run.calls).toEqual(["undo:a"]);
  });

  test("withdraws the approvals it waited for", () => {
    const run = new Driver(workflowOf([reserving("a", 1)]), BOUNDS).askApproval("a", "A");

    run.send({ kind: "cancel", by: "alice", reason: "" });

    expect(run.events).toContainEqual(
      expect.objectContaining({ type: "lane.cancelled", payload: { lane: "main", approval_id: "A" } }),
    );
    expect(run.state.status).toBe("CANCELLED");
  });
});

describe("the end", () => {
  test("CO-420 K-08 without its pass criteria is no success", () => {
    const run = new Driver(workflowOf([tool("a")], { pass_criteria: "$.a.ok" }), BOUNDS).succeed("a", { ok: false });

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "PASS_CRITERIA_NOT_MET" });
  });

  test("of a run whose trigger is refused is an expected failure INVALID_INPUT, before any step", () => {
    const trigger = {
      kind: "MANUAL",
      input_schema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    } as const;

    const run = new Driver(workflowOf([tool("a")], { trigger }), BOUNDS, {});

    expect(run.state).toMatchObject({ status: "FAILED_EXPECTED", code: "INVALID_INPUT", counters: { steps: 0 } });
    expect(run.types).toEqual(["run.started", "run.ended"]);
  });
});
