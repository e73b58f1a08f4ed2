import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { EmbeddedOptions, OwnerConnection } from "../../src/store/embedded/index.ts";
import type { Said } from "./member.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A running member; the database is open. */
export interface Member {
  readonly pid: number;
  readonly connection: OwnerConnection;
  /** Leaves properly, and waits for the process to end. */
  release(): Promise<void>;
  /** Ends the process where it stands. */
  kill(): Promise<void>;
}

export type Opening = { readonly opened: Member } | { readonly fault: Extract<Said, { kind: "fault" }> };

/** Compiles `member.ts`, as Node runs no TypeScript, to where every account can read it. Returns the folder. */
export function compileMember(): string {
  const folder = mkdtempSync(join(tmpdir(), "countermark-member-"));
  chmodSync(folder, 0o755);
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: { noEmit: false, rootDir: ROOT, outDir: folder, typeRoots: [join(ROOT, "node_modules/@types")] },
    files: [join(ROOT, "test/host/member.ts")],
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  execFileSync(process.execPath, [join(dirname(manifest), "bin/tsc"), "-p", folder], { stdio: "pipe" });
  return folder;
}

/** Spawns a member and hands it over at once, before it has said anything. */
export function spawnMember(
  folder: string,
  options: Omit<EmbeddedOptions, "host">,
  account: { uid?: number; gid?: number } = {},
): ChildProcessWithoutNullStreams {
  const program = join(folder, "test/host/member.js");
  return spawn(process.execPath, [program, JSON.stringify(options)], { ...account, cwd: "/", stdio: "pipe" });
}

/** Spawns a member and waits until it has opened the database or could not. */
export async function openMember(...args: Parameters<typeof spawnMember>): Promise<Opening> {
  const child = spawnMember(...args);
  const exited = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const hear = async (): Promise<Said> => {
    const { value } = await lines.next();
    if (typeof value !== "string") throw new Error(`the member said nothing: ${errors.join("")}`);
    return JSON.parse(value);
  };
  const said = await hear();
  if (said.kind === "fault") {
    await exited;
    return { fault: said };
  }
  if (said.kind !== "opened" || child.pid === undefined) throw new Error(`unexpected ${said.kind}`);
  const release = async () => {
    child.stdin.end("release\n");
    const answer = await hear();
    await exited;
    if (answer.kind !== "released") throw new Error(`the release failed: ${JSON.stringify(answer)}`);
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { opened: { pid: child.pid, connection: said.connection, release, kill } };
}

export const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true });
