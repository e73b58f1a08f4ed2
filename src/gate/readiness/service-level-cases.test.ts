import { expect, test } from "vitest";
import { assert, isJsonObject, type JsonObject } from "../../contracts/index.ts";
import { sloReports } from "../slo/export.ts";
import { type Given, evaluated as levels, many, POLICY } from "../slo/testing/levels.ts";
import { evaluated, type ReleaseGiven, rowOf, standingsOf } from "./testing/release.ts";

const metric = (id: string, stage: string) => ({ slo_status: stage, metrics: [{ metric: id, stage }] });

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
  expect(standingsOf(given, ["trend_slo_status", REPEATED])).toEqual([
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

test("W13 EXC-01 EXC-04 one valid waiver is enough for one fact: GO on condition, and the decision lists it", () => {
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

test("W53 a rollback is not held up by a repeated breach: service levels are not asked of it", () => {
  const given = { ...TWICE, profile: "promotion", context: { event: "rollback", target_environment: "prod" } };

  const evaluation = evaluated(given);

  expect(evaluation.decision).toMatchObject({ verdict: "GO", conditions: [] });
  for (const id of ["trend_slo_status", "slo_repeated_breach", "operator_readiness_status_passed"])
    expect(rowOf(evaluation, id).standing).toBe("excluded");
});

/** What the policy of service levels prints, as the release gate's two reports. */
function levelReports(given: Given): { readonly R27: JsonObject; readonly R29: JsonObject } {
  const reports = sloReports(POLICY.text, levels(given));
  assert(isJsonObject(reports), "the export is an object");
  const { critical_ci_trend_slo_v1: R27 = null, dx_metrics_slo_v1: R29 = null } = reports;
  assert(isJsonObject(R27) && isJsonObject(R29), "it has both reports");
  return { R27, R29 };
}

test.each<readonly [string, Given, "GO" | "NO-GO", readonly string[]]>([
  ["kept", {}, "GO", []],
  ["at a warning", { dx: { docs_parity_score: 0.975 } }, "GO", []],
  ["breached", { smoke: [...many(18, "success"), "failure", "failure"] }, "NO-GO", ["trend_slo_status"]],
  ["too young to be told", { smoke: many(3, "success") }, "NO-GO", ["trend_slo_status"]],
])(
  "SLO-01 levels that are %s count in a release as their own policy's reports say",
  (_, given, verdict, blocked_by) => {
    expect(evaluated({ reports: levelReports(given) }).decision).toMatchObject({ verdict, blocked_by });
  },
);
