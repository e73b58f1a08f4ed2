import { assert, type Instant, type Json } from "../../contracts/index.ts";
import { AUDIT_STREAM, type SealedEvent, type StoredEvent } from "../../ledger/index.ts";
import type { RunRow, RunStatus } from "../../run/index.ts";
import type { Query, TenantQuery } from "../../store/index.ts";
import type { BlockCode } from "../block.ts";
import type { LeaseRecord } from "./lease-record.ts";
import type { Candidate } from "./self-heal.ts";

/** A run's row, locked, with the time at which it was. */
export interface LockedRun {
  readonly run_id: string;
  readonly workflow_id: string;
  readonly stream_day: string;
  readonly status: RunStatus;
  readonly code: string | null;
  readonly correlation_id: string;
  readonly channel: "prod_traffic" | "controlled_fixture" | "ci";
  readonly epoch: number;
  readonly version: number;
  readonly head_seq: number;
  readonly head_hash: string;
  readonly ended_at: Instant | null;
  /** The database's clock, in whole milliseconds. */
  readonly now: Instant;
}

/** Locks a run until the transaction ends, or finds none: nothing commits to it, and nobody claims it, meanwhile. */
export async function lockRun(sql: TenantQuery, runId: string): Promise<LockedRun | undefined> {
  const rows = await sql<LockedRun[]>`
    select run_id, workflow_id, to_char(stream_day, 'YYYY-MM-DD') as stream_day, status, code, correlation_id, channel, epoch, version,
           head_seq, head_hash, ended_at, date_trunc('milliseconds', clock()) as now
      from run
     where tenant_id = require_tenant_context() and run_id = ${runId}
       for no key update`;
  return rows[0];
}

/** Writes events that follow a locked run's head, and moves run and head on. */
export async function appendLocked(sql: TenantQuery, run: LockedRun, events: readonly SealedEvent[]): Promise<void> {
  for (const { entry, hash, payload_text } of events)
    await sql`
      insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel,
             epoch, step, severity, dedup_key, payload_sha256, prev_hash, hash, payload)
      values (require_tenant_context(), ${run.stream_day}::date, ${entry.stream}, ${entry.seq}, ${entry.event_id}, ${entry.type},
             ${entry.at}::timestamptz, ${entry.recorded_at}::timestamptz, ${entry.correlation}, ${entry.causation}, ${entry.actor},
             ${entry.channel}, ${entry.epoch}, ${entry.step}, ${entry.severity}, ${entry.dedup_key}, ${entry.payload_sha256},
             ${entry.prev_hash}, ${hash}, ${payload_text})`;
  const last = events.at(-1);
  if (last === undefined) return;
  const moved = await sql`
    update run
       set version = version + 1, head_seq = ${last.entry.seq}, head_hash = ${last.hash}, updated_at = clock()
     where tenant_id = require_tenant_context() and run_id = ${run.run_id} and version = ${run.version}
    returning version`;
  assert(moved.length === 1, "a locked run stays as it was read");
}

/** A run that changed hands, as the claim saw it. */
export interface TakeoverRow {
  readonly epoch: number;
  readonly holder: string | null;
  readonly previous_epoch: number;
  readonly previous_holder: string;
  readonly stale_since: Instant;
  readonly detected_at: Instant;
}

/** Takeovers of a run that no event reports yet, oldest first: the last one, and those whose successor was lost before it could. */
export const unreportedTakeovers = (sql: TenantQuery, runId: string) => sql<TakeoverRow[]>`
  select epoch, holder, previous_epoch, previous_holder, stale_since, detected_at
    from takeover
   where tenant_id = require_tenant_context() and run_id = ${runId} and seq is null
   order by epoch
   limit 1000`;

export interface EffectInFlight {
  readonly epoch: number;
  readonly internal_key: string;
  readonly generation: number;
  readonly step_id: string;
  readonly status: "IN_PROGRESS" | "UNKNOWN";
  readonly effect_epoch: number;
}

/** The effects that were in flight at a run's takeovers since an epoch, in a total order. */
export const effectsInFlight = (sql: TenantQuery, runId: string, sinceEpoch: number) => sql<EffectInFlight[]>`
  select epoch, internal_key, generation, step_id, status, effect_epoch
    from takeover_effect
   where tenant_id = require_tenant_context() and run_id = ${runId} and epoch >= ${sinceEpoch}
   order by epoch, internal_key, generation
   limit 10000`;

export const markReported = (sql: TenantQuery, runId: string, { epoch, seq }: { epoch: number; seq: number }) => sql`
  update takeover set seq = ${seq}
   where tenant_id = require_tenant_context() and run_id = ${runId} and epoch = ${epoch} and seq is null`;

/** A takeover with the place of the event that reports it. */
export interface RecordedTakeover extends TakeoverRow {
  readonly seq: number | null;
}

/** Takeovers of a run, oldest first. */
export const takeoversOf = (sql: TenantQuery, runId: string) => sql<RecordedTakeover[]>`
  select epoch, holder, previous_epoch, previous_holder, stale_since, detected_at, seq
    from takeover
   where tenant_id = require_tenant_context() and run_id = ${runId}
   order by epoch
   limit 1000`;

/** What became of an effect that was in flight at a takeover, as of now. */
export interface EffectOutcome {
  /** Of the takeover. */
  readonly epoch: number;
  readonly internal_key: string;
  readonly generation: number;
  readonly step_id: string;
  readonly status_then: "IN_PROGRESS" | "UNKNOWN";
  readonly effect_epoch: number;
  readonly became: "applied" | "not_applied" | "unknown" | "open";
  readonly receipt_id: string | null;
  readonly receipt_status: "claimed" | "confirmed" | "contradicted" | "unknown" | null;
}

/** What became of the effects in flight at each takeover of a run, in a total order. */
export const effectOutcomes = (sql: TenantQuery, runId: string) => sql<EffectOutcome[]>`
  select epoch, internal_key, generation, step_id, status_then, effect_epoch, became, receipt_id, receipt_status
    from takeover_effect_outcome
   where tenant_id = require_tenant_context() and run_id = ${runId}
   order by epoch, internal_key, generation
   limit 10000`;

export interface EpochViolation {
  readonly kind: "effect" | "transaction" | "outcome" | "stale_write";
  readonly subject: string;
  readonly epochs: readonly number[];
}

/** Where a run shows one thing done under two epochs; none is the proof that it does not. */
export const epochViolations = (sql: TenantQuery, runId: string) => sql<EpochViolation[]>`
  select kind, subject, epochs::int[] as epochs from epoch_violations(${runId}) order by kind, subject limit 1000`;

/** Which of these keys the run's stream has already. */
export async function knownKeys(
  sql: TenantQuery,
  { run_id, stream_day }: Pick<LockedRun, "run_id" | "stream_day">,
  keys: readonly string[],
): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const rows = await sql<{ dedup_key: string }[]>`
    select dedup_key
      from event
     where tenant_id = require_tenant_context() and stream_day = ${stream_day}::date and stream = ${run_id}
       and dedup_key = any(${keys}::text[])
     order by seq
     limit 1000`;
  return rows.map(({ dedup_key }) => dedup_key);
}

/** The payload of a run's last event of a type; null where it has none. */
export async function lastPayload(
  sql: TenantQuery,
  { run_id, stream_day }: Pick<LockedRun, "run_id" | "stream_day">,
  type: string,
): Promise<Json> {
  const rows = await sql<{ payload: string | null }[]>`
    select payload
      from event
     where tenant_id = require_tenant_context() and stream_day = ${stream_day}::date and stream = ${run_id} and type = ${type}
     order by seq desc
     limit 1`;
  return JSON.parse(rows[0]?.payload ?? "null");
}

/** Whether a stream that no run owns has an event of this key. */
export async function isRecorded(sql: TenantQuery, stream: string, key: string): Promise<boolean> {
  const rows = await sql`
    select seq from event
     where tenant_id = require_tenant_context() and stream = ${stream} and dedup_key = ${key}
     order by seq
     limit 1`;
  return rows.length === 1;
}

/** What others than its holder record of a run's ownership. */
const BESIDE_TYPES = [
  "lease.registered",
  "lease.released",
  "lease.expired",
  "lease.transition_refused",
  "lease.stale_write_rejected",
  "heartbeat.stale",
  "heartbeat.recovered",
  "takeover.decided",
];

/** What stands beside a run's stream, in the audit stream: acts and refusals of those who do not hold the run, in order. */
export const besideRun = (
  sql: TenantQuery,
  { run_id, correlation_id, started_at }: Pick<RunRow, "run_id" | "correlation_id" | "started_at">,
) => sql<StoredEvent[]>`
  select stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel, epoch, step, severity, dedup_key,
         payload_sha256, prev_hash, hash, payload
    from event
   where tenant_id = require_tenant_context() and stream = ${AUDIT_STREAM}
     and stream_day = (select h.stream_day from stream_head h where h.tenant_id = require_tenant_context() and h.stream = ${AUDIT_STREAM})
     and type = any(${BESIDE_TYPES}::text[]) and correlation = ${correlation_id} and at >= ${started_at}::timestamptz
     and payload::json ->> 'run_id' = ${run_id}
   order by seq
   limit 10000`;

/** A run's lease as the workers see it, locked; the run's lock is held already. */
export async function lockDue(
  sql: TenantQuery,
  runId: string,
): Promise<{ readonly worker_id: string | null; readonly epoch: number; readonly due_at: Instant | null } | undefined> {
  const rows = await sql<{ worker_id: string | null; epoch: number; due_at: Instant | null }[]>`
    select worker_id, epoch, due_at
      from due
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId}
       for update`;
  return rows[0];
}

/**
 * Takes a locked run from its holder, whose commits are fenced from then on, and gives it to a successor; to whichever worker is
 * next, where there is none; to nobody before a person says so, where it is blocked besides.
 */
export async function takeRun(
  sql: TenantQuery,
  runId: string,
  taken: {
    readonly epoch: number;
    readonly blockedBy: BlockCode | null;
    readonly to: { readonly holder: string; readonly until: Instant } | null;
  },
): Promise<void> {
  const { epoch, blockedBy, to } = taken;
  await sql`
    update run
       set epoch = ${epoch}, status = case when ${blockedBy}::text is null then status else 'BLOCKED' end,
           code = coalesce(${blockedBy}, code)
     where tenant_id = require_tenant_context() and run_id = ${runId}`;
  await sql`
    update due
       set worker_id = ${to?.holder ?? null}, epoch = ${epoch},
           due_at = coalesce(${to?.until ?? null}::timestamptz, case when ${blockedBy}::text is null then clock() end)
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId}`;
}

/** Leaves a locked run that this epoch holds to people; it is due again if it was told more than its holder has read. */
export async function leaveToPeople(
  sql: TenantQuery,
  runId: string,
  { epoch, code, told }: { readonly epoch: number; readonly code: BlockCode; readonly told: number },
): Promise<void> {
  await sql`
    update run set status = 'BLOCKED', code = ${code}
     where tenant_id = require_tenant_context() and run_id = ${runId} and epoch = ${epoch}`;
  await sql`
    update due set worker_id = null, claims = 0, due_at = case when signals > ${told} then clock() end
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId} and epoch = ${epoch}`;
}

/** Has somebody hold a locked run until an instant: its epoch fences the run's commits from now on. */
export async function holdRun(
  sql: TenantQuery,
  runId: string,
  { holder, epoch, until }: { readonly holder: string; readonly epoch: number; readonly until: Instant },
): Promise<void> {
  await sql`
    update run set epoch = ${epoch} where tenant_id = require_tenant_context() and run_id = ${runId} and epoch <= ${epoch}`;
  await sql`
    update due set worker_id = ${holder}, epoch = ${epoch}, due_at = ${until}::timestamptz
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId} and epoch <= ${epoch}`;
}

/** Gives a locked run back to the workers, if this epoch still holds it. */
export const releaseRun = (sql: TenantQuery, runId: string, epoch: number) => sql`
  update due set worker_id = null, due_at = clock()
   where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId} and epoch = ${epoch}`;

/** The runs that are held by token, of every tenant, with the database's time. For the worker role. */
export async function runsHeldByToken(
  sql: Query,
): Promise<{ readonly now: Instant; readonly runs: readonly { readonly tenant_id: string; readonly id: string }[] }> {
  const rows = await sql<{ now: Instant; tenant_id: string | null; id: string | null }[]>`
    select c.now, d.tenant_id, d.id
      from (select date_trunc('milliseconds', clock()) as now) c
      left join due d on d.kind = 'run' and starts_with(d.worker_id, 'lease:')
     order by d.tenant_id, d.id
     limit 10000`;
  const [first] = rows;
  assert(first !== undefined, "there is a time");
  const runs = rows.flatMap(({ tenant_id, id }) => (tenant_id === null || id === null ? [] : [{ tenant_id, id }]));
  return { now: first.now, runs };
}

/** The registered leases of a run, by epoch. The run's lock is held. */
export const leasesOf = (sql: TenantQuery, runId: string) => sql<LeaseRecord[]>`
  select lane, step_id, run_id, thread_id, host_id, pid, token_sha256, predecessor_token_fp, epoch, ttl_seconds, status, expiry,
         last_heartbeat_at, created_at, updated_at
    from lease
   where tenant_id = require_tenant_context() and run_id = ${runId}
   order by epoch
   limit 1000`;

/** What was last heard of threads that hold a lease by token, whatever of, by thread. */
export const candidatesAmong = (sql: TenantQuery, threads: readonly string[]) => sql<Candidate[]>`
  select distinct on (thread_id) thread_id, host_id, pid, last_heartbeat_at as beat_at
    from lease
   where tenant_id = require_tenant_context() and status = 'ACTIVE' and thread_id = any(${threads}::text[])
   order by thread_id, last_heartbeat_at desc
   limit 1000`;

/** Writes a lease as it is now. */
export const writeLease = (sql: TenantQuery, lease: LeaseRecord) => sql`
  insert into lease (tenant_id, run_id, epoch, lane, step_id, thread_id, host_id, pid, token_sha256, predecessor_token_fp, ttl_seconds,
         status, expiry, last_heartbeat_at, created_at, updated_at)
  values (require_tenant_context(), ${lease.run_id}, ${lease.epoch}, ${lease.lane}, ${lease.step_id}, ${lease.thread_id},
         ${lease.host_id}, ${lease.pid}, ${lease.token_sha256}, ${lease.predecessor_token_fp}, ${lease.ttl_seconds}, ${lease.status},
         ${lease.expiry}::timestamptz, ${lease.last_heartbeat_at}::timestamptz, ${lease.created_at}::timestamptz,
         ${lease.updated_at}::timestamptz)
      on conflict (tenant_id, run_id, epoch) do update
     set status = excluded.status, expiry = excluded.expiry, ttl_seconds = excluded.ttl_seconds,
         last_heartbeat_at = excluded.last_heartbeat_at, updated_at = excluded.updated_at`;

/** Closes the registered leases of a run that have run out, and returns them. The run's lock is held. */
export const expireLeases = (sql: TenantQuery, runId: string, now: Instant) => sql<
  { step_id: string; epoch: number }[]
>`
  update lease set status = 'EXPIRED', updated_at = ${now}::timestamptz
   where tenant_id = require_tenant_context() and run_id = ${runId} and status = 'ACTIVE' and expiry <= ${now}::timestamptz
  returning step_id, epoch`;

/** A handoff package as it was made. */
export interface HandoffRow {
  readonly handoff_id: string;
  readonly made_for: "rotation" | "takeover" | "demand";
  readonly made_by: string;
  /** How far its maker knew the run. */
  readonly event_seq: number;
  readonly epoch: number;
  /** JSON text. */
  readonly document: string;
  readonly created_at: Instant;
}

export const insertHandoff = (sql: TenantQuery, runId: string, handoff: HandoffRow) => sql`
  insert into handoff (tenant_id, run_id, handoff_id, made_for, made_by, event_seq, epoch, document, created_at)
  values (require_tenant_context(), ${runId}, ${handoff.handoff_id}, ${handoff.made_for}, ${handoff.made_by}, ${handoff.event_seq},
         ${handoff.epoch}, ${handoff.document}, ${handoff.created_at}::timestamptz)`;

/** The newest package of a run that was made since its last reported takeover; undefined where its holder left none. */
export async function leftHandoff(sql: TenantQuery, runId: string): Promise<HandoffRow | undefined> {
  const rows = await sql<HandoffRow[]>`
    select handoff_id, made_for, made_by, event_seq, epoch, document, created_at
      from handoff
     where tenant_id = require_tenant_context() and run_id = ${runId}
       and event_seq >= (select coalesce(max(seq), 0) from takeover where tenant_id = require_tenant_context() and run_id = ${runId})
     order by handoff_id desc
     limit 1`;
  return rows[0];
}
