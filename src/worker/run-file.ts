import { assert, type Json } from "../contracts/index.ts";
import {
  foldedCount,
  type InboxEntry,
  readAfterSnapshot,
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
  // All at once: the statements share one round trip, and the lease keeps the run as it is between them.
  const [row, first, inbox, folded] = await Promise.all([
    findRun(sql, runId),
    readAfterSnapshot(sql, runId, EVENTS_PAGE),
    waitingInbox(sql, runId),
    foldedCount(sql, runId),
  ]);
  if (row === undefined) return undefined;
  const snapshot: RunState | null = row.snapshot === null ? null : JSON.parse(row.snapshot);
  const rest = first.length < EVENTS_PAGE ? [] : await runEventsAfter(sql, runId, first.at(-1)?.seq ?? 0);
  const events = [...eventsOf(first), ...rest];
  const state = snapshot === null ? foldRun(events) : events.reduce(evolve, snapshot);
  assert(state.run_id === runId, "a stream folds to its own run");
  return { row, state, head: { seq: row.head_seq, hash: row.head_hash }, inbox, folded };
}

/** The run's own events after a sequence number, in order; entries of others in the stream are left out. */
export async function runEventsAfter(sql: TenantQuery, runId: string, afterSeq: number): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for (let seq = afterSeq; ; ) {
    const page = await readStream(sql, runId, seq, EVENTS_PAGE);
    events.push(...eventsOf(page));
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return events;
    seq = last.seq;
  }
}

const eventsOf = (page: readonly StoredEvent[]): readonly RunEvent[] =>
  page.flatMap((stored) => {
    const event = runEventOf(stored);
    return event === null ? [] : [event];
  });

/** A stored entry as a run event; null for another's entry, and for one whose payload was erased. */
export function runEventOf(stored: StoredEvent): RunEvent | null {
  if (stored.payload === null) return null;
  const payload: Json = JSON.parse(stored.payload);
  return recordedRunEvent({ type: stored.type, at: stored.at, step: stored.step, payload });
}
