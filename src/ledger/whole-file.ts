import { dirname, resolve } from "node:path";
import { type Disk, systemDisk } from "./disk.ts";

/**
 * Files that are there whole and durable, or not at all.
 *
 * W1  A name leads to one whole content at every instant, and after every crash.
 * W2  Once resolved, no crash takes the file away: its content, its name and the folders on the way to it are on disk.
 * W3  What failed leaves what was there; a crash leaves at most a file that ends in `.part` beside it, which nothing ever reads.
 */

/** Who may read a file, and the folders that are made for it. */
export interface FileModes {
  readonly file: number;
  readonly folder: number;
}

interface Writing {
  /** In the draft's name: no two writers have the same. */
  readonly id: string;
  readonly modes: FileModes;
  readonly disk?: Disk;
}

/** Has a file appear under its name, in the place of what was there. */
export async function writeWhole(
  path: string,
  content: Uint8Array | string,
  { id, modes, disk = systemDisk }: Writing,
): Promise<void> {
  const place = resolve(path);
  await makeFolders(disk, dirname(place), modes.folder);
  const part = `${place}.${id}.part`;
  try {
    await disk.create(part, content, modes.file);
    await disk.rename(part, place);
  } catch (cause) {
    await disk.remove(part);
    throw cause;
  }
  await disk.syncFolder(dirname(place));
}

/** Has a new file appear under its name. False: there is one already, and it stays. */
export async function writeNew(
  path: string,
  content: Uint8Array | string,
  { id, modes, disk = systemDisk }: Writing,
): Promise<boolean> {
  const place = resolve(path);
  await makeFolders(disk, dirname(place), modes.folder);
  const part = `${place}.${id}.part`;
  try {
    await disk.create(part, content, modes.file);
    await disk.link(part, place);
  } catch (cause) {
    if (isErrno(cause, "EEXIST")) return false;
    throw cause;
  } finally {
    await disk.remove(part);
  }
  await disk.syncFolder(dirname(place));
  return true;
}

/** W2: a folder that is new is a name in the one above it. */
async function makeFolders(disk: Disk, path: string, mode: number): Promise<void> {
  const first = await disk.makeFolders(path, mode);
  if (first === undefined) return;
  const top = dirname(first);
  for (let folder = dirname(path); folder.length >= top.length; folder = dirname(folder)) {
    await disk.syncFolder(folder);
    if (folder === top) return;
  }
}

/** Makes durable which names a folder has. One that is not there has none. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await systemDisk.syncFolder(path);
  } catch (cause) {
    if (!isAbsent(cause)) throw cause;
  }
}

export const isAbsent = (cause: unknown): boolean => isErrno(cause, "ENOENT");

const isErrno = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code;
