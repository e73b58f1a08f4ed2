import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { accepted, type Result, rejected } from "../contracts/index.ts";
import {
  evaluateParquet,
  type FileEvaluation,
  type FileEvaluationInput,
  MEASURED_FILE,
  measuredJson,
} from "../gate/index.ts";
import type { Context } from "./command.ts";

const PARQUET = ".parquet";

/**
 * The Parquet files among what is named, and in the folders that are; none where there are none. Refused: FILE_NOT_FOUND, and USAGE where
 * other evidence is named beside them.
 */
export async function parquetFiles(context: Context, paths: readonly string[]): Promise<Result<readonly string[]>> {
  const found: string[] = [];
  const others: string[] = [];
  for (const path of paths) {
    const files = await filesAt(resolve(context.cwd, path));
    if (files === undefined)
      return rejected({ code: "FILE_NOT_FOUND", message: `\`${path}\` does not exist or cannot be read` });
    const parquet = files.filter((file) => file.endsWith(PARQUET));
    found.push(...parquet);
    if (parquet.length < files.length) others.push(path);
  }
  const [other] = others;
  if (found.length === 0 || other === undefined) return accepted(found);
  return rejected({ code: "USAGE", message: `Parquet is evidence by itself: \`${other}\` cannot stand beside it` });
}

const EVIDENCE = [PARQUET, ".ndjson", ".json"];

async function filesAt(path: string): Promise<readonly string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names.filter((name) => EVIDENCE.some((ending) => name.endsWith(ending))).map((name) => join(path, name));
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined; // the operating system's no, whichever
    throw error;
  }
}

/** Evidence that was counted before it is judged: as a file to judge by, or judged already where it took rows to do so. */
export interface CountedEvidence {
  readonly files: FileEvaluationInput["files"];
  readonly judged: FileEvaluation | null;
}

/** Has Parquet counted. Refused as `evaluateParquet` is. */
export async function countParquet(
  asked: Omit<FileEvaluationInput, "files">,
  paths: readonly string[],
): Promise<Result<CountedEvidence>> {
  const evaluated = await evaluateParquet(asked, paths);
  if (!evaluated.ok) return evaluated;
  const { measured } = evaluated.value;
  return measured === null
    ? accepted({ files: [], judged: evaluated.value })
    : accepted({ files: [{ name: MEASURED_FILE, text: measuredJson(measured) }], judged: null });
}
