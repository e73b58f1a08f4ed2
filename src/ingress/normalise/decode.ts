import type { Json, Result } from "../../contracts/index.ts";
import { parseJson, rejected } from "../../contracts/index.ts";

/**
 * A verified body as JSON. Integers that a JSON number would round become strings: Shopify sends 64-bit ids, and
 * `820982911946154508` read as a number is another order's id.
 *
 * Refuses with `BODY_NOT_UTF8` or what `parseJson` refuses with.
 */
export function decodeBody(rawBody: Uint8Array): Result<Json> {
  const text = decodeUtf8(rawBody);
  if (text === undefined) return rejected({ code: "BODY_NOT_UTF8", message: "the body is not UTF-8" });
  return parseJson(quoteLargeIntegers(text));
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

const quoteLargeIntegers = (text: string): string =>
  text.replace(STRING_OR_NUMBER, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );
