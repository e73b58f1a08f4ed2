/** Bits of a character's class. One table look-up per character replaces several regular expressions. */
export const DIGIT = 1;
/** `[A-Za-z]` */
export const LETTER = 2;
/** `[A-Za-z0-9_-]`: what a key with a known prefix consists of. */
export const KEY_TOKEN = 4;
/** `[A-Za-z0-9+/=_-]`: what an encoded random value consists of. */
export const ENCODED = 8;
/** The characters of an unquoted local part of RFC 5322 besides the dot; every non-ASCII one counts too (RFC 6531). */
export const ATEXT = 16;
export const AT = 32;
export const PLUS = 64;
export const HYPHEN = 128;
export const HEX = 256;

const range = (from: string, to: string): string =>
  String.fromCharCode(
    ...Array.from({ length: to.charCodeAt(0) - from.charCodeAt(0) + 1 }, (_, i) => from.charCodeAt(0) + i),
  );

const DIGITS = range("0", "9");
const LETTERS = range("A", "Z") + range("a", "z");

const MEMBERS: readonly (readonly [bit: number, characters: string])[] = [
  [DIGIT, DIGITS],
  [LETTER, LETTERS],
  [KEY_TOKEN, `${DIGITS}${LETTERS}_-`],
  [ENCODED, `${DIGITS}${LETTERS}+/=_-`],
  [ATEXT, `${DIGITS}${LETTERS}!#$%&'*+-/=?^_\`{|}~`],
  [AT, "@"],
  [PLUS, "+"],
  [HYPHEN, "-"],
  [HEX, `${DIGITS}abcdefABCDEF`],
];

const CLASSES = new Uint16Array(128);
for (const [bit, characters] of MEMBERS) {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    CLASSES[code] = (CLASSES[code] ?? 0) | bit;
  }
}

/** The class bits at an index; 0 outside the text, `ATEXT` beyond ASCII. */
export function classAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (CLASSES[code] ?? 0) : code >= 128 ? ATEXT : 0;
}

/** The index after the longest run, from `start` on, of characters with the bit. */
export function runEnd(text: string, start: number, bit: number): number {
  let end = start;
  while ((classAt(text, end) & bit) !== 0) end++;
  return end;
}
