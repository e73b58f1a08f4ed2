import { expect, test } from "vitest";
import { assert, type JsonObject } from "../../contracts/index.ts";
import type { ChangeProfileName } from "./change-approval.ts";
import { changeReport } from "./change-report.ts";
import { readReleaseFolder } from "./gate-documents.ts";
import type { Maker } from "./made-report.ts";
import { replayReport } from "./replay-report.ts";
import { EVALUATED_AT, evaluated, POLICY_TEXT, releaseFiles, rowOf } from "./testing/release.ts";

const CHANGE = {
  change_id: "CH-1",
  change_type: "release",
  title: "a change",
  diff_text: "- a\n+ b",
  target_environment: "prod",
  changed_files: ["docs/readme.md"],
  author_summary: "says why",
  labels: [],
  test_evidence: "all tests pass",
  rollback_plan: "revert it",
};
/** As text, so that no scanner of this repository takes it for one. */
const KEY = ["AKIA", "IOSFODNN7", "EXAMPLQ"].join("");

/** The release policy with changes asked for. */
const policy = POLICY_TEXT.replaceAll("change_approval_report_present, change_approval_decision, ", "");

function maker(): Maker {
  const files = releaseFiles({ policy });
  const candidate = readReleaseFolder([{ name: "context.json", text: files["context.json"] ?? "" }], null);
  assert(candidate.ok, "the release says what it is about");
  return { context: candidate.value.context, at: EVALUATED_AT, reportId: (id) => id, toolVersion: "1.2.3" };
}

function reported(change: JsonObject, profile: ChangeProfileName, approver: string | null = null) {
  const report = changeReport(maker(), { change: { ...CHANGE, ...change }, profile, approver });
  assert(report !== undefined, "it is a change package");
  return report;
}

test.each<[string, JsonObject, ChangeProfileName, string | null, string, string]>([
  ["a harmless change", {}, "strict_prod", null, "approve", "passed"],
  ["one that does not say how it was tested", { test_evidence: "" }, "standard", null, "block", "failed"],
  ["one that nobody may merge, whoever agrees", { labels: ["wip"] }, "fast_track", "ann", "block", "failed"],
  ["a grave one that nobody looked at", { effects: { destructive: true } }, "standard", null, "escalate", "failed"],
  ["a grave one that somebody agreed to", { effects: { destructive: true } }, "standard", "ann", "escalate", "passed"],
])(
  "GATE-20 GATE-22 R34 of %s says what these rules come to, and the release gate comes to the same",
  (_, change, profile, approver, decision, status) => {
    const { document, ...report } = reported(change, profile, approver);

    const row = rowOf(evaluated({ policy, reports: { R34: JSON.stringify(document) } }), "change_approval_decision");

    expect(report).toEqual({ id: "R34", status });
    expect(document).toMatchObject({ contract: "change_approval_v1", profile, decision });
    expect(row.status).toBe(status === "passed" ? "PASS" : "FAIL");
  },
);

test("GATE-22 a key in a diff is not kept in the report, which decides as the change itself does", () => {
  const diff = `+ aws = "${KEY}"\n${"+ a line that is long enough to be cut off somewhere\n".repeat(2000)}+ mends CVE-2026-1`;

  const { document } = reported({ diff_text: diff }, "fast_track");

  expect(JSON.stringify(document)).not.toContain(KEY);
  expect(document).toMatchObject({ decision: "escalate", risk: { level: "critical" } });
  expect(changeReport(maker(), { change: { title: "none" }, profile: "standard", approver: null })).toBeUndefined();
});

test.each([
  [
    "that come to the same twice",
    [
      ["D0", "a"],
      ["D0", "a"],
    ],
    "passed",
    "none",
    0,
  ],
  [
    "that differ in times only",
    [
      ["D1", "a"],
      ["D1", "a"],
    ],
    "passed",
    "D1",
    0,
  ],
  [
    "that make another call",
    [
      ["D6", null],
      ["D6", null],
    ],
    "failed",
    "D6",
    2,
  ],
  [
    "that come to two ends",
    [
      ["D0", "a"],
      ["D0", "b"],
    ],
    "failed",
    "none",
    1,
  ],
] as const)("DUR-42 R12 of runs %s", (_, made, status, drift, failed_executions) => {
  const repetitions = made.map(([one, projection]) => ({ drift: one, projection }));

  const report = replayReport(maker(), [{ runId: "r1", repetitions }], 2);

  expect(report).toMatchObject({
    status,
    document: {
      summary: { test_nodes: 1, expected_total_executions: 2, completed_executions: 2, failed_executions, drift },
    },
  });
  const row = rowOf(
    evaluated({ policy, reports: { R12: JSON.stringify(report.document) } }),
    "replay_determinism_no_failures",
  );
  expect(row.status).toBe(status === "passed" ? "PASS" : "FAIL");
});

test("DUR-42 R12 of no run says that nothing is known", () => {
  const { document, status } = replayReport(maker(), [], 2);

  expect(status).toBe("unverified");
  expect(
    rowOf(evaluated({ policy, reports: { R12: JSON.stringify(document) } }), "replay_determinism_no_failures").status,
  ).toBe("UNKNOWN");
});
