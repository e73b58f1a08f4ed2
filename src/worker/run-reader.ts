import { nextTurn } from "../contracts/index.ts";
import { findTenant } from "../guard/index.ts";
import type { Database, TenantReads } from "../store/index.ts";
import { type RunRead, readRuns } from "./run-file.ts";
import { TenantReader } from "./tenant-reader.ts";

export interface RunAsked {
  readonly tenantId: string;
  readonly runId: string;
}

/** A run as it is opened from, and the revision of its tenant's control facts. */
export interface ReadRun {
  readonly run: RunRead | undefined;
  readonly revision: number;
}

export type RunReader = TenantReader<RunAsked, ReadRun>;

/** Runs read together: a few share what a transaction costs, and no call waits long for its facts behind them. */
const RUNS_MAX = 16;

/**
 * Reads runs for their new holders. In a transaction of its own for each it was four round trips, and half of what both
 * this process and the database spent on a run of ten steps.
 *
 * @param turn resolves once everything that can run now has run; a simulation passes its own
 */
export const runReader = (database: Pick<Database, "atOnce">, turn: () => Promise<void> = nextTurn): RunReader =>
  new TenantReader({ database, ask: runsOf, askedMax: RUNS_MAX, turn });

async function runsOf(sql: TenantReads, asked: readonly RunAsked[]): Promise<readonly ReadRun[]> {
  const runIds = asked.map(({ runId }) => runId);
  const [runs, tenant] = await Promise.all([readRuns(sql, runIds), findTenant(sql)]);
  return runs.map((run) => ({ run, revision: tenant?.control_revision ?? 0 }));
}
