import { after, type Instant } from "../src/contracts/index.ts";
import { type BenchDatabase, makeDatabase } from "./bench-database.ts";
import { median } from "./pairs.ts";
import { STEPS_PER_RUN } from "./subject.ts";

export interface TakeoverOptions {
  readonly url: string;
  readonly database: string;
  readonly leaseMs: number;
  /** Runs in the killed worker's hands. */
  readonly runs: number;
  readonly times: number;
}

/** One kill. Times are milliseconds since the kill. */
export interface TakeoverFigure {
  readonly runs: number;
  readonly lease_ms: number;
  /** Until another worker held the first, the median and the last of the runs. */
  readonly held_first_ms: number;
  readonly held_median_ms: number;
  readonly held_last_ms: number;
  /** Until the successor had committed a step of each. */
  readonly committed_last_ms: number;
  /** Of the last run held, over the lease. */
  readonly ratio: number;
}

/** Kills a worker process in the middle of its runs, so many times, while another one of the same profile looks on. */
export async function measureTakeover(options: TakeoverOptions): Promise<readonly TakeoverFigure[]> {
  const figures: TakeoverFigure[] = [];
  for (let time = 0; time < options.times; time++) {
    const database = await makeDatabase({
      url: options.url,
      name: options.database,
      tenants: 1,
      stepsPerRun: STEPS_PER_RUN,
    });
    try {
      figures.push(await killOne(database, options));
    } finally {
      await database.close();
    }
  }
  return figures;
}

async function killOne(database: BenchDatabase, { runs, leaseMs }: TakeoverOptions): Promise<TakeoverFigure> {
  const { host } = database.installation;
  const crew = await database.crew(2);
  try {
    await crew.one(0, { kind: "begin", step: "slow", runs, tenants: 1, callers: 1 });
    await crew.one(0, { kind: "drive", runsMax: runs, leaseMs });
    await untilAll(database, runs, runsMoving);
    await crew.one(1, { kind: "drive", runsMax: runs, leaseMs });
    const killedAt = host.clock.now();
    await crew.kill(0);
    const held = (await untilAll(database, runs, runsTakenOver)).map((at) => at - killedAt);
    const committed = (await untilAll(database, runs, runsGoingOn)).map((at) => at - killedAt);
    await crew.one(1, { kind: "rest" });
    const last = Math.max(...held);
    return {
      runs,
      lease_ms: leaseMs,
      held_first_ms: Math.min(...held),
      held_median_ms: median(held),
      held_last_ms: last,
      committed_last_ms: Math.max(...committed),
      ratio: last / leaseMs,
    };
  } finally {
    await crew.close();
  }
}

const POLL_MS = 5;

type Look = (database: BenchDatabase) => Promise<number>;

/** When each of the runs was first seen so, by looking every few milliseconds; in order. */
async function untilAll(database: BenchDatabase, runs: number, look: Look): Promise<readonly Instant[]> {
  const { clock } = database.installation.host;
  const never = new AbortController().signal;
  const seen: Instant[] = [];
  while (seen.length < runs) {
    const found = await look(database);
    while (seen.length < found) seen.push(clock.now());
    await clock.wake(after(clock.now(), POLL_MS), never);
  }
  return seen;
}

const counted = (rows: readonly { readonly runs: number }[]): number => rows[0]?.runs ?? 0;

/** Runs whose first holder has committed a step. */
const runsMoving: Look = async ({ installation: { database } }) =>
  counted(
    await database.owner<{ runs: number }[]>`
    select count(distinct stream)::int as runs from countermark.event where epoch = 1 and type = 'step.succeeded'`,
  );

/** Runs that had a second holder. */
const runsTakenOver: Look = async ({ installation: { database } }) =>
  counted(
    await database.owner<{ runs: number }[]>`
    select count(*)::int as runs from countermark.due where epoch > 1`,
  );

/** Runs whose second holder has committed something. */
const runsGoingOn: Look = async ({ installation: { database } }) =>
  counted(
    await database.owner<{ runs: number }[]>`
    select count(distinct stream)::int as runs from countermark.event where epoch > 1`,
  );
