import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import type { GateDecision } from "./gate-decision.ts";
import { gated, inputOf } from "./testing/gate.ts";

interface Run {
  readonly queue: readonly string[];
  readonly results: readonly Result[];
  readonly exitCode: number | null;
  readonly skips: number;
}

interface Result {
  readonly task_id: string;
  readonly status: "PASS" | "FAIL" | "BLOCKED";
  readonly hint: number | null;
}

const TASKS = ["a", "b", "c"] as const;
const result = (task_id: string): fc.Arbitrary<Result> =>
  fc.record({
    task_id: fc.constant(task_id),
    status: fc.constantFrom("PASS", "PASS", "PASS", "FAIL", "BLOCKED"),
    hint: fc.option(fc.integer({ min: 0, max: 100 })),
  });
const runs: fc.Arbitrary<Run> = fc.record({
  queue: fc.subarray([...TASKS]),
  results: fc.subarray([...TASKS]).chain((tasks) => fc.tuple(...tasks.map(result))),
  exitCode: fc.constantFrom(0, 0, 0, 1, null),
  skips: fc.constantFrom(0, 0, 2),
});

const documentOf = ({ queue, results, exitCode, skips }: Run): JsonObject =>
  inputOf({
    queue,
    results: results.map(({ task_id, status, hint }) => ({
      task_id,
      status,
      ...(status === "PASS" ? {} : { reason_code: "EXEC.TIMEOUT" }),
      ...(hint === null ? {} : { risk_score_hint: hint }),
    })),
    verify: { exit_code: exitCode, skips },
  });

type Row = Pick<GateDecision, "status" | "reason_codes" | "confidence" | "risk_score">;

/** The table as it reads, for a threshold of 60. */
function tableOf({ queue, results, exitCode, skips }: Run): Row {
  const hinted = Math.max(0, ...results.map(({ hint }) => hint ?? 20));
  const row = (
    status: Row["status"],
    reason_codes: Row["reason_codes"],
    confidence: number,
    risk_score: number,
  ): Row => ({
    status,
    reason_codes,
    confidence,
    risk_score,
  });
  const isMissing = results.length === 0 || queue.some((task) => !results.some(({ task_id }) => task_id === task));
  if (isMissing) return row("REJECT", ["EVIDENCE.MISSING"], 0.98, 95);
  if (exitCode !== null && exitCode !== 0) return row("REJECT", ["VERIFY.TEST_FAILURE"], 0.98, 95);
  if (results.some(({ status }) => status !== "PASS"))
    return row("REJECT", ["EXEC.NONZERO_EXIT", "EXEC.TIMEOUT"], 0.95, 85);
  if (exitCode === null || skips > 0) return row("NEEDS_HUMAN", ["POLICY.NEEDS_HUMAN", "VERIFY.SKIPPED"], 0.7, hinted);
  if (hinted >= 60) return row("NEEDS_HUMAN", ["POLICY.NEEDS_HUMAN", "POLICY.RISK_THRESHOLD"], 0.7, hinted);
  return row("APPROVE", [], 0.9, Math.max(20, hinted));
}

test("10.1 every run comes to the first row of the table that matches it", () => {
  fc.assert(
    fc.property(runs, (run) => {
      expect(gated(documentOf(run)).gate).toMatchObject(tableOf(run));
    }),
    { numRuns: 200 },
  );
});
