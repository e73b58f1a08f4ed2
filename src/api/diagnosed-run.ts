import type { ApprovalRow } from "../approve/index.ts";
import { assert, type Instant } from "../contracts/index.ts";
import { readStream, type StoredEvent } from "../ledger/index.ts";
import { type LedgerRun, type Why, whyOf } from "../observe/index.ts";
import { findRun, type RecordedEvent } from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { besideRun, checkpointIdsOf, findLease, type HeldLease, leasesOf, WORKER_PROFILE } from "../worker/index.ts";
import { approvalsOfRun, type RecordedRun, recordedEvent, snapshotOf, stateOf } from "./recorded-run.ts";

/** A run with everything that a diagnosis of it needs. */
export interface DiagnosedRun extends LedgerRun {
  readonly approvals: readonly ApprovalRow[];
  readonly lease: HeldLease;
  readonly why: Why;
  /** The database's clock, which rules leases. */
  readonly now: Instant;
}

/** Reads a run for its diagnosis, or undefined. */
export async function readDiagnosed(sql: TenantQuery, runId: string): Promise<DiagnosedRun | undefined> {
  const row = await findRun(sql, runId);
  if (row === undefined) return undefined;
  const events = await eventsUpTo(sql, runId, row.head_seq);
  const own = events.flatMap(recordedEvent);
  const state = stateOf(row, snapshotOf(row), own);
  const approvals = await approvalsOfRun(sql, runId);
  const lease = await leaseOf(sql, runId);
  const tokens = await leasesOf(sql, runId);
  // Of a run that was neither held by token nor taken over, nobody else has anything to say.
  const hasOthers = tokens.length > 0 || events.some(({ type }) => type === "lease.taken_over");
  return {
    row,
    state,
    events,
    beside: hasOthers ? await besideRun(sql, row) : [],
    approvals,
    lease,
    tokens,
    checkpointIds: await checkpointsOf(sql, own),
    liveness: WORKER_PROFILE,
    why: whyHeld({ row, state }, approvals, lease),
    now: lease.now,
  };
}

/** The checkpoints that the database has of the graphs of which a run's events tell; most runs have none. */
async function checkpointsOf(sql: TenantQuery, events: readonly RecordedEvent[]): Promise<readonly string[]> {
  const threads = new Set(
    events.flatMap(({ event }) => (event.type === "agent.checkpointed" ? [event.payload.thread_id] : [])),
  );
  if (threads.size === 0) return [];
  return (await checkpointIdsOf(sql, [...threads])).map(({ checkpoint_id }) => checkpoint_id);
}

/** A run's lease. Every run has a row of when it is due, from its first event on. */
export async function leaseOf(sql: TenantQuery, runId: string): Promise<HeldLease> {
  const lease = await findLease(sql, runId);
  assert(lease !== undefined, "a run has its due row");
  return lease;
}

/** Where a run is, with whoever holds it. */
export const whyHeld = ({ row, state }: RecordedRun, approvals: readonly ApprovalRow[], lease: HeldLease): Why =>
  whyOf(state, { row, approvals, lease: { fact: lease, now: lease.now } });

/** Of most runs all: each page is asked for only when the one before has come. */
const EVENTS_PAGE = 5_000;

/** Every entry of a run's stream that its row counts, in order; those of others in it, too. */
async function eventsUpTo(sql: TenantQuery, runId: string, head: number): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let seq = 0; seq < head; ) {
    const page = await readStream(sql, runId, seq, EVENTS_PAGE);
    events.push(...page.filter((event) => event.seq <= head));
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) break;
    seq = last.seq;
  }
  return events;
}
