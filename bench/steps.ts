import { makeDatabase, stepRate } from "./bench-database.ts";
import { commitsEach, prepareLimit } from "./limit.ts";
import { type Comparison, measurePairs } from "./pairs.ts";
import { fillLedger } from "./prior-events.ts";
import { STEPS_PER_RUN } from "./subject.ts";

export interface StepsOptions {
  /** The server; each database is made on it anew. */
  readonly url: string;
  readonly database: string;
  readonly kinds: readonly ("read" | "write")[];
  readonly tenants: readonly number[];
  /** Worker processes. */
  readonly workers: readonly number[];
  /** Runs at a time, over all processes. */
  readonly concurrency: readonly number[];
  /** Measured pairs; medians are quoted. */
  readonly pairs: number;
  /** Steps of one measurement; null: enough that starting the workers weighs little. */
  readonly steps: number | null;
  /** Events that the ledger holds beforehand; null sets the steps against the limit instead. */
  readonly priorEvents: number | null;
}

/** Governed steps per second against what is measured beside them. */
export interface StepsFigure extends Comparison {
  readonly kind: "read" | "write";
  readonly tenants: number;
  readonly workers: number;
  readonly concurrency: number;
}

const STEPS_MIN = 4_000;
const STEPS_PER_CALLER = 400;

/** Runs before the clock, so that no process loads the pack or compiles its code while it is measured. */
const WARM_RUNS_PER_WORKER = 50;

/**
 * Measures governed steps in every combination. Without prior events they stand against single-row commits; with them,
 * against the same steps in a database without.
 */
export async function measureSteps(options: StepsOptions): Promise<readonly StepsFigure[]> {
  const figures: StepsFigure[] = [];
  for (const tenants of options.tenants)
    for (const workers of options.workers) figures.push(...(await measureCrew(options, { tenants, workers })));
  return figures;
}

async function measureCrew(
  options: StepsOptions,
  { tenants, workers }: { readonly tenants: number; readonly workers: number },
): Promise<readonly StepsFigure[]> {
  const { priorEvents, pairs } = options;
  const asked = { url: options.url, tenants, stepsPerRun: STEPS_PER_RUN };
  const database = await makeDatabase({ ...asked, name: options.database });
  const bare = priorEvents === null ? null : await makeDatabase({ ...asked, name: `${options.database}_bare` });
  if (priorEvents !== null) await fillLedger(database.installation, { events: priorEvents, tenants });
  const crew = await database.crew(workers);
  const bareCrew = (await bare?.crew(workers)) ?? null;
  const figures: StepsFigure[] = [];
  try {
    for (const kind of options.kinds) {
      const warming = { step: kind, runs: workers * WARM_RUNS_PER_WORKER, tenants, concurrency: workers };
      await stepRate(database, crew, { ...warming, beginMeasured: false });
      if (bare !== null && bareCrew !== null) await stepRate(bare, bareCrew, { ...warming, beginMeasured: false });
      for (const concurrency of options.concurrency) {
        const runs = Math.ceil((options.steps ?? Math.max(STEPS_MIN, concurrency * STEPS_PER_CALLER)) / STEPS_PER_RUN);
        const driven = { step: kind, runs, tenants, concurrency, beginMeasured: false };
        const limit = async () => {
          const { database: connected, host } = database.installation;
          await prepareLimit(connected);
          const commits = commitsEach(concurrency, workers);
          const startedAt = host.clock.now();
          await crew.all({ kind: "limit", callers: Math.ceil(concurrency / workers), commits });
          return (commits * workers * 1000) / (host.clock.now() - startedAt);
        };
        const measured = await measurePairs(pairs, {
          ours: () => stepRate(database, crew, driven),
          beside: bare === null || bareCrew === null ? limit : () => stepRate(bare, bareCrew, driven),
        });
        figures.push({ kind, tenants, workers, concurrency, ...measured });
      }
    }
    return figures;
  } finally {
    await Promise.all([crew.close(), bareCrew?.close()]);
    await Promise.all([database.close(), bare?.close()]);
  }
}
