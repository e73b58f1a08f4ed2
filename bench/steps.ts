import { type Installation, openInstallation } from "../src/api/index.ts";
import { after, type Host } from "../src/contracts/index.ts";
import type { ConnectionOptions, Database } from "../src/store/index.ts";
import { WORKER_PROFILE } from "../src/worker/index.ts";
import { limitRate } from "./limit.ts";
import { lookUp, prepareTenants, readPack, STEPS_PER_RUN, startRuns, tenantOf } from "./subject.ts";

export interface StepsOptions {
  readonly host: Host;
  readonly server: ConnectionOptions;
  readonly directory: string;
  readonly concurrency: readonly number[];
  readonly tenants: number;
  /** Measured pairs of ours and the limit, one after the other; the median pair is quoted. */
  readonly pairs: number;
}

export interface StepsFigure {
  readonly concurrency: number;
  readonly tenants: number;
  /** Complete governed READ steps per second, each acknowledged after its commit; medians of the pairs. */
  readonly steps_per_second: number;
  /** Plain single-row commits per second through the same driver. */
  readonly limit_per_second: number;
  readonly ratio: number;
  readonly ratios: readonly number[];
}

/** Steps in one measurement: a few seconds, so that starting the worker weighs little. */
const STEPS_MIN = 4_000;
const STEPS_PER_CALLER = 400;

/** Measures governed READ steps against single-row commits, in pairs on one server. */
export async function measureSteps(options: StepsOptions): Promise<readonly StepsFigure[]> {
  const { host, server, directory, tenants } = options;
  const installation = await openInstallation({
    host,
    directory,
    server,
    migrate: true,
    tools: [lookUp],
    tier: "HARDENED",
  });
  try {
    const pack = readPack();
    await prepareTenants(installation, pack, tenants);
    const figures: StepsFigure[] = [];
    for (const concurrency of options.concurrency) {
      const pairs: { readonly steps: number; readonly limit: number }[] = [];
      for (let pair = 0; pair < options.pairs; pair++) {
        const steps = await stepRate(installation, pack, { concurrency, tenants });
        pairs.push({ steps, limit: await limitRate(installation.database, host, concurrency) });
      }
      figures.push(figureOf(concurrency, tenants, pairs));
    }
    return figures;
  } finally {
    await installation.close();
  }
}

function figureOf(
  concurrency: number,
  tenants: number,
  pairs: readonly { readonly steps: number; readonly limit: number }[],
): StepsFigure {
  const ratios = pairs.map(({ steps, limit }) => steps / limit);
  return {
    concurrency,
    tenants,
    steps_per_second: Math.round(median(pairs.map(({ steps }) => steps))),
    limit_per_second: Math.round(median(pairs.map(({ limit }) => limit))),
    ratio: rounded(median(ratios)),
    ratios: ratios.map(rounded),
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Steps per second of one worker that drives `concurrency` runs at a time, from its start to the last commit. */
async function stepRate(
  installation: Installation,
  pack: ReturnType<typeof readPack>,
  { concurrency, tenants }: { readonly concurrency: number; readonly tenants: number },
): Promise<number> {
  const { host, database } = installation;
  const runs = Math.ceil(Math.max(STEPS_MIN, concurrency * STEPS_PER_CALLER) / STEPS_PER_RUN);
  await startRuns({ database, host }, pack, { runs, tenants });
  const trouble: unknown[] = [];
  const worker = installation.newWorker({
    profile: { ...WORKER_PROFILE, runsMax: concurrency, leaseMs: 60_000, beatMs: 20_000 },
    onTrouble: (_run, error) => void trouble.push(error),
  });
  const startedAt = host.clock.now();
  worker.start();
  const endedAt = await whenIdle(database, host, tenants);
  await worker.stop();
  if (trouble.length > 0) throw trouble[0];
  return (runs * STEPS_PER_RUN * 1000) / (endedAt - startedAt);
}

const POLL_MS = 5;

/** The instant at which no run of any tenant is left. Looks at one small index, so that looking costs the subject little. */
async function whenIdle(database: Database, host: Host, tenants: number): Promise<number> {
  const never = new AbortController().signal;
  for (;;) {
    const [row] = await database.worker<{ left: number }[]>`
      select count(*)::int as left from due where due_at is not null and tenant_id = any(${Array.from({ length: tenants }, (_, i) => tenantOf(i))}::text[])`;
    if (row?.left === 0) return host.clock.now();
    await host.clock.wake(after(host.clock.now(), POLL_MS), never);
  }
}
