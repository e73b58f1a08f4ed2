import { readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** Where Linux keeps files in memory. */
const IN_MEMORY = "/dev/shm";

/** Several times what a test run has there at once: databases, their write-ahead logs, programs. */
const FREE_BYTES_MIN = 3 * 1024 ** 3;

/**
 * The folder for what a test run throws away, unless `TMPDIR` says where. In memory where there is room and programs may be
 * run: to set up a database or to empty its tables is to make and remove files, on a disk most of what tests wait for.
 */
export function temporaryFolder(): string {
  if (process.env.TMPDIR !== undefined || !isMountedForPrograms()) return tmpdir();
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= FREE_BYTES_MIN ? IN_MEMORY : tmpdir();
}

/** Elsewhere than on Linux it is not mounted, and in containers often so that nothing is run from it. */
function isMountedForPrograms(): boolean {
  if (process.platform !== "linux") return false;
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  const [, , , options] = mounts.find((line) => line.split(" ")[1] === IN_MEMORY)?.split(" ") ?? [];
  return options !== undefined && !options.split(",").includes("noexec");
}
