import { expect, test } from "vitest";
import { assert, instant, sha256Hex } from "../contracts/index.ts";
import { evaluate } from "./evaluate.ts";
import { decisionJunit } from "./junit.ts";
import { decisionMarkdown } from "./markdown.ts";
import { parsePolicy } from "./policy.ts";
import { decisionSarif } from "./sarif.ts";

const POLICY = `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean, ms: integer } }
sources: [gone]
validity_seconds: 3600
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: slowest, kind: quantile, from: run, column: ms, q: 1 }
gates:
  - { id: passes, metric: slowest, op: "<=", limit: 100, needs: [], remedy: hurry }
  - { id: fails, metric: correct, limit: 1, needs: [], severity: medium, remedy: "mend <it>" }
  - { id: lacks, metric: correct, limit: 0, needs: [gone], remedy: find it }
  - { id: out, metric: correct, limit: 0, needs: [gone], remedy: find it }
  - { id: warns, metric: slowest, op: "<=", stages: { warn: 1 }, needs: [], remedy: hurry }
profiles: { only: { excluded: [out] } }`;

function decisionOf() {
  const policy = parsePolicy(POLICY);
  assert(policy.ok, "the policy is one");
  const unit = (id: string, good: boolean) => ({
    id,
    at: null,
    channel: null,
    rows: [`row \u0001 ${id}`],
    isValid: true,
    columns: { good, ms: 7 },
  });
  const evidence = {
    digest: sha256Hex(""),
    sources: {},
    facts: {},
    units: { run: [unit("a", true), unit("b", false)] },
  };
  const input = {
    policy: policy.value,
    profile: null,
    evidence,
    decidedAt: instant(Date.UTC(2026, 2, 9)),
    waivers: null,
  };
  const evaluated = evaluate(input);
  assert(evaluated.ok, "it is decided");
  return evaluated.value.decision;
}

const DECISION = decisionOf();

test("JUnit has a case a gate: what fails is a failure, what is missing an error, what does not count is skipped", () => {
  const report = decisionJunit(DECISION);

  expect(report).toContain('<testsuite name="shop 1.0.0 only"');
  expect(report).toContain('tests="5"');
  expect(report.match(/<failure/g)).toHaveLength(1);
  expect(report.match(/<error/g)).toHaveLength(1);
  expect(report.match(/<skipped/g)).toHaveLength(1);
  expect(report).toContain("mend &lt;it&gt;");
});

test("SARIF has a result a gate that does not pass, levelled by its severity, with the rows at fault", () => {
  const [run] = decisionSarif(DECISION, "1.2.3").runs;

  expect(run?.tool.driver.rules).toHaveLength(5);
  expect(run?.results).toMatchObject([
    {
      ruleId: "fails",
      level: "warning",
      kind: "fail",
      locations: [{ logicalLocations: [{ fullyQualifiedName: "row \u0001 b" }] }],
    },
    { ruleId: "lacks", level: "none", kind: "open" },
    { ruleId: "warns", level: "none", kind: "informational" },
  ]);
});

test("GATE-17 Markdown counts what passes and what does not by severity, and tells of the gravest first", () => {
  const page = decisionMarkdown(DECISION);

  expect(page).toContain("\n2 of 4 pass; critical 1, high 0, medium 1, low 1, waived 0.\n");
  const told = [...page.matchAll(/^### (\w+)/gm)].map(([, gate]) => gate);
  expect(told).toEqual(["lacks", "fails", "warns"]);
});

test("Markdown says the verdict first, then a line a gate, then why and what would flip it", () => {
  const page = decisionMarkdown(DECISION);

  expect(page).toMatch(/^## ⛔ NO-GO: shop 1\.0\.0 \(only\)\n/);
  expect(page).toContain("| `fails` | FAIL | 1/2 | 2 | `>= 1` | - | medium |");
  expect(page).toContain("- would pass with 1 of the failing ones good");
});
