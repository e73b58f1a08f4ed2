import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { JSON_BYTES_MAX, type Json, parseJson, type Refusal, type Result } from "../contracts/index.ts";
import type { Context } from "./command.ts";

/** Text of a file, or of standard input for `-`. Refused: FILE_NOT_FOUND, BODY_NOT_UTF8, BODY_TOO_LARGE. */
export async function readText(context: Context, path: string): Promise<Result<string>> {
  const bytes = path === "-" ? await inputBytes(context) : await fileBytes(resolve(context.cwd, path));
  if (bytes === undefined) return no("FILE_NOT_FOUND", `\`${path}\` does not exist or cannot be read`);
  if (bytes.length > JSON_BYTES_MAX) return no("BODY_TOO_LARGE", `\`${path}\` is larger than ${JSON_BYTES_MAX} bytes`);
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return no("BODY_NOT_UTF8", `\`${path}\` is not UTF-8`); // the one thing a fatal decoder refuses
  }
}

/** JSON of a file, or of standard input for `-`. Refused as `readText` does, and SCHEMA_PARSE_ERROR. */
export async function readJson(context: Context, path: string): Promise<Result<Json>> {
  const text = await readText(context, path);
  return text.ok ? parseJson(text.value) : text;
}

async function fileBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // the operating system's no, whichever
    throw error;
  }
}

async function inputBytes({ stdin }: Context): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    size += bytes.length;
    if (size > JSON_BYTES_MAX) break; // refused by its length, whatever follows
  }
  return Buffer.concat(chunks);
}

const no = (code: Refusal["code"], message: string) => ({ ok: false as const, refusal: { code, message } });
