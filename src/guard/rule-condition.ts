import { compileCondition, evaluateCondition, type Instant, type JsonObject } from "../contracts/index.ts";
import type { ApprovalRule } from "./contract.ts";

/**
 * Why the rule asks for approval, or `undefined` when its condition is false. The condition sees the run document and the
 * call's `$.input`, at the run's clock. One that does not compile or evaluate asks: a doubt is a person's to settle.
 */
export function reasonOfRule(rule: ApprovalRule, state: JsonObject, now: Instant): string | undefined {
  if (rule.condition === null) return `the rule of \`${rule.trigger}\` always asks for approval`;
  const compiled = compileCondition(rule.condition);
  if (!compiled.ok) return `the rule's condition cannot be read (${compiled.refusal.code})`;
  const holds = evaluateCondition(compiled.condition, { state, now });
  if (!holds.ok) return `the rule's condition cannot be evaluated (${holds.refusal.code})`;
  return holds.value ? `the rule asks for approval when \`${rule.condition}\`` : undefined;
}
