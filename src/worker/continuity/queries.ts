import { assert, type Instant } from "../../contracts/index.ts";
import type { SealedEvent } from "../../ledger/index.ts";
import type { RunStatus } from "../../run/index.ts";
import type { TenantQuery } from "../../store/index.ts";

/** A run's row, locked, with the time at which it was. */
export interface LockedRun {
  readonly run_id: string;
  readonly workflow_id: string;
  readonly stream_day: string;
  readonly status: RunStatus;
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
    select run_id, workflow_id, to_char(stream_day, 'YYYY-MM-DD') as stream_day, status, correlation_id, channel, epoch, version,
           head_seq, head_hash, ended_at, date_trunc('milliseconds', clock()) as now
      from run
     where tenant_id = require_tenant_context() and run_id = ${runId}
       for update`;
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

/** Who holds a run now, if anybody does. */
export interface HolderRow {
  readonly holder: string | null;
  readonly epoch: number;
  readonly expires_at: Instant | null;
  readonly is_expired: boolean;
}

/** The run's lease as the workers see it; `expires_at` is null where nobody holds it. */
export async function holderOf(sql: TenantQuery, runId: string): Promise<HolderRow | undefined> {
  const rows = await sql<HolderRow[]>`
    select worker_id as holder, epoch, case when worker_id is not null then due_at end as expires_at,
           worker_id is not null and coalesce(due_at <= clock(), true) as is_expired
      from due
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId}`;
  return rows[0];
}

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

/** Closes the registered leases of a run that have run out, and returns them. The run's lock is held. */
export const expireLeases = (sql: TenantQuery, runId: string, now: Instant) => sql<
  { step_id: string; epoch: number }[]
>`
  update lease set status = 'EXPIRED', updated_at = ${now}::timestamptz
   where tenant_id = require_tenant_context() and run_id = ${runId} and status = 'ACTIVE' and expiry <= ${now}::timestamptz
  returning step_id, epoch`;
