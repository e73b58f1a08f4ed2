import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { systemHost } from "../src/contracts/index.ts";
import { openDatabase } from "../src/store/index.ts";
import { measureSteps, type StepsFigure } from "./steps.ts";

/** `npm run bench -- steps`: figures are ratios against a limit measured in the same run; see docs/performance.md. */
const program = new Command("bench")
  .description("Measures governed steps against plain single-row commits on the PostgreSQL server in DATABASE_URL.")
  .command("steps")
  .description("READ steps through all guards: event hash, state, trace, each acknowledged after its commit")
  .option("--concurrency <list>", "runs at a time", "1,16,64")
  .option("--tenants <number>", "tenants the runs are spread over", "1")
  .option("--pairs <number>", "measured pairs; medians are quoted", "3")
  .option("--json", "figures as JSON")
  .action(run);

await program.parseAsync(
  process.argv.slice(2).filter((word) => word !== "steps"),
  { from: "user" },
);

interface Flags {
  readonly concurrency: string;
  readonly tenants: string;
  readonly pairs: string;
  readonly json?: boolean;
}

async function run(flags: Flags): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (url === undefined)
    throw new Error("set DATABASE_URL to a PostgreSQL server with fsync and synchronous_commit on");
  const directory = await mkdtemp(join(tmpdir(), "countermark-bench-"));
  const { settings, database } = await freshDatabase(url);
  try {
    const figures = await measureSteps({
      host: systemHost(),
      server: { url: database },
      directory,
      concurrency: flags.concurrency.split(",").map(Number),
      tenants: Number(flags.tenants),
      pairs: Number(flags.pairs),
    });
    if (flags.json) console.log(JSON.stringify({ settings, figures }, null, 2));
    else print(settings, figures);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A database of its own on the server, made anew; and the settings that the figures depend on. */
async function freshDatabase(url: string) {
  const name = "countermark_bench_test";
  const admin = openDatabase({ url });
  await admin.owner.unsafe(`drop database if exists ${name} with (force)`);
  await admin.owner.unsafe(`create database ${name}`);
  const [row] = await admin.owner<{ postgres: string; fsync: string; synchronous_commit: string }[]>`
    select current_setting('server_version') as postgres, current_setting('fsync') as fsync,
           current_setting('synchronous_commit') as synchronous_commit`;
  await admin.close();
  const database = new URL(url);
  database.pathname = `/${name}`;
  return { settings: { ...row, node: process.version }, database: database.toString() };
}

function print(settings: Record<string, unknown>, figures: readonly StepsFigure[]): void {
  console.log(
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
  console.log("runs at a time   steps/s   limit/s   ratio   (each pair)");
  for (const { concurrency, steps_per_second, limit_per_second, ratio, ratios } of figures) {
    console.log(
      `${String(concurrency).padStart(14)} ${String(steps_per_second).padStart(9)} ${String(limit_per_second).padStart(9)} ${ratio.toFixed(2).padStart(7)}   ${ratios.map((one) => one.toFixed(2)).join(" ")}`,
    );
  }
}
