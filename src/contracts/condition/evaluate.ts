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
    return accepted(boolean(evaluatorOf(tree)(context)));
  } catch (stop) {
    if (stop instanceof Stop) return rejected({ code: stop.code, message: stop.message });
    throw stop;
  }
}

/** Datetimes are epoch milliseconds here: the compiler lets a datetime meet nothing but a datetime or null. */
type Evaluator = (context: ConditionContext) => Json;

/** A tree is plain data and is asked of row after row: taking it apart and splitting its paths each time took longer than answering. */
const evaluators = new WeakMap<object, Evaluator>();

function evaluatorOf(tree: ConditionTree): Evaluator {
  if (tree === null || typeof tree !== "object") return () => tree;
  const known = evaluators.get(tree);
  if (known !== undefined) return known;
  const evaluator = compiled(tree);
  evaluators.set(tree, evaluator);
  return evaluator;
}

function compiled(tree: Extract<ConditionTree, object>): Evaluator {
  for (const [operator, operands] of Object.entries(tree)) {
    return typeof operands === "string" ? lookingUp(operands) : applying(operator, operands);
  }
  return () => {
    throw new Stop("COND_RUNTIME_TYPE", "the compiled condition is empty");
  };
}

function applying(operator: string, operands: readonly ConditionTree[]): Evaluator {
  const parts = operands.map(evaluatorOf);
  if (operator === "and") return (context) => parts.every((part) => boolean(part(context)));
  if (operator === "or") return (context) => parts.some((part) => boolean(part(context)));
  const [left = evaluatorOf(null), right = evaluatorOf(null)] = parts;
  const operation = OPERATIONS.get(operator) ?? unknownOperator;
  return (context) => operation(left(context), right(context));
}

const OPERATIONS = new Map<string, (left: Json, right: Json) => Json>([
  ["!", (left) => !boolean(left)],
  ["===", (left, right) => areEqual(left, right)],
  ["!==", (left, right) => !areEqual(left, right)],
  ["<", (left, right) => numeric(left) < numeric(right)],
  ["<=", (left, right) => numeric(left) <= numeric(right)],
  [">", (left, right) => numeric(left) > numeric(right)],
  [">=", (left, right) => numeric(left) >= numeric(right)],
  ["datetime", (left) => datetime(left)],
  ["len", (left) => list(left).length],
  ["contains", (left, right) => list(left).includes(scalar(right))],
  ["startswith", (left, right) => text(left).startsWith(text(right))],
  ["endswith", (left, right) => text(left).endsWith(text(right))],
  // + 0: never minus zero
  ["duration_seconds", (left, right) => Math.trunc((numeric(right) - numeric(left)) / 1000) + 0],
]);

const unknownOperator = (): never => {
  throw new Stop("COND_RUNTIME_TYPE", "the compiled condition has an unknown operator");
};

function lookingUp(place: string): Evaluator {
  const [root, ...segments] = place.split(".");
  if (root === "now") return (context) => context.now;
  const steps = segments.map((name) => ({
    name,
    isName: !/^\d/.test(name),
    index: /^\d+$/.test(name) ? Number(name) : -1,
  }));
  return (context) => {
    let value: Json | undefined = context.state;
    for (const step of steps) value = value === undefined ? undefined : partOf(value, step);
    return value ?? null;
  };
}

interface Step {
  readonly name: string;
  readonly isName: boolean;
  readonly index: number;
}

/** Own members of objects and elements of arrays; `length` is neither. */
function partOf(value: Json, { name, isName, index }: Step): Json | undefined {
  if (Array.isArray(value)) return value[index];
  return isName && isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function areEqual(left: Json, right: Json): boolean {
  if (left === null || right === null) return left === right;
  if (typeof scalar(left) === typeof scalar(right)) return left === right;
  throw new Stop("COND_RUNTIME_TYPE", `a ${typeof left} is compared with a ${typeof right}`);
}

const boolean = (value: Json): boolean => (typeof value === "boolean" ? value : wrong(value, "boolean"));

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
