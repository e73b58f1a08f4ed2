import { expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import { DERIVATIONS } from "../derivations.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { exported } from "../exports.ts";
import { PROMOTION_CHECKS } from "./derive-bundle.ts";
import { DECIDED_AT, inputOf, policyIn } from "./testing/gate.ts";

const POLICY = policyIn("promotion.yaml");

const CHECKS: readonly JsonObject[] = PROMOTION_CHECKS.map((check_id) => ({ check_id, passed: true, detail: "" }));
const checks = (id: string, change: JsonObject): JsonObject => ({
  checks: CHECKS.map((check) => (check.check_id === id ? { ...check, ...change } : check)),
});

const REPORT = {
  contract: "release_bundle_promotion_v2",
  environment: "prod",
  bundle_id: "b1",
  root_digest: "d1",
  status: "passed",
  checks: CHECKS,
};

function judged(change: JsonObject, name = "R35-prod.json", profile = "bundle") {
  const files = [{ name, text: JSON.stringify({ ...REPORT, ...change }) }];
  return evaluateFiles({ policy: POLICY, profile, files, decidedAt: DECIDED_AT, waivers: null }, DERIVATIONS);
}

test("PRM-04 a promotion is a profile of the policy of promotions: every condition is a row, and no row of a run counts", () => {
  const evaluated = judged({});
  const rows = evaluated.ok ? evaluated.value.decision.gates.filter(({ standing }) => standing === "counts") : [];

  expect(rows.map(({ id }) => id).toSorted()).toEqual(["report", ...PROMOTION_CHECKS].toSorted());
  expect(rows.every(({ severity, waivable }) => severity === null && !waivable)).toBe(true);
  expect(evaluated).toMatchObject({ value: { decision: { verdict: "GO", conditions: [] } } });
  if (evaluated.ok) expect(exported(POLICY.text, evaluated.value)).toEqual(evaluated.value.decision);
});

test.each(PROMOTION_CHECKS)("PRM-04 %s alone keeps a bundle back, also where it is only not known", (id) => {
  const said = (change: JsonObject) => judged({ status: "unverified", ...checks(id, change) });

  expect(said({ passed: false })).toMatchObject({ value: { decision: { blocked_by: [id], cause: "failed" } } });
  expect(said({ passed: false, outcome: "unknown" })).toMatchObject({
    value: { decision: { blocked_by: [id], cause: "missing" } },
  });
  expect(said({ outcome: "not_applicable" })).toMatchObject({ value: { decision: { verdict: "GO" } } });
});

test.each<[string, JsonObject, readonly string[]]>([
  ["a condition that it does not name", { checks: CHECKS.slice(1) }, ["bundle_verify_ok"]],
  ["one that it names twice", { checks: [...CHECKS, ...CHECKS.slice(0, 1)] }, ["bundle_verify_ok"]],
  ["one that nobody knows", { checks: [...CHECKS, { check_id: "vibes", passed: true }] }, ["report"]],
  ["one that passed and failed", checks("approvals_satisfied", { outcome: "fail" }), ["report", "approvals_satisfied"]],
  [
    "a status better than its conditions",
    checks("approvals_satisfied", { passed: false }),
    ["report", "approvals_satisfied"],
  ],
  ["another contract", { contract: "release_bundle_promotion_v1" }, ["report", ...PROMOTION_CHECKS]],
])("a report with %s lets nothing through", (_, change, blocked_by) => {
  expect(judged(change)).toMatchObject({
    value: { decision: { verdict: "NO-GO", blocked_by: blocked_by.toSorted() } },
  });
});

test("without a report nothing is decided, and a run's document is none", () => {
  const none = { refusal: { code: "GATE_EVIDENCE_MISSING" } };

  expect(judged({}, "promotion.txt")).toMatchObject(none);
  expect(judged(inputOf(), "gate.input.json")).toMatchObject(none);
  expect(judged({}, "R35-prod.json", "standard")).toMatchObject(none);
});
