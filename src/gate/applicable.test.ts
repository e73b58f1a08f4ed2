import { expect, test } from "vitest";
import { assert, instant, sha256Hex } from "../contracts/index.ts";
import type { Decision } from "./decision.ts";
import { evaluate } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";
import type { Cell, EvidenceSet, Unit } from "./unit.ts";

const POLICY = `
id: checks
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { check: { gate: string, job: "string?", outcome: string, why: string } }
sources: [runs]
params: { few: 2 }
validity_seconds: 60
metrics:
  - id: passed
    kind: ratio
    from: check
    by_gate: gate
    good: $.outcome == 'pass'
    unknown: $.outcome == 'unknown'
    not_applicable: $.outcome == 'not_applicable'
    tell: why
  - { id: all, kind: count, from: check, where: $.gate == 'scan' }
gates:
  - { id: scan, metric: passed, limit: 1, severity: high, remedy: mend it }
  - { id: job, metric: passed, each: job, limit: 1, needs: [runs], severity: high, remedy: mend it }
  - { id: few, metric: all, op: "<=", limit: { param: few, times: 1/2, plus: 1 }, remedy: have fewer }
profiles:
  strict: {}
  lenient: { severities: { scan: medium }, budget: { medium: 1 }, conditions: any }`;

const check = (gate: string, job: string | null, outcome: string): Unit => {
  const columns: { readonly [name: string]: Cell } = { gate, job, outcome, why: `${gate} says ${outcome}` };
  const id = `${gate}-${job ?? "whole"}`;
  return { id, at: null, channel: null, rows: [id], isValid: true, columns };
};

function decided(units: readonly Unit[], profile: string, sources: EvidenceSet["sources"] = {}): Decision {
  const policy = parsePolicy(POLICY);
  assert(policy.ok, "the policy is one");
  const evidence = { digest: sha256Hex(""), sources: { ...RUNS, ...sources }, facts: {}, units: { check: units } };
  const result = evaluate({ policy: policy.value, profile, evidence, decidedAt: instant(0), waivers: null });
  assert(result.ok, "the evaluation is made");
  return result.value.decision;
}

const RUNS: EvidenceSet["sources"] = { runs: { state: "complete", detail: "" } };
const JOBS = [check("job", "build", "pass"), check("job", "smoke", "pass")];

test("a metric by gate shows each gate its own units, and a failing row says what its units say", () => {
  const decision = decided([check("scan", null, "fail"), ...JOBS], "strict");

  expect(decision).toMatchObject({ verdict: "NO-GO", cause: "failed", blocked_by: ["scan"] });
  expect(decision.gates).toMatchObject([
    { id: "scan", status: "FAIL", reasons: ["0 of 1", "scan says fail"], failing: { rows: ["scan-whole"] } },
    { id: "job:build", status: "PASS" },
    { id: "job:smoke", status: "PASS" },
    { id: "few", status: "PASS", rule: "<= 2" },
  ]);
});

test("a unit whose answer is not known leaves its own row unknown, and no other", () => {
  const units = [check("scan", null, "pass"), check("job", "build", "unknown"), check("job", "smoke", "pass")];
  const decision = decided(units, "strict");

  expect(decision).toMatchObject({ verdict: "NO-GO", cause: "missing", blocked_by: ["job:build"] });
  expect(decision.gates[1]).toMatchObject({
    status: "UNKNOWN",
    reasons: ["job says unknown"],
  });
});

test("a row whose units say that the question does not arise is left out, and says why", () => {
  const decision = decided([check("scan", null, "not_applicable"), ...JOBS], "strict");

  expect(decision).toMatchObject({ verdict: "GO", conditions: [] });
  expect(decision.gates[0]).toMatchObject({ standing: "excluded", reasons: ["scan says not_applicable"] });
});

test("a row needs its own part of a source, and a part without any unit has a row", () => {
  const decision = decided([check("scan", null, "pass"), ...JOBS], "strict", {
    "runs:smoke": { state: "incomplete", detail: "9 of 20 were cancelled" },
    "runs:deploy": { state: "unreadable", detail: "no run at all" },
  });

  expect(decision.gates.slice(1, 4)).toMatchObject([
    { id: "job:build", status: "PASS" },
    { id: "job:deploy", status: "UNKNOWN", reasons: ["source runs:deploy: no run at all"] },
    { id: "job:smoke", status: "UNKNOWN", reasons: ["source runs:smoke: 9 of 20 were cancelled"] },
  ]);
});

test("a profile may weigh a gate otherwise", () => {
  const units = [check("scan", null, "fail"), ...JOBS];

  expect(decided(units, "strict")).toMatchObject({ verdict: "NO-GO", gates: [{ severity: "high" }, {}, {}, {}] });
  expect(decided(units, "lenient")).toMatchObject({ verdict: "GO", gates: [{ severity: "medium" }, {}, {}, {}] });
});

test("GATE_POLICY_INVALID: a column that is not there, and a severity of no gate, are refused", () => {
  const wrong = POLICY.replace("by_gate: gate", "by_gate: gat").replace("{ scan: medium }", "{ scam: medium }");

  expect(parsePolicy(wrong)).toMatchObject({
    errors: [
      { code: "GATE_POLICY_INVALID", path: "$.metrics[0].by_gate", message: "`check` has no column `gat`" },
      { code: "GATE_POLICY_INVALID", message: "`scam` is no gate" },
    ],
  });
});
