import { stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";

/** Where Linux keeps files in memory. */
const IN_MEMORY = "/dev/shm";

/** Many times what the databases and the write-ahead log of a test run come to. */
const FREE_BYTES_MIN = 4 * 1024 ** 3;

/**
 * The folder for what a test run throws away. In memory where there is room: a table that is emptied is a file that is
 * removed and one that is made, which on a disk is most of what tests have their database do.
 */
export async function folderInMemory(): Promise<string> {
  const isFolder = await stat(IN_MEMORY).then(
    (found) => found.isDirectory(),
    () => false,
  ); // no such folder
  if (!isFolder) return tmpdir();
  const { bavail, bsize } = await statfs(IN_MEMORY);
  return bavail * bsize >= FREE_BYTES_MIN ? IN_MEMORY : tmpdir();
}
