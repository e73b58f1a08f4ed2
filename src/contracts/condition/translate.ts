import { parseInstant } from "../instant.ts";
import type { JsonObject } from "../json.ts";
import type { Refusal } from "../refusal.ts";
import { type StaticType, typeOfPath } from "./static-type.ts";
import { DEPTH_MAX, type Literal, type Node, problemAt } from "./syntax.ts";

/**
 * The executed form, in the manner of JSONLogic: a literal, or one operator with its operands. `var` takes the place it
 * reads: `now`, or `state.` and the path with dots.
 */
export type ConditionTree = Literal | { readonly [operator: string]: string | readonly ConditionTree[] };

export interface Translation {
  readonly tree: ConditionTree;
  readonly type: StaticType;
  /** In the order of first use, without repetition. */
  readonly paths: readonly string[];
  readonly usesClock: boolean;
  readonly problem: Refusal | undefined;
}

/** Checks names, paths and types, and turns the syntax into the tree. The first problem in the order of the text wins. */
export function translate(node: Node, stateSchema: JsonObject | undefined): Translation {
  const context: Context = { stateSchema, paths: new Set(), usesClock: false, problem: undefined };
  const { tree, type } = translated(node, 1, context);
  if (type !== "boolean" && type !== "unknown") {
    stop(context, "COND_TYPE", `the condition is of type ${type}, not boolean`, node.offset);
  }
  return { tree, type, paths: [...context.paths], usesClock: context.usesClock, problem: context.problem };
}

interface Context {
  readonly stateSchema: JsonObject | undefined;
  readonly paths: Set<string>;
  usesClock: boolean;
  problem: Refusal | undefined;
}

interface Typed {
  readonly tree: ConditionTree;
  readonly type: StaticType;
}

const FORBIDDEN = new Set(["__proto__", "prototype", "constructor"]);

const COMPARED = { "==": "===", "!=": "!==", "<": "<", "<=": "<=", ">": ">", ">=": ">=" } as const;

/** The closed list: what each function takes and gives. `scalar` is null, boolean, number or string. */
const FUNCTIONS = new Map<string, { readonly takes: readonly (StaticType | "scalar")[]; readonly gives: StaticType }>([
  ["len", { takes: ["array"], gives: "number" }],
  ["contains", { takes: ["array", "scalar"], gives: "boolean" }],
  ["startswith", { takes: ["string", "string"], gives: "boolean" }],
  ["endswith", { takes: ["string", "string"], gives: "boolean" }],
  ["now", { takes: [], gives: "datetime" }],
  ["duration_seconds", { takes: ["datetime", "datetime"], gives: "number" }],
]);

function translated(node: Node, depth: number, context: Context): Typed {
  if (depth > DEPTH_MAX) stop(context, "COND_LIMIT", `deeper than ${DEPTH_MAX} levels`, node.offset);
  switch (node.kind) {
    case "literal":
      return { tree: node.value, type: typeOfLiteral(node.value) };
    case "path":
      return path(node, context);
    case "call":
      return call(node, depth, context);
    case "not":
      return { tree: { "!": [logical(node.operand, depth, context)] }, type: "boolean" };
    case "and":
    case "or": {
      const operands = node.operands.map((operand) => logical(operand, depth, context));
      return { tree: { [node.kind]: operands }, type: "boolean" };
    }
    case "compare":
      return compare(node, depth, context);
  }
}

const typeOfLiteral = (value: Literal): StaticType => {
  if (value === null) return "null";
  return typeof value === "boolean" ? "boolean" : typeof value === "number" ? "number" : "string";
};

function path(node: Node & { kind: "path" }, context: Context): Typed {
  const segments = segmentsOf(node.text);
  const forbidden = segments.find((segment) => FORBIDDEN.has(segment));
  if (forbidden !== undefined) {
    stop(context, "COND_PATH_FORBIDDEN", `the path segment \`${forbidden}\` is forbidden`, node.offset);
  }
  const type = typeOfPath(segments, context.stateSchema);
  if (type === undefined) {
    stop(context, "COND_PATH_UNKNOWN", `the state has no \`${node.text.slice(0, 200)}\``, node.offset);
  }
  const tree = { var: `state.${segments.join(".")}` };
  context.paths.add(node.text);
  return type === "datetime" ? { tree: { datetime: [tree] }, type } : { tree, type: type ?? "unknown" };
}

/** `$.a.b[00]` is `a`, `b`, `0`. Names never begin with a digit, so an index cannot be taken for a name. */
const segmentsOf = (text: string): string[] =>
  [...text.matchAll(/\.(\w+)|\[0*(\d+)\]/g)].map(([, name, index]) => name ?? index ?? "");

function call(node: Node & { kind: "call" }, depth: number, context: Context): Typed {
  const signature = FUNCTIONS.get(node.name);
  if (signature === undefined) {
    stop(context, "COND_FUNCTION_NOT_ALLOWED", `there is no function \`${node.name.slice(0, 80)}\``, node.offset);
    return { tree: null, type: "unknown" };
  }
  const { takes, gives } = signature;
  if (node.args.length !== takes.length) {
    const wanted = takes.length === 1 ? "1 argument" : `${takes.length} arguments`;
    stop(context, "COND_ARITY", `\`${node.name}\` takes ${wanted}, not ${node.args.length}`, node.offset);
    return { tree: null, type: gives };
  }
  if (node.name === "now") {
    context.usesClock = true;
    return { tree: { var: "now" }, type: gives };
  }
  const args = node.args.map((arg, index) => argument(arg, takes[index] ?? "scalar", depth, context));
  return { tree: { [node.name]: args }, type: gives };
}

function argument(node: Node, takes: StaticType | "scalar", depth: number, context: Context): ConditionTree {
  const given = translated(node, depth + 1, context);
  const typed = takes === "datetime" ? asDatetime(given) : given;
  const fits = typed.type === "unknown" || typed.type === takes || (takes === "scalar" && isScalar(typed.type));
  if (!fits) stop(context, "COND_TYPE", `a value of type ${typed.type} stands where ${takes} is needed`, node.offset);
  return typed.tree;
}

const isScalar = (type: StaticType): boolean =>
  type === "null" || type === "boolean" || type === "number" || type === "string";

function logical(node: Node, depth: number, context: Context): ConditionTree {
  return argument(node, "boolean", depth, context);
}

function compare(node: Node & { kind: "compare" }, depth: number, context: Context): Typed {
  const sides = [translated(node.left, depth + 1, context), translated(node.right, depth + 1, context)] as const;
  const isTimely = sides.some(({ type }) => type === "datetime");
  const [left, right] = isTimely ? [asDatetime(sides[0]), asDatetime(sides[1])] : sides;
  const isEquality = node.operator === "==" || node.operator === "!=";
  const fits = isEquality ? areEquatable(left.type, right.type) : areOrdered(left.type, right.type);
  if (!fits) stop(context, "COND_TYPE", `${left.type} ${node.operator} ${right.type} cannot be compared`, node.offset);
  return { tree: { [COMPARED[node.operator]]: [left.tree, right.tree] }, type: "boolean" };
}

const areEquatable = (left: StaticType, right: StaticType): boolean =>
  isUntyped(left, right) ||
  left === "null" ||
  right === "null" ||
  (left === right && left !== "array" && left !== "object");

/** What is unknown until run time is decided there, whatever stands on the other side. */
const areOrdered = (left: StaticType, right: StaticType): boolean =>
  isUntyped(left, right) || (left === right && (left === "number" || left === "datetime"));

const isUntyped = (left: StaticType, right: StaticType): boolean => left === "unknown" || right === "unknown";

/** Beside a datetime, a literal in RFC 3339 form and a value of unknown type are read as one. */
function asDatetime(side: Typed): Typed {
  const isLiteral = typeof side.tree === "string" && parseInstant(side.tree) !== undefined;
  if (!isLiteral && side.type !== "unknown") return side;
  return { tree: { datetime: [side.tree] }, type: "datetime" };
}

function stop(context: Context, code: Refusal["code"], message: string, offset: number): void {
  context.problem ??= problemAt(code, message, offset);
}
