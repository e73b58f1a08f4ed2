import { expect, test } from "vitest";
import { evaluated, POLICY_TEXT, PROOF, type ReleaseGiven, rowOf, standingsOf } from "./testing/release.ts";

test("W01 with everything as it should be the decision is GO, without conditions", () => {
  const { decision } = evaluated({});

  expect(decision.gates.filter(({ status, standing }) => status !== "PASS" && standing === "counts")).toEqual([]);
  expect(decision).toMatchObject({ verdict: "GO", conditions: [], blocked_by: [], cause: null });
});

test("W02 a report that is missing leaves its checks unknown, and the lineage incomplete", () => {
  const given = { reports: { R01: null } };
  const evaluation = evaluated(given);

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause: "missing" });
  expect(standingsOf(given, ["smoke_report_present", "smoke_report_failed_zero", "release_lineage_complete"])).toEqual([
    ["smoke_report_present", "UNKNOWN", "high", "counts"],
    ["smoke_report_failed_zero", "UNKNOWN", "high", "counts"],
    ["release_lineage_complete", "UNKNOWN", "critical", "counts"],
  ]);
  expect(rowOf(evaluation, "release_lineage_complete").reasons).toEqual(["LC-02: R01 is MISSING"]);
});

test("W02 a lineage that says itself that it is not complete fails", () => {
  const completeness_checks = [{ check_id: "LC-02", passed: false, detail: "R01" }];
  const evaluation = evaluated({
    reports: { R01: null },
    lineage: (lineage) => ({ ...lineage, status: "failed", completeness_checks }),
  });

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause: "failed" });
  expect(rowOf(evaluation, "release_lineage_complete")).toMatchObject({ status: "FAIL", severity: "critical" });
});

/** One failing check, its severity, and the reason that it states. */
test.each<readonly [string, string, ReleaseGiven, string, string, string]>([
  [
    "W03",
    "a count that came as text",
    { reports: { R01: { failed: "0" } } },
    "smoke_report_failed_zero",
    "high",
    'failed is no count: "0"',
  ],
  [
    "W04",
    "a status that nobody knows",
    { reports: { R07: { status: "green" } } },
    "policy_bundle_lifecycle_status_passed",
    "critical",
    "STATUS_UNRECOGNISED",
  ],
  [
    "W05",
    "a coverage just below one",
    { reports: { R05: { coverage_ratio: 0.999 } } },
    "runtime_coverage_ratio",
    "high",
    "coverage_ratio is 0.999",
  ],
  [
    "W07",
    "a job that was skipped",
    { jobs: { contracts: "skipped" } },
    "job_result:contracts",
    "high",
    "its result is skipped",
  ],
  [
    "W29",
    "branch rules that fail, whatever a person attests",
    { reports: { R22: { status: "failed" }, R23: {} } },
    "github_branch_protection_status_passed",
    "critical",
    "failed",
  ],
  [
    "W30",
    "a required check of another name",
    { reports: { R22: { status: "failed", checks: [{ check_id: "status_checks", passed: false }] } } },
    "github_branch_protection_status_passed",
    "critical",
    "failed",
  ],
  [
    "W31",
    "required checks without this gate",
    { reports: { R21: { status: "failed" } } },
    "required_status_checks_consistency_status_passed",
    "high",
    "failed",
  ],
  [
    "W32",
    "a scenario that was not run",
    { reports: { R11: { summary: { total_scenarios: 15 } } } },
    "durability_advanced_scenario_execution_complete",
    "critical",
    "15 of 16",
  ],
  [
    "W35",
    "a replay with another effect",
    { reports: { R12: { status: "failed", summary: { drift: "D6", failed_executions: 1 } } } },
    "replay_determinism_status_passed",
    "critical",
    "failed",
  ],
  [
    "W40",
    "a policy that bears high findings",
    {
      policy: POLICY_TEXT.replace(
        "budget: { high: 0, medium: 0, waived: 2 }",
        "budget: { high: 1, medium: 0, waived: 2 }",
      ),
    },
    "policy_load",
    "critical",
    "strict bears high findings",
  ],
])("%s %s is NO-GO", (_, __, given, id, severity, reason) => {
  const evaluation = evaluated(given);

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause: "failed" });
  expect(evaluation.decision.blocked_by).toContain(id);
  expect(rowOf(evaluation, id)).toMatchObject({ status: "FAIL", severity, waivable: false });
  expect(rowOf(evaluation, id).reasons).toContain(reason);
});

test("W06 a summary that is unverified because an input is missing does not pass", () => {
  const given = { reports: { R05: null, R31: { status: "unverified" } } };

  expect(evaluated(given).decision.verdict).toBe("NO-GO");
  expect(standingsOf(given, ["runtime_exec_summary_not_failed", "runtime_coverage_report_present"])).toEqual([
    ["runtime_exec_summary_not_failed", "UNKNOWN", "high", "counts"],
    ["runtime_coverage_report_present", "UNKNOWN", "high", "counts"],
  ]);
});

const UNSEEN = { status: "unverified" };
const PROTECTION = "github_branch_protection_status_passed";
const EVIDENCE = "governance_evidence_complete";

test("W26 rules of a branch that cannot be seen, without a person's proof, are NO-GO", () => {
  const given = { reports: { R22: UNSEEN } };

  expect(evaluated(given).decision.verdict).toBe("NO-GO");
  expect(
    standingsOf(given, [PROTECTION, EVIDENCE, "governance_evidence_report_present", "release_lineage_complete"]),
  ).toEqual([
    [PROTECTION, "UNKNOWN", "high", "counts"],
    [EVIDENCE, "UNKNOWN", "high", "counts"],
    ["governance_evidence_report_present", "UNKNOWN", "high", "counts"],
    ["release_lineage_complete", "UNKNOWN", "critical", "counts"],
  ]);
});

const PROVEN = {
  R22: UNSEEN,
  R23: PROOF,
  R30: {
    status: "unverified",
    reports: [
      { id: "R22", status: "unverified" },
      { id: "R07", status: "passed" },
    ],
  },
};

test("W27 GATE-05 a person's proof excuses what the platform does not tell, and GO has no condition", () => {
  expect(evaluated({ reports: PROVEN }).decision).toMatchObject({ verdict: "GO", conditions: [] });
  expect(standingsOf({ reports: PROVEN }, [PROTECTION, EVIDENCE])).toEqual([
    [PROTECTION, "UNKNOWN", "high", "excused"],
    [EVIDENCE, "PASS", null, "counts"],
  ]);
});

test("W28 with another governance report unverified, the proof proves nothing", () => {
  const given = { reports: { ...PROVEN, R26: { status: "unverified" } } };

  expect(evaluated(given).decision).toMatchObject({ verdict: "NO-GO" });
  expect(standingsOf(given, [PROTECTION, EVIDENCE, "trend_report_status"])).toEqual([
    [PROTECTION, "UNKNOWN", "high", "counts"],
    [EVIDENCE, "FAIL", "high", "counts"],
    ["trend_report_status", "UNKNOWN", "high", "counts"],
  ]);
});

test("W33 fewer tests than the profile's floor fail, though all of them pass", () => {
  const given = { reports: { R11: { summary: { total_tests: 40, expected_total_tests: 40 } } } };

  expect(evaluated(given).decision).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["durability_advanced_expected_tests_meet_policy"],
    spent: { critical: 1, high: 0 },
  });
});

test("W34 a replay that differs in instants and ids alone passes", () => {
  expect(evaluated({ reports: { R12: { summary: { drift: "D1" } } } }).decision).toMatchObject({
    verdict: "GO",
    spent: { low: 0 },
  });
});

test("W36 a replay by another binding with the same result is a low finding", () => {
  const evaluation = evaluated({ reports: { R12: { summary: { drift: "D3" } } } });

  expect(evaluation.decision).toMatchObject({ verdict: "GO", spent: { low: 1 } });
  expect(rowOf(evaluation, "replay_binding_drift").status).toBe("FAIL");
});

test("W37 a report about another commit is refused, and that is critical", () => {
  const subject = { commit: "parent", registry_ref: "r1", policy_digest: "sha256:other" };
  const given = { reports: { R16: { subject } } };

  expect(evaluated(given).decision).toMatchObject({ verdict: "NO-GO", cause: "failed" });
  expect(standingsOf(given, ["evidence_subject_match:R16", "tenant_isolation_report_present"])).toEqual([
    ["evidence_subject_match:R16", "FAIL", "critical", "counts"],
    ["tenant_isolation_report_present", "UNKNOWN", "critical", "counts"],
  ]);
  expect(rowOf(evaluated(given), "tenant_isolation_report_present").reasons).toContain("source R16: STALE_SUBJECT");
});

test("W38 a report that another job made is not in the lineage as it has to be", () => {
  const producer = { tool: "t", tool_version: "1", workflow: "verify", job_id: "smoke", run_id: "run-100", attempt: 1 };
  const evaluation = evaluated({ reports: { R29: { producer } } });

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", blocked_by: ["release_lineage_complete"] });
  expect(rowOf(evaluation, "release_lineage_complete")).toMatchObject({ severity: "critical" });
  expect(rowOf(evaluation, "release_lineage_complete").reasons).toContain(
    "LC-03: R29 was made by smoke, not by dx_metrics",
  );
});

test("W52 while changes are frozen nothing is promoted to production, and a rollback is possible", () => {
  const document = { change_freeze: { active: true, reason: "the sale" } };
  const promoted = (event: string) =>
    evaluated({ document, profile: "promotion", context: { event, target_environment: "prod" } }).decision;

  expect(promoted("promotion")).toMatchObject({ verdict: "NO-GO", blocked_by: ["change_freeze"] });
  expect(promoted("rollback").verdict).toBe("GO");
});
