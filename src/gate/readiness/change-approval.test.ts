import { expect, test } from "vitest";
import { assert, type JsonObject } from "../../contracts/index.ts";
import {
  type Change,
  type ChangeDecision,
  type ChangeProfileName,
  decideChange,
  parseChange,
  type RiskLevel,
} from "./change-approval.ts";
import { evaluated, POLICY_TEXT, rowOf } from "./testing/release.ts";

/** A change that says all that any profile asks for. */
const WHOLE = {
  change_id: "CH-1",
  change_type: "pr",
  title: "a change",
  diff_text: "- a\n+ b",
  target_environment: "staging",
  changed_files: ["docs/readme.md"],
  author_summary: "says why",
  labels: [],
  test_evidence: "all tests pass",
  rollback_plan: "revert it",
};

function changeOf(change: JsonObject): Change {
  const parsed = parseChange({ ...WHOLE, ...change });
  assert(parsed !== undefined, "this is a change package");
  return parsed;
}

const PROFILES: readonly ChangeProfileName[] = ["fast_track", "standard", "strict_prod"];

const GOLDEN: readonly (readonly [string, string, JsonObject, RiskLevel, readonly ChangeDecision[]])[] = [
  ["f01", "a correction of the documentation", {}, "low", ["approve", "approve", "approve"]],
  [
    "f02",
    "a secret in the code, for production",
    { labels: ["hardcoded-secret"], target_environment: "prod" },
    "critical",
    ["escalate", "block", "block"],
  ],
  [
    "f03",
    "rows are deleted, and no test shows it",
    { labels: ["database"], effects: { destructive: true }, test_evidence: " " },
    "critical",
    ["escalate", "block", "block"],
  ],
  [
    "f04",
    "a hole is closed in production",
    { diff_text: "closes CVE-2026-1", target_environment: "prod" },
    "critical",
    ["escalate", "escalate", "escalate"],
  ],
  [
    "f05",
    "the database is touched, and nobody says why",
    { labels: ["database"], author_summary: "" },
    "medium",
    ["approve", "block", "block"],
  ],
  [
    "f06",
    "a router without tests",
    { labels: ["skip-tests"], changed_files: ["src/router.ts"], test_evidence: "" },
    "critical",
    ["escalate", "block", "block"],
  ],
  [
    "f07",
    "personal data go to the outside, and no test shows it",
    { effects: { pii: true, external: true }, test_evidence: "" },
    "high",
    ["approve", "block", "block"],
  ],
  [
    "f08",
    "personal data go to the outside, and it costs",
    { effects: { pii: true, public: true, cost: 101 } },
    "critical",
    ["escalate", "escalate", "escalate"],
  ],
];

test.each(
  GOLDEN.flatMap(([id, title, change, level, decisions]) =>
    PROFILES.map((profile, index) => ({ id, title, change, level, profile, decision: decisions[index] })),
  ),
)("GATE-22 $id $title: $profile says $decision", ({ change, profile, level, decision }) => {
  expect(decideChange(changeOf(change), profile)).toMatchObject({ decision, level });
});

test.each<readonly [string, JsonObject, number]>([
  ["nothing", {}, 0],
  ["destructive and irreversible count once", { effects: { destructive: true, irreversible: true } }, 2],
  ["external and public count once", { effects: { external: true, public: true } }, 1],
  ["personal data", { effects: { pii: true } }, 1],
  ["a cost of 100", { effects: { cost: 100 } }, 0],
  ["a cost over 100", { effects: { cost: 100.5 } }, 1],
  ["labels count for two at most", { labels: ["security", "breaking-change", "database", "skip-review"] }, 2],
  ["a label twice counts once", { labels: ["security", "security"] }, 1],
  ["a CVE in the diff", { diff_text: "CVE-2026-1" }, 2],
  ["production", { target_environment: "prod" }, 1],
  ["a core file", { changed_files: ["a.md", "src/core/a.ts"] }, 1],
  ["a core file in production", { changed_files: ["auth/a.ts", "gateway.ts"], target_environment: "prod" }, 3],
])("GATE-21 the risk of %s is counted", (_, change, score) => {
  expect(decideChange(changeOf(change), "fast_track").score).toBe(score);
});

test("GATE-20 each profile asks for its keys, and blank is missing", () => {
  const blank = { author_summary: " ", test_evidence: "", rollback_plan: "\n", changed_files: ["a"] };

  expect(PROFILES.map((profile) => decideChange(changeOf(blank), profile).reasons)).toEqual([
    [],
    ["author_summary is missing", "test_evidence is missing"],
    ["author_summary is missing", "test_evidence is missing", "rollback_plan is missing"],
  ]);
  expect(decideChange(changeOf({ changed_files: [] }), "fast_track").reasons).toEqual(["changed_files is missing"]);
});

test.each([
  ["wip", "block", "block", "block"],
  ["do-not-merge", "block", "block", "block"],
  ["hardcoded-secret", "approve", "block", "block"],
  ["skip-review", "approve", "escalate", "block"],
  ["skip-tests", "approve", "escalate", "block"],
])("GATE-20 %s is forbidden as a label where the profile says so, and so it is as a key", (word, ...decisions) => {
  const by = (change: JsonObject) => PROFILES.map((profile) => decideChange(changeOf(change), profile).decision);

  expect(by({ labels: [word] })).toEqual(decisions);
  expect(by({ [word]: true }).filter((decision) => decision === "block")).toEqual(
    decisions.filter((decision) => decision === "block"),
  );
});

test("GATE-22 a risk over what the profile bears is put to a person", () => {
  const high = changeOf({ effects: { pii: true, external: true } });

  expect(PROFILES.map((profile) => decideChange(high, profile).decision)).toEqual(["approve", "escalate", "escalate"]);
});

test("GATE-22 a secret in the diff blocks, whether or not its author labelled it", () => {
  const leaky = changeOf({
    diff_text: `index 6dcd4ce23d88e2ee9568ba546c007c63d9131c1b\n+ key = "AKIA${"A".repeat(16)}"`,
  });

  expect(decideChange(leaky, "standard")).toMatchObject({
    decision: "block",
    reasons: ["hardcoded-secret is forbidden"],
  });
  expect(
    decideChange(changeOf({ diff_text: "index 6dcd4ce23d88e2ee9568ba546c007c63d9131c1b" }), "standard").decision,
  ).toBe("approve");
});

const ASKED = POLICY_TEXT.replaceAll("change_approval_report_present, change_approval_decision, ", "");
const report = (change: JsonObject, rest: JsonObject) => ({
  policy: ASKED,
  reports: { R34: { change_package: { ...WHOLE, ...change }, profile: "standard", ...rest } },
});
const HIGH = { effects: { pii: true, external: true } };

test.each([
  ["approved", "PASS", report({}, { decision: "approve" })],
  [
    "escalated, and approved by a person",
    "PASS",
    report(HIGH, { decision: "escalate", human_approval: { approver: "ann" } }),
  ],
  ["escalated, and approved by nobody", "FAIL", report(HIGH, { decision: "escalate" })],
  ["said to be approved, though the rules escalate it", "FAIL", report(HIGH, { decision: "approve" })],
  ["blocked", "FAIL", report({ test_evidence: "" }, { decision: "block" })],
  ["not there to be decided again", "UNKNOWN", { policy: ASKED, reports: { R34: { decision: "approve" } } }],
  ["not reported at all", "UNKNOWN", { policy: ASKED }],
])("a change that is %s leaves the release gate's check %s", (_, status, given) => {
  const evaluation = evaluated(given);

  expect(rowOf(evaluation, "change_approval_decision").status).toBe(status);
  expect(evaluation.decision.verdict).toBe(status === "PASS" ? "GO" : "NO-GO");
});
