import type { Condition } from "../../contracts/index.ts";
import {
  ALWAYS,
  both,
  type Comparison,
  either,
  isNever,
  NEVER,
  negated,
  type Operand,
  type Predicate,
} from "./predicate.ts";

/**
 * A condition as two predicates: where it says yes, and where it says no. Where neither holds it has no answer, as where null stands for
 * a number: three values, just as conditions are evaluated, side by side from the left.
 */
export interface Answer {
  readonly yes: Predicate;
  readonly no: Predicate;
  /** Whether it has an answer for every unit whose columns are as they were declared. */
  readonly isTotal: boolean;
}

/** The declared columns of a kind, such as `string?`; `string!` where a unit that is as declared has null there. */
export type Columns = Readonly<Record<string, string>>;

type Tree = Condition["parsed"];

const YES: Answer = { yes: ALWAYS, no: NEVER, isTotal: true };
const NO: Answer = { yes: NEVER, no: ALWAYS, isTotal: true };
/** A value that is no boolean stands where one is needed. */
const NONE: Answer = { yes: NEVER, no: NEVER, isTotal: false };

/** Undefined where a condition says what a table cannot be asked: time, and lists. */
export const answerIn = (condition: Condition | null, columns: Columns): Answer | undefined =>
  condition === null ? YES : answerOf(condition.parsed, columns);

/** Where a condition has no answer. */
export const unanswered = ({ yes, no, isTotal }: Answer): Predicate => (isTotal ? NEVER : negated(either(yes, no)));

function answerOf(tree: Tree, columns: Columns): Answer | undefined {
  if (tree === null || typeof tree !== "object") return tree === true ? YES : tree === false ? NO : NONE;
  const [operator, operands] = Object.entries(tree)[0] ?? [];
  if (operator === undefined || operands === undefined) return undefined;
  if (typeof operands === "string") return held(tree, columns);
  switch (operator) {
    case "and":
      return folded(operands, columns, conjunction);
    case "or":
      return folded(operands, columns, (left, right) => opposite(conjunction(opposite(left), opposite(right))));
    case "!": {
      const answer = answerOf(operands[0] ?? null, columns);
      return answer === undefined ? undefined : opposite(answer);
    }
    case "startswith":
    case "endswith":
      return affixed(operator === "startswith" ? "start" : "end", operands, columns);
    default:
      return compared(operator, operands, columns);
  }
}

const opposite = ({ yes, no, isTotal }: Answer): Answer => ({ yes: no, no: yes, isTotal });

/** The left side decides alone where it says no; where it says nothing, nothing is said. */
function conjunction(left: Answer, right: Answer): Answer {
  const isTotal = left.isTotal && right.isTotal;
  return { yes: both(left.yes, right.yes), no: either(left.no, both(left.yes, right.no)), isTotal };
}

function folded(operands: readonly Tree[], columns: Columns, join: (left: Answer, right: Answer) => Answer) {
  const answers = operands.map((operand) => answerOf(operand, columns));
  return answers.reduce((all, next) => (all === undefined || next === undefined ? undefined : join(all, next)));
}

/** A value in a condition: of which type, where it is null, and how it is written. */
interface Term {
  readonly type: "string" | "number" | "boolean" | "null";
  readonly operand: Operand;
  readonly isNull: Predicate;
}

function termOf(tree: Tree, columns: Columns): Term | undefined {
  if (tree === null) return { type: "null", operand: { literal: false }, isNull: ALWAYS };
  if (typeof tree !== "object") return { type: typeOf(tree), operand: { literal: tree }, isNull: NEVER };
  const place = tree.var;
  const column = typeof place === "string" ? place.replace(/^state\./, "") : "";
  const declared = columns[column];
  if (declared === undefined) return undefined;
  const name = declared.replace(/[?!]/, "");
  const type = name === "string" || name === "boolean" ? name : "number";
  if (declared.endsWith("!")) return { type, operand: { literal: false }, isNull: ALWAYS };
  return { type, operand: { column }, isNull: declared.endsWith("?") ? { kind: "null", column } : NEVER };
}

const typeOf = (value: string | number | boolean): Term["type"] =>
  typeof value === "string" ? "string" : typeof value === "number" ? "number" : "boolean";

function held(tree: Tree, columns: Columns): Answer | undefined {
  const term = termOf(tree, columns);
  if (term === undefined) return undefined;
  if (term.type !== "boolean" || !("column" in term.operand)) return NONE;
  return where(term.isNull, { kind: "holds", column: term.operand.column });
}

/** Has an answer where nothing is null, and that is what the predicate says. */
const where = (isNull: Predicate, predicate: Predicate): Answer => {
  const isThere = negated(isNull);
  return { yes: both(isThere, predicate), no: both(isThere, negated(predicate)), isTotal: isNever(isNull) };
};

/** Undefined also for two literals: nobody asks a table what does not depend on it. */
function termsOf(operands: readonly Tree[], columns: Columns): readonly [Term, Term] | undefined {
  if (operands.every((operand) => operand === null || typeof operand !== "object")) return undefined;
  const [left, right] = operands.map((operand) => termOf(operand, columns));
  return left === undefined || right === undefined ? undefined : [left, right];
}

const COMPARED: Readonly<Record<string, Comparison>> = { "<": "<", "<=": "<=", ">": ">", ">=": ">=" };

function compared(operator: string, operands: readonly Tree[], columns: Columns): Answer | undefined {
  const terms = termsOf(operands, columns);
  if (terms === undefined) return undefined;
  if (operator === "===") return equal(...terms);
  if (operator === "!==") return opposite(equal(...terms));
  const op = COMPARED[operator];
  if (op === undefined) return undefined;
  const [left, right] = terms;
  if (left.type !== "number" || right.type !== "number") return NONE;
  const isNull = either(left.isNull, right.isNull);
  return where(isNull, { kind: "compare", op, left: left.operand, right: right.operand });
}

/** Null equals null, and nothing else; of two types, nothing is said. */
function equal(left: Term, right: Term): Answer {
  const bothNull = both(left.isNull, right.isNull);
  const oneNull = either(both(left.isNull, negated(right.isNull)), both(negated(left.isNull), right.isNull));
  if (left.type === "null" || right.type === "null") return { yes: bothNull, no: oneNull, isTotal: true };
  const isThere = both(negated(left.isNull), negated(right.isNull));
  if (left.type !== right.type) return { yes: bothNull, no: oneNull, isTotal: false };
  const same: Predicate = { kind: "compare", op: "=", left: left.operand, right: right.operand };
  return {
    yes: either(bothNull, both(isThere, same)),
    no: either(oneNull, both(isThere, negated(same))),
    isTotal: true,
  };
}

function affixed(at: "start" | "end", operands: readonly Tree[], columns: Columns): Answer | undefined {
  const terms = termsOf(operands, columns);
  if (terms === undefined) return undefined;
  const [text, affix] = terms;
  if (text.type !== "string" || affix.type !== "string") return NONE;
  const isNull = either(text.isNull, affix.isNull);
  return where(isNull, { kind: "affix", at, text: text.operand, affix: affix.operand });
}
