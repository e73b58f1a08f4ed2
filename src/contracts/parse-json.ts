import { createScanner, type JSONScanner, visit } from "jsonc-parser";
import { isInexact, isTooLarge, JSON_BYTES_MAX, JSON_DEPTH_MAX, TOO_LARGE, textProblem } from "./canonical.ts";
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
 * 2^53-1; also no U+0000, at most 64 levels and 1 MiB. What it accepts, `canonical` accepts. Refused with `SCHEMA_PARSE_ERROR`;
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

/**
 * The value of text in which nothing is to be looked for by tokens, which most text is that programs write. Undefined for all other
 * text, good or bad. Lines of evidence come by the hundred thousand: the scanner took a quarter of a decision's time, and writing the
 * value again to compare it with the text another sixth; counting members takes a third of that.
 */
function plainValue(text: string): Json | undefined {
  const members = text.length > PLAIN_MAX ? undefined : plainMembers(text);
  if (members === undefined) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return membersOf(value) === members ? value : undefined; // fewer: one stood there twice
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** Characters, of which none takes more than four bytes. */
const PLAIN_MAX = JSON_BYTES_MAX / 4;
/** Every integer of fewer digits is exact. */
const DIGITS_INEXACT = 16;

/**
 * How many members the text of a JSON value writes. Undefined where half a character, an inexact or infinite number or too many levels
 * may hide in it: where there is a surrogate, an escaped code, an exponent, a long run of digits, or as many opening brackets.
 */
function plainMembers(text: string): number | undefined {
  let members = 0;
  let opened = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const isDigit = unit >= DIGIT_0 && unit <= DIGIT_9;
    const isExponent = digits > 0 && (unit === LOWER_E || unit === UPPER_E);
    digits = isDigit ? digits + 1 : 0;
    if (unit === QUOTE) at = plainStringEnd(text, at);
    else if (unit === COLON) members++;
    else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) opened++;
    if (at < 0 || isExponent || digits === DIGITS_INEXACT || opened === JSON_DEPTH_MAX) return undefined;
  }
  return members;
}

/** Where the string that begins there ends; -1 where it does not, or holds a surrogate or an escaped code. */
function plainStringEnd(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at;
    if (unit === BACKSLASH && text.charCodeAt(++at) === LOWER_U) return -1;
    if (unit >= SURROGATE_FIRST && unit <= SURROGATE_LAST) return -1;
  }
  return -1;
}

/** How many members a value has, with those of what is in it. */
function membersOf(value: Json): number {
  if (value === null || typeof value !== "object") return 0;
  const parts = Object.values(value);
  let members = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) members += membersOf(part);
  return members;
}

const QUOTE = 0x22;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const SURROGATE_FIRST = 0xd800;
const SURROGATE_LAST = 0xdfff;

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
  const problem = textProblem(value);
  if (problem !== undefined) return problem;
  if (names === undefined) return undefined;
  if (names.has(value)) return "the member occurs twice";
  names.add(value);
  return undefined;
}

function numberProblem(literal: string): string | undefined {
  const value = Number(literal);
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return "the number is not finite";
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
