import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { checkPack } from "../../api/index.ts";
import { accepted, type Result, rejected } from "../../contracts/index.ts";
import { type ReadSuite, readSuite, type SuiteFile } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { Context, Operand } from "../command.ts";
import { textOf } from "../evidence.ts";

export const PACK_FOLDER: Operand = {
  name: "PACK",
  summary: "a folder with `pack.yaml` and `golden/`, or the pack's file beside that folder",
};

/** A pack and the golden cases beside it. */
export interface PackSuite extends ReadSuite {
  readonly pack: CompiledPack;
  /** The folder `golden`. */
  readonly folder: string;
}

const PACK_FILE = "pack.yaml";

/** Reads a pack and its suite. Refused: FILE_NOT_FOUND, BODY_NOT_UTF8, CONFIG_NOT_COMPILED, SUITE_EMPTY. */
export async function readPackSuite(context: Context, path: string): Promise<Result<PackSuite>> {
  const given = resolve(context.cwd, path);
  const file = (await isFolder(given)) ? join(given, PACK_FILE) : given;
  const pack = await packAt(file);
  if (!pack.ok) return pack;
  const folder = join(dirname(file), "golden");
  const files = await filesIn(folder);
  if (!files.ok) return files;
  if (files.value.length === 0)
    return rejected({ code: "SUITE_EMPTY", message: `there are no golden cases in \`${folder}\`` });
  return accepted({ pack: pack.value, folder, ...readSuite(files.value, pack.value) });
}

export async function packAt(file: string): Promise<Result<CompiledPack>> {
  const text = await textOf(file);
  if (!text.ok) return text;
  const { compiled, errors } = checkPack(text.value);
  if (compiled !== null) return accepted(compiled);
  const [first] = errors;
  const message = `the pack does not compile: ${first?.message ?? ""} at \`${first?.path ?? "$"}\``;
  return rejected({ code: "CONFIG_NOT_COMPILED", message });
}

/** The YAML files of a folder, by name; none where there is no folder. */
export async function filesIn(folder: string): Promise<Result<readonly SuiteFile[]>> {
  const names = (await isFolder(folder)) ? await readdir(folder) : [];
  const files: SuiteFile[] = [];
  for (const name of names.filter((one) => /\.ya?ml$/.test(one)).toSorted()) {
    const text = await textOf(join(folder, name));
    if (!text.ok) return text;
    files.push({ name, text: text.value });
  }
  return accepted(files);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false, // not there, or not to be read: no folder for us
  );
