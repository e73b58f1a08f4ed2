/** Whether something may be deployed: statistics of gates, a suite's evidence, and the artifact a deployment reads. */

export { type Deployment, deployVerdict, type GateArtifact, suiteArtifact } from "./artifact.ts";
export { type SignoffReport, signoffReport } from "./beta/report.ts";
export { evaluateTable, type TableEvaluation } from "./counted/evaluate-table.ts";
export { ledgerHead, ledgerTable, rangeOf } from "./counted/ledger-table.ts";
export { MEASURED_FILE, type Measured, measuredJson, measurementJson, parseMeasured } from "./counted/measured.ts";
export { hasMoreUnits, type LedgerRange, rebuildUnits } from "./counted/queries.ts";
export { type Decision, type Flip, type GateRow, type GateStatus, parseDecision, type Standing } from "./decision.ts";
export { type Derivation, type DerivationInput, type EvidenceFile, onlyText } from "./derivation.ts";
export { DERIVATIONS } from "./derivations.ts";
export { type Evaluation, type EvaluationInput, evaluate } from "./evaluate.ts";
export { evaluateFiles, type FileEvaluation, type FileEvaluationInput } from "./evaluate-files.ts";
export { evaluateGate, type GateInput, type GateResult } from "./evaluate-gate.ts";
export { type EvidenceSubject, evidenceOfAnother } from "./evidence-subject.ts";
export { evidenceText } from "./evidence-text.ts";
export { exported } from "./exports.ts";
export { decisionJunit, xmlText } from "./junit.ts";
export { type EndedRun, type EvidenceReceipt, evidenceSince, ledgerEvidence } from "./ledger-evidence.ts";
export { type LintFinding, lintPolicy, unsatisfiable } from "./lint.ts";
export { decisionMarkdown } from "./markdown.ts";
export { exportOpenSlo } from "./openslo/export.ts";
export { importOpenSlo } from "./openslo/import.ts";
export { evaluateParquet, PARQUET_ROWS_MAX, type ParquetEvaluation } from "./parquet/evaluate-parquet.ts";
export { excludes, type Policy, parsePolicy, waivedMax } from "./policy.ts";
export { judgingPolicyIn, policyIn } from "./policy-in.ts";
export { policySchema } from "./policy-schema.ts";
export type { GateText } from "./policy-shape.ts";
export { BUNDLE_PROFILE, type CheckOutcome, type PromotionCheckId } from "./promotion/derive-bundle.ts";
export {
  countEvaluations,
  type EvaluationRow,
  evaluatedPolicies,
  evaluationByPolicy,
  evaluationsAbout,
  evaluationsBy,
  findEvaluation,
  insertEvaluation,
  listEvaluations,
} from "./queries.ts";
export { type Rational, rationalOf } from "./rational.ts";
export { type Answer, readAnswer } from "./readiness/branch-protection/answers.ts";
export type { BypassList } from "./readiness/branch-protection/facts.ts";
export { type ProtectionInput, protectionReports } from "./readiness/branch-protection/reports.ts";
export { readCanonicalChecks } from "./readiness/branch-protection/required-checks.ts";
export { REPORTS, REQUIRED_JOBS } from "./readiness/catalogue.ts";
export { CHANGE_PROFILES, isChangeProfile } from "./readiness/change-approval.ts";
export { changeReport } from "./readiness/change-report.ts";
export { continuousValidation } from "./readiness/continuous-validation.ts";
export { executiveSummary, type SummaryInput } from "./readiness/executive-summary.ts";
export { CONTEXT_FILE, type GateDocuments, readGateDocuments, readReleaseFolder } from "./readiness/gate-documents.ts";
export { type MadeReport, type Maker, promotionReportOf } from "./readiness/made-report.ts";
export { linksIn, operatorReadiness, readOperations } from "./readiness/operator-readiness.ts";
export { type ChangeRecord, policyReport } from "./readiness/policy-change.ts";
export { promotionReadiness, readinessVerified } from "./readiness/promotion-readiness.ts";
export { type ReplayedRun, replayReport } from "./readiness/replay-report.ts";
export { decisionSarif } from "./sarif.ts";
export { drawnOf } from "./scale.ts";
export {
  COUNTED_MAX,
  type EndedPart,
  type EndedWorkflow,
  endedParts,
  endedWorkflows,
  type PartedTime,
} from "./series/queries.ts";
export type { Cell, EvidenceSet, SourceState, Unit } from "./unit.ts";
export { type Renewal, renewalOf } from "./waiver-renewal.ts";
export { type JudgedRequest, judgeRequest, type WaiverRequest } from "./waiver-request.ts";
export type { PastWaiver, UnprovedApproval, WaiverInput } from "./waiver-rules.ts";
export { entryOf, parseWaivers, type Waiver } from "./waiver-shape.ts";
export { type Sample, wilsonLower, wilsonLowerAtLeast } from "./wilson.ts";
export { cutoffOf } from "./window.ts";
export { flipText, isTold, standingText } from "./words.ts";
