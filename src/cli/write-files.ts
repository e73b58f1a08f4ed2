import { appendFile, lstat, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { accepted, Fault, type Result, rejected } from "../contracts/index.ts";
import { writeNew, writeWhole } from "../ledger/index.ts";
import type { Context } from "./command.ts";
import { note } from "./output.ts";

/** A name in the folder itself, never a way out of it. */
const PLAIN_NAME = /^\w[\w.-]{0,100}$/;

/** Whoever the umask lets. */
const SHARED = { file: 0o666, folder: 0o777 };

/** Writes the files of a report into a folder, which is made where it is not. */
export async function writeFiles(
  context: Context,
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): Promise<void> {
  const place = resolve(context.cwd, folder);
  try {
    await mkdir(place, { recursive: true });
    for (const { path, text } of files) if (PLAIN_NAME.test(path)) await write(context, join(place, path), text);
  } catch (cause) {
    throw unwritten(folder, cause);
  }
  note(context, `wrote ${files.length} files to \`${place}\``);
}

/** Writes one file, in place of what stood there. */
export async function writeText(context: Context, path: string, text: string): Promise<void> {
  const place = resolve(context.cwd, path);
  try {
    await write(context, place, text);
  } catch (cause) {
    throw unwritten(path, cause);
  }
  note(context, `wrote \`${place}\``);
}

/** Writes at the end of a file, which is made where it is not. */
export async function appendText({ cwd }: Pick<Context, "cwd">, path: string, text: string): Promise<void> {
  try {
    await appendFile(resolve(cwd, path), text);
  } catch (cause) {
    throw unwritten(path, cause);
  }
}

/** A file appears whole; into a pipe or a device, and where a link leads, is written as it comes. */
async function write({ host }: Context, place: string, text: string): Promise<void> {
  if (await isOrdinary(place)) await writeWhole(place, text, { id: host.ids.next(), modes: SHARED });
  else await writeFile(place, text);
}

/** Whether a name is a file's, or nobody's: anything else would be lost if a file took its place. */
async function isOrdinary(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return true; // whatever is wrong with the way there, writing says
  }
}

function unwritten(path: string, cause: unknown): Fault {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new Fault("E_REPORT_FAILED", `nothing could be written to \`${path}\`${why}`, { retry: "never", cause });
}

/** Writes a file that does not exist yet, and gives its absolute path. Refused with FILE_EXISTS; faults as `writeText` does. */
export async function writeNewFile(
  context: Pick<Context, "cwd" | "host">,
  path: string,
  { text, mode }: { readonly text: string; readonly mode: number },
): Promise<Result<string>> {
  const place = resolve(context.cwd, path);
  try {
    await stat(dirname(place)); // a folder that is not there is rather a slip than meant
    const modes = { file: mode, folder: SHARED.folder };
    if (await writeNew(place, text, { id: context.host.ids.next(), modes })) return accepted(place);
    return rejected({ code: "FILE_EXISTS", message: `\`${path}\` exists already` });
  } catch (error) {
    throw unwritten(path, error);
  }
}
