import type { JsonObject } from "../json.ts";
import type { Refusal } from "../refusal.ts";
import { type Result, rejected } from "../result.ts";
import { type ConditionContext, evaluateTree } from "./evaluate.ts";
import { parse } from "./syntax.ts";
import { type ConditionTree, translate } from "./translate.ts";

/** A compiled condition: plain data, safe to store and hash. Only `parsed` is executed. */
export interface Condition {
  readonly raw: string;
  readonly parsed: ConditionTree;
  /** As written, such as `$.order.items[0].sku`; without repetition, in the order of first use. */
  readonly referenced_paths: readonly string[];
  /** Whether the answer depends on `now()`. */
  readonly clock_dependent: boolean;
}

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Compiles a condition such as `$.order.amount <= 500 AND NOT $.order.disputed`.
 *
 * With the JSON Schema of the state, paths and types are checked now (an object schema without `additionalProperties`
 * has no further members); without one, types are checked when values are seen. Refusals are `COND_SYNTAX`,
 * `COND_FUNCTION_NOT_ALLOWED`, `COND_ARITY`, `COND_TYPE`, `COND_PATH_UNKNOWN`, `COND_PATH_FORBIDDEN` and `COND_LIMIT`,
 * each with the UTF-16 index in `details.offset`.
 */
export function compileCondition(text: string, stateSchema?: JsonObject): CompiledCondition {
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const { tree, paths, usesClock, problem } = translate(parsed.node, stateSchema);
  if (problem !== undefined) return rejected(problem);
  return {
    ok: true,
    condition: { raw: text, parsed: tree, referenced_paths: paths, clock_dependent: usesClock },
  };
}

/**
 * Answers a condition for a state and a clock, left to right, stopping where the answer is known. Refused with
 * `COND_RUNTIME_TYPE` (a value of the wrong type, or null where a value is needed) or `COND_RUNTIME_DATETIME`; what that
 * means is the caller's rule: a branch fails its run, an approval condition asks for approval, a poll goes on.
 */
export const evaluateCondition = (condition: Condition, context: ConditionContext): Result<boolean> =>
  evaluateTree(condition.parsed, context);
