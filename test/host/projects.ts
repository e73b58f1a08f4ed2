import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { OwnerConnection } from "../../src/store/embedded/index.ts";
import { removeTree } from "./members.ts";

/** Whether the tests run as root; those about root's way of working need it. */
export const IS_ROOT = process.getuid?.() === 0;

/** An account to play the ordinary user when the tests run as root; `initdb` wants one with a name. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

/** A project in a temporary folder, and all that it leaves elsewhere. */
export interface Project {
  readonly folder: string;
  /** Its `.countermark`. */
  readonly directory: string;
  /** Stands for `/var/lib/countermark`. */
  readonly systemDirectory: string;
}

const made: Project[] = [];

/** Makes a project folder that every account can reach. */
export function makeProject(): Project {
  const base = mkdtempSync(join(tmpdir(), "countermark-host-"));
  chmodSync(base, 0o755);
  const folder = join(base, "project");
  mkdirSync(folder);
  const project = { folder, directory: join(folder, ".countermark"), systemDirectory: join(base, "system") };
  made.push(project);
  return project;
}

/** Ends the servers that tests left running (some kill every user) and removes the folders. */
export function removeProjects(): void {
  for (const project of made.splice(0)) {
    const data = dataOf(project);
    const pid = data === undefined ? undefined : postmasterPid(data);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    if (data !== undefined) removeTree(socketsOf(data));
    removeTree(join(project.folder, ".."));
  }
}

/** The data directory of a project, wherever it lies. */
export function dataOf(project: Project): string | undefined {
  try {
    const { home } = JSON.parse(readFileSync(join(project.directory, "database.json"), "utf8"));
    return home.startsWith("/") ? join(home, "data") : join(project.directory, home, "data");
  } catch {
    return undefined; // a test removed or damaged it
  }
}

/** The socket folder of a server that was killed, from line 5 of its pid file; else a path that is not there. */
function socketsOf(data: string): string {
  try {
    return readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[4] || join(data, "none");
  } catch {
    return join(data, "none");
  }
}

/** The pid of the living server of a data directory. */
export function postmasterPid(data: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(data) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** What a start may write without touching the database. */
const TRACES = /^(postgres\.log|users|\.gitignore)|postmaster\.pid$|postmaster\.opts$/;

/** Every file below a folder with size and time of last change: equal before and after means untouched. */
export function contents(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !TRACES.test(path))
    .map((path) => ({ path, stat: lstatSync(join(folder, path)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ path, stat }) => `${path} ${stat.size} ${stat.mtimeMs}`)
    .sort();
}

/** Runs one piece of SQL work over one connection, which is closed afterwards. */
export async function withSql<T>(connection: OwnerConnection, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres({ ...connection, max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
