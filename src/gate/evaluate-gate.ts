import { rationalOf } from "./rational.ts";
import { type Sample, wilsonLower, wilsonLowerAtLeast } from "./wilson.ts";

/** What a statistical gate says, in words too. */
export interface GateResult {
  readonly passed: boolean;
  /** The Wilson lower bound, for display; 0 below the smallest sample. */
  readonly lcb: number;
  readonly reason: string;
}

/** Passed runs among all runs, the bound to reach (from 0 to 1), and the smallest sample judged at all (20 unless told). */
export interface GateInput {
  readonly passCount: number;
  readonly totalRuns: number;
  readonly threshold: number;
  readonly minRuns?: number;
}

/**
 * Judges runs by their Wilson lower bound, exactly; only the text rounds. A bound never reaches 1: such a gate is a raw one.
 * Throws the fault `GATE_INPUT_INVALID` for counts that are none.
 */
export function evaluateGate({ passCount, totalRuns, threshold, minRuns = 20 }: GateInput): GateResult {
  const sample: Sample = { good: passCount, valid: totalRuns };
  const lcb = wilsonLower(sample);
  if (totalRuns < minRuns) return { passed: false, lcb: 0, reason: `Insufficient: ${totalRuns} < ${minRuns}` };
  const passed = wilsonLowerAtLeast(sample, rationalOf(threshold));
  return { passed, lcb, reason: `LCB ${lcb.toFixed(3)} ${passed ? "≥" : "<"} ${threshold}` };
}
