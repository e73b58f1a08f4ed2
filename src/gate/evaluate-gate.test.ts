import { expect, test } from "vitest";
import { evaluateGate } from "./evaluate-gate.ts";

/** Passed, runs, threshold, smallest sample; then the result: section 20.3 of the specification. */
const CASES = [
  [19, 19, 0.95, 20, false, 0, "Insufficient: 19 < 20"],
  [20, 20, 0.95, 20, false, 0.838875, "LCB 0.839 < 0.95"],
  [72, 72, 0.95, 20, false, 0.949349, "LCB 0.949 < 0.95"],
  [73, 73, 0.95, 20, true, 0.950008, "LCB 0.950 ≥ 0.95"],
  [108, 109, 0.95, 20, false, 0.949854, "LCB 0.950 < 0.95"],
  [990, 1000, 0.95, 20, true, 0.981691, "LCB 0.982 ≥ 0.95"],
  [1000, 1000, 1.0, 20, false, 0.996173, "LCB 0.996 < 1"],
  [0, 0, 0.95, 0, false, 0, "LCB 0.000 < 0.95"],
] as const;

test.each(CASES)("P1-D02 evaluate_gate(%d, %d, %d, %d)", (passCount, totalRuns, threshold, minRuns, ...expected) => {
  const { passed, lcb, reason } = evaluateGate({ passCount, totalRuns, threshold, minRuns });

  expect([passed, reason]).toEqual([expected[0], expected[2]]);
  expect(Math.abs(lcb - expected[1])).toBeLessThan(1e-6);
});

test("P1-D02 evaluate_gate asks for 20 runs unless told otherwise", () => {
  expect(evaluateGate({ passCount: 19, totalRuns: 19, threshold: 0.5 }).reason).toBe("Insufficient: 19 < 20");
  expect(evaluateGate({ passCount: 20, totalRuns: 20, threshold: 0.5 }).passed).toBe(true);
});
