/** What people see of runs: why one is where it is, its picture over time, and the diagnosis of its continuity. Pure. */

export { ALERT_KINDS, ALERTS, type Alert, type AlertKind, type AlertSeverity, alertOf, kindOf } from "./alert.ts";
export { type CallAuthority, callsOf, newCalls, type RunCall } from "./calls.ts";
export { type Bar, type BarKind, CHART_CATEGORIES, type ChartRow, newChart } from "./chart.ts";
export { type ContinuitySeverity, SEVERITIES } from "./continuity-event.ts";
export { type Diagnosis, type DiagnosisReport, diagnose } from "./diagnosis.ts";
export {
  type DiagnosisFilter,
  type DiagnosisInput,
  type DiagnosisScope,
  EVERYTHING,
  readEvents,
} from "./diagnosis-input.ts";
export { type Gathered, gathered } from "./gathered.ts";
export { isMark, marksOf } from "./marks.ts";
export { type Move, newPath } from "./path.ts";
export { continuityEvent, diagnosisInput, type LedgerRun, type Liveness, scopeOf } from "./projection.ts";
export { type Recovery, type RecoveryFile, recoveryOf } from "./recovery-files.ts";
export { type RecoveryReport, recoveryReport } from "./recovery-report.ts";
export { runbookOf } from "./runbook.ts";
export { CATEGORIES, type OperatorTimeline, type TimelineEntry } from "./timeline.ts";
export { newFold, type Transition, transitionsOf } from "./transitions.ts";
export { type Change, changesBetween, type DocumentVersion, versionAt, versionsOf } from "./versions.ts";
export { type LeaseFact, type Why, type WhyFacts, whyOf, whyText } from "./why.ts";
