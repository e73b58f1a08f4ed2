import type { DraftPack } from "../pack-shape.ts";
import { FAILED_COMPENSATION, MANUAL_COMPENSATION } from "../rollback.ts";
import { compileExpression } from "./expression.ts";
import { type Finding, finding, type Steps } from "./finding.ts";

type Rule = DraftPack["hitl_rules"][string];

/** What asks for approval and is no tool. */
const INTERNAL_TRIGGERS: readonly string[] = [
  MANUAL_COMPENSATION,
  FAILED_COMPENSATION,
  "drift.financial",
  "queue.overflow",
];

/** CC-04: a person approves every FINANCIAL call, whatever the rule says; and every rule is usable. */
export const checkFinancialApproval = (pack: DraftPack): readonly Finding[] => [
  ...Object.values(pack.tools)
    .filter(({ side_effect_level }) => side_effect_level === "FINANCIAL")
    .flatMap(({ name }) =>
      checkFinancial(name, Object.hasOwn(pack.hitl_rules, name) ? pack.hitl_rules[name] : undefined),
    ),
  ...Object.entries(pack.hitl_rules).flatMap(([key, rule]) => [
    ...checkTrigger(pack, key),
    ...checkApprovers(key, rule),
    ...checkRule(key, rule),
  ]),
];

/** A rule under a slip of a tool's name would leave that tool without one, and nobody would be asked. */
const checkTrigger = (pack: DraftPack, key: string): readonly Finding[] =>
  invalid(!Object.hasOwn(pack.tools, key) && !INTERNAL_TRIGGERS.includes(key), [key], `there is no tool \`${key}\``);

/** As many people as must approve have to be able to, at one level at least; who else waits only for the time-out. */
function checkApprovers(key: string, rule: Rule): readonly Finding[] {
  const { required_approvers, authorized_approvers, escalation_chain, timeout_action } = rule;
  const levels = [authorized_approvers, ...escalation_chain.map((name) => [name])];
  return invalid(
    timeout_action !== "AUTO_APPROVE" && levels.every((names) => peopleIn(names) < required_approvers),
    [key, "authorized_approvers"],
    `${required_approvers} must approve, and no level names as many`,
  );
}

/** People that a level's names can stand for: a role stands for any number. */
const peopleIn = (names: readonly string[]): number =>
  names.some((name) => name.startsWith("role:")) ? Number.POSITIVE_INFINITY : new Set(names).size;

function checkFinancial(tool: string, rule: Rule | undefined): readonly Finding[] {
  const path = ["hitl_rules", tool];
  if (rule === undefined) {
    return [finding("CC-04", "CC04_RULE_MISSING", path, `the FINANCIAL tool \`${tool}\` has no approval rule`)];
  }
  const alone = `\`${tool}\` is FINANCIAL and cannot approve itself`;
  const chain = `\`${tool}\` escalates, but to nobody`;
  const suppressed = `a condition could suppress the approval of \`${tool}\``;
  return [
    ...(rule.timeout_action === "AUTO_APPROVE"
      ? [finding("CC-04", "CC04_AUTO_APPROVE", [...path, "timeout_action"], alone)]
      : []),
    ...(rule.timeout_action === "ESCALATE" && rule.escalation_chain.length === 0
      ? [finding("CC-04", "CC04_ESCALATION_CHAIN_MISSING", [...path, "escalation_chain"], chain)]
      : []),
    ...(rule.condition === null
      ? []
      : [finding("CC-04", "CC04_CONDITION_FORBIDDEN", [...path, "condition"], suppressed)]),
  ];
}

function checkRule(key: string, rule: Rule): readonly Finding[] {
  const { trigger, condition, timeout_seconds, timeout_action, required_approvers } = rule;
  const compiled = condition === null ? null : compileExpression(condition);
  return [
    ...invalid(trigger !== key, [key, "trigger"], `names \`${trigger}\`, but stands under \`${key}\``),
    ...invalid(
      key === FAILED_COMPENSATION && timeout_action === "AUTO_APPROVE",
      [key, "timeout_action"],
      "only a person has a failed compensation tried once more",
    ),
    ...invalid(!(timeout_seconds > 0), [key, "timeout_seconds"], "must be greater than zero"),
    ...invalid(
      !Number.isInteger(required_approvers) || required_approvers < 1,
      [key, "required_approvers"],
      "must be a whole number of at least 1",
    ),
    ...invalid(
      compiled?.ok === false,
      [key, "condition"],
      compiled?.ok === false ? `${compiled.refusal.code}: ${compiled.refusal.message}` : "",
    ),
  ];
}

const invalid = (isWrong: boolean, path: Steps, message: string): readonly Finding[] =>
  isWrong ? [finding("CC-04", "CC04_RULE_INVALID", ["hitl_rules", ...path], message)] : [];
