/** A stretch of TypeScript source. A template with substitutions is several pieces with code between them. */
export interface Piece {
  readonly kind: "code" | "comment" | "string" | "template" | "regex";
  readonly text: string;
  /** Counted from one. */
  readonly line: number;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** From a backtick, or from the brace that ends a substitution, to the next substitution or the end. */
const TEMPLATE = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
const CODE = /[\w$]+|\s+|[\s\S]/y;

/** After these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[([{,;=:!&|?+\-*%~^<>]|\b(?:return|typeof|case|of|in|void|yield|await))$/;

/** Longer than each keyword above, with the character before it. */
const WORD_MAX = 8;

/** Cuts TypeScript source into code, comments and literals. Their texts together are the source again. */
export function piecesOf(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  /** Open braces inside each open substitution, the innermost last. */
  const substitutions: number[] = [];
  let code = "";
  let line = 1;
  let at = 0;

  const push = (kind: Piece["kind"], text: string) => {
    if (text !== "") pieces.push({ kind, text, line });
    line += text.split("\n").length - 1;
  };
  const flush = () => {
    push("code", code);
    code = "";
  };

  while (at < source.length) {
    const isRegexPossible = source[at] === "/" && BEFORE_REGEX.test(lineBefore(code, pieces));
    const { kind, text } = pieceAt(source, at, { isRegexPossible, substitutions });
    at += text.length;
    if (kind === "code") {
      code += text;
      count(text, substitutions);
      continue;
    }
    flush();
    push(kind, text);
    if (kind === "template") enterOrLeave(text, substitutions);
  }
  flush();
  return pieces;
}

interface Position {
  readonly isRegexPossible: boolean;
  readonly substitutions: readonly number[];
}

function pieceAt(source: string, at: number, { isRegexPossible, substitutions }: Position): Omit<Piece, "line"> {
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const isTemplate = source[at] === "`" || (source[at] === "}" && substitutions.at(-1) === 0);
  const found: readonly (readonly [Piece["kind"], string | undefined])[] = [
    ["comment", match(COMMENT)],
    ["string", match(STRING)],
    ["template", isTemplate ? match(TEMPLATE) : undefined],
    ["regex", isRegexPossible ? match(REGEX) : undefined],
  ];
  for (const [kind, text] of found) if (text !== undefined) return { kind, text };
  return { kind: "code", text: match(CODE) ?? "" };
}

/** The code that a slash follows. A literal counts as a word, the start of a substitution as a parenthesis. */
function lineBefore(code: string, pieces: readonly Piece[]): string {
  if (code.trim() !== "") return code.trimEnd().slice(-WORD_MAX);
  const last = pieces.findLast(({ kind, text }) => kind !== "comment" && text.trim() !== "");
  if (last === undefined || last.kind === "code") return last?.text.trimEnd().slice(-WORD_MAX) ?? "";
  return last.text.endsWith("${") ? "(" : "x";
}

function count(text: string, substitutions: number[]): void {
  const open = substitutions.pop();
  if (open === undefined) return;
  substitutions.push(open + (text === "{" ? 1 : text === "}" ? -1 : 0));
}

function enterOrLeave(text: string, substitutions: number[]): void {
  if (text.startsWith("}")) substitutions.pop();
  if (text.endsWith("${")) substitutions.push(0);
}

/** The source with comments blanked; lines and columns stay. */
export const withoutComments = (source: string): string => blanked(source, ({ kind }) => kind === "comment");

/** The source with comments blanked and literals emptied; lines and columns stay. */
export const codeOf = (source: string): string => blanked(source, ({ kind }) => kind !== "code");

function blanked(source: string, isBlank: (piece: Piece) => boolean): string {
  return piecesOf(source)
    .map((piece) => (isBlank(piece) ? emptied(piece) : piece.text))
    .join("");
}

/** Literals keep their delimiters, so that a tag still stands before a backtick. */
function emptied({ kind, text }: Piece): string {
  const blank = (inner: string) => inner.replace(/[^\n]/g, " ");
  if (kind === "comment") return blank(text);
  const end = text.endsWith("${") ? 2 : 1;
  return text.slice(0, 1) + blank(text.slice(1, -end)) + text.slice(-end);
}
