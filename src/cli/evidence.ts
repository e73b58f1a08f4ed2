import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { accepted, type Result, rejected } from "../contracts/index.ts";
import { type EvidenceFile, evidenceText } from "../gate/index.ts";
import type { Context } from "./command.ts";

const ENDINGS: readonly string[] = [".ndjson", ".json"];

/**
 * Files of evidence: those named, and of each folder those that end in `.ndjson` or `.json`, by name. Bytes that are no UTF-8 are for
 * whoever decides by them. Refused: FILE_NOT_FOUND, GATE_EVIDENCE_TOO_LARGE.
 */
export async function readEvidence(
  context: Context,
  paths: readonly string[],
): Promise<Result<readonly EvidenceFile[]>> {
  const files: EvidenceFile[] = [];
  for (const path of paths) {
    const read = await readFolder(context, path, ENDINGS, evidenceOf);
    if (!read.ok) return read;
    files.push(...read.value);
  }
  return accepted(files);
}

/** A file, or those of a folder that end so, by name. Refused: FILE_NOT_FOUND, and what `read` refuses. */
export async function readFolder(
  context: Context,
  folder: string,
  endings: readonly string[],
  read: (path: string) => Promise<Result<string>> = textOf,
): Promise<Result<readonly EvidenceFile[]>> {
  const found = await filesAt(resolve(context.cwd, folder), endings);
  if (found === undefined)
    return rejected({ code: "FILE_NOT_FOUND", message: `\`${folder}\` does not exist or cannot be read` });
  const files: EvidenceFile[] = [];
  for (const file of found) {
    const text = await read(file);
    if (!text.ok) return text;
    files.push({ name: basename(file), text: text.value });
  }
  return accepted(files);
}

async function filesAt(path: string, endings: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => endings.some((ending) => name.endsWith(ending)));
    return names.toSorted().map((name) => join(path, name));
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // the operating system's no, whichever
    throw error;
  }
}

/** Bytes of a file that is read into memory as a whole: its lines are strings, which have an end. */
const EVIDENCE_BYTES_MAX = 256 * 1_048_576;

async function evidenceOf(path: string): Promise<Result<string>> {
  const bytes = await bytesOf(path);
  return bytes.ok ? accepted(evidenceText(bytes.value)) : bytes;
}

/** Text of a file. Refused: FILE_NOT_FOUND, GATE_EVIDENCE_TOO_LARGE, BODY_NOT_UTF8. */
export async function textOf(path: string): Promise<Result<string>> {
  const bytes = await bytesOf(path);
  if (!bytes.ok) return bytes;
  try {
    return accepted(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
  } catch {
    return rejected({ code: "BODY_NOT_UTF8", message: `\`${basename(path)}\` is not UTF-8` });
  }
}

async function bytesOf(path: string): Promise<Result<Uint8Array>> {
  const name = basename(path);
  try {
    if ((await stat(path)).size > EVIDENCE_BYTES_MAX)
      return rejected({
        code: "GATE_EVIDENCE_TOO_LARGE",
        message: `\`${name}\` is larger than ${EVIDENCE_BYTES_MAX} bytes`,
      });
    return accepted(await readFile(path));
  } catch (error) {
    if (error instanceof Error && "code" in error)
      return rejected({ code: "FILE_NOT_FOUND", message: `\`${name}\` cannot be read` });
    throw error;
  }
}
