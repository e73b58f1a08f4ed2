import { expect, test } from "vitest";
import { digestOf, isJsonObject, type Json, type JsonObject } from "../../contracts/index.ts";
import { exported } from "../exports.ts";
import { firstReleaseReport } from "./export.ts";
import { evaluated, POLICY_TEXT, policyOf, type ReleaseGiven } from "./testing/release.ts";

const POLICY = policyOf(POLICY_TEXT);
const reported = (given: ReleaseGiven): Json => exported(POLICY.text, evaluated(given));

const CANARY = "ci_pass_rate:runtime_canary";
const HARD = { slo_status: "hard_fail", metrics: [{ metric: CANARY, stage: "hard_fail" }], policy_version: "2.0.0" };
const past = {
  evaluated_at: "2026-07-19T10:00:00Z",
  commit: "b",
  branch: "main",
  metric: CANARY,
  stage: "hard_fail",
  run_id: "run-99",
};
const WAIVER = {
  waiver_id: "W-2026-0001",
  check_id: "trend_slo_status",
  reason: "one flaky runner, replaced on Monday",
  remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-07-22T10:00:00Z" },
  requested_by: "dave",
  created_at: "2026-07-19T10:00:00Z",
  approvals: [{ approver: "ann", role: "operator", approved_at: "2026-07-19T12:00:00Z", method: "key" }],
  expires_at: "2026-07-24T10:00:00Z",
  scope: { branches: ["main"], environments: ["dev"], profiles: ["strict"] },
};

test("GATE-04 a release that is GO is reported as go and passed, with what was judged by what", () => {
  expect(reported({})).toMatchObject({
    contract: "release_readiness_gate_v2",
    schema_version: "2.0",
    generated_at: "2026-07-20T10:00:00.000Z",
    candidate: { commit: "c0ffee", branch: "main", registry_ref: "r1", run_id: "run-100" },
    status: "passed",
    decision: "go",
    decision_reasons: ["7: nothing stands against it"],
    summary: { failed: 0, waived: 0, critical_failures: 0, low_findings: 0 },
    inputs: {
      policy_version: "2.0.0",
      policy_digest: `sha256:${POLICY.digest}`,
      policy_profile: "strict",
      profile: { params: { report_max_age_hours: 24 }, budget: { waived: 2 } },
      history_length: 0,
      reports: { R01: expect.stringMatching(/^sha256:/), R23: "MISSING" },
    },
    exceptions_applied: [],
    repeated_breaches: [],
    rollback_guidance: null,
    next_actions: [],
  });
});

test("each check says how it came out, how it weighs, and which report it rests on", () => {
  const given: ReleaseGiven = { reports: { R07: { status: "green" }, R27: HARD }, waivers: [WAIVER] };

  expect(reported(given)).toMatchObject({
    status: "failed",
    decision: "no-go",
    decision_reasons: ["1: 1 critical"],
    summary: { critical_failures: 1, high_failures: 0, waived: 1 },
    checks: expect.arrayContaining([
      expect.objectContaining({
        check_id: "policy_bundle_lifecycle_status_passed",
        outcome: "fail",
        passed: false,
        severity: "critical",
        effective_severity: "critical",
        class: "safety",
        waivable: false,
        evidence: [{ report_id: "R07", digest: expect.stringMatching(/^sha256:/), json_pointer: "" }],
      }),
      expect.objectContaining({
        check_id: "trend_slo_status",
        outcome: "waived",
        passed: false,
        waiver_id: "W-2026-0001",
      }),
      expect.objectContaining({ check_id: "change_freeze", outcome: "not_applicable", passed: true }),
    ]),
    exceptions_applied: [{ waiver_id: "W-2026-0001", check_id: "trend_slo_status", original_severity: "high" }],
    next_actions: ["security_owner: mend the life cycle of the policy bundle (policy_bundle_lifecycle_status_passed)"],
  });
});

test("GATE-04 a GO on condition is reported as conditional-go, which is not passed", () => {
  expect(reported({ reports: { R27: HARD }, waivers: [WAIVER] })).toMatchObject({
    status: "failed",
    decision: "conditional-go",
    decision_reasons: ["6: 1 conditions"],
  });
});

test("W17 a repeated breach comes with guidance: what to freeze, and since when", () => {
  expect(reported({ reports: { R27: HARD }, history: [past], waivers: [WAIVER] })).toMatchObject({
    decision: "no-go",
    decision_reasons: ["2: 1 high"],
    repeated_breaches: [{ metric: CANARY, occurrences: ["run-99", "run-100"], rule: "hard_fail twice in a row" }],
    rollback_guidance: {
      situation: "repeated CI trend breach",
      metric: CANARY,
      since: "2026-07-19T10:00:00.000Z",
      owner_role: "release_owner",
    },
  });
});

test("the report's digest is that of all the rest of it", () => {
  const report = reported({});
  const { digest, ...rest }: JsonObject = isJsonObject(report) ? report : {};

  expect(digest).toBe(`sha256:${digestOf(rest)}`);
});

test("GATE-18 readers of the first version get its fields, and critical as high", () => {
  const report = firstReleaseReport(POLICY.text, evaluated({ reports: { R07: { status: "green" } } }));

  expect(Object.keys(report)).toEqual([
    "contract",
    "generated_at",
    "status",
    "decision",
    "summary",
    "checks",
    "inputs",
    "exceptions_applied",
  ]);
  expect(report).toMatchObject({
    contract: "release_readiness_gate_v1",
    decision: "no-go",
    summary: { failed: 1, high_failures: 1, medium_failures: 0 },
    checks: expect.arrayContaining([
      expect.objectContaining({ check_id: "policy_bundle_lifecycle_status_passed", passed: false, severity: "high" }),
    ]),
  });
});

const PROMOTED = { "R35-dev": { environment: "dev", bundle_id: "b1", root_digest: "d1" } };
const SCHEDULED = { event: "schedule" };

test("RBK-06: a release that was promoted and is a no-go since is rolled back where that is grave, else mended within a day", () => {
  const situation = "gate decision of the deployed candidate turns no-go";
  const grave = { ...PROMOTED, R16: { status: "failed" } };
  const light = { ...PROMOTED, R01: { failed: 1 } };

  expect(reported({ reports: grave, context: SCHEDULED })).toMatchObject({
    decision: "no-go",
    rollback_guidance: {
      situation,
      metric: "tenant_isolation_status_passed",
      since: "2026-07-20T10:00:00.000Z",
      recommended_action: expect.stringContaining("roll the environment back"),
      deadline: "2026-07-20T10:10:00.000Z",
    },
  });
  expect(reported({ reports: light, context: SCHEDULED })).toMatchObject({
    rollback_guidance: {
      situation,
      recommended_action: expect.stringContaining("within a day"),
      deadline: "2026-07-21T10:00:00.000Z",
    },
  });
});

test("what was never promoted, is promoted just now or is still a go is not rolled back", () => {
  const R16 = { status: "failed" };
  const promotion = { event: "promotion", target_environment: "staging" };

  for (const given of [
    { reports: { R16 }, context: SCHEDULED },
    { reports: { ...PROMOTED, R16 }, context: promotion, profile: "promotion" },
    { reports: PROMOTED, context: SCHEDULED },
  ])
    expect(reported(given)).toMatchObject({ rollback_guidance: null });
});
