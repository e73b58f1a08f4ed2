import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { Json } from "../../src/contracts/index.ts";
import {
  CANONICAL,
  DOCUMENT,
  effective,
  ruleset,
  WORKFLOW,
} from "../../src/gate/readiness/branch-protection/testing/github.ts";
import { type ReleaseGiven, releaseFiles } from "../../src/gate/readiness/testing/release.ts";
import { newFolder, runCli } from "./run-cli.ts";

const AT = ["--at", "2026-07-20T10:00:00Z"];

/** A repository with its list of checks, its document and its workflow, a release's evidence, and answers of the platform. */
function repository(answers: { readonly [name: string]: Json }): string {
  const cwd = newFolder();
  mkdirSync(join(cwd, "workflows"));
  mkdirSync(join(cwd, "evidence"));
  const files = {
    ...answers,
    "checks.json": CANONICAL,
    "bypass.json": { actors: ["RepositoryRole:5"], reviewed_at: "2026-07-01T00:00:00Z" },
  };
  for (const [name, value] of Object.entries(files)) writeFileSync(join(cwd, name), JSON.stringify(value));
  writeFileSync(join(cwd, "policy.md"), DOCUMENT);
  writeFileSync(join(cwd, "workflows", "ci.yml"), WORKFLOW);
  for (const [name, text] of Object.entries(releaseFiles({}))) writeFileSync(join(cwd, "evidence", name), text);
  return cwd;
}

const imported = (cwd: string, ...words: readonly string[]) =>
  runCli(
    [
      ...["evidence", "import", "branch-protection", ...words, "--repository", "acme/shop", "--checks", "checks.json"],
      ...["--policy-document", "policy.md", "--workflows", "workflows", "--bypass", "bypass.json", ...AT],
      ...["--context", "evidence/context.json", "--out", "evidence"],
    ],
    { cwd },
  );

test("BP-04 answers of the platform become the reports that the release gate reads, and its exit code says what they say", async () => {
  const cwd = repository({
    "rules.json": effective(),
    "ruleset.json": ruleset(),
    "off.json": ruleset({ enforcement: "disabled" }),
    "no.json": { message: "Not Found", status: "404" },
  });

  const whole = await imported(cwd, "rules.json", "--with", "ruleset.json");
  const report = JSON.parse(readFileSync(join(cwd, "evidence", "R22.json"), "utf8"));
  const summed = await runCli(["evidence", "summary", "evidence", ...AT, "--out", "evidence"], { cwd });
  const readiness = (...words: readonly string[]) =>
    runCli(["evidence", "readiness", "evidence", ...AT, ...words, "--out", "evidence"], { cwd });
  const [ready, verified, none] = [
    await readiness("--approvals", "2"),
    await readiness("--verify"),
    await readiness("--approvals", "two"),
  ];
  const off = await imported(cwd, "off.json");
  const unread = await imported(cwd, "no.json", "--json");

  expect([whole.exit, summed.exit, off.exit, unread.exit]).toEqual([0, 0, 4, 5]);
  expect([ready.exit, verified.exit, none.exit]).toEqual([0, 0, 2]);
  expect(ready.stdout).toContain("passed  R18 policy_promotion_readiness_v2");
  expect(verified.stdout).toContain("passed  R19 policy_promotion_readiness_verify_v1");
  expect(whole.stdout).toContain("passed  R22 github_branch_protection_v1");
  expect(report).toMatchObject({
    status: "passed",
    repository: "acme/shop",
    ruleset_updated_at: "2026-07-01T00:00:00Z",
  });
  expect(off.stdout).toContain("  protection_active: none of ruleset 42 shows it");
  expect(JSON.parse(unread.stdout)).toMatchObject({ R22: { status: "unverified" } });
});

test("evidence import refuses what it cannot read, by name, and writes nothing", async () => {
  const cwd = repository({ "rules.json": effective(), "people.json": [{ login: "octocat" }] });
  writeFileSync(join(cwd, "broken.json"), "[");

  const people = await imported(cwd, "people.json");
  const broken = await imported(cwd, "rules.json", "--with", "broken.json");
  const missing = await imported(cwd, "nothing.json");
  const several = await imported(cwd, "rules.json", "--branch", "main", "release/1.x");
  const other = await runCli(["evidence", "import", "jira", "rules.json"], { cwd });

  expect([people.exit, people.stderr]).toEqual([2, expect.stringContaining("EVIDENCE_ANSWER_UNKNOWN")]);
  expect([broken.exit, broken.stderr]).toEqual([2, expect.stringContaining("SCHEMA_PARSE_ERROR: `broken.json`: ")]);
  expect([missing.exit, missing.stderr]).toEqual([2, expect.stringContaining("FILE_NOT_FOUND")]);
  expect([several.exit, other.exit]).toEqual([2, 2]);
  expect(readFileSync(join(cwd, "evidence", "R22.json"), "utf8")).toBe(releaseFiles({})["R22.json"]);
});

test("EVD-11 EVD-12 a report is written whatever it says and whatever is missing, and the exit code says it too", async () => {
  const cwd = repository({});
  const at = ["evidence", ...AT, "--out", "made"];
  const validated = () => runCli(["evidence", "validate", ...at], { cwd });
  const made = (name: string) => JSON.parse(readFileSync(join(cwd, "made", name), "utf8"));

  const whole = await validated();
  rmSync(join(cwd, "evidence", "R22.json"));
  const failed = await validated();
  const summed = await runCli(["evidence", "summary", ...at], { cwd });

  expect([whole.exit, failed.exit, summed.exit]).toEqual([0, 4, 5]);
  expect(failed.stdout).toContain("  github_branch_protection: MISSING");
  expect(made("governance_continuous_validation.json")).toMatchObject({
    overall_status: "failed",
    issue: { key: "governance-validation-2026-07-20" },
  });
  expect([made("R30.json").status, made("R31.json").status]).toEqual(["unverified", "passed"]);
});

const SOFT = { R27: { slo_status: "soft_fail", metrics: [{ metric: "ci_pass_rate:smoke", stage: "soft_fail" }] } };
const PULL_REQUEST = { context: { event: "pull_request", is_release_branch: false } };

test.each<[string, string, ReleaseGiven, number, string]>([
  ["lets in whose conditions it takes, and names them", "transitional", { reports: SOFT }, 0, "trend_slo_status"],
  ["blocks what failed", "transitional", { reports: { R01: { failed: 1 } } }, 4, "smoke_report_failed_zero"],
  ["blocks what lacks something", "transitional", { reports: { R33: null } }, 5, "operator_readiness_report_present"],
  ["blocks under a stricter profile what another takes", "strict", { reports: SOFT }, 4, "trend_slo_status"],
])("GATE-14 as a required check of pull requests the release gate %s", async (_, profile, given, exit, named) => {
  const cwd = newFolder();
  for (const [name, text] of Object.entries(releaseFiles({ ...PULL_REQUEST, ...given })))
    writeFileSync(join(cwd, name), text);
  const policy = resolve("policies/release-readiness.yaml");

  const said = await runCli(["gate", "eval", policy, "--profile", profile, "--evidence", ".", ...AT], { cwd });

  expect(said).toMatchObject({ exit, stdout: expect.stringContaining(named) });
});

test("GATE-20 evidence change decides on a change package, and its exit code says whether a person is needed", async () => {
  const cwd = repository({});
  const change = {
    ...{ change_id: "CH-1", change_type: "pr", title: "a change", diff_text: "+ b", changed_files: ["a.md"] },
    ...{ author_summary: "says why", test_evidence: "all pass" },
  };
  const asked = (document: object, ...words: readonly string[]) =>
    runCli(
      [
        ...["evidence", "change", "-", "--profile", "standard", ...words, ...AT],
        ...["--context", "evidence/context.json", "--out", "made"],
      ],
      { cwd, stdin: JSON.stringify(document) },
    );
  const grave = { ...change, effects: { destructive: true, external: true } };

  const [harmless, alone, agreed, none] = [
    await asked(change),
    await asked(grave),
    await asked(grave, "--approver", "ann"),
    await asked({ title: "a change" }),
  ];

  expect([harmless.exit, alone.exit, agreed.exit]).toEqual([0, 4, 0]);
  expect(alone.stdout).toContain("  escalate: the risk is critical\n");
  expect([none.exit, none.stderr]).toEqual([2, expect.stringContaining("INVALID_INPUT")]);
  expect(JSON.parse(readFileSync(join(cwd, "made", "R34.json"), "utf8"))).toMatchObject({
    ...{ contract: "change_approval_v1", decision: "escalate", human_approval: { approver: "ann" } },
  });
});

test("EVD-17 evidence operations reads a runbook, follows its links to files, and refuses operations that nobody can read", async () => {
  const cwd = repository({ "half.json": { contacts: [] } });
  const operations = {
    triggers: Object.fromEntries(
      ["runtime_canary", "policy_bundle_governance", "executive_summary"].map((name) => [`${name}_failed`, "#act"]),
    ),
    contacts: [{ name: "ann", reach: "+43 1 234" }],
    rollback_drill_at: "2026-07-01T00:00:00Z",
    backup_restore_at: "2026-07-01T00:00:00Z",
  };
  writeFileSync(join(cwd, "runbook.md"), "# Act\n[the policy](policy.md#rules), [gone](gone.md)\n");
  const asked = (document: string) =>
    runCli(
      [
        ...["evidence", "operations", "runbook.md", "--operations", document, ...AT],
        ...["--context", "evidence/context.json", "--out", "made"],
      ],
      { cwd },
    );

  const half = await asked("half.json");
  const told = await asked(JSON.stringify(operations));

  expect([half.exit, half.stderr]).toEqual([2, expect.stringContaining("INVALID_INPUT")]);
  expect(told.exit).toBe(4);
  expect(told.stdout).toContain("failed  R33 operator_readiness_v1");
  expect(told.stdout).toContain("  links_resolve: gone.md not there\n");
  expect(told.stdout).toContain("  trigger:audit_chain_broken: the runbook is not said to have it");
});
