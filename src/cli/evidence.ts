import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { accepted, type Result, rejected } from "../contracts/index.ts";
import type { EvidenceFile } from "../gate/index.ts";
import type { Context } from "./command.ts";

const ENDINGS: readonly string[] = [".ndjson", ".json"];

/**
 * Files of evidence: those named, and of each folder those that end in `.ndjson` or `.json`, by name. Refused: FILE_NOT_FOUND,
 * GATE_EVIDENCE_TOO_LARGE, BODY_NOT_UTF8.
 */
export async function readEvidence(
  context: Context,
  paths: readonly string[],
): Promise<Result<readonly EvidenceFile[]>> {
  const files: EvidenceFile[] = [];
  for (const path of paths) {
    const read = await readFolder(context, path, ENDINGS);
    if (!read.ok) return read;
    files.push(...read.value);
  }
  return accepted(files);
}

/** A file, or those of a folder that end so, by name. Refused as evidence is. */
export async function readFolder(
  context: Context,
  folder: string,
  endings: readonly string[],
): Promise<Result<readonly EvidenceFile[]>> {
  const found = await filesAt(resolve(context.cwd, folder), endings);
  if (found === undefined)
    return rejected({ code: "FILE_NOT_FOUND", message: `\`${folder}\` does not exist or cannot be read` });
  const files: EvidenceFile[] = [];
  for (const file of found) {
    const read = await textOf(file);
    if (!read.ok) return read;
    files.push({ name: basename(file), text: read.value });
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

/** Text of a file. Refused as evidence is. */
export async function textOf(path: string): Promise<Result<string>> {
  const name = basename(path);
  try {
    if ((await stat(path)).size > EVIDENCE_BYTES_MAX)
      return rejected({
        code: "GATE_EVIDENCE_TOO_LARGE",
        message: `\`${name}\` is larger than ${EVIDENCE_BYTES_MAX} bytes`,
      });
    return accepted(new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code !== "ERR_ENCODING_INVALID_ENCODED_DATA")
      return rejected({ code: "FILE_NOT_FOUND", message: `\`${name}\` cannot be read` });
    return rejected({ code: "BODY_NOT_UTF8", message: `\`${name}\` is not UTF-8` });
  }
}
