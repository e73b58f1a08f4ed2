import { assert, type Instant } from "../contracts/index.ts";
import { type StreamEntry, tellStream } from "../ledger/index.ts";
import {
  type ChartRow,
  type DiagnosisFilter,
  type Gathered,
  isMark,
  type Move,
  newCalls,
  newChart,
  newFold,
  newPath,
  type RunCall,
  type Why,
} from "../observe/index.ts";
import { findRun, type RunRow, type RunState } from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { leaseOf, whyHeld } from "./diagnosed-run.ts";
import { approvalsOfRun, recordedEvent } from "./recorded-run.ts";

/** A run over time, as it was asked for. */
export interface SeenRun {
  readonly row: RunRow;
  readonly why: Why;
  /** The database's clock, which rules leases. */
  readonly now: Instant;
  /** How long a dot of the picture lasts; 0 where every bar is told by itself. */
  readonly dotMs: number;
  readonly rows: readonly ChartRow[];
  readonly calls: readonly Gathered<RunCall>[];
  readonly moves: readonly Move[];
  /** What concerns its ownership and its approvals. */
  readonly marks: readonly StreamEntry[];
}

export interface SeenAsked {
  readonly filter: DiagnosisFilter;
  /** How wide the picture is; null: every bar is told by itself. */
  readonly dots: number | null;
}

/**
 * Looks once through a run's stream, or undefined. Row and lease come first, as for every reader who does not hold the run; the entries
 * up to the row's head are folded as they come, and of each only what the picture shows of it is held.
 */
export async function seeRun(
  sql: TenantQuery,
  runId: string,
  { filter, dots }: SeenAsked,
): Promise<SeenRun | undefined> {
  const row = await findRun(sql, runId);
  if (row === undefined) return undefined;
  const lease = await leaseOf(sql, runId);
  const { now } = lease;
  const dotMs = dots === null ? 0 : ((row.ended_at ?? now) - row.started_at) / dots;
  const [fold, chart, path, calls] = [newFold(), newChart({ filter, dotMs }), newPath(), newCalls({ filter, dotMs })];
  const marks: StreamEntry[] = [];
  const states: { last: RunState | null } = { last: null };
  await tellStream(sql, { stream: runId, head: row.head_seq }, (entry) => {
    if (isMark(entry)) marks.push(entry);
    for (const recorded of recordedEvent(entry)) {
      const transition = fold(recorded);
      states.last = transition.state;
      for (const { see } of [chart, path, calls]) see(transition);
    }
  });
  const state = states.last;
  assert(state !== null, "a run has its first event");
  const why = whyHeld({ row, state }, await approvalsOfRun(sql, runId), lease);
  return { row, why, now, dotMs, rows: chart.rowsAt(now), calls: calls.shown(), moves: path.moves(), marks };
}
