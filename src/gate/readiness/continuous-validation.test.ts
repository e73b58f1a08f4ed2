import { expect, test } from "vitest";
import { assert, type JsonObject } from "../../contracts/index.ts";
import { continuousValidation } from "./continuous-validation.ts";
import { readReleaseFolder } from "./gate-documents.ts";
import { EVALUATED_AT, type ReleaseGiven, releaseFiles } from "./testing/release.ts";

function validated(given: ReleaseGiven, changed: { readonly [name: string]: string } = {}): JsonObject {
  const files = Object.entries({ ...releaseFiles(given), ...changed }).map(([name, text]) => ({ name, text }));
  const folder = readReleaseFolder(files, EVALUATED_AT);
  assert(folder.ok, "the folder can be read");
  const made = continuousValidation({ ...folder.value, at: EVALUATED_AT, reportId: (id) => id, toolVersion: "1.0.0" });
  return made.document;
}

test("EVD-22 what governs releases is looked at report by report, and says so under its own contract", () => {
  const report = validated({});

  expect(report).toMatchObject({
    contract: "governance_continuous_validation_v1",
    status: "passed",
    overall_status: "passed",
    completeness: { expected: 6, executed: 6 },
    issue: null,
  });
  expect(Array.isArray(report.checks) ? report.checks : []).toMatchObject(
    [
      "branch_protection_policy",
      "required_status_checks_consistency",
      "github_branch_protection",
      "release_gate_policy",
      "trend",
      "trend_slo",
    ].map((check_id) => ({ check_id, status: "passed", passed: true })),
  );
});

test.each<[string, ReleaseGiven, { readonly [name: string]: string }, string]>([
  ["that is missing", { reports: { R25: null } }, {}, "release_gate_policy: MISSING"],
  ["that was cut off by a verifier that ended early", {}, { "R21.json": '{"contract"' }, "consistency: INVALID_JSON"],
  ["of the day before yesterday", { reports: { R26: { generated_at: "2026-07-18T09:00:00Z" } } }, {}, "trend: TOO_OLD"],
  ["that says no", { reports: { R22: { status: "failed" } } }, {}, "github_branch_protection: failed"],
  ["whose word nobody knows", { reports: { R20: { status: "green" } } }, {}, "branch_protection_policy: unrecognised"],
])("EVD-22 EVD-24 a report %s fails the validation, which still is made and names it", (_, given, changed, failure) => {
  const { overall_status, failures } = validated(given, changed);

  expect(overall_status).toBe("failed");
  expect(failures).toEqual([expect.stringContaining(failure)]);
});

test("EVD-23 a failed validation has the issue of its UTC day, the same however often it fails; one that is only unverified has none", () => {
  const [first, later] = [validated({ reports: { R22: null } }), validated({ reports: { R20: { status: "failed" } } })];
  const key = "governance-validation-2026-07-20";

  expect(first.issue).toMatchObject({
    key,
    labels: ["governance", "validation", "automated"],
    answer_within_hours: 24,
  });
  expect(first.issue).toMatchObject({ body: "- github_branch_protection: MISSING" });
  expect(later.issue).toMatchObject({ key });
  expect(validated({ reports: { R22: { status: "unverified" } } })).toMatchObject({
    overall_status: "unverified",
    issue: null,
  });
});
