import { describe, expect, test } from "vitest";
import { assert, digestOf, isJsonObject, type Json, type JsonObject } from "../../contracts/index.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { lintPolicy } from "../lint.ts";
import { CHECKS, RELEASE_READINESS } from "./derive.ts";
import { underFloors } from "./floors.ts";
import { reportStatus } from "./report-status.ts";
import {
  EVALUATED_AT,
  evaluated,
  POLICY_TEXT,
  PROOF,
  policyOf,
  type ReleaseGiven,
  releaseFiles,
  rowOf,
} from "./testing/release.ts";

const HOUR_MS = 3_600_000;

test("the policy is well-formed, within its floors, and nothing in it is out of reach", () => {
  const policy = policyOf(POLICY_TEXT);

  expect(underFloors(policy, CHECKS)).toEqual([]);
  expect(lintPolicy(policy).filter(({ level }) => level === "error")).toEqual([]);
});

test.each([
  ["passed", [" Passed", "pass", "OK", "success", "healthy"]],
  ["failed", ["failed", "fail", "error", "breach", "hard_fail"]],
  ["unverified", ["unverified", "unknown", "pending", "partial", "warning", "insufficient_data"]],
  ["unrecognised", ["green", "", "passed!", null, true, 1, undefined]],
] as const)("a status is %s however it is spelt", (status, spellings) => {
  for (const raw of spellings) expect(reportStatus(raw)).toBe(status);
});

const generated = (hoursAgo: number) => ({ generated_at: new Date(EVALUATED_AT - hoursAgo * HOUR_MS).toISOString() });

test.each<readonly [string, JsonObject | string | null]>([
  ["MISSING", null],
  ["INVALID_JSON", "{"],
  ["INVALID_SHAPE", "[]"],
  ["INVALID_SHAPE", { producer: null }],
  ["CONTRACT_MISMATCH", { contract: "smoke_v2" }],
  ["SCHEMA_MISMATCH", { schema_version: "one" }],
  ["DIGEST_MISMATCH", JSON.stringify({ ...reportIn("R10"), status: "passed ", digest: "sha256:0" })],
  ["IMPORTED", { imported: true }],
  ["STALE_SUBJECT", { subject: { commit: "other", registry_ref: "r1", policy_digest: "p" } }],
  ["TOO_OLD", generated(24.01)],
  ["TOO_OLD", generated(-0.01)],
  ["INCOMPLETE", { completeness: { expected: 2, executed: 1 } }],
  ["INCOMPLETE", { completeness: { expected: 0, executed: 0 } }],
])("a report that is %s leaves all that rests on it unknown, and the set of checks the same", (error, R10) => {
  const evaluation = evaluated({ reports: { R10 } });

  expect(evaluation.decision.verdict).toBe("NO-GO");
  expect(rowOf(evaluation, "durability_contract_report_present")).toMatchObject({
    status: "UNKNOWN",
    severity: "critical",
  });
  expect(rowOf(evaluation, "durability_contract_status_passed")).toMatchObject({
    status: "UNKNOWN",
    severity: "critical",
    reasons: [`source R10: ${error}`, `blocked_by:${error}`],
  });
  expect(evaluation.decision.gates.map(({ id }) => id)).toEqual(evaluated({}).decision.gates.map(({ id }) => id));
});

function reportIn(id: string): JsonObject {
  const value: Json = JSON.parse(releaseFiles({})[`${id}.json`] ?? "null");
  assert(isJsonObject(value), "the folder has this report");
  return value;
}

test("a report that is exactly as old as it may be is used, and a promotion takes older ones", () => {
  const old = { R10: generated(24) };
  const promotion: ReleaseGiven = { profile: "promotion", context: { event: "promotion", target_environment: "dev" } };

  expect(evaluated({ reports: old }).decision.verdict).toBe("GO");
  expect(evaluated({ ...promotion, reports: { R10: generated(336) } }).decision.verdict).toBe("GO");
  expect(rowOf(evaluated({ ...promotion, reports: { R27: generated(25) } }), "trend_slo_report_present")).toMatchObject(
    {
      status: "UNKNOWN",
      reasons: ["source R27: TOO_OLD", "TOO_OLD"],
    },
  );
});

test("EVD-15 a job counts under the name that people read, too, and under no other", () => {
  const named = (name: string) => {
    const { policy_bundle_governance, ...others } = JSON.parse(releaseFiles({})["jobs.json"] ?? "{}");
    const jobs = JSON.stringify({ ...others, [name]: policy_bundle_governance });
    return rowOf(evaluated({ jobs: null, more: { "jobs.json": jobs } }), "job_result:policy_bundle_governance").status;
  };

  expect(named("policy-bundle-governance")).toBe("PASS");
  expect(named("Policy Bundle Governance")).toBe("FAIL");
});

test("EVD-16 imported evidence counts before a release, never in one", () => {
  const given = { reports: { R10: { imported: true } } };

  expect(evaluated({ ...given, profile: "transitional" }).decision.verdict).toBe("GO");
  expect(evaluated(given).decision.verdict).toBe("NO-GO");
});

test("GATE-02 the same evidence, in whatever order its files came, decides in the same bytes", () => {
  const files = Object.entries(releaseFiles({ reports: { R07: { status: "green" } } })).map(([name, text]) => ({
    name,
    text,
  }));
  const input = { policy: policyOf(POLICY_TEXT), profile: "strict", decidedAt: EVALUATED_AT, waivers: null };
  const [one, other] = [files, files.toReversed()].map((given) =>
    evaluateFiles({ ...input, files: given }, [RELEASE_READINESS]),
  );

  expect(JSON.stringify(one?.ok === true ? one.value.decision : 1)).toBe(
    JSON.stringify(other?.ok === true ? other.value.decision : 2),
  );
});

test("GATE-06 what fails hides nothing: every other check is still decided", () => {
  const evaluation = evaluated({
    reports: { R07: { status: "failed" }, R05: { coverage_ratio: 0.5 } },
    jobs: { smoke: "failure" },
  });

  expect(evaluation.decision.blocked_by).toEqual([
    "job_result:smoke",
    "policy_bundle_lifecycle_status_passed",
    "runtime_coverage_ratio",
  ]);
});

test.each<readonly [string, ReleaseGiven]>([
  ["runtime_coverage_ratio", { reports: { R05: { coverage_ratio: "1.0" } } }],
  ["runtime_coverage_ratio", { reports: { R05: { coverage_ratio: true } } }],
  ["smoke_report_failed_zero", { reports: { R01: { total: -1 } } }],
  ["smoke_report_failed_zero", { reports: { R01: { failed: false } } }],
  ["smoke_report_failed_zero", { reports: { R01: { total: 0 } } }],
  ["policy_shadow_status_passed", { reports: { R09: { summary: { mismatched: 0.5 } } } }],
  ["durability_advanced_tests_no_failures", { reports: { R11: { summary: { failed_tests: "0" } } } }],
  ["tenancy_rollout_no_side_effect_gaps", { reports: { R17: { side_effect_gaps: "none" } } }],
])("GATE-08 what is no number, or no count, fails: %s", (id, given) => {
  expect(rowOf(evaluated(given), id).status).toBe("FAIL");
});

test("GATE-08 a floor that is stated as text is not known, and does not pass", () => {
  const given = { reports: { R11: { summary: { expected_total_tests: "48" } } } };

  expect(rowOf(evaluated(given), "durability_advanced_expected_tests_meet_policy")).toMatchObject({
    status: "UNKNOWN",
    severity: "critical",
  });
});

test("EVD-10 a report that says passed over a check that did not is not believed", () => {
  const checks = [
    { check_id: "a", passed: true, detail: "" },
    { check_id: "b", passed: false, detail: "" },
  ];

  expect(rowOf(evaluated({ reports: { R16: { checks } } }), "tenant_isolation_status_passed")).toMatchObject({
    status: "FAIL",
    reasons: ["0 of 1", "passed, though 1 of its checks did not"],
  });
});

test.each([
  ["a summary that counts a failure", { summary: { failed: 1 } }, "passed, though its summary counts 1 failed"],
  ["a surface that leaks", { by_surface: { http: { failed: 0 }, mcp: { failed: 1 } } }, "mcp leaks"],
  ["a matrix that only watches", { adoption: "shadow" }, "its adoption is shadow"],
])("tenants are not isolated by %s", (_, R16, reason) => {
  expect(rowOf(evaluated({ reports: { R16 } }), "tenant_isolation_status_passed").reasons).toContain(reason);
});

const changed = (from: string, to: string): string => {
  assert(POLICY_TEXT.includes(from), `the policy has ${from}`);
  return POLICY_TEXT.replace(from, to);
};

test.each([
  [
    "GATE-10 a high finding in a budget",
    changed("{ high: 0, medium: 2, waived: 4 }", "{ high: 1, medium: 2, waived: 4 }"),
    "transitional bears high findings",
  ],
  [
    "GATE-10 a medium finding in a release",
    changed("{ high: 0, medium: 0, waived: 2 }", "{ high: 0, medium: 1, waived: 2 }"),
    "strict bears medium findings",
  ],
  [
    "GATE-10 too few tests",
    changed("durability_min_tests: 48", "durability_min_tests: 13"),
    "strict asks for fewer than 3 scenarios and 14 tests",
  ],
  [
    "GATE-10 too few scenarios",
    changed("durability_min_scenarios: 16", "durability_min_scenarios: 2"),
    "strict asks for fewer than 3 scenarios and 14 tests",
  ],
  [
    "a waiver for what is critical",
    changed(
      "needs: [R07], group: safety, severity: critical,",
      "needs: [R07], group: safety, severity: critical, waivable: true,",
    ),
    "policy_bundle_lifecycle_report_present may not be waived",
  ],
  [
    "GATE-13 a gate that weighs less in a promotion",
    changed(
      "    params: { report_max_age_hours: 336 }",
      "    params: { report_max_age_hours: 336 }\n    severities: { trend_report_status: low }",
    ),
    "promotion weighs gates otherwise",
  ],
  [
    "something critical left out",
    changed("excluded: [change_approval", "excluded: [tenant_isolation_status_passed, change_approval"),
    "strict leaves tenant_isolation_status_passed out",
  ],
  [
    "a fifth profile",
    changed("  # A runtime for a pull request.", "  lenient: {}"),
    "the profiles are not strict, transitional, promotion, preview",
  ],
  [
    "GATE-09 a gate for a check that there is not",
    changed("id: tenant_isolation_status_passed", "id: tenant_isolation_status"),
    "no gate asks for tenant_isolation_status_passed; tenant_isolation_status is no check",
  ],
])("a policy with %s is looser than it may be, and fails its load", (_, policy, reason) => {
  const evaluation = evaluated({ policy });

  expect(evaluation.decision.blocked_by).toContain("policy_load");
  expect(rowOf(evaluation, "policy_load").reasons.join("; ")).toContain(reason);
});

test("a policy may be stricter", () => {
  const policy = changed("durability_min_tests: 48", "durability_min_tests: 50");

  expect(evaluated({ policy }).decision.blocked_by).toEqual(["durability_advanced_expected_tests_meet_policy"]);
});

test("a policy that is not the approved one does not decide", () => {
  const own = `sha256:${policyOf(POLICY_TEXT).digest}`;
  const approved = (policy: JsonObject) => rowOf(evaluated({ document: { policy } }), "policy_digest_approved").status;

  expect(approved({ digest: own, approved_digest: own })).toBe("PASS");
  expect(approved({ digest: own, approved_digest: "sha256:other" })).toBe("FAIL");
  expect(approved({ digest: "sha256:other", approved_digest: "sha256:other" })).toBe("FAIL");
  expect(approved({ digest: own, approved_digest: null })).toBe("UNKNOWN");
});

test("a context that is none, or of another instant, fails its load, and the rest is still decided", () => {
  for (const document of [{ context: { event: "party" } }, { evaluated_at: "2026-07-20T10:00:01Z" }]) {
    const evaluation = evaluated({ document });

    expect(rowOf(evaluation, "context_load")).toMatchObject({ status: "FAIL", severity: "critical" });
    expect(evaluation.decision.gates.length).toBeGreaterThan(100);
  }
});

test("without the pipeline's jobs their results are unknown; a promotion does not ask for them", () => {
  const evaluation = evaluated({ jobs: null });

  expect(rowOf(evaluation, "needs_json_parse")).toMatchObject({ status: "UNKNOWN", severity: "critical" });
  expect(rowOf(evaluation, "job_result:smoke").status).toBe("UNKNOWN");
  const promotion: ReleaseGiven = { profile: "promotion", context: { event: "promotion", target_environment: "dev" } };
  expect(evaluated({ ...promotion, jobs: null }).decision.verdict).toBe("GO");
});

test("a use case's evidence is found by its digest, and only asked of what may be released", () => {
  const use_cases = { "UC-01": { evidence: [{ id: "R01", digest: "sha256:other" }] } };
  const evaluation = evaluated({ document: { use_cases } });

  expect(rowOf(evaluation, "use_case_evidence:UC-01")).toMatchObject({
    status: "FAIL",
    reasons: ["0 of 1", "R01 not found by digest"],
  });
  expect(rowOf(evaluation, "use_case_evidence:UC-02")).toMatchObject({ status: "UNKNOWN", reasons: ["R03 not named"] });
  const request = { profile: "transitional", context: { event: "pull_request", is_release_branch: false } };
  expect(evaluated({ ...request, document: { use_cases: null } }).decision.verdict).toBe("GO");
});

test.each([
  ["staging", { dev_to_staging: { ready: true }, staging_to_prod: { ready: false } }, "GO"],
  ["prod", { dev_to_staging: { ready: true }, staging_to_prod: { automated_ready: true, ready: false } }, "NO-GO"],
  ["dev", { dev_to_staging: { ready: false } }, "GO"],
])("a promotion to %s asks for the readiness of its own transition", (target, environments, verdict) => {
  const given = { profile: "promotion", context: { event: "promotion", target_environment: target } };

  expect(evaluated({ ...given, reports: { R18: { environments } } }).decision.verdict).toBe(verdict);
});

const BUNDLE = { bundle: { bundle_id: "b1", root_digest: "d1" } };
const DEV = { environment: "dev", ...BUNDLE };
const STAGING = { environment: "staging", source_environment: "dev", ...BUNDLE };

const flat = (environment: string, root_digest: string): JsonObject => ({
  environment,
  source_environment: environment === "staging" ? "dev" : null,
  bundle_id: "b1",
  root_digest,
});

test.each<readonly [string, ReleaseGiven["reports"], string | null]>([
  ["the same bundle all the way", { "R35-dev": DEV, "R35-staging": STAGING }, null],
  [
    "another bundle in between",
    { "R35-dev": { ...DEV, bundle: { bundle_id: "b1", root_digest: "d2" } }, "R35-staging": STAGING },
    "bundle_promotion_chain_same_bundle:staging",
  ],
  [
    "the same bundle, as promotions report it",
    { "R35-dev": flat("dev", "d1"), "R35-staging": flat("staging", "d1") },
    null,
  ],
  [
    "another bundle than in its source, as promotions report it",
    { "R35-dev": flat("dev", "d1"), "R35-staging": flat("staging", "d2") },
    "bundle_promotion_chain_same_bundle:staging",
  ],
  ["no report of the environment before", { "R35-staging": STAGING }, "bundle_promotion_source_report_present:staging"],
  ["a promotion that failed", { "R35-dev": { ...DEV, status: "failed" } }, "bundle_promotion_status:dev"],
  ["a report of another environment", { "R35-dev": { ...DEV, environment: "prod" } }, "bundle_promotion_contract:dev"],
])("promotions so far: %s", (_, reports, blocking) => {
  const { decision } = evaluated({ reports: reports ?? {} });

  expect(decision.verdict).toBe(blocking === null ? "GO" : "NO-GO");
  if (blocking !== null) expect(decision.blocked_by).toContain(blocking);
});

test("without a history of service levels a repeated breach cannot be ruled out", () => {
  expect(evaluated({ history: { entries: [] } }).decision).toMatchObject({
    verdict: "NO-GO",
    cause: "missing",
    blocked_by: ["slo_repeated_breach"],
  });
});

test("one document that brings reports, jobs and history itself decides as the folder does", () => {
  const folder = releaseFiles({});
  const context: Json = JSON.parse(folder["context.json"] ?? "null");
  assert(isJsonObject(context), "the context is one");
  const reports = Object.entries(folder).flatMap(([name, bytes]) =>
    /^R\d\d/.test(name) ? [[name.slice(0, -5), { bytes }] as const] : [],
  );
  const whole = {
    ...context,
    evaluated_at: "2026-07-20T10:00:00Z",
    jobs: JSON.parse(folder["jobs.json"] ?? "null"),
    slo_history: [],
    reports: Object.fromEntries(reports),
  };
  const result = evaluateFiles(
    {
      policy: policyOf(POLICY_TEXT),
      profile: "strict",
      files: [{ name: "context.json", text: JSON.stringify(whole) }],
      decidedAt: EVALUATED_AT,
      waivers: null,
    },
    [RELEASE_READINESS],
  );

  assert(result.ok, "the evaluation is made");
  expect(result.value.decision.gates).toEqual(evaluated({}).decision.gates);
});

test("GATE_EVIDENCE_MISSING without a context nothing is decided", () => {
  const input = { policy: policyOf(POLICY_TEXT), profile: "strict", decidedAt: EVALUATED_AT, waivers: null };

  expect(evaluateFiles({ ...input, files: [{ name: "R01.json", text: "{}" }] }, [RELEASE_READINESS])).toMatchObject({
    refusal: { code: "GATE_EVIDENCE_MISSING" },
  });
});

test.each([
  [
    "the rules changed since",
    { ruleset_updated_at: "2026-07-01T00:00:00Z" },
    { ruleset_updated_at: "2026-07-02T00:00:00Z" },
  ],
  ["the proof is older than seven days", { verified_at: "2026-07-13T09:59:59Z" }, {}],
  ["a fact is not confirmed", { facts: { approvals: "confirmed" } }, {}],
  ["nothing shows the rules", { attachments: [] }, {}],
  ["the reviewer is no administrator", { reviewer_role: "operator" }, {}],
])("BP-06 to BP-09 a person's proof does not count where %s", (_, manual, protection) => {
  const R22 = { status: "unverified", ...protection };
  const evaluation = evaluated({ reports: { R22, R23: { ...PROOF, ...manual } } });

  expect(rowOf(evaluation, "governance_evidence_complete").status).toBe("FAIL");
  expect(rowOf(evaluation, "github_branch_protection_status_passed").standing).toBe("counts");
  expect(
    rowOf(evaluated({ reports: { R22: { status: "unverified" }, R23: PROOF } }), "governance_evidence_complete").status,
  ).toBe("PASS");
});

test("BP-07 for production another person has to have looked, too", () => {
  const reports = { R22: { status: "unverified" }, R23: PROOF };
  const prod = { reports, profile: "promotion", context: { event: "promotion", target_environment: "prod" } };
  const second = { ...prod, reports: { ...reports, R23: { ...PROOF, second_reviewer: "sam" } } };

  expect(rowOf(evaluated(prod), "governance_evidence_complete").reasons).toContain(
    "production asks for a second reviewer",
  );
  expect(rowOf(evaluated(second), "governance_evidence_complete").status).toBe("PASS");
});

test("RBK-04 a rollback takes what was bundled long ago, and a canary that ran now", () => {
  const rollback = { profile: "promotion", context: { event: "rollback", target_environment: "prod" } };

  expect(evaluated({ ...rollback, reports: { R20: generated(5000) } }).decision.verdict).toBe("GO");
  expect(evaluated({ ...rollback, reports: { R12: generated(25) } }).decision.blocked_by).toContain(
    "replay_determinism_report_present",
  );
});

test("another system's lineage is asked for where the policy asks and the context declares it", () => {
  const policy = POLICY_TEXT.replaceAll(", external_lineage_status]", "]");
  const document = { external_lineage: ["dbt"] };
  const row = (given: ReleaseGiven) => rowOf(evaluated({ policy, ...given }), "external_lineage_status:dbt");

  expect(row({ document })).toMatchObject({ status: "UNKNOWN", severity: "high", waivable: true });
  expect(row({ document, reports: { "R36-dbt": {} } }).status).toBe("PASS");
  expect(row({ document, reports: { "R36-dbt": { status: "failed" } } }).status).toBe("FAIL");
  expect(rowOf(evaluated({ policy }), "external_lineage_status").standing).toBe("excluded");
});

test("two files of one name that differ are neither, and fail the context", () => {
  const folder = Object.entries(releaseFiles({})).map(([name, text]) => ({ name, text }));
  const input = { policy: policyOf(POLICY_TEXT), profile: "strict", decidedAt: EVALUATED_AT, waivers: null };
  const rowsWith = (text: string) => {
    const result = evaluateFiles({ ...input, files: [...folder, { name: "R07.json", text }] }, [RELEASE_READINESS]);
    assert(result.ok, "the evaluation is made");
    return result.value.decision;
  };

  expect(rowsWith("{}").blocked_by).toContain("context_load");
  expect(rowsWith("{}").blocked_by).toContain("policy_bundle_lifecycle_report_present");
  expect(rowsWith(releaseFiles({})["R07.json"] ?? "").verdict).toBe("GO");
});

test("a lineage that does not hold a report's very digest is not complete", () => {
  const evaluation = evaluated({
    lineage: (lineage) => ({
      ...lineage,
      lineage: { nodes: [{ id: "artifact.R01", digest: `sha256:${digestOf("other")}` }], edges: [] },
    }),
  });

  expect(rowOf(evaluation, "release_lineage_complete")).toMatchObject({
    status: "FAIL",
    reasons: ["0 of 1", "LC-02: R01 is not in the lineage with its digest"],
  });
});

describe("PRV-03 the gate of a preview", () => {
  const ABSENT = Object.fromEntries(["R20", "R21", "R22", "R26", "R27", "R32", "R32-contract"].map((id) => [id, null]));
  const previewed = (given: ReleaseGiven = {}) =>
    evaluated({
      profile: "preview",
      jobs: null,
      context: { event: "preview", target_environment: "preview" },
      document: { use_cases: {} },
      ...given,
      reports: { ...ABSENT, ...given.reports },
    }).decision;

  test("asks for neither jobs, branch protection, trends, lineage nor use cases, which only a pipeline can show", () => {
    expect(previewed().blocked_by).toEqual([]);
    expect(evaluated({ reports: ABSENT }).decision.verdict).toBe("NO-GO");
  });

  test.each(["R01", "R02", "R09", "R10", "R12", "R16"])("asks for %s, which it made itself", (id) => {
    expect(previewed({ reports: { [id]: { status: "failed" } } }).verdict).toBe("NO-GO");
    expect(previewed({ reports: { [id]: null } }).verdict).toBe("NO-GO");
  });
});
