import { classAt, DIGIT, ENCODED, KEY_TOKEN, runEnd } from "./characters.ts";
import { findMatches } from "./matches.ts";
import type { Hit } from "./scan.ts";

/**
 * Secrets by known form and by entropy (commerce-kernel 12.4; the providers' forms are those of integrations.md 8).
 *
 * S1 Every loop moves forward over the text; a token is looked at a bounded number of times, so time is linear.
 * S2 A prefix counts only where a token starts or after a hyphen: never behind a letter, a digit or `_`.
 */
interface KeyForm {
  readonly prefix: string;
  /** Least number of token characters that must follow. */
  readonly followMin: number;
  /** Words share this prefix (`api_version`), so only a digit behind it makes a key of it. */
  readonly needsDigit?: true;
}

const key = (prefix: string, followMin = 8): KeyForm => ({ prefix, followMin });
const wordlike = (prefix: string): KeyForm => ({ prefix, followMin: 8, needsDigit: true });

const KEY_FORMS: readonly KeyForm[] = [
  ...["sk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"].map((prefix) => key(prefix)),
  ...["api_", "secret_", "xox", "xapp-", "xwfp-"].map(wordlike),
  ...["rk_live_", "rk_test_", "pk_live_", "whsec_"].map((prefix) => key(prefix)),
  ...["shpat_", "shpca_", "shppa_", "shpua_", "shpss_"].map((prefix) => key(prefix, 32)),
  ...["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-ant-", "sk-live-", "sk-test-"].map((prefix) => key(prefix)),
  key("sk-", 32),
];

/** Forms whose dot ends the first token: `SG.` of SendGrid, `hvs.` and its sisters of Vault. */
const DOTTED_NAME = /(?:^|-)(SG|hv[sbr])$/;
/** One more than the longest name, so that a longer word never passes for one. */
const DOTTED_LOOK_BACK = 4;
const DOTTED_FOLLOW_MIN = 16;

/** The shortest form: `sk_` with eight characters, or the eleven of `xox`. Shorter tokens need no look. */
const KEY_TOKEN_MIN = 11;
const ACCESS_KEY_ID = /^A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/;
const ACCESS_KEY_ID_LENGTH = 20;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g;

const FORMS_BY_FIRST = new Map<string, KeyForm[]>();
for (const form of KEY_FORMS) {
  const first = form.prefix.charAt(0);
  FORMS_BY_FIRST.set(first, [...(FORMS_BY_FIRST.get(first) ?? []), form]);
}

/** Appends a hit for each key of a known form. */
export function findKeys(text: string, hits: Hit[]): void {
  for (let start = 0; start < text.length; start++) {
    const end = runEnd(text, start, KEY_TOKEN);
    if (end - start >= KEY_TOKEN_MIN) findKeyInToken(text, start, end, hits);
    if (text.charAt(end) === ".") findDotted(text, start, end, hits);
    start = end;
  }
  findMatches(text, PRIVATE_KEY, { kind: "SECRET", detector: "private_key" }, hits);
}

function findKeyInToken(text: string, start: number, end: number, hits: Hit[]): void {
  const digit = lastDigit(text, start, end);
  for (let at = start; at + KEY_TOKEN_MIN <= end; at++) {
    if (at > start && text.charAt(at - 1) !== "-") continue; // S2
    const detector = isAccessKeyId(text, at) ? "access_key_id" : prefixAt({ text, at, end, digit });
    if (detector === undefined) continue;
    hits.push({ kind: "SECRET", detector, start: at, end });
    return;
  }
}

function isAccessKeyId(text: string, at: number): boolean {
  return text.charAt(at) === "A" && ACCESS_KEY_ID.test(text.slice(at, at + ACCESS_KEY_ID_LENGTH + 1));
}

interface Token {
  readonly text: string;
  readonly at: number;
  readonly end: number;
  /** Index of the token's last digit; before `at` when there is none. */
  readonly digit: number;
}

function prefixAt(token: Token): string | undefined {
  const form = FORMS_BY_FIRST.get(token.text.charAt(token.at))?.find((candidate) => holds(candidate, token));
  return form === undefined ? undefined : `prefix:${form.prefix}`;
}

function holds(form: KeyForm, token: Token): boolean {
  const follow = token.at + form.prefix.length;
  return (
    token.end - follow >= form.followMin &&
    token.text.startsWith(form.prefix, token.at) &&
    (form.needsDigit !== true || token.digit >= follow)
  );
}

function lastDigit(text: string, start: number, end: number): number {
  let index = end - 1;
  while (index >= start && (classAt(text, index) & DIGIT) === 0) index--;
  return index;
}

function findDotted(text: string, start: number, dot: number, hits: Hit[]): void {
  const name = DOTTED_NAME.exec(text.slice(Math.max(start, dot - DOTTED_LOOK_BACK), dot))?.[1];
  if (name === undefined) return;
  const end = runEnd(text, dot + 1, KEY_TOKEN);
  if (end - dot > DOTTED_FOLLOW_MIN) {
    hits.push({ kind: "SECRET", detector: `prefix:${name}.`, start: dot - name.length, end });
  }
}

/** Least length and entropy of a token that is taken for a random value (12.4). */
export const ENTROPY_TOKEN_MIN = 24;
const ENTROPY_BITS_MIN = 4.2;

/** UUIDs and hashes are exempt, also as a part of a longer token (`order/550e8400-...`). */
const PURE_HEX = /^[0-9a-fA-F]+$/;
const UUID_OR_HASH = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-z])[0-9a-f]{32,}(?![0-9a-z])/gi;

/** Appends a hit for each long token of high entropy. */
export function findRandomTokens(text: string, hits: Hit[]): void {
  for (let start = 0; start < text.length; start++) {
    const end = runEnd(text, start, ENCODED);
    if (end - start >= ENTROPY_TOKEN_MIN && looksRandom(text.slice(start, end))) {
      hits.push({ kind: "SECRET", detector: "entropy", start, end });
    }
    start = end;
  }
}

function looksRandom(token: string): boolean {
  if (PURE_HEX.test(token) || entropyBits(token) < ENTROPY_BITS_MIN) return false;
  const rest = token.replace(UUID_OR_HASH, "");
  if (rest.length === token.length) return true;
  return rest.length >= ENTROPY_TOKEN_MIN && entropyBits(rest) >= ENTROPY_BITS_MIN;
}

/** Shannon entropy of an ASCII text in bits per character; 0 for the empty text. */
export function entropyBits(text: string): number {
  const counts = new Uint32Array(128);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  let sum = 0;
  for (const count of counts) if (count > 0) sum += count * Math.log2(count);
  return text.length === 0 ? 0 : Math.log2(text.length) - sum / text.length;
}
