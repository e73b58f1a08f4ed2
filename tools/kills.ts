import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const USAGE = `usage: kills.js [--runs N] [--database server|embedded]
Carries N runs (2000 by default, an even number) through four worker processes of which one is killed with SIGKILL each second, half of
the runs while others are stopped with SIGSTOP past their lease too, and judges every run: its end, its chain, its replay, its effects
at the provider. On the PostgreSQL server in DATABASE_URL, or one that is installed; or on the embedded one.
Ends with 0 where every run ended right with each effect once, 1 where not, 2 on misuse.`;

const MISUSE = 2;

const RUNS_DEFAULT = 2_000;
/** More than anybody waits for. */
const RUNS_MAX = 100_000;

/** What is to be carried through, and on which database. */
export interface KillOrder {
  readonly runs: number;
  readonly database: "server" | "embedded";
}

/** Reads the arguments; undefined where they are none of ours. */
export function parseKillOrder(args: readonly string[]): KillOrder | undefined {
  const words = parseWords(args);
  if (words === undefined) return undefined;
  const { runs: asked = String(RUNS_DEFAULT), database = "server" } = words;
  const runs = /^\d+$/.test(asked) ? Number(asked) : 0;
  const isCount = runs >= 2 && runs <= RUNS_MAX && runs % 2 === 0;
  if (!isCount || (database !== "server" && database !== "embedded")) return undefined;
  return { runs, database };
}

function parseWords(args: readonly string[]) {
  const options = { runs: { type: "string" }, database: { type: "string" } } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch {
    return undefined; // an option that is not ours: the usage says which are
  }
}

/** Runs the test of it with so many runs, in this terminal; what it ended with. */
function carry({ runs, database }: KillOrder): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const test = ["run", "--project", database, "test/crash/many-kills.test.ts"];
  // `CI`: a server that is not there is a failure then, and not a test left out.
  const env = { ...process.env, COUNTERMARK_KILL_RUNS: String(runs), CI: "true" };
  const child = spawn(process.execPath, [vitest, ...test], { stdio: "inherit", env });
  return new Promise((ended) => child.on("close", (code) => ended(code ?? 1)));
}

if (process.argv[1] === import.meta.filename) {
  const order = parseKillOrder(process.argv.slice(2));
  if (order === undefined) console.error(USAGE);
  process.exitCode = order === undefined ? MISUSE : await carry(order);
}
