import { findCards } from "./card.ts";
import { AT, classAt, DIGIT, ENCODED, HYPHEN, PLUS } from "./characters.ts";
import { findEmails, findPhones, findSocialSecurityNumbers } from "./pii.ts";
import { ENTROPY_TOKEN_MIN, findKeys, findRandomTokens } from "./secret.ts";

/** What a scanner looks for. Secrets, cards and social security numbers reject a write; the others are masked. */
export type HitKind = "SECRET" | "CARD" | "SSN" | "EMAIL" | "PHONE";

/** One occurrence in a text: half open, in UTF-16 code units. The detector names the rule that found it. */
export interface Hit {
  readonly kind: HitKind;
  readonly detector: string;
  readonly start: number;
  readonly end: number;
}

/** What the place of a text says about it. */
export interface ScanScope {
  /** The schema annotates the field as an id or a hash: no entropy rule, no card rule. */
  readonly isIdentifier: boolean;
  /** The field's name says that it holds an id (`id`, `order_id`): no card rule. */
  readonly isNamedId: boolean;
}

export const PLAIN: ScanScope = { isIdentifier: false, isNamedId: false };

const NOTHING: readonly Hit[] = [];
/** Shortest runs of encoded characters that can hold a key (`sk_` and eight; `-----BEGIN`). */
const KEY_RUN_MIN = 10;
const SSN_DIGITS_MIN = 9;
const CARD_DIGITS_MIN = 13;
const PHONE_DIGITS_MIN = 7;

/**
 * Everything the scanners find in a text, secrets first, then cards, then personal data; empty for a clean text. Time
 * is linear in the text. One pass over the characters decides which scanners can find anything at all: most texts need
 * none (3.3 microseconds for the 11 texts of a 350-byte output; Node 20.20, one core of two).
 */
export function scan(text: string, scope: ScanScope = PLAIN): readonly Hit[] {
  const { seen, digits, longestRun } = survey(text);
  const isNumeric = digits >= PHONE_DIGITS_MIN;
  if (longestRun < KEY_RUN_MIN && !isNumeric && (seen & AT) === 0) return NOTHING;
  const hits: Hit[] = [];
  if (longestRun >= KEY_RUN_MIN) findKeys(text, hits);
  if (longestRun >= ENTROPY_TOKEN_MIN && !scope.isIdentifier) findRandomTokens(text, hits);
  if (digits >= CARD_DIGITS_MIN && !scope.isIdentifier && !scope.isNamedId) findCards(text, hits);
  if (digits >= SSN_DIGITS_MIN && (seen & HYPHEN) !== 0) findSocialSecurityNumbers(text, hits);
  if ((seen & AT) !== 0) findEmails(text, hits);
  if (isNumeric && (seen & PLUS) !== 0) findPhones(text, hits);
  return hits;
}

interface Survey {
  readonly seen: number;
  readonly digits: number;
  readonly longestRun: number;
}

function survey(text: string): Survey {
  let seen = 0;
  let digits = 0;
  let run = 0;
  let longestRun = 0;
  for (let i = 0; i < text.length; i++) {
    const bits = classAt(text, i);
    seen |= bits;
    digits += bits & DIGIT;
    run = (bits & ENCODED) === 0 ? 0 : run + 1;
    if (run > longestRun) longestRun = run;
  }
  return { seen, digits, longestRun };
}
