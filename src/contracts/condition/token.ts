import { isInexact, textProblem } from "../canonical.ts";

/** The smallest piece of a condition, with the UTF-16 index where it begins. */
export type Token =
  | { readonly kind: "number"; readonly offset: number; readonly value: number }
  | { readonly kind: "string"; readonly offset: number; readonly value: string }
  | { readonly kind: "path"; readonly offset: number; readonly text: string }
  /** Keywords, function names, operators, brackets and commas: whatever stands for itself. */
  | { readonly kind: "word"; readonly offset: number; readonly text: string }
  | { readonly kind: "end"; readonly offset: number }
  /** Nothing of the language begins here; the tokens stop, so that an earlier error of grammar is reported first. */
  | { readonly kind: "invalid"; readonly offset: number };

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are what a string may not hold
const DOUBLE_QUOTED = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are what a string may not hold
const SINGLE_QUOTED = /'(?:[^'\\\u0000-\u001f]|\\['\\])*'/y;
const PATH = /\$\.[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*/y;
const WORD = /[A-Za-z_]\w*|[=!<>]=|[<>(),]/y;

/** All tokens of a text, closed by one `end` or `invalid`. */
export function tokensOf(text: string): readonly [Token, ...Token[]] {
  const first = tokenAt(text, skipSpace(text, 0));
  const tokens: [Token, ...Token[]] = [first.token];
  for (let at = first; at.token.kind !== "end" && at.token.kind !== "invalid"; ) {
    at = tokenAt(text, skipSpace(text, at.end));
    tokens.push(at.token);
  }
  return tokens;
}

interface Scanned {
  readonly token: Token;
  readonly end: number;
}

function tokenAt(text: string, offset: number): Scanned {
  if (offset >= text.length) return { token: { kind: "end", offset }, end: offset };
  const path = match(PATH, text, offset);
  if (path !== undefined) return { token: { kind: "path", offset, text: path }, end: offset + path.length };
  const word = match(WORD, text, offset);
  if (word !== undefined) return { token: { kind: "word", offset, text: word }, end: offset + word.length };
  return literalAt(text, offset);
}

function literalAt(text: string, offset: number): Scanned {
  const number = match(NUMBER, text, offset);
  if (number !== undefined) return { token: numberToken(Number(number), offset), end: offset + number.length };
  const double = match(DOUBLE_QUOTED, text, offset);
  if (double !== undefined) return { token: stringToken(JSON.parse(double), offset), end: offset + double.length };
  const single = match(SINGLE_QUOTED, text, offset);
  if (single === undefined) return { token: { kind: "invalid", offset }, end: offset };
  const value = single.slice(1, -1).replace(/\\(.)/g, "$1");
  return { token: stringToken(value, offset), end: offset + single.length };
}

// The compiled tree is hashed, so a literal must be what canonical JSON can hold; adding 0 turns -0 into 0.
const numberToken = (value: number, offset: number): Token =>
  Number.isFinite(value) && !isInexact(value)
    ? { kind: "number", offset, value: value + 0 }
    : { kind: "invalid", offset };

const stringToken = (value: string, offset: number): Token =>
  textProblem(value) !== undefined ? { kind: "invalid", offset } : { kind: "string", offset, value };

const skipSpace = (text: string, offset: number): number => offset + (match(SPACE, text, offset)?.length ?? 0);

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}
