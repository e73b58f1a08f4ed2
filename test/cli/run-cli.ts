import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outside } from "../../src/cli/command.ts";
import { execute } from "../../src/cli/execute.ts";
import { realHost } from "../database/real-host.ts";
import { TEST_TOOLS } from "./test-pack.ts";

/** What one command line came to. */
export interface Finished {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface World
  extends Partial<Pick<Outside, "env" | "cwd" | "terminal" | "server" | "interrupted" | "isAlive" | "tools">> {
  /** What is typed or piped in. */
  readonly stdin?: string;
  /** Told of data as it is written, by a command that does not end by itself. */
  readonly heard?: (text: string) => void;
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), "countermark-cli-"));

/** Runs a command line in this process, its streams captured. */
export async function runCli(argv: readonly string[], world: World = {}): Promise<Finished> {
  const { stdin = "", heard = () => undefined, ...given } = world;
  const said = { stdout: "", stderr: "" };
  const exit = await execute(argv, {
    stdin: typed(stdin),
    stdout: {
      write: (text) => {
        said.stdout += text;
        heard(text);
      },
    },
    stderr: { write: (text) => (said.stderr += text) },
    env: {},
    cwd: "/",
    terminal: { stdin: false, stdout: false, stderr: false },
    pid: process.pid,
    nodeVersion: process.version,
    isAlive: () => true,
    interrupted: new AbortController().signal,
    host: async () => realHost,
    tools: async () => TEST_TOOLS,
    ...given,
  });
  return { exit, ...said };
}

async function* typed(text: string): AsyncGenerator<string> {
  yield text;
}
