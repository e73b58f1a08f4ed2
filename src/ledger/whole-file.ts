import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Who may read a file, and the folders that are made for it. */
export interface FileModes {
  readonly file: number;
  readonly folder: number;
}

/**
 * Has a file appear under its name whole and durable: written aside in the same folder, synced, renamed, the folder synced. Where
 * that fails, what was there stays as it was; a crash leaves at most a file that ends in `.part`, which nothing ever reads.
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string,
  { id, modes }: { readonly id: string; readonly modes: FileModes },
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: modes.folder });
  const part = `${path}.${id}.part`;
  try {
    const file = await open(part, "wx", modes.file);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
  await syncFolder(dirname(path));
}

/** Makes durable which names a folder has. One that is not there has none. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    if (!isAbsent(cause)) throw cause;
  }
}

export const isAbsent = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT";
