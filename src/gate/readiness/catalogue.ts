/** A report that the gate reads: a file `R01.json`, the job that makes it, and the contract that it keeps. */
export interface ReportKind {
  readonly id: string;
  /** Of the check that it is there, `<name>_report_present`. */
  readonly name: string;
  readonly job: string;
  readonly contract: string;
}

const report = (id: string, name: string, job: string, contract: string): ReportKind => ({ id, name, job, contract });

const GOVERNANCE = "policy_bundle_governance";
const CANARY = "runtime_canary";
const TREND = "ci_stability_trend";

/** Reports that every release brings. */
export const REPORTS: readonly ReportKind[] = [
  report("R01", "smoke", "smoke", "smoke_v1"),
  report("R02", "contracts", "contracts", "capability_contracts_v1"),
  report("R03", "registry_consistency", "registry_consistency", "registry_consistency_v1"),
  report("R04", "openapi_verification", "openapi_verification", "openapi_verification_v1"),
  report("R05", "runtime_coverage", CANARY, "runtime_coverage_v1"),
  report("R06", "skill_executability", CANARY, "skill_executability_v1"),
  report("R07", "policy_bundle_lifecycle", GOVERNANCE, "opa_policy_bundle_lifecycle_v2"),
  report("R08", "policy_gate_freshness", GOVERNANCE, "policy_gate_freshness_v1"),
  report("R09", "policy_shadow", CANARY, "policy_shadow_v1"),
  report("R10", "durability_contract", CANARY, "durability_v1"),
  report("R11", "durability_advanced", CANARY, "durability_v2_advanced"),
  report("R12", "replay_determinism", CANARY, "replay_determinism_v1"),
  report("R13", "workflow_version_compatibility", CANARY, "workflow_version_compatibility_v1"),
  report("R14", "checkpoint_schema_provenance", CANARY, "checkpoint_schema_provenance_v1"),
  report("R15", "provenance_coverage", CANARY, "provenance_coverage_v1"),
  report("R16", "tenant_isolation", CANARY, "tenant_isolation_matrix_v1"),
  report("R17", "tenancy_rollout", "smoke", "governance_tenancy_rollout_v1"),
  report("R18", "promotion_readiness", CANARY, "policy_promotion_readiness_v2"),
  report("R19", "promotion_verify", CANARY, "policy_promotion_readiness_verify_v1"),
  report("R20", "branch_protection_policy", GOVERNANCE, "branch_protection_policy_v1"),
  report("R21", "required_status_checks_consistency", GOVERNANCE, "required_status_checks_consistency_v1"),
  report("R22", "github_branch_protection", GOVERNANCE, "github_branch_protection_v1"),
  report("R24", "workflow_integrity", GOVERNANCE, "workflow_integrity_v1"),
  report("R25", "release_gate_policy", GOVERNANCE, "release_gate_policy_verify_v1"),
  report("R26", "trend", TREND, "critical_ci_trend_v1"),
  report("R27", "trend_slo", TREND, "critical_ci_trend_slo_v1"),
  report("R28", "dx", "dx_metrics", "dx_metrics_v1"),
  report("R29", "dx_slo", "dx_metrics", "dx_metrics_slo_v1"),
  report("R30", "governance_exec_summary", GOVERNANCE, "governance_executive_summary_v1"),
  report("R31", "runtime_exec_summary", CANARY, "governance_executive_summary_v1"),
  report("R33", "operator_readiness", GOVERNANCE, "operator_readiness_v1"),
];

/** A person's proof of branch protection, where the platform cannot be asked. */
export const MANUAL_EVIDENCE = report("R23", "governance_evidence", GOVERNANCE, "governance_evidence_v1");
/** Which job made which report, and what the decision will rest on. */
export const LINEAGE = report("R32", "release_lineage", "release_lineage", "release_lineage_v2");
export const LINEAGE_CONTRACT = report(
  "R32-contract",
  "release_lineage_contract",
  "release_lineage",
  "release_lineage_contract_v1",
);
export const CHANGE_APPROVAL = report("R34", "change_approval", "change_approval", "change_approval_v1");

export const bundlePromotion = (environment: string): ReportKind =>
  report(`R35-${environment}`, "bundle_promotion", "promote", "release_bundle_promotion_v2");
export const externalLineage = (source: string): ReportKind =>
  report(`R36-${source}`, "external_lineage", "external_lineage", "external_lineage_v1");

export const REQUIRED_JOBS = [
  "pin_drift_guard",
  "smoke",
  "contracts",
  "registry_consistency",
  "openapi_verification",
  "runtime_canary",
  "dx_metrics",
  "policy_bundle_governance",
  "ci_stability_trend",
  "release_lineage",
] as const;

/** What every release is used for, and the reports without which nobody has seen that it can be. */
export const USE_CASES: ReadonlyMap<string, readonly string[]> = new Map([
  ["UC-01", ["R01", "R02"]],
  ["UC-02", ["R03"]],
  ["UC-03", ["R07", "R08"]],
  ["UC-04", ["R09", "R10", "R11", "R12", "R13", "R14", "R15", "R16", "R17"]],
  ["UC-05", ["R18", "R19"]],
  ["UC-06", ["R20", "R21", "R22"]],
  ["UC-07", ["R24"]],
  ["UC-08", ["R26", "R27", "R28", "R29"]],
  ["UC-09", ["R30", "R31"]],
  ["UC-10", ["R33"]],
]);

/** Reports of the canary that a rollback runs again: these have to be fresh, whatever was bundled. */
export const CANARY_REPORTS: readonly string[] = ["R01", "R02", "R09", "R10", "R11", "R12", "R13", "R14", "R15", "R16"];

/** Reports that grow old within a day, also where a release was built long ago. */
export const FRESH_REPORTS: readonly string[] = ["R22", "R26", "R27", "R28", "R29"];

/** Reports that a person's proof may not make up for. */
export const GOVERNANCE_REPORTS: readonly string[] = ["R07", "R08", "R20", "R21", "R24", "R25", "R26", "R27", "R33"];
