import { expect, test } from "vitest";
import { evaluated, POLICY_TEXT, PROOF, type ReleaseGiven, rowOf } from "./testing/release.ts";

const metric = (id: string, stage: string) => ({ slo_status: stage, metrics: [{ metric: id, stage }] });

/** The status, severity and standing of rows, by id. */
function rowsOf(given: ReleaseGiven, ids: readonly string[]) {
  const evaluation = evaluated(given);
  return ids.map((id) => {
    const { status, severity, standing } = rowOf(evaluation, id);
    return [id, status, severity, standing] as const;
  });
}

test("W01 with everything as it should be the decision is GO, without conditions", () => {
  const { decision } = evaluated({});

  expect(decision.gates.filter(({ status, standing }) => status !== "PASS" && standing === "counts")).toEqual([]);
  expect(decision).toMatchObject({ verdict: "GO", conditions: [], blocked_by: [], cause: null });
});

test("W02 a report that is missing leaves its checks unknown, and the lineage incomplete", () => {
  const given = { reports: { R01: null } };
  const evaluation = evaluated(given);

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause: "missing" });
  expect(rowsOf(given, ["smoke_report_present", "smoke_report_failed_zero", "release_lineage_complete"])).toEqual([
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
  expect(rowsOf(given, ["runtime_exec_summary_not_failed", "runtime_coverage_report_present"])).toEqual([
    ["runtime_exec_summary_not_failed", "UNKNOWN", "high", "counts"],
    ["runtime_coverage_report_present", "UNKNOWN", "high", "counts"],
  ]);
});

test("W08 a metric at a warning is a low finding, and GO", () => {
  expect(evaluated({ reports: { R29: metric("dx_ttfs_seconds", "warn") } }).decision).toMatchObject({
    verdict: "GO",
    conditions: [],
    spent: { critical: 0, high: 0, medium: 0, low: 1 },
  });
});

const SOFT: ReleaseGiven = { reports: { R27: metric("ci_pass_rate:smoke", "soft_fail") } };
const PULL_REQUEST = { event: "pull_request", branch: "topic", is_release_branch: false };
const TRANSITIONAL: ReleaseGiven = { profile: "transitional", context: PULL_REQUEST };

test("W09 one medium finding is over the budget of a release", () => {
  expect(evaluated(SOFT).decision).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["trend_slo_status"],
    spent: { high: 0, medium: 1 },
  });
});

test("W10 under transitional it is GO, on condition", () => {
  expect(evaluated({ ...SOFT, ...TRANSITIONAL }).decision).toMatchObject({
    verdict: "GO",
    conditions: ["trend_slo_status"],
    spent: { medium: 1 },
  });
});

test("W11 three medium findings are too many even there", () => {
  const reports = { ...SOFT.reports, R26: { status: "unverified" }, R29: metric("dx_docs_parity", "soft_fail") };

  expect(evaluated({ ...TRANSITIONAL, reports }).decision).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["dx_slo_status_pass", "trend_report_status", "trend_slo_status"],
  });
});

const CANARY = "ci_pass_rate:runtime_canary";
const REPEATED = `slo_repeated_breach:${CANARY}`;
const HARD: ReleaseGiven = { reports: { R27: metric(CANARY, "hard_fail") } };

const past = (stage: string) => [
  { evaluated_at: "2026-07-19T10:00:00Z", commit: "b", branch: "main", metric: CANARY, stage, run_id: "run-99" },
];

test("W12 the first hard failure is high, and not yet a repeated one", () => {
  const given = { ...HARD, history: past("ok") };

  expect(evaluated(given).decision).toMatchObject({ verdict: "NO-GO", blocked_by: ["trend_slo_status"] });
  expect(rowsOf(given, ["trend_slo_status", REPEATED])).toEqual([
    ["trend_slo_status", "FAIL", "high", "counts"],
    [REPEATED, "PASS", null, "counts"],
  ]);
});

const approval = (approver: string, role: string) => ({
  approver,
  role,
  approved_at: "2026-07-19T12:00:00Z",
  method: "key",
});

const waiver = (id: number, check_id: string, change: object = {}) => ({
  waiver_id: `W-2026-000${id}`,
  check_id,
  reason: "one flaky runner, replaced on Monday",
  remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-07-20T10:00:00Z" },
  requested_by: "dave",
  created_at: "2026-07-19T10:00:00Z",
  approvals: [approval("ann", "operator")],
  expires_at: "2026-07-24T10:00:00Z",
  scope: { branches: ["main"], environments: ["dev"], profiles: ["strict"] },
  ...change,
});

const W13: ReleaseGiven = { ...HARD, history: past("ok"), waivers: [waiver(1, "trend_slo_status")] };

test("W13 EXC-01 a valid waiver makes it GO on condition, and the decision lists it", () => {
  expect(evaluated(W13).decision).toMatchObject({
    verdict: "GO",
    conditions: ["trend_slo_status"],
    spent: { high: 0, waived: 1 },
    waivers: { applied: [{ waiver: "W-2026-0001", gate: "trend_slo_status", approved_by: ["ann"] }], rejected: [] },
  });
});

test.each([
  ["W14", "that ends at this very instant", { expires_at: "2026-07-20T10:00:00Z" }, "expired", "low"],
  ["W15", "of twenty days", { expires_at: "2026-08-08T10:00:00Z" }, "ttl_exceeded", "medium"],
  [
    "W16",
    "approved by whoever asked for it",
    { approvals: [approval("dave", "operator")] },
    "approver_is_requester",
    "medium",
  ],
])("%s a waiver %s has no effect", (_, __, change, code, severity) => {
  const evaluation = evaluated({ ...W13, waivers: [waiver(1, "trend_slo_status", change)] });

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", waivers: { applied: [], rejected: [{ code }] } });
  expect(evaluation.decision.blocked_by).toContain("trend_slo_status");
  expect(rowOf(evaluation, "exceptions_entry_issue:W-2026-0001")).toMatchObject({ severity });
});

const TWICE: ReleaseGiven = { ...HARD, history: past("hard_fail") };
const BOTH = { approvals: [approval("ann", "operator"), approval("olga", "release_owner")] };

test("W17 SLO-11 a repeated breach needs a waiver of its own", () => {
  const { decision } = evaluated({ ...TWICE, waivers: [waiver(1, "trend_slo_status")] });

  expect(decision).toMatchObject({ verdict: "NO-GO", blocked_by: [REPEATED], spent: { high: 1, waived: 1 } });
});

test("W18 with both waived, the second by two people, it is GO on condition", () => {
  const waivers = [waiver(1, "trend_slo_status"), waiver(2, REPEATED, BOTH)];

  expect(evaluated({ ...TWICE, waivers }).decision).toMatchObject({
    verdict: "GO",
    conditions: [REPEATED, "trend_slo_status"],
    spent: { waived: 2 },
  });
});

test("W19 three waivers are more than a release bears", () => {
  const reports = { ...HARD.reports, R29: metric("dx_docs_parity", "hard_fail") };
  const waivers = [waiver(1, "trend_slo_status"), waiver(2, REPEATED, BOTH), waiver(3, "dx_slo_status_pass")];

  expect(evaluated({ ...TWICE, reports, waivers }).decision).toMatchObject({
    verdict: "NO-GO",
    cause: "failed",
    spent: { high: 0, waived: 3 },
  });
});

test("W20 a tenant's isolation cannot be waived", () => {
  const checks = [{ surface: "mcp", check_id: "C2", passed: false }];
  const evaluation = evaluated({
    reports: { R16: { status: "failed", checks } },
    waivers: [waiver(1, "tenant_isolation_status_passed")],
  });

  expect(evaluation.decision.waivers.rejected).toMatchObject([{ code: "non_waivable_class" }]);
  expect(evaluation.decision.blocked_by).toContain("tenant_isolation_status_passed");
  expect(rowOf(evaluation, "tenant_isolation_status_passed")).toMatchObject({ status: "FAIL", severity: "critical" });
});

test("W21 a waiver for a check that does not exist is a medium finding", () => {
  const waivers = [waiver(1, "trend_slo_statuss")];

  expect(evaluated({ waivers }).decision).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "unknown_check" }] },
    spent: { medium: 1 },
  });
  expect(evaluated({ ...TRANSITIONAL, waivers }).decision).toMatchObject({
    verdict: "GO",
    conditions: ["exceptions_entry_issue:W-2026-0001"],
  });
});

test.each([
  ["W22", "that nothing needs", {}, "unused"],
  [
    "W23",
    "that expired while its check passes",
    {
      expires_at: "2026-07-20T09:00:00Z",
      remediation: { issue_ref: "#1", owner: "ann", due_at: "2026-07-20T08:00:00Z" },
    },
    "expired",
  ],
])("%s a waiver %s is a low finding, and GO", (_, __, change, code) => {
  expect(evaluated({ waivers: [waiver(1, "trend_slo_status", change)] }).decision).toMatchObject({
    verdict: "GO",
    conditions: [],
    spent: { low: 1 },
    waivers: { rejected: [{ code }] },
  });
});

test("W24 a waiver file that is no JSON is high", () => {
  const evaluation = evaluated({ waivers: "{" });

  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", blocked_by: ["exceptions_file_load"] });
  expect(rowOf(evaluation, "exceptions_file_load").severity).toBe("high");
});

test("W25 of two waivers the one that ends first applies, the other is a low finding", () => {
  const waivers = [
    waiver(1, "trend_slo_status", { expires_at: "2026-07-25T10:00:00Z" }),
    waiver(2, "trend_slo_status", { expires_at: "2026-07-22T10:00:00Z" }),
  ];

  expect(evaluated({ ...W13, waivers }).decision).toMatchObject({
    verdict: "GO",
    spent: { waived: 1, low: 1 },
    waivers: { applied: [{ waiver: "W-2026-0002" }], rejected: [{ waiver: "W-2026-0001", code: "duplicate" }] },
  });
});

const UNSEEN = { status: "unverified" };
const PROTECTION = "github_branch_protection_status_passed";
const EVIDENCE = "governance_evidence_complete";

test("W26 rules of a branch that cannot be seen, without a person's proof, are NO-GO", () => {
  const given = { reports: { R22: UNSEEN } };

  expect(evaluated(given).decision.verdict).toBe("NO-GO");
  expect(
    rowsOf(given, [PROTECTION, EVIDENCE, "governance_evidence_report_present", "release_lineage_complete"]),
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
  expect(rowsOf({ reports: PROVEN }, [PROTECTION, EVIDENCE])).toEqual([
    [PROTECTION, "UNKNOWN", "high", "excused"],
    [EVIDENCE, "PASS", null, "counts"],
  ]);
});

test("W28 with another governance report unverified, the proof proves nothing", () => {
  const given = { reports: { ...PROVEN, R26: { status: "unverified" } } };

  expect(evaluated(given).decision).toMatchObject({ verdict: "NO-GO" });
  expect(rowsOf(given, [PROTECTION, EVIDENCE, "trend_report_status"])).toEqual([
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
  expect(rowsOf(given, ["evidence_subject_match:R16", "tenant_isolation_report_present"])).toEqual([
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

test("W39 GATE-07 a profile that does not exist fails the policy's load, and the rest is judged strictly", () => {
  const evaluation = evaluated({ document: { profile: "strickt" }, ...SOFT });

  expect(evaluation.decision).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["policy_load", "trend_slo_status"],
    spent: { critical: 1, medium: 1 },
  });
});

const YOUNG: ReleaseGiven = {
  reports: { R26: { status: "unverified" }, R27: { status: "unverified", slo_status: "unverified", metrics: [] } },
};

test("W41 a trend that is too young is unverified, and two waivers bring a new repository through", () => {
  expect(evaluated(YOUNG).decision).toMatchObject({
    verdict: "NO-GO",
    cause: "missing",
    blocked_by: ["trend_report_status", "trend_slo_status"],
    spent: { high: 2 },
  });
  const waivers = [waiver(1, "trend_slo_status"), waiver(2, "trend_report_status")];
  expect(evaluated({ ...YOUNG, waivers }).decision).toMatchObject({
    verdict: "GO",
    conditions: ["trend_report_status", "trend_slo_status"],
  });
});

const PROMOTION: ReleaseGiven = {
  profile: "promotion",
  context: { event: "promotion", target_environment: "staging" },
  place: { environment: "staging" },
};

test("W43 a waiver for dev does not carry a bundle into staging", () => {
  const scope = { branches: ["main"], environments: ["dev"], profiles: ["strict", "promotion"] };
  const waivers = [waiver(1, "trend_slo_status", { scope })];

  expect(evaluated({ ...W13, ...PROMOTION, waivers }).decision).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["trend_slo_status"],
    waivers: { rejected: [{ code: "out_of_scope" }] },
  });
});

test("W51 a waiver that expired before the promotion does not count any more", () => {
  const scope = { branches: ["main"], environments: ["staging"], profiles: ["promotion"] };
  const waivers = [waiver(1, "trend_slo_status", { ...BOTH, scope, expires_at: "2026-07-20T10:00:00Z" })];
  const valid = [waiver(1, "trend_slo_status", { ...BOTH, scope })];

  expect(evaluated({ ...W13, ...PROMOTION, waivers: valid }).decision.verdict).toBe("GO");
  expect(evaluated({ ...W13, ...PROMOTION, waivers }).decision).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["trend_slo_status"],
  });
});

test("W52 while changes are frozen nothing is promoted to production, and a rollback is possible", () => {
  const document = { change_freeze: { active: true, reason: "the sale" } };
  const promoted = (event: string) =>
    evaluated({ document, profile: "promotion", context: { event, target_environment: "prod" } }).decision;

  expect(promoted("promotion")).toMatchObject({ verdict: "NO-GO", blocked_by: ["change_freeze"] });
  expect(promoted("rollback").verdict).toBe("GO");
});

test("W53 a rollback is not held up by a repeated breach: service levels are not asked of it", () => {
  const given = { ...TWICE, profile: "promotion", context: { event: "rollback", target_environment: "prod" } };

  const evaluation = evaluated(given);

  expect(evaluation.decision).toMatchObject({ verdict: "GO", conditions: [] });
  for (const id of ["trend_slo_status", "slo_repeated_breach", "operator_readiness_status_passed"])
    expect(rowOf(evaluation, id).standing).toBe("excluded");
});
