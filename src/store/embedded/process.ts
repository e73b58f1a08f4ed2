import { type SpawnOptions, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { timeLimit } from "../../contracts/index.ts";
import type { Account } from "./account.ts";

/** Text kept of each output stream of a finished process: enough for its error messages. */
const OUTPUT_CHARS_MAX = 20_000;

/** The whole environment of what we spawn: our caller's `PG*` variables and locale must not reach it. */
const ENVIRONMENT = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" };

/** How one of our children is spawned: under the server's account, from a directory that every account can read. */
export const spawnAs = (account: Account | undefined): SpawnOptions => ({ ...account, cwd: "/", env: ENVIRONMENT });

export interface Finished {
  /** `null`: it was ended by a signal. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a program to its end and collects what it says. Rejects when it cannot be started or takes too long. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly account: Account | undefined; readonly input?: string; readonly timeoutMs: number },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // Not `timeout`: its timer outlives a program that could not be started, and would keep us from ending.
    const signal = timeLimit(options.timeoutMs);
    const child = spawn(program, args, { ...spawnAs(options.account), stdio: "pipe", signal, killSignal: "SIGKILL" });
    let output = "";
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.stdin?.on("error", () => undefined); // it may end without reading its input; its exit code tells
    child.stdin?.end(options.input ?? "");
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, output }));
  });
}

/**
 * Names one process for ever: its pid and the moment it started, so that a reused pid is another process.
 * `undefined` when no such process lives (a zombie does not live).
 */
export async function identify(pid: number): Promise<string | undefined> {
  const start = process.platform === "linux" ? await linuxStart(pid) : await psField(pid, "lstart");
  return start === undefined ? undefined : `${pid}.${start.replace(/[^\w]+/g, "-")}`;
}

/** Whether the very process that `identify` named still lives. */
export async function isAlive(identity: string): Promise<boolean> {
  return (await identify(Number.parseInt(identity, 10))) === identity;
}

/** The command line of a living process, arguments separated by blanks; empty when it cannot be seen. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform !== "linux") return (await psField(pid, "args")) ?? "";
  return ((await readProc(`${pid}/cmdline`)) ?? "").replaceAll("\0", " ");
}

/** Start in clock ticks since boot, with the boot's id: `proc(5)`, field 22; field 3 is the state. */
async function linuxStart(pid: number): Promise<string | undefined> {
  const stat = await readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before may contain anything
  const [state, ticks] = [fields[0], fields[19]];
  if (state === "Z" || state === "X" || ticks === undefined) return undefined;
  const boot = (await readProc("sys/kernel/random/boot_id")) ?? "";
  return `${ticks}.${boot.slice(0, 8)}`;
}

const readProc = (path: string): Promise<string | undefined> =>
  readFile(`/proc/${path}`, "utf8").catch(() => undefined); // gone, or never was: the same to every caller

async function psField(pid: number, field: "lstart" | "args"): Promise<string | undefined> {
  const { exitCode, output } = await run("/bin/ps", ["-ww", "-o", `${field}=`, "-p", String(pid)], {
    account: undefined,
    timeoutMs: 10_000,
  });
  return exitCode === 0 && output.trim() !== "" ? output.trim() : undefined;
}
