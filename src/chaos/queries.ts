import type { Instant } from "../contracts/index.ts";
import type { Query, TenantQuery } from "../store/index.ts";

/**
 * What only simulation databases see: a clock that is set, everything removed at once, and a look at the tables past the
 * statements of the contexts that own them, so that an error in one of those does not hide itself.
 */

/** Puts the settable clock in the place of the database's own. */
export async function installClock(owner: Query): Promise<void> {
  await owner`create table public.simulated_clock (at timestamptz not null)`;
  await owner`insert into public.simulated_clock (at) values ('2026-01-01T00:00:00Z')`;
  await owner`grant select on public.simulated_clock to public`;
  await owner`
    create or replace function countermark.clock() returns timestamptz language sql volatile as
    $$ select at from public.simulated_clock $$`;
}

export const setClock = (owner: Query, now: Instant) => owner`
  update public.simulated_clock set at = ${now}::timestamptz`;

/** Histories are thrown away, so nothing in them is worth waiting for a disk; sessions opened from now on do not. */
export const forgetDisk = (owner: Query) => owner`
  do $$
  begin
    execute format('alter database %I set synchronous_commit = off', current_database());
  end $$`;

/** Keeps the server from gathering statistics by itself, which would make the plans of one history depend on the one before. */
export const keepPlans = (owner: Query) => owner`
  do $$
  declare t record;
  begin
    for t in select c.oid::regclass as name from pg_class c
              where c.relnamespace = 'countermark'::regnamespace and c.relkind = 'r' loop
      execute format('alter table %s set (autovacuum_enabled = false)', t.name);
    end loop;
  end $$`;

/** Removes every row but those that say which migrations were applied. */
export const emptyTables = (owner: Query) => owner`
  do $$
  begin
    execute (select 'truncate ' || string_agg(c.oid::regclass::text, ', ')
               from pg_class c
              where c.relnamespace = 'countermark'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                and c.relname <> 'migration');
  end $$`;

export interface SeenEvent {
  readonly event_id: string;
  readonly stream: string;
  readonly seq: number;
  readonly type: string;
  readonly at: Instant;
  readonly recorded_at: Instant;
  readonly correlation: string;
  readonly causation: string | null;
  readonly actor: string;
  readonly channel: "prod_traffic" | "controlled_fixture" | "ci";
  readonly epoch: number;
  readonly step: string | null;
  readonly severity: "info" | "warning" | "error";
  readonly dedup_key: string | null;
  readonly payload_sha256: string;
  readonly prev_hash: string;
  readonly hash: string;
  readonly payload: string | null;
}

/** Entries of runs since a number of them was seen; more than one step of anything writes. */
export const eventsSince = (sql: TenantQuery, seen: Readonly<Record<string, number>>) => sql<SeenEvent[]>`
  select event_id, stream, seq, type, at, recorded_at, correlation, causation, actor, channel, epoch, step, severity, dedup_key,
         payload_sha256, prev_hash, hash, payload
    from event
   where tenant_id = require_tenant_context() and stream <> 'audit'
     and seq > coalesce((${JSON.stringify(seen)}::text::jsonb->>stream)::bigint, 0)
   order by stream, seq
   limit 1000`;

export interface SeenRun {
  readonly run_id: string;
  readonly start_key: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly code: string | null;
  readonly epoch: number;
  readonly version: number;
  readonly head_seq: number;
  readonly head_hash: string;
  readonly document_sha256: string | null;
  /** Of its lease. */
  readonly lease_epoch: number;
  readonly worker_id: string | null;
  readonly due_at: Instant | null;
  /** Inbox entries ever written, and those folded. */
  readonly signals: number;
  readonly folded: number;
}

export const seenRuns = (sql: TenantQuery) => sql<SeenRun[]>`
  select r.run_id, r.start_key, r.status, r.outcome, r.code, r.epoch, r.version, r.head_seq, r.head_hash, r.document_sha256,
         d.epoch as lease_epoch, d.worker_id, d.due_at, d.signals,
         (select count(*) from inbox i where i.tenant_id = r.tenant_id and i.run_id = r.run_id and i.folded)::int as folded
    from run r
    join due d on d.tenant_id = r.tenant_id and d.kind = 'run' and d.id = r.run_id
   where r.tenant_id = require_tenant_context()
   order by r.run_id
   limit 1000`;

export interface SeenReceipt {
  readonly receipt_id: string;
  /** Of all that it says. */
  readonly text_md5: string;
}

export const seenReceipts = (sql: TenantQuery) => sql<SeenReceipt[]>`
  select receipt_id, md5(receipt::text) as text_md5
    from receipt
   where tenant_id = require_tenant_context()
   order by receipt_id
   limit 1000`;

export interface SeenApproval {
  readonly approval_id: string;
  readonly run_id: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly internal_key: string;
  readonly status: string;
  readonly consumed_at: Instant | null;
  readonly decisions: number;
}

export const seenApprovals = (sql: TenantQuery) => sql<SeenApproval[]>`
  select a.approval_id, a.run_id, a.step_id, a.attempt, a.internal_key, a.status, a.consumed_at,
         (select count(*) from approval_decision d
           where d.tenant_id = a.tenant_id and d.approval_id = a.approval_id)::int as decisions
    from approval a
   where a.tenant_id = require_tenant_context()
   order by a.approval_id
   limit 1000`;

/** Writes an end into the leases of a run, whatever it is. */
export const giveExpiry = (sql: TenantQuery, runId: string, text: string) => sql`
  update lease set expiry = ${text}::text::timestamptz where tenant_id = require_tenant_context() and run_id = ${runId}`;

/** Has the leases of a run say that they were released, and nothing else know of it. */
export const sayReleased = (sql: TenantQuery, runId: string) => sql`
  update lease set status = 'RELEASED' where tenant_id = require_tenant_context() and run_id = ${runId}`;

/** Writes as whoever has the database's files might: past its rules of rows. */
export const tampering = (owner: Query, tenantId: string, write: (sql: TenantQuery) => Promise<unknown>) =>
  owner.begin(async (sql) => {
    await sql`select set_tenant_context(${tenantId})`;
    await sql`alter table event no force row level security`;
    await sql`alter table run no force row level security`;
    await write(sql);
    await sql`alter table event force row level security`;
    await sql`alter table run force row level security`;
  });

/** Keeps a run's entries and its snapshot. */
export async function saveRun(sql: TenantQuery, runId: string): Promise<void> {
  await sql`drop table if exists public.kept_event, public.kept_run`;
  await sql`create table public.kept_event as select * from event where stream = ${runId}`;
  await sql`create table public.kept_run as select run_id, snapshot, snapshot_seq from run where run_id = ${runId}`;
}

/** Puts back what was kept; what was appended since stays. */
export async function restoreRun(sql: TenantQuery, runId: string): Promise<void> {
  await sql`delete from event where stream = ${runId} and seq in (select seq from public.kept_event)`;
  await sql`insert into event select * from public.kept_event`;
  await sql`
    update run set snapshot = k.snapshot, snapshot_seq = k.snapshot_seq
      from public.kept_run k where k.run_id = run.run_id and run.run_id = ${runId}`;
}

export const removeEntry = (sql: TenantQuery, runId: string, seq: number) => sql`
  delete from event where stream = ${runId} and seq = ${seq}`;

export const overwritePayload = (sql: TenantQuery, runId: string, seq: number, text: string) => sql`
  update event set payload = ${text} where stream = ${runId} and seq = ${seq}`;

export const overwriteActor = (sql: TenantQuery, runId: string, seq: number) => sql`
  update event set actor = 'somebody else' where stream = ${runId} and seq = ${seq}`;

/** A snapshot of a run up to its head. */
export const overwriteSnapshot = (sql: TenantQuery, runId: string, text: string) => sql`
  update run set snapshot = ${text}, snapshot_seq = head_seq where run_id = ${runId}`;
