#!/usr/bin/env node
import { readFileSync } from "node:fs";
import process from "node:process";
import type { Outside } from "./command.ts";
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

/**
 * Help as the build wrote it down, null where nothing was built. Of 85 ms beyond an empty program 40 went into loading the parser and
 * filling it with eighty commands, to print the same each time.
 */
function writtenHelp(): string | null {
  try {
    return readFileSync(new URL("./help.txt", import.meta.url), "utf8");
  } catch {
    return null;
  }
}

const words = process.argv.slice(2);
const help = words.length === 1 && ["--help", "-h"].includes(words.join("")) ? writtenHelp() : null;
if (help === null) {
  const { execute } = await import("./execute.ts");
  process.exitCode = await execute(words, outside);
} else {
  process.stdout.write(help);
}
process.stdin.destroy(); // a question that was cut short still reads
