/** Whether something may be deployed: statistics of gates, a suite's evidence, and the artifact a deployment reads. */
export {
  deployVerdict,
  EVIDENCE_AGE_MS_MAX,
  type GateArtifact,
  type GateEvidence,
  gateArtifact,
  type Stage,
} from "./artifact.ts";
export { evaluateGate, type GateInput, type GateResult } from "./evaluate-gate.ts";
export { goldenStage } from "./golden-suite.ts";
export { type Rational, rationalOf } from "./rational.ts";
export { parseTestReports, type TestReport, type TestUnit } from "./test-report.ts";
export { type Sample, wilsonLower, wilsonLowerAtLeast } from "./wilson.ts";
