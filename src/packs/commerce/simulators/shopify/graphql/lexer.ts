export interface Token {
  readonly kind: "punctuator" | "name" | "number" | "text" | "end";
  readonly value: string;
  readonly offset: number;
}

/** The document is not GraphQL; the message is Shopify's `errors[0].message`. */
export class GraphqlSyntaxError extends Error {}

const IGNORED = /(?:[\s,\uFEFF]|#[^\n\r]*)+/y;
const PUNCTUATOR = /\.\.\.|[!$&()[\]{}:=@|]/y;
const NAME = /[A-Za-z_]\w*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLOCK_TEXT = /"""([\s\S]*?)"""/y;
const TEXT = /"(?:[^"\\\n]|\\.)*"/y;

const match = (pattern: RegExp, source: string, offset: number): string | undefined => {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
};

function tokenAt(source: string, offset: number): Token & { readonly length: number } {
  const token = (kind: Token["kind"], text: string, value = text) => ({ kind, value, offset, length: text.length });
  const punctuator = match(PUNCTUATOR, source, offset);
  if (punctuator !== undefined) return token("punctuator", punctuator);
  const name = match(NAME, source, offset);
  if (name !== undefined) return token("name", name);
  const number = match(NUMBER, source, offset);
  if (number !== undefined) return token("number", number);
  const block = match(BLOCK_TEXT, source, offset);
  if (block !== undefined) return token("text", block, block.slice(3, -3).trim());
  const text = match(TEXT, source, offset);
  if (text !== undefined) return token("text", text, String(JSON.parse(text)));
  throw new GraphqlSyntaxError(`syntax error, unexpected invalid token (${JSON.stringify(source.charAt(offset))})`);
}

/** Splits a document into tokens, the last of kind `end`. Throws `GraphqlSyntaxError`. */
export function tokens(source: string): readonly Token[] {
  const found: Token[] = [];
  let offset = match(IGNORED, source, 0)?.length ?? 0;
  while (offset < source.length) {
    const { length, ...token } = tokenAt(source, offset);
    found.push(token);
    offset += length;
    offset += match(IGNORED, source, offset)?.length ?? 0;
  }
  return [...found, { kind: "end", value: "end of file", offset }];
}
