import { ATEXT, classAt, DIGIT, runEnd } from "./characters.ts";
import { findMatches } from "./matches.ts";
import type { Hit } from "./scan.ts";

/**
 * Personal data (commerce-kernel 12.4): e-mail addresses, phone numbers, social security numbers.
 *
 * P1 Each search runs outwards from a rare character (`@`, `+`) and stops at the next one, so time is linear.
 * P2 A mask contains nothing that these scanners find: no label of `***.com` is a domain's.
 */

/** Appends a hit for each RFC 5322 address whose domain has a top-level label; `tool@1.2.3` is none. */
export function findEmails(text: string, hits: Hit[]): void {
  let clean = -1;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const start = localStart(text, at, Math.max(0, clean));
    const end = domainEnd(text, at + 1);
    // A second `@` right behind an address (`a@b.co@example.com`) is masked with an empty local part.
    if (end === undefined || (start === at && clean !== at)) continue;
    hits.push({ kind: "EMAIL", detector: "rfc5322", start, end });
    clean = end;
  }
}

function localStart(text: string, at: number, floor: number): number {
  if (text.charAt(at - 1) === '"') {
    const quote = at >= 2 ? text.lastIndexOf('"', at - 2) : -1;
    return quote >= floor ? quote : at;
  }
  let start = at;
  while (start > floor && (text.charAt(start - 1) === "." || (classAt(text, start - 1) & ATEXT) !== 0)) start--;
  return start;
}

const LABEL = /[\p{L}\p{M}\p{N}_-]/u;
/** A top-level label is ASCII letters, a Punycode label, or letters of another script; a mix ends where ASCII ends. */
const TOP_LABEL = /^(?:xn--[a-z0-9-]{2,59}|[a-z]{2,63}(?![a-z0-9_-])|[^\p{ASCII}]{1,63})/iu;
/** RFC 5321 4.5.3.1.2. */
const DOMAIN_LENGTH_MAX = 255;

/** The end of the longest domain that starts here and has a top-level label, or of an address literal. */
function domainEnd(text: string, start: number): number | undefined {
  if (text.charAt(start) === "[") return literalEnd(text, start);
  let end: number | undefined;
  let label = start;
  while (label - start < DOMAIN_LENGTH_MAX) {
    const dot = labelEnd(text, label);
    if (dot === label) return end;
    if (label > start) end = topLabelEnd(text, label, dot) ?? end;
    if (text.charAt(dot) !== ".") return end;
    label = dot + 1;
  }
  return end;
}

function labelEnd(text: string, start: number): number {
  let end = start;
  while (end - start < DOMAIN_LENGTH_MAX) {
    const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
    if (!LABEL.test(character)) return end;
    end += character.length;
  }
  return end;
}

function topLabelEnd(text: string, start: number, end: number): number | undefined {
  const match = TOP_LABEL.exec(text.slice(start, end));
  return match === null ? undefined : start + match[0].length;
}

const ADDRESS_LITERAL = /^\[(?:IPv6:)?[0-9A-Fa-f:.]{2,45}\]/;

function literalEnd(text: string, start: number): number | undefined {
  const match = ADDRESS_LITERAL.exec(text.slice(start, start + 60));
  return match === null ? undefined : start + match[0].length;
}

/** `jane.doe@shop.example.com` becomes `j***@***.com`. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at).replace(/^"/, "");
  const first = at === 0 ? "" : `${String.fromCodePoint(local.codePointAt(0) ?? 42)}***`;
  const top = address.endsWith("]") ? "" : `.${address.slice(address.lastIndexOf(".") + 1)}`;
  return `${first}@***${top}`;
}

const PHONE_DIGITS_MAX = 15;
/** The shortest numbers that E.164 countries assign have seven digits; a leading zero is no country code. */
const E164_DIGITS_MIN = 7;
const PLUS_DIGITS_MIN = 10;

/** Appends a hit for each E.164 number, or `+` with 10 to 15 digits. */
export function findPhones(text: string, hits: Hit[]): void {
  for (let at = text.indexOf("+"); at >= 0; at = text.indexOf("+", at + 1)) {
    const end = runEnd(text, at + 1, DIGIT);
    const digits = end - at - 1;
    const digitsMin = text.charAt(at + 1) === "0" ? PLUS_DIGITS_MIN : E164_DIGITS_MIN;
    if (digits < digitsMin || digits > PHONE_DIGITS_MAX) continue;
    hits.push({ kind: "PHONE", detector: "e164", start: at, end });
  }
}

/** `+14155550134` becomes `***-***-0134`. */
export const maskPhone = (number: string): string => `***-***-${number.slice(-4)}`;

const SSN = /(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/g;

/** Appends a hit for each number in the form of a United States social security number. */
export const findSocialSecurityNumbers = (text: string, hits: Hit[]): void =>
  findMatches(text, SSN, { kind: "SSN", detector: "ssn" }, hits);
