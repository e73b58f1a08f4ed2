import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert } from "../src/contracts/index.ts";
import { WORKER_PROFILE } from "../src/worker/index.ts";
import { makeDatabase, whenIdle } from "./bench-database.ts";
import { median } from "./pairs.ts";
import { benchPack, STEPS_PER_RUN, startRuns } from "./subject.ts";

/** What a worker's process holds after each round of runs, once the collector has been through it. */
export interface MemoryFigure {
  readonly rounds: number;
  readonly steps: number;
  /** MiB of live objects, medians of the second and of the last quarter of the rounds; in the first one caches fill. */
  readonly heap_early_mib: number;
  readonly heap_late_mib: number;
  /** MiB of the whole process, likewise. */
  readonly rss_early_mib: number;
  readonly rss_late_mib: number;
  /** Live objects, late over early: 1 is flat. */
  readonly ratio: number;
}

export interface MemoryOptions {
  readonly url: string;
  readonly database: string;
  readonly minutes: number;
}

/** Runs of a round, and how many of them at a time. */
const RUNS = 200;
const AT_A_TIME = 16;
const QUARTERS = 4;

/** One process drives round after round for so many minutes. */
export async function measureMemory({ url, database: name, minutes }: MemoryOptions): Promise<MemoryFigure> {
  const database = await makeDatabase({ url, name, tenants: 1, stepsPerRun: STEPS_PER_RUN });
  const { installation } = database;
  const { clock } = installation.host;
  const pack = benchPack(STEPS_PER_RUN);
  const worker = installation.newWorker({ profile: { ...WORKER_PROFILE, runsMax: AT_A_TIME } });
  const weights: Weight[] = [];
  worker.start();
  try {
    for (const end = clock.now() + minutes * 60_000; clock.now() < end || weights.length < QUARTERS; ) {
      await startRuns(installation, pack, { step: "read", runs: RUNS, tenants: 1, callers: AT_A_TIME });
      await whenIdle(installation, 1);
      weights.push(weigh());
    }
  } finally {
    await worker.stop();
    await database.close();
  }
  return figureOf(weights);
}

interface Weight {
  readonly heap: number;
  readonly rss: number;
}

function weigh(): Weight {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert(typeof collect === "function", "V8 gives its collector away when told to");
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}

function figureOf(weights: readonly Weight[]): MemoryFigure {
  const quarter = Math.floor(weights.length / QUARTERS);
  const early = weights.slice(quarter, 2 * quarter);
  const late = weights.slice(-quarter);
  const mib = (of: readonly Weight[], member: keyof Weight) => median(of.map((weight) => weight[member])) / 2 ** 20;
  const rounded = (value: number) => Math.round(value * 10) / 10;
  return {
    rounds: weights.length,
    steps: weights.length * RUNS * STEPS_PER_RUN,
    heap_early_mib: rounded(mib(early, "heap")),
    heap_late_mib: rounded(mib(late, "heap")),
    rss_early_mib: rounded(mib(early, "rss")),
    rss_late_mib: rounded(mib(late, "rss")),
    ratio: mib(late, "heap") / mib(early, "heap"),
  };
}
