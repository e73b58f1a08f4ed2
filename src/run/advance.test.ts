import { describe, expect, test } from "vitest";
import { foldRun } from "./evolve.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS, tool, workflowOf } from "./testing/pack.ts";

describe("a chain of steps", () => {
  test("maps inputs from the document, stores each output under its key and ends when the criteria hold", () => {
    const workflow = workflowOf(
      [
        tool("order", { tool_input_mapping: { id: "$.trigger.order_id", mode: "$$full" }, next_step: "tax" }),
        tool("tax", { tool_input_mapping: { amount: "$.order.amount", gone: "$.order.nothing" }, output_key: "vat" }),
      ],
      { pass_criteria: "$.vat.cents == 90" },
    );

    const run = new Driver(workflow, BOUNDS, { order_id: "t1_ord_1" });
    expect(run.call("order").input).toEqual({ id: "t1_ord_1", mode: "$full" });
    run.succeed("order", { amount: 450 });
    expect(run.call("tax").input).toEqual({ amount: 450 });
    run.succeed("tax", { cents: 90 });

    expect(run.state).toMatchObject({ status: "SUCCEEDED", outcome: "SUCCESS", code: null, document_version: 3 });
    expect(run.types).toEqual(["run.started", "step.succeeded", "step.succeeded", "run.ended"]);
    expect(foldRun(run.events)).toEqual(run.state);
  });

  test("a BRANCH takes the edge its condition names, and counts as a step", () => {
    const workflow = workflowOf([
      tool("order", { next_step: "large" }),
      { id: "large", type: "BRANCH", condition: "$.order.amount > 100", if_true: "review", if_false: null },
      tool("review"),
    ]);

    const large = new Driver(workflow, BOUNDS).succeed("order", { amount: 200 });
    const small = new Driver(workflow, BOUNDS).succeed("order", { amount: 20 });

    expect(large.calls).toEqual(["review"]);
    expect(small.state).toMatchObject({ status: "SUCCEEDED", counters: { steps: 2 } });
  });

  test("a BRANCH that cannot be evaluated fails the run: it never guesses", () => {
    const workflow = workflowOf([
      tool("order", { next_step: "large" }),
      { id: "large", type: "BRANCH", condition: "$.order.amount > 100", if_true: null, if_false: null },
    ]);

    const run = new Driver(workflow, BOUNDS).succeed("order", { amount: null });

    expect(run.state).toMatchObject({ status: "FAILED_UNEXPECTED", code: "CONDITION_EVAL_ERROR" });
  });
});
