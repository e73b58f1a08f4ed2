import type { Refusal } from "../refusal.ts";
import { type Token, tokensOf } from "./token.ts";

export type Literal = null | boolean | number | string;

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A parsed condition, before names, paths and types are checked. `offset` is where the node's own token begins. */
export type Node =
  | { readonly kind: "literal"; readonly offset: number; readonly value: Literal }
  | { readonly kind: "path"; readonly offset: number; readonly text: string }
  | { readonly kind: "call"; readonly offset: number; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: "not"; readonly offset: number; readonly operand: Node }
  | { readonly kind: "and" | "or"; readonly offset: number; readonly operands: readonly Node[] }
  | {
      readonly kind: "compare";
      readonly offset: number;
      readonly operator: Comparison;
      readonly left: Node;
      readonly right: Node;
    };

export type Parsed = { readonly ok: true; readonly node: Node } | { readonly ok: false; readonly refusal: Refusal };

/** UTF-16 units of one condition: a screenful, far above any condition seen. */
const CHARACTERS_MAX = 2_000;
/** Levels of the tree, and of brackets, calls and `NOT` in the text; keeps every recursion shallow. */
export const DEPTH_MAX = 32;
/** Literals, paths and operations of one condition. */
export const NODES_MAX = 256;

const KEYWORDS = new Set(["AND", "OR", "NOT", "true", "false", "null"]);
const NAME = /^[A-Za-z_]\w*$/;

/**
 * Parses by the grammar:
 *
 *     condition ::= disjunct END                      negation ::= NOT negation | relation
 *     disjunct  ::= conjunct { OR conjunct }          relation ::= operand [ relop operand ]
 *     conjunct  ::= negation { AND negation }         operand  ::= literal | path | call | "(" disjunct ")"
 *
 * The first error wins: it moves the cursor to the end, so that every rule above it finds nothing more to do.
 */
export function parse(text: string): Parsed {
  if (text.length > CHARACTERS_MAX) return failed(limit(`longer than ${CHARACTERS_MAX} characters`, CHARACTERS_MAX));
  const tokens = tokensOf(text);
  const last = tokens.at(-1) ?? tokens[0];
  const cursor: Cursor = { tokens, last, position: 0, depth: 0, nodes: 0, problem: undefined };
  const node = disjunct(cursor);
  if (peek(cursor).kind !== "end") unexpected(cursor);
  return cursor.problem === undefined ? { ok: true, node } : failed(cursor.problem);
}

/** A refusal of a condition with the place in its text. */
export const problemAt = (code: Refusal["code"], message: string, offset: number): Refusal => ({
  code,
  message: `${message} at offset ${offset}`,
  details: { offset },
});

const limit = (message: string, offset: number) => problemAt("COND_LIMIT", message, offset);

const failed = (refusal: Refusal): Parsed => ({ ok: false, refusal });

interface Cursor {
  readonly tokens: readonly Token[];
  readonly last: Token;
  position: number;
  depth: number;
  nodes: number;
  problem: Refusal | undefined;
}

function disjunct(cursor: Cursor): Node {
  return chain(cursor, "or", "OR", conjunct);
}

function conjunct(cursor: Cursor): Node {
  return chain(cursor, "and", "AND", negation);
}

function chain(cursor: Cursor, kind: "and" | "or", keyword: string, operand: (cursor: Cursor) => Node): Node {
  const { offset } = peek(cursor);
  const operands = [operand(cursor)];
  while (accept(cursor, keyword)) operands.push(operand(cursor));
  const [only] = operands;
  return operands.length === 1 && only !== undefined ? only : count(cursor, { kind, offset, operands });
}

function negation(cursor: Cursor): Node {
  const { offset } = peek(cursor);
  if (!accept(cursor, "NOT")) return relation(cursor);
  return count(cursor, { kind: "not", offset, operand: deeper(cursor, negation) });
}

function relation(cursor: Cursor): Node {
  const left = operand(cursor);
  const { offset } = peek(cursor);
  const operator = comparison(peek(cursor));
  if (operator === undefined) return left;
  cursor.position++;
  return count(cursor, { kind: "compare", offset, operator, left, right: operand(cursor) });
}

function operand(cursor: Cursor): Node {
  const token = peek(cursor);
  cursor.position++;
  switch (token.kind) {
    case "number":
    case "string":
      return count(cursor, { kind: "literal", offset: token.offset, value: token.value });
    case "path":
      return count(cursor, { kind: "path", offset: token.offset, text: token.text });
    case "word":
      return word(cursor, token);
    case "end":
    case "invalid":
      return unexpected(cursor, token);
  }
}

function word(cursor: Cursor, token: Token & { kind: "word" }): Node {
  const { text, offset } = token;
  if (text === "true" || text === "false") return count(cursor, { kind: "literal", offset, value: text === "true" });
  if (text === "null") return count(cursor, { kind: "literal", offset, value: null });
  if (text === "(") {
    const inner = deeper(cursor, disjunct);
    expect(cursor, ")");
    return inner;
  }
  if (!NAME.test(text) || KEYWORDS.has(text) || !accept(cursor, "(")) return unexpected(cursor, token);
  return count(cursor, { kind: "call", offset, name: text, args: deeper(cursor, argumentList) });
}

function argumentList(cursor: Cursor): Node[] {
  if (accept(cursor, ")")) return [];
  const args = [disjunct(cursor)];
  while (accept(cursor, ",")) args.push(disjunct(cursor));
  expect(cursor, ")");
  return args;
}

function comparison(token: Token): Comparison | undefined {
  if (token.kind !== "word") return undefined;
  switch (token.text) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return token.text;
  }
  return undefined;
}

const peek = (cursor: Cursor): Token => cursor.tokens[cursor.position] ?? cursor.last;

function accept(cursor: Cursor, text: string): boolean {
  const token = peek(cursor);
  if (token.kind !== "word" || token.text !== text) return false;
  cursor.position++;
  return true;
}

function expect(cursor: Cursor, text: string): void {
  if (!accept(cursor, text)) unexpected(cursor);
}

function deeper<T>(cursor: Cursor, rule: (cursor: Cursor) => T): T {
  if (cursor.depth >= DEPTH_MAX) stop(cursor, limit(`nested deeper than ${DEPTH_MAX} levels`, peek(cursor).offset));
  cursor.depth++;
  const result = rule(cursor);
  cursor.depth--;
  return result;
}

function count(cursor: Cursor, node: Node): Node {
  if (++cursor.nodes > NODES_MAX) stop(cursor, limit(`more than ${NODES_MAX} parts`, node.offset));
  return node;
}

function unexpected(cursor: Cursor, token: Token = peek(cursor)): Node {
  stop(cursor, problemAt("COND_SYNTAX", token.kind === "end" ? "unexpected end" : "unexpected text", token.offset));
  return { kind: "literal", offset: token.offset, value: null };
}

function stop(cursor: Cursor, problem: Refusal): void {
  cursor.problem ??= problem;
  cursor.position = cursor.tokens.length;
}
