import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { type BenchDatabase, freshDatabase, makeDatabase, stepRate } from "./bench-database.ts";
import { answerOf, ask, type Crew, leave } from "./crew.ts";
import { type Comparison, measurePairs } from "./pairs.ts";

export interface PeersOptions {
  readonly url: string;
  /** Where peers without a database keep their data. */
  readonly folder: string;
  readonly database: string;
  readonly kind: "read" | "write";
  readonly concurrency: readonly number[];
  readonly pairs: number;
  /** Steps of one measurement; null: enough for a few seconds. */
  readonly steps: number | null;
  /** Whether the server's `fdatasync` is slowed by us. */
  readonly isSlowed: boolean;
}

/** Ours against one peer; null where it could not be measured, and why. */
export type PeerFigure = { readonly peer: string; readonly version: string } & (
  | ({ readonly concurrency: number } & Comparison & { readonly note: null })
  | {
      readonly concurrency: null;
      readonly ours: null;
      readonly beside: null;
      readonly ratio: null;
      readonly ratios: null;
      readonly note: string;
    }
);

/** Steps of a workflow, ours and theirs. */
const STEPS_PER_RUN = 10;

const STEPS_MIN = 2_000;
const STEPS_PER_CALLER = 100;

/** Workflows for each one at a time that are run before the clock, so that no side is measured cold. */
const WARM_RUNS_PER_CALLER = 3;

/** Where the peers' programs and packages are, seen from where this file is compiled to. */
const PEERS = resolve(import.meta.dirname, "../../bench/peers");

/** The program of each peer and the package whose version is quoted. */
const PROGRAMS = [
  {
    peer: "DBOS Transact",
    program: "dbos",
    package: "@dbos-inc/dbos-sdk",
    setup: "workflow called directly, 10 connections (its default)",
    ownDisk: false,
  },
  {
    peer: "LangGraph",
    program: "langgraph",
    package: "@langchain/langgraph",
    setup: "PostgresSaver, durability sync, 10 connections (its default)",
    ownDisk: false,
  },
  {
    peer: "Restate",
    program: "restate",
    package: "@restatedev/restate-server",
    setup: "one node with its own storage, its default settings, called through the ingress",
    ownDisk: true,
  },
] as const;

/** As in production: no peer writes a line for each workflow. */
const PEER_ENVIRONMENT = { NODE_ENV: "production", RESTATE_LOGGING: "ERROR" };

type Program = (typeof PROGRAMS)[number];

/** How each peer is set up, and the packages that it comes from. */
export function peerSettings(): Readonly<Record<string, string>> {
  return { ...Object.fromEntries(PROGRAMS.map(({ peer, setup }) => [peer, setup])), ...manifestOfPeers().dependencies };
}

/** Installs the peers and measures each beside ours, one peer at a time. */
export async function measurePeers(options: PeersOptions): Promise<readonly PeerFigure[]> {
  const refusal = install();
  const figures: PeerFigure[] = [];
  for (const program of PROGRAMS) {
    if (refusal !== null) figures.push(absent(program, refusal));
    else if (program.ownDisk && options.isSlowed)
      figures.push(absent(program, "statically linked: its fdatasync cannot be slowed"));
    else figures.push(...(await measurePeer(options, program)));
  }
  return figures;
}

const absent = (program: Program, note: string): PeerFigure => ({
  peer: program.peer,
  version: versionOf(program.package) ?? "-",
  concurrency: null,
  ours: null,
  beside: null,
  ratio: null,
  ratios: null,
  note,
});

async function measurePeer(options: PeersOptions, program: Program): Promise<readonly PeerFigure[]> {
  const directory = await mkdtemp(join(options.folder, "countermark-peer-"));
  const database = await makeDatabase({
    url: options.url,
    name: options.database,
    tenants: 1,
    stepsPerRun: STEPS_PER_RUN,
  });
  const crew = await database.crew(1);
  const figures: PeerFigure[] = [];
  let peer: ChildProcess | null = null;
  try {
    const url = await freshDatabase(options.url, `${options.database}_${program.program}`);
    const settings = JSON.stringify({ url, directory, stepsPerRun: STEPS_PER_RUN });
    // What the peer writes is for the operator: our standard output carries the figures.
    peer = fork(join(PEERS, "dist", `${program.program}.js`), [settings], {
      cwd: directory,
      env: { ...process.env, ...PEER_ENVIRONMENT },
      stdio: ["ignore", 2, 2, "ipc"],
    });
    await answerOf(peer);
    for (const concurrency of options.concurrency)
      figures.push(await measureBeside(options, program, { database, crew, peer, concurrency }));
    return figures;
  } catch (error) {
    // What was measured before stands, and the table says what was not.
    return [...figures, absent(program, firstLine(error))];
  } finally {
    await Promise.all([crew.close(), peer === null ? null : leave(peer)]);
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Sides {
  readonly database: BenchDatabase;
  readonly crew: Crew;
  readonly peer: ChildProcess;
  readonly concurrency: number;
}

async function measureBeside(
  options: PeersOptions,
  program: Program,
  { database, crew, peer, concurrency }: Sides,
): Promise<PeerFigure> {
  const { clock } = database.installation.host;
  const ours = (runs: number) =>
    stepRate(database, crew, { step: options.kind, runs, tenants: 1, concurrency, beginMeasured: true });
  const theirs = async (runs: number) => {
    const startedAt = clock.now();
    await ask(peer, { runs, callers: concurrency });
    return (runs * STEPS_PER_RUN * 1000) / (clock.now() - startedAt);
  };
  await ours(concurrency * WARM_RUNS_PER_CALLER);
  await theirs(concurrency * WARM_RUNS_PER_CALLER);
  const runs = Math.ceil((options.steps ?? Math.max(STEPS_MIN, concurrency * STEPS_PER_CALLER)) / STEPS_PER_RUN);
  const compared = await measurePairs(options.pairs, { ours: () => ours(runs), beside: () => theirs(runs) });
  return { peer: program.peer, version: versionOf(program.package) ?? "-", concurrency, ...compared, note: null };
}

/** Has the peers' packages installed as locked, and their programs compiled. Null: all is there; else why it is not. */
function install(): string | null {
  const isWhole = Object.entries(manifestOfPeers().dependencies).every(
    ([name, version]) => versionOf(name) === version,
  );
  try {
    if (!isWhole) execFileSync("npm", ["ci", "--ignore-scripts"], { cwd: PEERS, stdio: ["ignore", 2, 2] });
    const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
    execFileSync(process.execPath, [join(dirname(compiler), "bin/tsc"), "-p", PEERS], { stdio: ["ignore", 2, 2] });
    return null;
  } catch (error) {
    return firstLine(error);
  }
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifestOfPeers = (): Manifest => jsonIn(join(PEERS, "package.json"));

function versionOf(name: string): string | undefined {
  const path = join(PEERS, "node_modules", name, "package.json");
  return existsSync(path) ? jsonIn<{ readonly version: string }>(path).version : undefined;
}

const jsonIn = <Content>(path: string): Content => JSON.parse(readFileSync(path, "utf8"));

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
