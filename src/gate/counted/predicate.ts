import type { Channel, Instant } from "../../contracts/index.ts";

/** What a column of units in a table holds. An `integer` may be beyond what a unit's number can say, unless it is `exact`. */
export interface ColumnFact {
  readonly type: "string" | "integer" | "exact" | "number" | "boolean";
  readonly isNullable: boolean;
}

export type Operand = { readonly column: string } | { readonly literal: string | number | boolean };

export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

/**
 * What is asked of one unit in a table, as data: each dialect writes it in its own words. Never null on a unit whose columns are as
 * they were declared: what could be null is asked for first.
 */
export type Predicate =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "and" | "or"; readonly parts: readonly Predicate[] }
  | { readonly kind: "not"; readonly part: Predicate }
  | { readonly kind: "compare"; readonly op: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "affix"; readonly at: "start" | "end"; readonly text: Operand; readonly affix: Operand }
  /** A column of booleans. */
  | { readonly kind: "holds"; readonly column: string }
  | { readonly kind: "null"; readonly column: string }
  /** A number that is neither infinite nor none. */
  | { readonly kind: "finite"; readonly column: string }
  /** Of a column of integers: within 2^53-1. Of one of other numbers: whole, and within 2^53-1. */
  | { readonly kind: "safe" | "whole"; readonly column: string }
  | { readonly kind: "valid" }
  | { readonly kind: "channel"; readonly among: readonly Channel[] }
  | { readonly kind: "within"; readonly from: Instant; readonly until: Instant };

export const ALWAYS: Predicate = { kind: "constant", value: true };
export const NEVER: Predicate = { kind: "constant", value: false };

export const isNever = (predicate: Predicate): boolean => predicate.kind === "constant" && !predicate.value;
const isAlways = (predicate: Predicate): boolean => predicate.kind === "constant" && predicate.value;

/** As short as it can be said: what is always so is left out, so that a table is asked what a person would ask. */
export function both(...parts: readonly Predicate[]): Predicate {
  if (parts.some(isNever)) return NEVER;
  const rest = parts.flatMap((part) => (part.kind === "and" ? part.parts : isAlways(part) ? [] : [part]));
  return rest.length > 1 ? { kind: "and", parts: rest } : (rest[0] ?? ALWAYS);
}

export function either(...parts: readonly Predicate[]): Predicate {
  if (parts.some(isAlways)) return ALWAYS;
  const rest = parts.flatMap((part) => (part.kind === "or" ? part.parts : isNever(part) ? [] : [part]));
  return rest.length > 1 ? { kind: "or", parts: rest } : (rest[0] ?? NEVER);
}

const OPPOSITE: Readonly<Record<Comparison, Comparison>> = {
  "=": "<>",
  "<>": "=",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

/** Of what is never null. */
export function negated(predicate: Predicate): Predicate {
  if (predicate.kind === "constant") return predicate.value ? NEVER : ALWAYS;
  if (predicate.kind === "not") return predicate.part;
  return predicate.kind === "compare" ? { ...predicate, op: OPPOSITE[predicate.op] } : { kind: "not", part: predicate };
}

/** A predicate as parts that hold together; what all alternatives of an `or` have in common stands once before them. */
export function conjuncts(predicate: Predicate): readonly Predicate[] {
  if (predicate.kind === "and") return predicate.parts.flatMap(conjuncts);
  if (predicate.kind !== "or") return [predicate];
  const [first = [], ...others] = predicate.parts.map(conjuncts);
  const shared = first.filter((part) => others.every((parts) => isAmong(part, parts)));
  const rest = [first, ...others].map((parts) => both(...parts.filter((part) => !isAmong(part, shared))));
  return [...shared, either(...rest)];
}

const isAmong = (part: Predicate, parts: readonly Predicate[]): boolean => {
  const text = JSON.stringify(part);
  return parts.some((other) => JSON.stringify(other) === text);
};
