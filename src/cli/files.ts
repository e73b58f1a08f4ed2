import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  isJsonObject,
  JSON_BYTES_MAX,
  type Json,
  type JsonObject,
  parseJson,
  type Refusal,
  type Result,
  rejected,
} from "../contracts/index.ts";
import type { Context } from "./command.ts";

/**
 * Text of a file, or of standard input for `-`. Refused: FILE_NOT_FOUND, BODY_NOT_UTF8, BODY_TOO_LARGE.
 *
 * @param called what messages call it
 */
export async function readText(context: Context, path: string, called = `\`${path}\``): Promise<Result<string>> {
  const bytes = await readBytes(context, path, { called });
  if (!bytes.ok) return bytes;
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(bytes.value) };
  } catch {
    return no("BODY_NOT_UTF8", `${called} is not UTF-8`); // the one thing a fatal decoder refuses
  }
}

/** Bytes of a file, or of standard input for `-`. Refused: FILE_NOT_FOUND, BODY_TOO_LARGE. */
export async function readBytes(
  context: Context,
  path: string,
  { called = `\`${path}\``, max = JSON_BYTES_MAX }: { readonly called?: string; readonly max?: number } = {},
): Promise<Result<Uint8Array>> {
  const bytes = path === "-" ? await inputBytes(context, max) : await fileBytes(resolve(context.cwd, path));
  if (bytes === undefined) return no("FILE_NOT_FOUND", `${called} does not exist or cannot be read`);
  if (bytes.length > max) return no("BODY_TOO_LARGE", `${called} is larger than ${max} bytes`);
  return { ok: true, value: bytes };
}

/** How options whose value `readObject` reads say so in help. */
export const OBJECT_PLACES = "a JSON object: itself, a file, or `-` for standard input";

/**
 * A JSON object: given as it is, which its first sign shows, or of a file, or of standard input for `-`. Refused as `readText`
 * does, SCHEMA_PARSE_ERROR, and INVALID_INPUT for what is no object.
 */
export async function readObject(context: Context, given: string): Promise<Result<JsonObject>> {
  const isItself = /^\s*[{[]/.test(given); // a list is no object, and no file either
  const text = isItself ? { ok: true as const, value: given } : await readText(context, given);
  return text.ok ? objectIn(text.value, `\`${given}\``) : text;
}

/**
 * The JSON in a text, whose refusal says which text it is: commands read several.
 *
 * @param called what messages call the text
 */
export function jsonIn(text: string, called: string): Result<Json> {
  const parsed = parseJson(text);
  return parsed.ok ? parsed : rejected({ ...parsed.refusal, message: `${called}: ${parsed.refusal.message}` });
}

/** @param called what messages call the text */
export function objectIn(text: string, called: string): Result<JsonObject> {
  const parsed = jsonIn(text, called);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  return isJsonObject(value) ? { ok: true, value } : no("INVALID_INPUT", `${called} is not a JSON object`);
}

async function fileBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // the operating system's no, whichever
    throw error;
  }
}

async function inputBytes({ stdin }: Context, max: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    size += bytes.length;
    if (size > max) break; // refused by its length, whatever follows
  }
  return Buffer.concat(chunks);
}

const no = (code: Refusal["code"], message: string) => ({ ok: false as const, refusal: { code, message } });
