import { createScanner, type JSONScanner, visit } from "jsonc-parser";
import { isInexact, isTooLarge, JSON_BYTES_MAX, JSON_DEPTH_MAX, LONE_SURROGATE, TOO_LARGE } from "./canonical.ts";
import type { Json } from "./json.ts";
import { accepted, type Result, rejected } from "./result.ts";

const NUMBER_START = /[-0-9]/;
const DIGITS = /^-?\d+$/;

interface Offence {
  readonly message: string;
  readonly offset: number;
}

/**
 * Reads untrusted text as I-JSON (RFC 7493): no duplicate members, no lone surrogates, finite numbers, integers within
 * 2^53-1, at most 64 levels and 1 MiB. What it accepts, `canonical` accepts. Refused with `SCHEMA_PARSE_ERROR`;
 * `details.offset` is the UTF-16 index in the text where the first offence begins.
 */
export function parseJson(text: string): Result<Json> {
  const plain = plainValue(text);
  if (plain !== undefined) return accepted(plain);
  const offence = isTooLarge(text) ? { message: TOO_LARGE, offset: 0 } : findOffence(text);
  if (offence !== undefined) return refused(offence);
  try {
    return accepted(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof SyntaxError) return refused(findSyntaxError(text));
    throw cause;
  }
}

/** What text may hide behind JSON.parse even where it comes back as it was: half a character by escape, an inexact integer. */
const HIDDEN = /\\u[dD]|\d{16}/;

/**
 * The value of text that is just as JSON.stringify writes it, which most text is that programs write: then no member stands there
 * twice, no number loses anything, and nothing is to be scanned for. Lines of evidence come by the hundred thousand, and the scanner took
 * a quarter of a decision's time. Undefined for all other text, good or bad.
 */
function plainValue(text: string): Json | undefined {
  if (text.length > PLAIN_MAX || HIDDEN.test(text) || isDeep(text)) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** Characters, of which none takes more than four bytes. */
const PLAIN_MAX = JSON_BYTES_MAX / 4;

/** Whether it might be nested too deep: it has as many opening brackets, wherever they stand. */
function isDeep(text: string): boolean {
  let opened = 0;
  for (let at = 0; at < text.length && opened < JSON_DEPTH_MAX; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) opened += 1;
  }
  return opened >= JSON_DEPTH_MAX;
}

const OPEN_BRACE = "{".charCodeAt(0);
const OPEN_BRACKET = "[".charCodeAt(0);

const refused = ({ message, offset }: Offence) =>
  rejected({ code: "SCHEMA_PARSE_ERROR", message: `${message} at offset ${offset}`, details: { offset } });

/** An open object holds the names seen so far; an open array holds none. */
type Level = Set<string> | undefined;

/**
 * What the grammar allows and I-JSON does not, by tokens alone: nesting is a list here, so depth cannot exhaust the stack.
 * A token is known by its first character, since that is all that well-formed JSON needs.
 */
function findOffence(text: string): Offence | undefined {
  const scanner = createScanner(text, true);
  const levels: Level[] = [];
  let growth = 0; // `1e15` takes sixteen digits in canonical text
  let previous = "";
  for (let offset = nextToken(scanner); offset < text.length; offset = nextToken(scanner)) {
    const mark = text.charAt(offset);
    let message: string | undefined;
    if (mark === '"') message = stringProblem(scanner, nameScope(levels, previous));
    else if (NUMBER_START.test(mark)) {
      message = numberProblem(scanner.getTokenValue());
      growth += Math.max(0, String(Number(scanner.getTokenValue())).length - scanner.getTokenLength());
    } else message = nest(levels, mark);
    if (message !== undefined) return { message, offset };
    previous = mark;
  }
  return growth > 0 && Buffer.byteLength(text) + growth > JSON_BYTES_MAX
    ? { message: TOO_LARGE, offset: 0 }
    : undefined;
}

function nextToken(scanner: JSONScanner): number {
  scanner.scan();
  return scanner.getTokenOffset();
}

/** The names of the innermost object where a member's name comes next. */
const nameScope = (levels: readonly Level[], previous: string): Level =>
  previous === "{" || previous === "," ? levels.at(-1) : undefined;

function stringProblem(scanner: JSONScanner, names: Level): string | undefined {
  const value = scanner.getTokenValue();
  if (LONE_SURROGATE.test(value)) return "the text holds a lone surrogate";
  if (names === undefined) return undefined;
  if (names.has(value)) return "the member occurs twice";
  names.add(value);
  return undefined;
}

function numberProblem(literal: string): string | undefined {
  const value = Number(literal);
  if (!Number.isFinite(value)) return "the number is not finite";
  const isDigits = DIGITS.test(literal) && !Number.isSafeInteger(value);
  return isDigits || isInexact(value) ? "the integer is beyond 2^53-1; carry it as a string" : undefined;
}

function nest(levels: Level[], mark: string): string | undefined {
  if (mark === "{") levels.push(new Set());
  else if (mark === "[") levels.push(undefined);
  else if (mark === "}" || mark === "]") levels.pop();
  return levels.length > JSON_DEPTH_MAX ? `more than ${JSON_DEPTH_MAX} levels` : undefined;
}

/** Where the grammar breaks. Only for text that `findOffence` let through: its depth is bounded, so recursion is safe. */
function findSyntaxError(text: string): Offence {
  const offsets: number[] = [];
  visit(text, { onError: (_error, offset) => offsets.push(offset) }, { disallowComments: true });
  return { message: "the text is not JSON", offset: offsets[0] ?? 0 };
}
