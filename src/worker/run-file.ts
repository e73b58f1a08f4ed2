import { assert, Fault } from "../contracts/index.ts";
import {
  type ChainBreak,
  chainRow,
  foldedCounts,
  type InboxEntry,
  readAfterSnapshots,
  readStream,
  type StoredEvent,
  type StreamHead,
  verifyStream,
  waitingInboxes,
} from "../ledger/index.ts";
import {
  evolve,
  findRuns,
  foldRun,
  type RunEvent,
  type RunRow,
  type RunState,
  readSnapshot,
  recordedRunEvent,
} from "../run/index.ts";
import type { TenantQuery, TenantReads } from "../store/index.ts";

/**
 * A run as its new holder finds it.
 *
 * F1  What is folded is what was written: the entries extend each other up to the run's head, each with its hash.
 * F2  A snapshot saves folding. One that is not what was written is done without.
 */

/** A run whose stream has not been read. */
export interface UnreadRun {
  readonly row: RunRow;
  readonly head: StreamHead;
  /** What it was told since it was last held. */
  readonly inbox: readonly InboxEntry[];
  /** Inbox entries folded so far. */
  readonly folded: number;
}

/** A run with the fold of everything recorded. */
export interface RunFile extends UnreadRun {
  readonly state: RunState;
  /** Whether its snapshot was of no use. F2 */
  readonly isSnapshotAltered: boolean;
}

export type BrokenCode = "EVENT_LOG_TRUNCATED" | "EVENT_LOG_CORRUPT" | "EVENT_SEQUENCE_GAP";

const CODES: { readonly [rule: string]: BrokenCode } = { truncated: "EVENT_LOG_TRUNCATED", gap: "EVENT_SEQUENCE_GAP" };

/** What is recorded of a run is not what was written: nobody goes on with it before it is restored. F1 */
export class BrokenRun extends Fault {
  readonly file: UnreadRun;
  readonly broken: ChainBreak;
  readonly why: BrokenCode;

  constructor(file: UnreadRun, broken: ChainBreak) {
    const code = CODES[broken.rule] ?? "EVENT_LOG_CORRUPT";
    const message = `entry ${broken.seq} of run \`${file.row.run_id}\`: ${broken.rule}`;
    super(code, message, { retry: "never" });
    this.file = file;
    this.broken = broken;
    this.why = code;
  }
}

/** Events read at a time when a run is folded. */
const EVENTS_PAGE = 1_000;

/** Events of each run that are read with it: more than a run has since its last snapshot, unless it never rested. */
const EVENTS_FIRST = 200;

/** What is read of a run to open it. */
export interface RunRead extends UnreadRun {
  /** The first that its snapshot does not hold. */
  readonly first: readonly StoredEvent[];
}

/** Reads what runs are opened from; of a run that there is not, undefined. All statements are sent at once. */
export async function readRuns(sql: TenantReads, runIds: readonly string[]): Promise<readonly (RunRead | undefined)[]> {
  const [rows, entries, inboxes, counts] = await Promise.all([
    findRuns(sql, runIds).execute(),
    readAfterSnapshots(sql, runIds, EVENTS_FIRST).execute(),
    waitingInboxes(sql, runIds).execute(),
    foldedCounts(sql, runIds).execute(),
  ]);
  return runIds.map((runId) => {
    const row = rows.find(({ run_id }) => run_id === runId);
    if (row === undefined) return undefined;
    return {
      row,
      head: { seq: row.head_seq, hash: row.head_hash },
      first: entries.filter(({ stream }) => stream === runId),
      inbox: inboxes.filter(({ run_id }) => run_id === runId),
      folded: counts.find(({ run_id }) => run_id === runId)?.folded ?? 0,
    };
  });
}

/** Opens a run for its lease holder; undefined when there is no such run. Faults: `BrokenRun`. */
export async function openRun(sql: TenantQuery, runId: string): Promise<RunFile | undefined> {
  const [read] = await readRuns(sql, [runId]);
  return read && openRead(read, (afterSeq) => entriesAfter(sql, runId, afterSeq));
}

/**
 * Opens a run from what was read of it; the lease keeps the run as it is until the rest is read. Faults: `BrokenRun`.
 *
 * @param restOf reads all events after the one given
 */
export async function openRead(
  { first, ...unread }: RunRead,
  restOf: (afterSeq: number) => Promise<readonly StoredEvent[]>,
): Promise<RunFile> {
  const { row } = unread;
  const snapshot = row.snapshot === null ? null : readSnapshot(row.snapshot);
  const isSnapshotAltered = row.snapshot !== null && snapshot === null;
  const entries = isSnapshotAltered ? await restOf(0) : await withRest(first, restOf);
  const broken = await breakOf(unread, entries, snapshot === null ? 0 : row.snapshot_seq);
  if (broken !== null) throw new BrokenRun(unread, broken);
  const events = eventsOf(entries);
  const state = snapshot === null ? foldRun(events) : events.reduce(evolve, snapshot);
  assert(state.run_id === row.run_id, "a stream folds to its own run");
  return { ...unread, state, isSnapshotAltered };
}

/** F1. A run that has only begun was written by one statement, which nobody could come between. */
async function breakOf(
  { row, head }: UnreadRun,
  entries: readonly StoredEvent[],
  afterSeq: number,
): Promise<ChainBreak | null> {
  if (head.seq === 1) return null;
  const [first] = entries;
  const rows = entries.map((stored) => chainRow(row.tenant_id, stored));
  const before = { seq: afterSeq, hash: first?.prev_hash ?? head.hash };
  const known = afterSeq === 0 ? { head } : { head, from: before };
  return (await verifyStream(rows, { tenant: row.tenant_id, stream: row.run_id }, known)).broken;
}

const withRest = async (
  first: readonly StoredEvent[],
  restOf: (afterSeq: number) => Promise<readonly StoredEvent[]>,
): Promise<readonly StoredEvent[]> =>
  first.length < EVENTS_FIRST ? first : [...first, ...(await restOf(first.at(-1)?.seq ?? 0))];

/** All events of a run after one of them. */
export async function entriesAfter(sql: TenantQuery, runId: string, afterSeq: number): Promise<readonly StoredEvent[]> {
  const entries: StoredEvent[] = [];
  for (let seq = afterSeq; ; ) {
    const page = await readStream(sql, runId, seq, EVENTS_PAGE);
    entries.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return entries;
    seq = last.seq;
  }
}

const eventsOf = (page: readonly StoredEvent[]): readonly RunEvent[] =>
  page.flatMap((stored) => {
    const event = runEventOf(stored);
    return event === null ? [] : [event];
  });

type RunEntry = Pick<StoredEvent, "type" | "at" | "step" | "payload">;

/** A stored entry as a run event; null for another's entry, and for one whose payload was erased. */
export function runEventOf({ type, at, step, payload }: RunEntry): RunEvent | null {
  return payload === null ? null : recordedRunEvent({ type, at, step, payload: JSON.parse(payload) });
}
