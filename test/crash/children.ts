import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import type { Orders, Said } from "./child.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MIGRATIONS = "src/store/migrations";
const GRAPH_PROGRAM = ["src/worker/agent/child/main.ts", "src/worker/agent/child/engine.ts"];

/** The compiled child, which Node can start: it runs no TypeScript itself. */
export interface ChildProgram {
  spawn(orders: Orders): Child;
  /** The compiled program in which graphs run, and the URL of the module that holds them. */
  readonly graphProgram: string;
  readonly graphs: string;
  /** Ends whatever is left of its processes and removes it. */
  remove(): Promise<void>;
}

/** A worker's process. */
export interface Child {
  /** Resolves once it has said so. Rejects, with what it wrote to its error stream, if it ends before. */
  says(line: Said): Promise<void>;
  /** Resolves with the signal that ended it, null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to stop its worker and end, and waits for that. */
  stop(): Promise<void>;
}

/** Compiles the child into a temporary folder. Types are checked with all others, by `npm run check`. */
export function compileChild(): ChildProgram {
  const folder = mkdtempSync(join(tmpdir(), "countermark-crash-"));
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: { noEmit: false, noCheck: true, rootDir: ROOT, outDir: folder, types: [] },
    files: ["test/crash/child.ts", "test/crash/graph.ts", ...GRAPH_PROGRAM].map((file) => join(ROOT, file)),
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  cpSync(join(ROOT, MIGRATIONS), join(folder, MIGRATIONS), { recursive: true });
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  execFileSync(process.execPath, [join(dirname(manifest), "bin/tsc"), "-p", folder], { stdio: "pipe" });
  const children: Child[] = [];
  return {
    graphProgram: join(folder, "src/worker/agent/child/main.js"),
    graphs: pathToFileURL(join(folder, "test/crash/graph.js")).href,
    spawn: (orders) => {
      const program = join(folder, "test/crash/child.js");
      const child = childOf(spawn(process.execPath, [program, JSON.stringify(orders)], { cwd: "/" }));
      children.push(child);
      return child;
    },
    remove: async () => {
      for (const child of children) child.signal("SIGKILL");
      await Promise.all(children.map(({ ended }) => ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function childOf(spawned: ChildProcessWithoutNullStreams): Child {
  const said = new Set<string>();
  const errors: string[] = [];
  const lines = createInterface({ input: spawned.stdout });
  lines.on("line", (line) => said.add(line));
  spawned.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const ended = once(spawned, "close").then(([, signal]) => signal);
  return {
    ended,
    says: (wanted) =>
      new Promise((resolve, reject) => {
        if (said.has(wanted)) resolve();
        lines.on("line", (line) => line === wanted && resolve());
        ended.then(() => reject(new Error(`the child ended without a word: ${errors.join("")}`)), reject);
      }),
    signal: (signal) => void spawned.kill(signal),
    stop: async () => {
      spawned.stdin.end("stop\n");
      await ended;
    },
  };
}
