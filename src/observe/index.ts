/** What people see of runs: why one is where it is, its picture over time, and the diagnosis of its continuity. Pure. */
export { type Bar, type BarKind, type ChartCategory, type ChartRow, chartOf } from "./chart.ts";
export { type Diagnosis, type DiagnosisReport, diagnose } from "./diagnosis.ts";
export { type DiagnosisFilter, type DiagnosisInput, type DiagnosisScope, EVERYTHING } from "./diagnosis-input.ts";
export { type LeaseFact, type Why, type WhyFacts, whyOf, whyText } from "./why.ts";
