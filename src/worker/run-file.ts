import { assert, type Json } from "../contracts/index.ts";
import {
  foldedCount,
  type InboxEntry,
  readStream,
  type StoredEvent,
  type StreamHead,
  waitingInbox,
} from "../ledger/index.ts";
import { evolve, findRun, foldRun, type RunEvent, type RunRow, type RunState, recordedRunEvent } from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";

/** A run as its new holder finds it: the fold of everything recorded, and what it was told since. */
export interface RunFile {
  readonly row: RunRow;
  readonly state: RunState;
  readonly head: StreamHead;
  readonly inbox: readonly InboxEntry[];
  /** Inbox entries folded so far. */
  readonly folded: number;
}

/** Events read at a time when a run is folded. */
const EVENTS_PAGE = 1_000;

/** Opens a run for its lease holder; undefined when there is no such run. */
export async function openRun(sql: TenantQuery, runId: string): Promise<RunFile | undefined> {
  const row = await findRun(sql, runId);
  if (row === undefined) return undefined;
  const snapshot: RunState | null = row.snapshot === null ? null : JSON.parse(row.snapshot);
  const events = await runEventsAfter(sql, runId, row.snapshot_seq);
  const state = snapshot === null ? foldRun(events) : events.reduce(evolve, snapshot);
  assert(state.run_id === runId, "a stream folds to its own run");
  const head = { seq: row.head_seq, hash: row.head_hash };
  return { row, state, head, inbox: await waitingInbox(sql, runId), folded: await foldedCount(sql, runId) };
}

/** The run's own events after a sequence number, in order; entries of others in the stream are left out. */
export async function runEventsAfter(sql: TenantQuery, runId: string, afterSeq: number): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for (let seq = afterSeq; ; ) {
    const page = await readStream(sql, runId, seq, EVENTS_PAGE);
    for (const stored of page) {
      const event = runEventOf(stored);
      if (event !== null) events.push(event);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return events;
    seq = last.seq;
  }
}

/** A stored entry as a run event; null for another's entry, and for one whose payload was erased. */
export function runEventOf(stored: StoredEvent): RunEvent | null {
  if (stored.payload === null) return null;
  const payload: Json = JSON.parse(stored.payload);
  return recordedRunEvent({ type: stored.type, at: stored.at, step: stored.step, payload });
}
