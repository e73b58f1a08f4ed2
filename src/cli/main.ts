#!/usr/bin/env node
import { readFileSync } from "node:fs";
import process from "node:process";
import type { Outside } from "./command.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

// The one file that touches the process.

/**
 * Help as the build wrote it down, null where nothing was built. Loading the parser and filling it with eighty commands took 37 ms where
 * Node itself takes 80 to 95 to begin, to print the same each time; without opening standard input it is as quick as an empty program.
 */
function writtenHelp(): string | null {
  try {
    return readFileSync(new URL("./help.txt", import.meta.url), "utf8");
  } catch {
    return null;
  }
}

function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(process.exitCode ?? EXIT.interrupted); // who reads us has read enough, as `head` does; a NO-GO is no 0 for that
  });
}

async function run(words: readonly string[]): Promise<ExitCode> {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) process.exit(EXIT.interrupted); // asked twice: no more waiting
      interruption.abort(signal);
    });
  }
  endWithReader(process.stderr);
  const { execute } = await import("./execute.ts");
  const code = await execute(words, outsideOf(interruption.signal));
  process.stdin.destroy(); // a question that was cut short still reads
  return code;
}

const outsideOf = (interrupted: AbortSignal): Outside => ({
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
  interrupted,
  host: async () => (await import("../contracts/index.ts")).systemHost(),
  tools: async () => (await import("./demo/demo-pack.ts")).demoTools(),
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // it lives, as another user's
  }
}

endWithReader(process.stdout);
const words = process.argv.slice(2);
const help = words.length === 1 && ["--help", "-h"].includes(words.join("")) ? writtenHelp() : null;
if (help === null) {
  process.exitCode = await run(words);
} else {
  process.exitCode = EXIT.done;
  process.stdout.write(help);
}
