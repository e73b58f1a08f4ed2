import type { Code } from "../codes.ts";
import { type Instant, parseInstant } from "../instant.ts";
import { isJsonObject, type Json } from "../json.ts";
import { accepted, type Result, rejected } from "../result.ts";
import type { ConditionTree } from "./translate.ts";

/** What a condition may look at: the run's state and the run's clock, and nothing else. */
export interface ConditionContext {
  readonly state: Json;
  /** Fixed at the start of the run, recorded, and given again on replay. */
  readonly now: Instant;
}

/** Why an evaluation ends early. It unwinds the evaluator below and never leaves this file. */
class Stop {
  readonly code: Code;
  readonly message: string;

  constructor(code: Code, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** The answer of a compiled tree, or `COND_RUNTIME_TYPE` or `COND_RUNTIME_DATETIME`. */
export function evaluateTree(tree: ConditionTree, context: ConditionContext): Result<boolean> {
  try {
    return accepted(truth(tree, context));
  } catch (stop) {
    if (stop instanceof Stop) return rejected({ code: stop.code, message: stop.message });
    throw stop;
  }
}

/** Datetimes are epoch milliseconds here: the compiler lets a datetime meet nothing but a datetime or null. */
function resultOf(tree: ConditionTree, context: ConditionContext): Json {
  if (tree === null || typeof tree !== "object") return tree;
  for (const [operator, operands] of Object.entries(tree)) {
    return typeof operands === "string" ? lookUp(operands, context) : apply(operator, operands, context);
  }
  throw new Stop("COND_RUNTIME_TYPE", "the compiled condition is empty");
}

function apply(operator: string, operands: readonly ConditionTree[], context: ConditionContext): Json {
  if (operator === "and") return operands.every((operand) => truth(operand, context));
  if (operator === "or") return operands.some((operand) => truth(operand, context));
  if (operator === "!") return !truth(operands[0] ?? null, context);
  const [left = null, right = null] = operands.map((operand) => resultOf(operand, context));
  switch (operator) {
    case "===":
      return areEqual(left, right);
    case "!==":
      return !areEqual(left, right);
    case "<":
      return numeric(left) < numeric(right);
    case "<=":
      return numeric(left) <= numeric(right);
    case ">":
      return numeric(left) > numeric(right);
    case ">=":
      return numeric(left) >= numeric(right);
    case "datetime":
      return datetime(left);
    case "len":
      return list(left).length;
    case "contains":
      return list(left).includes(scalar(right));
    case "startswith":
      return text(left).startsWith(text(right));
    case "endswith":
      return text(left).endsWith(text(right));
    case "duration_seconds":
      return Math.trunc((numeric(right) - numeric(left)) / 1000) + 0; // + 0: never minus zero
  }
  throw new Stop("COND_RUNTIME_TYPE", "the compiled condition has an unknown operator");
}

function lookUp(place: string, context: ConditionContext): Json {
  const [root, ...segments] = place.split(".");
  if (root === "now") return context.now;
  let value: Json | undefined = context.state;
  for (const segment of segments) value = value === undefined ? undefined : partOf(value, segment);
  return value ?? null;
}

/** Own members of objects and elements of arrays; `length` is neither. */
function partOf(value: Json, segment: string): Json | undefined {
  if (Array.isArray(value)) return value[/^\d+$/.test(segment) ? Number(segment) : -1];
  return isJsonObject(value) && Object.hasOwn(value, segment) && !/^\d/.test(segment) ? value[segment] : undefined;
}

function areEqual(left: Json, right: Json): boolean {
  if (left === null || right === null) return left === right;
  if (typeof scalar(left) === typeof scalar(right)) return left === right;
  throw new Stop("COND_RUNTIME_TYPE", `a ${typeof left} is compared with a ${typeof right}`);
}

function truth(tree: ConditionTree, context: ConditionContext): boolean {
  const value = resultOf(tree, context);
  return typeof value === "boolean" ? value : wrong(value, "boolean");
}

const numeric = (value: Json): number => (typeof value === "number" ? value : wrong(value, "number"));

const text = (value: Json): string => (typeof value === "string" ? value : wrong(value, "string"));

const list = (value: Json): readonly Json[] => (Array.isArray(value) ? value : wrong(value, "array"));

const scalar = (value: Json): Json => (value !== null && typeof value === "object" ? wrong(value, "scalar") : value);

/** Null stays null, because a missing datetime may be compared with null. */
function datetime(value: Json): Json {
  if (value === null) return null;
  const at = parseInstant(text(value));
  if (at === undefined) throw new Stop("COND_RUNTIME_DATETIME", "the text is not an RFC 3339 date-time");
  return at;
}

function wrong(value: Json, needed: string): never {
  const found = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  throw new Stop("COND_RUNTIME_TYPE", `a value of type ${found} stands where ${needed} is needed`);
}
