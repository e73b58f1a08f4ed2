import { classAt, DIGIT, HEX, LETTER, runEnd } from "./characters.ts";
import type { Hit } from "./scan.ts";

/**
 * Payment card numbers: 13 to 19 digits, an issuer's prefix, Luhn-valid (commerce-kernel 12.4, integrations.md 8).
 *
 * C1 A candidate consists of whole groups of digits joined by single spaces or hyphens; it never splits a group.
 * C2 It is the whole chain of groups, or a part that starts with four digits or more as printed cards do. Each group
 *    starts at most 19 candidates, so time is linear.
 * C3 Luhn alone accepts one number in ten, so ids need more: the prefix, and no id context.
 */
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
/** Printed cards are grouped 4-4-4-4, 4-6-5 or 4-6-4. */
const FIRST_GROUP_MIN = 4;

const ISSUER_PREFIX = /^(?:3[47]|4|5[1-5]|2[2-7]|6)/;
const ALL_EQUAL = /^(\d)\1*$/;

/** What stands before a number that names an entity: `gid://shop/Order/4...`, `order_id=4...`, `"order_id": "4..."`. */
const ID_CONTEXT = /gid:\/\/[^\s"']{0,100}$|_id["']?\s{0,3}[:=]\s{0,3}["']?$/;
const CONTEXT_LENGTH = 120;

/** A digest in hex may contain a valid number; tokens from this length up are taken for one. */
const HASH_LENGTH_MIN = 24;
const HASH_LENGTH_MAX = 128;
const UUID_GROUPS = "8-4-4-4-12";

interface Group {
  readonly start: number;
  readonly end: number;
}

/** Appends a hit for each card number. */
export function findCards(text: string, hits: Hit[]): void {
  for (let at = 0; at < text.length; at++) {
    if ((classAt(text, at) & DIGIT) === 0) continue;
    const chain = chainAt(text, at);
    findInChain(text, chain, hits);
    at = chain.at(-1)?.end ?? at;
  }
}

function chainAt(text: string, start: number): readonly Group[] {
  const chain: Group[] = [];
  for (let at = start; ; ) {
    const end = runEnd(text, at, DIGIT);
    chain.push({ start: at, end });
    const isJoined = text.charAt(end) === " " || text.charAt(end) === "-";
    if (!isJoined || (classAt(text, end + 1) & DIGIT) === 0) return chain;
    at = end + 1;
  }
}

function findInChain(text: string, chain: readonly Group[], hits: Hit[]): void {
  if (chain.length === 5 && chain.map((group) => group.end - group.start).join("-") === UUID_GROUPS) return;
  for (const [index, first] of chain.entries()) {
    if (index > 0 && first.end - first.start < FIRST_GROUP_MIN) continue; // C2
    const end = cardEnd(text, chain, index);
    if (end === undefined) continue;
    hits.push({ kind: "CARD", detector: "luhn", start: first.start, end });
    return;
  }
}

/** The end of the card that starts with the group at `index`; `undefined` when there is none. */
function cardEnd(text: string, chain: readonly Group[], index: number): number | undefined {
  const isPrinted = groupLength(chain[index]) >= FIRST_GROUP_MIN;
  const start = chain[index]?.start ?? 0;
  let digits = "";
  for (let last = index; last < chain.length; last++) {
    const group = chain[last];
    if (group === undefined || digits.length + groupLength(group) > DIGITS_MAX) return undefined;
    digits += text.slice(group.start, group.end);
    const isCandidate = isPrinted || last === chain.length - 1;
    if (isCandidate && isCardNumber(digits) && !isIdentifier(text, start, group.end)) return group.end;
  }
  return undefined;
}

const groupLength = (group: Group | undefined): number => (group === undefined ? 0 : group.end - group.start);

/** Whether digits without separators form a card number. */
export const isCardNumber = (digits: string): boolean =>
  digits.length >= DIGITS_MIN &&
  digits.length <= DIGITS_MAX &&
  ISSUER_PREFIX.test(digits) &&
  !ALL_EQUAL.test(digits) &&
  isLuhnValid(digits);

/** The check of ISO/IEC 7812-1 annex B: from the right, every second digit is doubled. */
export function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const weighted = i % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

const isIdentifier = (text: string, start: number, end: number): boolean =>
  ID_CONTEXT.test(text.slice(Math.max(0, start - CONTEXT_LENGTH), start)) || isInHash(text, start, end);

function isInHash(text: string, start: number, end: number): boolean {
  let from = start;
  while (start - from <= HASH_LENGTH_MAX && (classAt(text, from - 1) & HEX) !== 0) from--;
  let to = end;
  while (to - end <= HASH_LENGTH_MAX && (classAt(text, to) & HEX) !== 0) to++;
  const isWhole = ((classAt(text, from - 1) | classAt(text, to)) & (DIGIT | LETTER)) === 0;
  return isWhole && to - from >= HASH_LENGTH_MIN;
}
