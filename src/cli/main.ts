#!/usr/bin/env node
import process from "node:process";
import type { Outside } from "./command.ts";
import { execute } from "./execute.ts";
import { EXIT } from "./exit-code.ts";

// The one file that touches the process.

const interruption = new AbortController();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted); // asked twice: no more waiting
    interruption.abort(signal);
  });
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(process.exitCode ?? EXIT.interrupted); // who read us has read enough, as `head` does; a NO-GO is no 0 for that
  });
}

const outside: Outside = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  // biome-ignore lint/style/noProcessEnv: the edge at which the environment enters
  env: process.env,
  cwd: process.cwd(),
  terminal: {
    stdin: process.stdin.isTTY === true,
    stdout: process.stdout.isTTY === true,
    stderr: process.stderr.isTTY === true,
  },
  pid: process.pid,
  nodeVersion: process.version,
  isAlive,
  interrupted: interruption.signal,
  host: async () => (await import("../contracts/index.ts")).systemHost(),
  tools: async () => (await import("./demo/demo-pack.ts")).demoTools(),
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // it lives, as another user's
  }
}

process.exitCode = await execute(process.argv.slice(2), outside);
process.stdin.destroy(); // a question that was cut short still reads
