import { type ApprovalRow, findApproval } from "../approve/index.ts";
import { readStream, readStreamOf, type StreamEntry } from "../ledger/index.ts";
import {
  evolve,
  findRun,
  foldRun,
  type RecordedEvent,
  type RunRow,
  type RunState,
  readSnapshot,
} from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { runEventOf } from "../worker/index.ts";

/** A run as somebody reads it who does not hold its lease: it may move at any moment. */
export interface RecordedRun {
  readonly row: RunRow;
  /** The fold of the events that the row counts. */
  readonly state: RunState;
}

/**
 * Reads a run, or undefined. The row comes first: snapshot and head are of one commit, and the events up to that head never
 * change, so row and state agree whatever the holder commits meanwhile.
 */
export async function readRun(sql: TenantQuery, runId: string): Promise<RecordedRun | undefined> {
  const row = await findRun(sql, runId);
  if (row === undefined) return undefined;
  const snapshot = snapshotOf(row);
  const events = await recordedEvents(sql, runId, snapshot === null ? 0 : row.snapshot_seq);
  return { row, state: stateOf(row, snapshot, events) };
}

/** Null where there is none, or it is not what was written. */
export const snapshotOf = ({ snapshot }: RunRow): RunState | null =>
  snapshot === null ? null : readSnapshot(snapshot);

/** The state that a row counts, from its snapshot on where it has one; the events are all of the run, or those after it. */
export function stateOf(row: RunRow, snapshot: RunState | null, events: readonly RecordedEvent[]): RunState {
  const counted = events.filter(({ seq }) => seq <= row.head_seq);
  if (snapshot === null) return foldRun(counted.map(({ event }) => event));
  const after = counted.filter(({ seq }) => seq > row.snapshot_seq);
  return after.map(({ event }) => event).reduce(evolve, snapshot);
}

const EVENTS_PAGE = 1_000;

/** The run's own events after a sequence number, in order, each with its place in the stream. */
export async function recordedEvents(
  sql: TenantQuery,
  runId: string,
  afterSeq: number,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let seq = afterSeq; ; ) {
    const page = await readStream(sql, runId, seq, EVENTS_PAGE);
    events.push(...page.flatMap(recordedEvent));
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return events;
    seq = last.seq;
  }
}

/** An entry of a run's stream as its own event; none where others wrote it. */
export function recordedEvent(stored: StreamEntry): readonly RecordedEvent[] {
  const event = runEventOf(stored);
  return event === null ? [] : [{ seq: stored.seq, event }];
}

/** More than a person would ever decide of one run. */
const APPROVALS_MAX = 10_000;

/** The approvals that a run asked for, in order; its transcript names them. */
export async function approvalsOfRun(sql: TenantQuery, runId: string): Promise<readonly ApprovalRow[]> {
  const approvals: ApprovalRow[] = [];
  for (const stored of await readStreamOf(sql, {
    stream: runId,
    types: ["approval.requested"],
    after: 0,
    limit: APPROVALS_MAX,
  })) {
    const event = runEventOf(stored);
    if (event?.type !== "approval.requested") continue;
    const row = await findApproval(sql, event.payload.approval_id);
    if (row !== undefined) approvals.push(row);
  }
  return approvals;
}
