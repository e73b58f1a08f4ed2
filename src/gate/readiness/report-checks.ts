import type { Json } from "../../contracts/index.ts";
import { CHANGE_APPROVAL, REPORTS } from "./catalogue.ts";
import { decideChange, isChangeProfile, parseChange } from "./change-approval.ts";
import {
  all,
  atLeastOne,
  type Check,
  checkBy,
  checkOf,
  complete,
  counted,
  fail,
  listOf,
  none,
  notApplicable,
  type Outcome,
  objectOf,
  pass,
  passIf,
  type Rule,
  some,
  statusPassed,
  unknown,
  valueIn,
} from "./check.ts";
import type { Evidence } from "./evidence.ts";
import type { Report } from "./report.ts";

/** Checks that ask one report, in the order of the catalogue. */
const RULES: readonly (readonly [report: string, check: string, rule: Rule])[] = [
  ["R01", "smoke_report_failed_zero", all(statusPassed, counted("total", some), counted("failed", none))],
  ["R02", "contracts_status_passed", all(statusPassed, counted("violations", none))],
  ["R03", "registry_consistency_status_passed", statusPassed],
  ["R04", "openapi_verification_status_passed", all(statusPassed, counted("failed", none))],
  ["R05", "runtime_coverage_ratio", all(statusPassed, atLeastOne("coverage_ratio"))],
  ["R06", "skill_executability_ratio", all(statusPassed, atLeastOne("executability_ratio"))],
  ["R07", "policy_bundle_lifecycle_status_passed", statusPassed],
  ["R08", "policy_gate_freshness_status_passed", statusPassed],
  ["R09", "policy_shadow_status_passed", all(statusPassed, counted("mismatched", none))],
  ["R10", "durability_contract_status_passed", statusPassed],
  ["R11", "durability_advanced_status_passed", statusPassed],
  ["R11", "durability_advanced_scenario_execution_complete", complete("expected_total_scenarios", "total_scenarios")],
  ["R11", "durability_advanced_scenarios_no_failures", counted("failed_scenarios", none)],
  ["R11", "durability_advanced_test_execution_complete", complete("expected_total_tests", "total_tests")],
  ["R11", "durability_advanced_tests_no_failures", counted("failed_tests", none)],
  ["R12", "replay_determinism_status_passed", (report) => all(statusPassed, driftHarmless)(report)],
  ["R12", "replay_determinism_contract_valid", () => pass],
  ["R12", "replay_determinism_execution_complete", complete("expected_total_executions", "completed_executions")],
  ["R12", "replay_determinism_no_failures", counted("failed_executions", none)],
  ["R12", "replay_binding_drift", (report) => passIf(valueIn(report, "drift") !== "D3", "a fallback binding was used")],
  ...["workflow_version_compatibility", "checkpoint_schema_provenance", "provenance_coverage"].flatMap((name) => {
    const id = REPORTS.find((kind) => kind.name === name)?.id ?? name;
    return [
      [id, `${name}_status_passed`, statusPassed],
      [id, `${name}_contract_valid`, () => pass],
      [id, `${name}_execution_complete`, complete("expected_total_tests", "total_tests")],
      [id, `${name}_no_failures`, counted("failed_tests", none)],
    ] as const;
  }),
  ["R16", "tenant_isolation_status_passed", (report) => all(statusPassed, surfacesWhole)(report)],
  ["R17", "tenancy_rollout_no_side_effect_gaps", (report) => all(statusPassed, noGaps)(report)],
  ["R19", "promotion_verify_status_passed", statusPassed],
  ["R20", "branch_protection_policy_status_passed", statusPassed],
  ["R21", "required_status_checks_consistency_status_passed", statusPassed],
  ["R24", "workflow_integrity_status_passed", statusPassed],
  ["R25", "release_gate_policy_status_passed", statusPassed],
  ["R31", "runtime_exec_summary_not_failed", statusPassed],
];

/** A replay may differ in what is left to chance, and by a binding that gave the same; never in what happened. */
const driftHarmless: Rule = (report) => {
  const drift = valueIn(report, "drift");
  return passIf(
    ["none", "D1", "D2", "D3"].some((harmless) => harmless === drift),
    `drift is ${String(drift)}`,
  );
};

/** Every surface on which tenants meet, not only their sum, and enforced: a matrix that only watches isolates nobody. */
const surfacesWhole: Rule = (report) => {
  const leaking = Object.entries(objectOf(report.body.by_surface)).filter(([, one]) => objectOf(one).failed !== 0);
  if (leaking.length > 0) return fail(`${leaking.map(([surface]) => surface).join(", ")} leaks`);
  const adoption = valueIn(report, "adoption") ?? "enforced";
  return passIf(adoption === "enforced", `its adoption is ${String(adoption)}`);
};

const noGaps: Rule = (report) => {
  const gaps = valueIn(report, "side_effect_gaps");
  return passIf(Array.isArray(gaps) && gaps.length === 0, `${listOf(gaps).length} gaps`);
};

/** Everything that is asked of a report. */
export const rulesOf = (report: string): readonly Rule[] =>
  RULES.flatMap(([id, , rule]) => (id === report ? [rule] : []));

export const REPORT_CHECKS: readonly string[] = RULES.map(([, check]) => check);

export function reportChecks(evidence: Evidence): readonly Check[] {
  const asked = RULES.map(([id, check, rule]) => checkBy(check, evidence.report(id), rule));
  return [
    ...asked,
    promotionReadiness(evidence),
    operatorReadiness(evidence),
    changeApproval(evidence),
    strictness(evidence),
  ];
}

/** Whether the transition that is asked for is ready: before a release, all of it that needs no person. */
function promotionReadiness(evidence: Evidence): Check {
  const check = "promotion_readiness_status_passed";
  const target = evidence.context.context.target_environment;
  const isMoved = evidence.profile === "promotion" || evidence.profile === "preview";
  if (isMoved && target !== "staging" && target !== "prod")
    return checkOf(check, notApplicable(`nothing is promoted to ${target ?? "an environment"}`), ["R18"]);
  return checkBy(check, evidence.report("R18"), (report) => {
    const to = (name: string, flag: string) => objectOf(objectOf(report.body.environments)[name])[flag];
    const staging = to("dev_to_staging", "ready");
    if (!isMoved) return readyBy([staging, to("staging_to_prod", "automated_ready")], "a transition");
    return readyBy([target === "staging" ? staging : to("staging_to_prod", "ready")], `the way to ${target}`);
  });
}

/** Null says that it is not known, for want of what it rests on. */
function readyBy(flags: readonly (Json | undefined)[], what: string): Outcome {
  if (flags.every((flag) => flag === true)) return pass;
  const isOpen = flags.every((flag) => flag === true || flag === null);
  return isOpen ? unknown(`whether ${what} is ready is not known`) : fail(`${what} is not ready`);
}

const operatorReadiness = (evidence: Evidence): Check =>
  evidence.isRollback
    ? checkOf("operator_readiness_status_passed", notApplicable("not asked of a rollback"), ["R33"])
    : checkBy("operator_readiness_status_passed", evidence.report("R33"), statusPassed);

/** Decides the change again where the report brings it: a report cannot approve what these rules do not. */
function changeApproval(evidence: Evidence): Check {
  const check = "change_approval_decision";
  if (evidence.isRollback) return checkOf(check, notApplicable("not asked of a rollback"), [CHANGE_APPROVAL.id]);
  return checkBy(check, evidence.report(CHANGE_APPROVAL.id), approved);
}

function approved(report: Report): Outcome {
  const change = parseChange(valueIn(report, "change_package"));
  const profile = valueIn(report, "profile");
  if (change === undefined || !isChangeProfile(profile)) return unknown("it brings no change package and profile");
  const verdict = decideChange(change, profile);
  if (valueIn(report, "decision") !== verdict.decision)
    return fail(`it says ${String(valueIn(report, "decision"))}, which comes to ${verdict.decision}`);
  const person = objectOf(report.body.human_approval).approver;
  const isApproved = verdict.decision === "approve" || (verdict.decision === "escalate" && typeof person === "string");
  return passIf(isApproved, [verdict.decision, ...verdict.reasons].join(": "));
}

function strictness(evidence: Evidence): Check {
  const check = "protection_not_strict";
  return checkBy(check, evidence.report("R22"), ({ body }) => {
    const { checks_up_to_date } = objectOf(body.facts);
    const fact = objectOf(checks_up_to_date).state ?? checks_up_to_date;
    if (fact === "failed") return fail("branches need not be up to date before they are merged");
    return fact === "proven" ? pass : notApplicable("not observed");
  });
}
