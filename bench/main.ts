import { Command, InvalidArgumentError, Option } from "commander";
import { measureConsole } from "./console.ts";
import { measureDecide } from "./decide.ts";
import { measureEvidence } from "./evidence.ts";
import { measureGuards } from "./guards.ts";
import { Lacking } from "./lacking.ts";
import { measureMemory } from "./memory.ts";
import { measurePeers, peerSettings } from "./peers.ts";
import { withServer } from "./server.ts";
import { measureSteps } from "./steps.ts";
import { measureSupersteps } from "./supersteps.ts";
import { print } from "./table.ts";
import { measureTakeover } from "./takeover.ts";
import { measureVerify } from "./verify.ts";

/** `npm run bench -- COMMAND`: figures are ratios against something measured in the same run; see docs/performance.md. */
const program = new Command("bench").description(
  "Measures countermark on the PostgreSQL server in DATABASE_URL, whose user has to be a superuser.",
);

/** Flags that every command has. */
interface Flags {
  readonly database: string;
  readonly fdatasyncDelayMs: number;
  readonly pairs: number;
  readonly json?: boolean;
}

const command = (name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option("--pairs <number>", "measured pairs; medians are quoted", count, 3)
    .option(
      "--database <name>",
      "made anew on the server, and others that begin with its name",
      "countermark_bench_test",
    )
    .option("--fdatasync-delay-ms <number>", "measures on a server of its own with so much slower a disk", Number, 0)
    .option("--json", "figures as JSON");

interface StepsFlags extends Flags {
  readonly kind: readonly ("read" | "write")[];
  readonly tenants: readonly number[];
  readonly workers: readonly number[];
  readonly concurrency: readonly number[];
  readonly steps?: number;
  readonly priorEvents?: number;
}

command("steps", "steps through all guards against single-row commits")
  .addOption(new Option("--kind <list>", "read, write or both").default(["read"], "read").argParser(kinds))
  .addOption(new Option("--concurrency <list>", "runs at a time").default([1, 16, 64], "1,16,64").argParser(counts))
  .addOption(new Option("--tenants <list>", "tenants the runs are spread over").default([1], "1").argParser(counts))
  .addOption(new Option("--workers <list>", "worker processes").default([1], "1").argParser(counts))
  .option("--steps <number>", "steps of one measurement; without it 400 for each run at a time, 4,000 at least", count)
  .option("--prior-events <number>", "against an empty ledger instead: with as many events in it beforehand", count)
  .action(({ json = false, ...flags }: StepsFlags) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, settings }) => {
      const { priorEvents = null, steps = null } = flags;
      const figures = await measureSteps({ ...flags, kinds: flags.kind, steps, priorEvents, url });
      const beside = priorEvents === null ? "single-row commits" : "the same without prior events";
      print({ settings: { ...settings, prior_events: priorEvents ?? 0, beside }, figures }, json);
    }),
  );

interface PeersFlags extends Flags {
  readonly kind: "read" | "write";
  readonly concurrency: readonly number[];
  readonly steps?: number;
}

command("peers", "workflows of ten steps beside DBOS Transact, LangGraph and Restate, which are installed for it")
  .addOption(new Option("--kind <kind>", "our steps").choices(["read", "write"]).default("read"))
  .addOption(
    new Option("--concurrency <list>", "workflows at a time").default([1, 16, 64], "1,16,64").argParser(counts),
  )
  .option(
    "--steps <number>",
    "steps of one measurement; without it 100 for each workflow at a time, 2000 at least",
    count,
  )
  .action(({ json = false, ...flags }: PeersFlags) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, folder, settings }) => {
      const isSlowed = flags.fdatasyncDelayMs > 0;
      const figures = await measurePeers({ ...flags, steps: flags.steps ?? null, isSlowed, url, folder });
      print({ settings: { ...settings, ...peerSettings(), our_steps: flags.kind, beside: "the peer" }, figures }, json);
    }),
  );

interface TakeoverFlags extends Flags {
  readonly leaseMs: number;
  readonly runs: number;
}

command("takeover", "a worker process is killed: how long until another has its runs")
  .option(
    "--lease-ms <number>",
    "how long a lease lasts without a beat; a beat is made three times as often",
    count,
    10_000,
  )
  .option("--runs <number>", "runs that the killed worker holds", count, 16)
  .action(({ json = false, ...flags }: TakeoverFlags) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, settings }) => {
      const figures = await measureTakeover({ ...flags, times: flags.pairs, url });
      print({ settings, figures }, json);
    }),
  );

command(
  "supersteps",
  "an agent's graph: how long a superstep and reading its newest checkpoint take, and whether they grow",
)
  .option("--supersteps <number>", "of the graph", count, 1_000)
  .action(({ json = false, ...flags }: Flags & { readonly supersteps: number }) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, settings }) => {
      const figures = [await measureSupersteps({ ...flags, url })];
      print({ settings, figures }, json);
    }),
  );

command("memory", "what a worker's process holds, round after round: does it grow?")
  .option("--minutes <number>", "how long", count, 10)
  .action(({ json = false, ...flags }: Flags & { readonly minutes: number }) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, settings }) => {
      const figures = [await measureMemory({ ...flags, url })];
      print({ settings: { ...settings, minutes: flags.minutes }, figures }, json);
    }),
  );

command("console", "screens of the console opened in a browser that was never here: Home, the runs, and a long run")
  .option("--events <number>", "of the long run", count, 5_000)
  .action(({ json = false, ...flags }: Flags & { readonly events: number }) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, settings }) => {
      const { settings: console, figures } = await measureConsole({ ...flags, rounds: flags.pairs, url });
      print({ settings: { ...settings, ...console }, figures }, json);
    }),
  );

interface EvidenceFlags extends Flags {
  readonly rows: number;
  readonly days: number;
  readonly source?: "postgresql" | "parquet";
}

command("evidence", "a policy decided on units where they are, in PostgreSQL and in Parquet, beside counting by hand")
  .option("--rows <number>", "units", count, 1_000_000)
  .option("--days <number>", "days that they are spread over; the policy looks at the last seven", count, 7)
  .addOption(new Option("--source <source>", "one of them only").choices(["postgresql", "parquet"]))
  .action(({ json = false, source, ...flags }: EvidenceFlags) =>
    withServer(flags.fdatasyncDelayMs, async ({ url, settings }) => {
      const sources = source === undefined ? (["postgresql", "parquet"] as const) : [source];
      const figures = await measureEvidence({ ...flags, sources, url });
      print({ settings: { ...settings, days: flags.days, beside: "counting by hand" }, figures }, json);
    }),
  );

program
  .command("guards")
  .description("CPU of guards and hashing for one call, without a run and without a database")
  .option("--pairs <number>", "measured rounds; medians are quoted", count, 5)
  .option("--calls <number>", "calls of a round", count, 20_000)
  .option("--json", "figures as JSON")
  .action(async ({ pairs, calls, json = false }: { pairs: number; calls: number; json?: boolean }) => {
    const figures = [await measureGuards({ calls, rounds: pairs })];
    print({ settings: { node: process.version, calls }, figures }, json);
  });

program
  .command("decide")
  .description("a packet's decision made again, beside reading and hashing the same lines; without a database")
  .option("--pairs <number>", "measured rounds; medians are quoted", count, 5)
  .option("--rows <number>", "rows of evidence in the packet", count, 100_000)
  .option("--json", "figures as JSON")
  .action(({ pairs, rows, json = false }: { pairs: number; rows: number; json?: boolean }) => {
    const figures = [measureDecide({ rows, rounds: pairs })];
    print({ settings: { node: process.version }, figures }, json);
  });

program
  .command("verify")
  .description("a stream's chain verified, beside hashing the same bytes and nothing else; without a database")
  .option("--pairs <number>", "measured rounds; medians are quoted", count, 5)
  .option("--events <number>", "events of the stream", count, 100_000)
  .option("--json", "figures as JSON")
  .action(async ({ pairs, events, json = false }: { pairs: number; events: number; json?: boolean }) => {
    const figures = [await measureVerify({ events, rounds: pairs })];
    print({ settings: { node: process.version }, figures }, json);
  });

await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof Lacking)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("a whole number from 1");
}

function counts(text: string): readonly number[] {
  return text.split(",").map(count);
}

function kinds(text: string): readonly ("read" | "write")[] {
  return text.split(",").map((word) => {
    if (word === "read" || word === "write") return word;
    throw new InvalidArgumentError("read, write or read,write");
  });
}
