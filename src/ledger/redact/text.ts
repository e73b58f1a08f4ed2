import { cut, splice } from "./clean.ts";
import { maskEmail, maskPhone } from "./pii.ts";
import { type Hit, scan } from "./scan.ts";

/**
 * Redaction of free text that has to be kept: error details, log lines, output of commands (commerce-kernel 12.3,
 * readiness-tracker RT-1203). There is no stub for a log line, so what would reject a document is replaced in place.
 *
 * T1 Every pattern is linear: a repetition is bounded, or consumes what it matched, or may start once per run only.
 * T2 What is returned went through patterns and scanners unchanged.
 */
const MASK = "[REDACTED]";

/** `secret_key`, `API-KEY"`, `passwords`; not `tokens` nor `token_count`, which count and name nothing. */
const NAME = String.raw`(?:api[_-]?keys?|token|passwords?|passphrase|secrets?|credentials?|authorization)(?![_-]counts?\b)`;
const SUFFIX = String.raw`(?:[_-][A-Za-z0-9_-]{0,40})?\\?["']?\s{0,8}[=:]\s{0,8}`;
/** A quoted value that is never closed runs to the end; an unquoted one ends at space, comma, semicolon or bracket. */
const VALUE = String.raw`"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|(?:Bearer|Basic)\s{1,8}[^\s,;]+|[^\s,;}\])]+`;
const ASSIGNMENT = new RegExp(String.raw`(${NAME}${SUFFIX})(?!\[REDACTED)(?:${VALUE})`, "gis");

const BEARER = /(?<![A-Za-z0-9])((?:Bearer|Basic)\s{1,8})[A-Za-z0-9._~+/=-]{8,}/gi;
const USER_INFO = /(:\/\/)[^\s/@:]{0,256}:[^\s/@]{1,256}@/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/gs;
const WEB_TOKEN = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g;

/** A mask can join what stood around it into something new; a text that does not settle is dropped as a whole. */
const ROUNDS_MAX = 4;

/**
 * A text as it may be logged: what is secret or personal is masked in place; at most 64 KiB, with a marker where it was
 * cut. Redacting the result again changes nothing.
 */
export function redactText(text: string): string {
  let current = text;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const named = maskNamed(current);
    const next = cut(splice(named, scan(named), maskOf));
    if (next === current) return current;
    current = next;
  }
  return MASK;
}

/** Whether a text that is full of hashes, such as a diff, holds a key of a known form. Entropy tells nothing there. */
export const holdsKey = (text: string): boolean =>
  scan(text, { isIdentifier: true, isNamedId: true }).some(({ kind }) => kind === "SECRET");

const maskNamed = (text: string): string =>
  text
    .replace(PRIVATE_KEY, MASK)
    .replace(USER_INFO, `$1${MASK}@`)
    .replace(ASSIGNMENT, `$1${MASK}`)
    .replace(BEARER, `$1${MASK}`)
    .replace(WEB_TOKEN, MASK);

function maskOf(hit: Hit, found: string): string {
  if (hit.kind === "EMAIL") return maskEmail(found);
  return hit.kind === "PHONE" ? maskPhone(found) : `[REDACTED:${hit.kind}]`;
}
