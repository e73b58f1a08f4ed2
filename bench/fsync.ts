import { fork, spawn } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { newestInstallation } from "../test/database/debian-server.ts";

/** How long the disk takes to keep 8 kB: the price of every flush, however many steps it holds. */
export interface FsyncLatency {
  readonly fdatasync_us: number;
  /** Which program said so, and in which folder it wrote. */
  readonly fdatasync_measured: string;
}

/**
 * A folder on the disk of the data directory; where this machine has no such folder, or it cannot be written beside, the
 * folder for temporary files.
 */
export function folderBeside(dataDirectory: string): string {
  const folder = dirname(dataDirectory);
  return isWritable(folder) ? folder : tmpdir();
}

/**
 * Measures one `fdatasync` on the disk of the data directory, and names the folder in which it did.
 *
 * @param dataDirectory as the server names it
 * @param environment of the measuring program, so that it waits as long as the server does
 */
export async function fsyncLatency(dataDirectory: string, environment: Record<string, string>): Promise<FsyncLatency> {
  const folder = folderBeside(dataDirectory);
  const file = join(folder, `countermark-bench-fsync-${process.pid}`);
  const installed = await newestInstallation();
  const program = installed === undefined ? undefined : join(installed, "pg_test_fsync");
  if (program !== undefined && existsSync(program)) {
    const fdatasync_us = await pgTestFsync(program, file, environment);
    return { fdatasync_us, fdatasync_measured: `pg_test_fsync in ${folder}` };
  }
  const fdatasync_us = await nodeFdatasync(file, environment);
  return { fdatasync_us, fdatasync_measured: `node:fs, median, in ${folder}` };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    // Not here, or not ours: the caller measures elsewhere and says so.
    return false;
  }
}

const SECONDS_PER_TEST = "1";

/** Its first line on `fdatasync` is about one 8 kB write; the tests after it are not wanted, so it is ended there. */
async function pgTestFsync(program: string, file: string, environment: Record<string, string>): Promise<number> {
  const child = spawn(program, ["-s", SECONDS_PER_TEST, "-f", file], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, microseconds] = /^\s*fdatasync\s.*\s(\d+) usecs\/op/.exec(line) ?? [];
    if (microseconds === undefined) continue;
    child.kill("SIGTERM"); // it removes its file
    return Number(microseconds);
  }
  throw new Error(`\`${program}\` says nothing of fdatasync`);
}

function nodeFdatasync(file: string, environment: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "fsync-probe.js"), [file], {
      env: { ...process.env, ...environment },
    });
    child.once("message", (microseconds: number) => resolve(microseconds));
    child.once("exit", (code) => reject(new Error(`the fdatasync probe ended with ${code}`)));
  });
}
