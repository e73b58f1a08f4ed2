import type { Json, Result } from "../../contracts/index.ts";
import { parseJson, rejected } from "../../contracts/index.ts";

/**
 * A verified body as JSON. Integers that a JSON number would round become strings: Shopify sends 64-bit ids, and
 * `820982911946154508` read as a number is another order's id. U+0000, which a customer's text may hold and no document can, becomes
 * U+FFFD: an order is not lost for it.
 *
 * Refuses with `BODY_NOT_UTF8` or what `parseJson` refuses with.
 */
export function decodeBody(rawBody: Uint8Array): Result<Json> {
  const text = decodeUtf8(rawBody);
  if (text === undefined) return rejected({ code: "BODY_NOT_UTF8", message: "the body is not UTF-8" });
  return parseJson(withReadableTokens(text));
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // a fatal decoder throws for nothing else
  }
}

/** A string or a number of JSON text. The closing quote is optional, which keeps the scan linear on any input. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*/gs;

const INTEGER = /^-?\d+$/;

/** An escape of JSON, whose second character may be a backslash of its own. */
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|.)/gs;

const withReadableTokens = (text: string): string =>
  text.replace(STRING_OR_NUMBER, (token) => {
    if (token.startsWith('"')) return token.replace(ESCAPE, (written) => (written === "\\u0000" ? "\\ufffd" : written));
    return INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
  });
