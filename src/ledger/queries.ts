import {
  assert,
  type Channel,
  type Digest,
  type Instant,
  type Json,
  type JsonObject,
  type Severity,
} from "../contracts/index.ts";
import type { TenantQuery, TenantReads } from "../store/index.ts";
import type { ArtifactReference } from "./artifact.ts";
import type { SealedEvent, StreamHead } from "./entry.ts";

/** A stored entry with its hash; `payload` is null once erased. */
export interface StoredEvent {
  readonly stream: string;
  readonly seq: number;
  readonly event_id: string;
  readonly type: string;
  readonly at: Instant;
  readonly recorded_at: Instant;
  readonly correlation: string;
  readonly causation: string | null;
  readonly actor: string;
  readonly channel: Channel;
  readonly epoch: number;
  readonly step: string | null;
  readonly severity: Severity;
  readonly dedup_key: string | null;
  readonly payload_sha256: string;
  readonly prev_hash: string;
  readonly hash: string;
  readonly payload: string | null;
}

/** The day under which a stream is kept: without it, finding its events is a walk over all events of the tenant. */
const dayOf = (sql: TenantQuery, stream: string) => sql`
  coalesce((select stream_day from run where tenant_id = require_tenant_context() and run_id = ${stream}),
           (select stream_day from stream_head h where h.tenant_id = require_tenant_context() and h.stream = ${stream}))`;

/** Events of one stream after `afterSeq`, in order. */
export const readStream = (sql: TenantQuery, stream: string, afterSeq: number, limit: number) => sql<StoredEvent[]>`
  select stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel, epoch, step, severity, dedup_key,
         payload_sha256, prev_hash, hash, payload
    from event
   where tenant_id = require_tenant_context() and stream_day = ${dayOf(sql, stream)} and stream = ${stream} and seq > ${afterSeq}
   order by seq
   limit ${limit}`;

/** What happened, without the links of the chain: all that a fold or a picture of a stream looks at. */
export type StreamEntry = Pick<
  StoredEvent,
  "stream" | "seq" | "event_id" | "type" | "at" | "epoch" | "step" | "severity" | "dedup_key" | "payload"
>;

/** Entries that come at once: folding them takes some milliseconds, and then whoever else waits for this process has its turn. */
const TOLD_AT_ONCE = 200;

/**
 * Tells the entries of one stream up to `head`, in order, as they come from the database: however long the stream is, few of them are held
 * at a time. What `tell` throws ends it.
 */
export async function tellStream(
  sql: TenantQuery,
  { stream, head }: { readonly stream: string; readonly head: number },
  tell: (entry: StreamEntry) => void,
): Promise<void> {
  const entries = sql<StreamEntry[]>`
    select stream, seq, event_id, type, at, epoch, step, severity, dedup_key, payload
      from event
     where tenant_id = require_tenant_context() and stream_day = ${dayOf(sql, stream)} and stream = ${stream} and seq <= ${head}
     order by seq
     limit ${head}`;
  for await (const some of entries.cursor(TOLD_AT_ONCE)) for (const entry of some) tell(entry);
}

/** Events of one stream and of some types, in order: of a long stream only they are carried over. */
export const readStreamOf = (
  sql: TenantQuery,
  {
    stream,
    types,
    after,
    limit,
  }: { readonly stream: string; readonly types: readonly string[]; readonly after: number; readonly limit: number },
) => sql<StoredEvent[]>`
  select stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel, epoch, step, severity, dedup_key,
         payload_sha256, prev_hash, hash, payload
    from event
   where tenant_id = require_tenant_context() and stream_day = ${dayOf(sql, stream)} and stream = ${stream}
     and type = any(${[...types]}::text[]) and seq > ${after}
   order by seq
   limit ${limit}`;

/** Streams that grew since an instant, with their last entry that can be read by now. */
export const movedStreams = (sql: TenantQuery, since: Instant) => sql<{ stream: string; seq: number }[]>`
  select stream, max(seq) as seq
    from event
   where tenant_id = require_tenant_context() and at >= ${since}::timestamptz
   group by stream
   order by stream`;

/** Events of runs' streams that their snapshots do not hold yet, each run's in order, so many of each at most. */
export const readAfterSnapshots = (sql: TenantReads, runIds: readonly string[], limit: number) => sql<StoredEvent[]>`
  select stored.*
    from run
   cross join lateral (
     select stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel, epoch, step, severity, dedup_key,
            payload_sha256, prev_hash, hash, payload
       from event
      where tenant_id = require_tenant_context() and stream_day = run.stream_day and stream = run.run_id and seq > run.snapshot_seq
      order by seq
      limit ${limit}) as stored
   where run.tenant_id = require_tenant_context() and run.run_id = any(${runIds}::text[])
   order by stored.stream, stored.seq`;

/** Locks the head of a stream that no run owns, making it if it is new. The lock ends with the transaction. */
export async function lockHead(sql: TenantQuery, stream: string, empty: StreamHead, day: string) {
  await sql`
    insert into stream_head (tenant_id, stream, stream_day, seq, hash)
    values (require_tenant_context(), ${stream}, ${day}::date, ${empty.seq}, ${empty.hash})
        on conflict do nothing`;
  const rows = await sql<{ seq: number; hash: string; stream_day: string }[]>`
    select seq, hash, to_char(stream_day, 'YYYY-MM-DD') as stream_day
      from stream_head where tenant_id = require_tenant_context() and stream = ${stream}
       for update`;
  return rows[0];
}

/** Writes one sealed entry and moves the locked head to it. */
export async function insertEntry(
  sql: TenantQuery,
  { entry, hash, payload_text }: SealedEvent,
  day: string,
): Promise<void> {
  await sql`
    insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel,
           epoch, step, severity, dedup_key, payload_sha256, prev_hash, hash, payload)
    values (require_tenant_context(), ${day}::date, ${entry.stream}, ${entry.seq}, ${entry.event_id}, ${entry.type},
           ${entry.at}::timestamptz, ${entry.recorded_at}::timestamptz, ${entry.correlation}, ${entry.causation}, ${entry.actor},
           ${entry.channel}, ${entry.epoch}, ${entry.step}, ${entry.severity}, ${entry.dedup_key}, ${entry.payload_sha256},
           ${entry.prev_hash}, ${hash}, ${payload_text})`;
  await sql`
    update stream_head set seq = ${entry.seq}, hash = ${hash}
     where tenant_id = require_tenant_context() and stream = ${entry.stream}`;
}

/** A receipt with its current status, for people and for gates. */
export interface ReceiptRow {
  readonly receipt_id: string;
  readonly tool_name: string;
  readonly tool_version: string;
  readonly internal_key: string;
  readonly generation: number;
  readonly execution_id: string;
  readonly step_id: string;
  readonly correlation_id: string;
  readonly external_key: string | null;
  readonly external_provider: string | null;
  readonly external_transaction_id: string | null;
  readonly provider_request_id: string | null;
  readonly amount_minor: string | null;
  readonly currency: string | null;
  readonly result: string;
  readonly result_sha256: string;
  readonly created_at: Instant;
  readonly status: "claimed" | "confirmed" | "contradicted" | "unknown";
  readonly status_at: Instant;
  readonly status_source: string;
}

/** Receipts of one run, oldest first. */
export const receiptsOfRun = (sql: TenantQuery, runId: string) => sql<ReceiptRow[]>`
  select receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id, correlation_id, external_key,
         external_provider, external_transaction_id, provider_request_id, amount_minor::text, currency, result, result_sha256,
         created_at, status, status_at, status_source
    from receipt_current
   where tenant_id = require_tenant_context() and execution_id = ${runId}
   order by created_at, receipt_id
   limit 1000`;

/** Receipts made from one instant on and before another, as they stand now, by their ids; one more than the limit if there are more. */
export const receiptsBetween = (sql: TenantQuery, since: Instant | null, until: Instant, limit: number) => sql<
  Pick<ReceiptRow, "receipt_id" | "execution_id" | "tool_name" | "status" | "created_at">[]
>`
  select receipt_id, execution_id, tool_name, status, created_at
    from receipt_current
   where tenant_id = require_tenant_context()
     and created_at < ${until}
     and (${since}::timestamptz is null or created_at >= ${since})
   order by receipt_id
   limit ${limit + 1}`;

/**
 * Records what a provider said of the receipts of one of its transactions. Returns the receipts found; a status that is
 * there already is not written again.
 */
export async function confirmReceipts(
  sql: TenantQuery,
  said: {
    readonly provider: string;
    readonly transactionIds: readonly string[];
    readonly status: "confirmed" | "contradicted";
    readonly at: Instant;
    readonly source: string;
    readonly detail: Json;
  },
): Promise<readonly string[]> {
  const rows = await sql<{ receipt_id: string }[]>`
    with found as (
      select receipt_id from receipt
       where tenant_id = require_tenant_context() and external_provider = ${said.provider}
         and external_transaction_id = any(${said.transactionIds}::text[])
    ), written as (
      insert into receipt_event (tenant_id, receipt_id, status, at, source, detail)
      select require_tenant_context(), receipt_id, ${said.status}, ${said.at}::timestamptz, ${said.source}, ${JSON.stringify(said.detail)}
        from found
          on conflict do nothing
    )
    select receipt_id from found`;
  return rows.map(({ receipt_id }) => receipt_id);
}

/** What an outsider told a run and its holder has not folded yet. */
export interface InboxEntry {
  readonly inbox_id: string;
  readonly kind: "signal" | "approval" | "cancel" | "resume" | "resolve";
  readonly payload: string;
  readonly actor: string;
  readonly at: Instant;
}

/** Unfolded entries of runs, each run's in the order in which they were written. */
export const waitingInboxes = (sql: TenantReads, runIds: readonly string[]) => sql<
  (InboxEntry & { readonly run_id: string })[]
>`
  select asked.run_id, waiting.*
    from unnest(${runIds}::text[]) as asked(run_id)
   cross join lateral (
     select inbox_id, kind, payload, actor, at
       from inbox
      where tenant_id = require_tenant_context() and run_id = asked.run_id and not folded
      order by at, inbox_id
      limit 1000) as waiting
   order by asked.run_id, waiting.at, waiting.inbox_id`;

/** How many entries of runs were folded; with the due row's count it tells whether something came in meanwhile. */
export const foldedCounts = (sql: TenantReads, runIds: readonly string[]) => sql<{ run_id: string; folded: number }[]>`
  select run_id, count(*)::int as folded
    from inbox
   where tenant_id = require_tenant_context() and run_id = any(${runIds}::text[]) and folded
   group by run_id`;

/** Writes an inbox entry and makes an idle run due. False: the entry is there already. Locks the due row. */
export async function tellRun(
  sql: TenantQuery,
  runId: string,
  entry: Omit<InboxEntry, "payload"> & { readonly payload: JsonObject },
): Promise<boolean> {
  const rows = await sql<{ told: boolean }[]>`
    select tell_run(${runId}, ${entry.inbox_id}, ${entry.kind}, ${JSON.stringify(entry.payload)}, ${entry.actor}, ${entry.at}::timestamptz) as told`;
  return rows[0]?.told ?? false;
}

export interface EntityRow {
  readonly entity_type: string;
  readonly entity_id: string;
  readonly version: number;
  readonly state: string;
}

/** Entities by id, whatever their type, in a total order. */
export const entitiesById = (sql: TenantQuery, entityIds: readonly string[]) => sql<EntityRow[]>`
  select entity_type, entity_id, version, state
    from entity
   where tenant_id = require_tenant_context() and entity_id = any(${entityIds}::text[])
   order by entity_type, entity_id
   limit 100`;

/** Patches of an entity after a version, oldest first: what changed since. */
export const patchesSince = (sql: TenantQuery, entityType: string, entityId: string, version: number) => sql<
  { version: number; state_patch: string; at: Instant }[]
>`
  select version, state_patch, at
    from entity_version
   where tenant_id = require_tenant_context() and entity_type = ${entityType} and entity_id = ${entityId} and version > ${version}
   order by version
   limit 100`;

/** A new version of an entity as a whole, with the patch from the one before. */
export interface EntityWrite {
  readonly entityType: string;
  readonly entityId: string;
  /** 1 for an entity that is not known yet, else one more than the version that was read. */
  readonly version: number;
  readonly state: string;
  readonly stateSha256: string;
  readonly patch: string;
  readonly correlationId: string;
  /** The step whose outcome it is; null for what no run did. */
  readonly by: { readonly runId: string; readonly stepId: string } | null;
  readonly at: Instant;
}

/** Writes the next version of an entity outside a run's commit. False: somebody else wrote it first; read it again. Locks its row. */
export async function writeEntity(sql: TenantQuery, write: EntityWrite): Promise<boolean> {
  const rows = await sql`
    with made as (
      insert into entity (tenant_id, entity_type, entity_id, version, state, state_sha256, updated_at)
      select require_tenant_context(), ${write.entityType}, ${write.entityId}, 1, ${write.state}, ${write.stateSha256},
             ${write.at}::timestamptz
       where ${write.version}::int = 1
          on conflict do nothing
      returning version
    ), moved as (
      update entity
         set version = ${write.version}::int, state = ${write.state}, state_sha256 = ${write.stateSha256},
             updated_at = ${write.at}::timestamptz
       where tenant_id = require_tenant_context() and entity_type = ${write.entityType} and entity_id = ${write.entityId}
         and version = ${write.version}::int - 1
      returning version
    )
    insert into entity_version (tenant_id, entity_type, entity_id, version, state_patch, state_sha256, correlation_id, run_id,
           step_id, at)
    select require_tenant_context(), ${write.entityType}, ${write.entityId}, version, ${write.patch}, ${write.stateSha256},
           ${write.correlationId}, ${write.by?.runId ?? null}, ${write.by?.stepId ?? null}, ${write.at}::timestamptz
      from (select version from made union all select version from moved) w
    returning version`;
  return rows.length === 1;
}

/** One entity, undefined when there is none. Locks its row: nobody writes another version before the transaction ends. */
export async function entityToChange(
  sql: TenantQuery,
  entityType: string,
  entityId: string,
): Promise<EntityRow | undefined> {
  const rows = await sql<EntityRow[]>`
    select entity_type, entity_id, version, state
      from entity
     where tenant_id = require_tenant_context() and entity_type = ${entityType} and entity_id = ${entityId}
       for update`;
  return rows[0];
}

/** What a step's outcome changes of an entity that had moved when the outcome committed, and which is not written yet. */
export interface OpenChange {
  readonly entity_type: string;
  readonly entity_id: string;
  /** The version that it was to make. */
  readonly version: number;
  /** The members it sets, as JSON text. */
  readonly members: string;
  readonly correlation_id: string;
  readonly step_id: string;
}

/** A run's open changes; those of one entity in the order in which they were made. */
export const openChanges = (sql: TenantQuery, runId: string) => sql<OpenChange[]>`
  select entity_type, entity_id, version, members, correlation_id, step_id
    from entity_change
   where tenant_id = require_tenant_context() and run_id = ${runId}
   order by entity_type, entity_id, version
   limit 1000`;

/** Closes an open change, for who writes it in the same transaction. False: somebody else has. Locks it meanwhile. */
export async function closeChange(
  sql: TenantQuery,
  runId: string,
  change: Pick<OpenChange, "entity_type" | "entity_id" | "version">,
): Promise<boolean> {
  const rows = await sql`
    delete from entity_change
     where tenant_id = require_tenant_context() and run_id = ${runId} and entity_type = ${change.entity_type}
       and entity_id = ${change.entity_id} and version = ${change.version}
    returning version`;
  return rows.length === 1;
}

/** Runs that have not ended and are among `runIds`, or have changed one of the entities, in id order. */
export async function openRunsAbout(
  sql: TenantQuery,
  about: {
    readonly entities: readonly Pick<EntityRow, "entity_type" | "entity_id">[];
    readonly runIds: readonly string[];
    readonly limit: number;
  },
): Promise<readonly string[]> {
  const rows = await sql<{ run_id: string }[]>`
    select run_id
      from run
     where tenant_id = require_tenant_context() and ended_at is null
       and run_id in (select unnest(${about.runIds}::text[])
                       union
                      select v.run_id
                        from unnest(${about.entities.map(({ entity_type }) => entity_type)}::text[],
                                    ${about.entities.map(({ entity_id }) => entity_id)}::text[]) as e(entity_type, entity_id)
                        join entity_version v using (entity_type, entity_id)
                       where v.tenant_id = require_tenant_context() and v.run_id is not null)
     order by run_id
     limit ${about.limit}`;
  return rows.map(({ run_id }) => run_id);
}

/** What a provider said of one effect of ours, and how its receipts are found. */
export interface EffectEvidence {
  readonly provider: string;
  /** Tools that make this effect: a provider names an authorisation and its capture by one id. */
  readonly tools: readonly string[];
  readonly transactionIds: readonly string[];
  /** Keys of ours that the provider echoed; they find receipts that never learnt the provider's id. */
  readonly externalKeys: readonly string[];
  readonly status: "confirmed" | "contradicted";
  readonly at: Instant;
  readonly source: string;
  readonly detail: Json;
}

/**
 * Records evidence with the receipts of one effect. Empty: there is no such receipt, or not yet. `isNew` is false where the
 * status was recorded before. A contradiction is never confirmed away: that takes a person.
 */
export const recordEvidence = (sql: TenantQuery, evidence: EffectEvidence) => sql<
  { receipt_id: string; execution_id: string; isNew: boolean }[]
>`
  with found as (
    select receipt_id, execution_id from receipt
     where tenant_id = require_tenant_context() and external_provider = ${evidence.provider}
       and external_transaction_id = any(${evidence.transactionIds}::text[]) and tool_name = any(${evidence.tools}::text[])
     union
    select receipt_id, execution_id from receipt
     where tenant_id = require_tenant_context() and external_key = any(${evidence.externalKeys}::text[])
       and tool_name = any(${evidence.tools}::text[])
  ), written as (
    insert into receipt_event (tenant_id, receipt_id, status, at, source, detail)
    select require_tenant_context(), receipt_id, ${evidence.status}, ${evidence.at}::timestamptz, ${evidence.source},
           ${JSON.stringify(evidence.detail)}
      from found f
     where not exists (select 1 from receipt_event e
                        where e.tenant_id = require_tenant_context() and e.receipt_id = f.receipt_id
                          and e.status = 'contradicted')
        on conflict do nothing
    returning receipt_id
  )
  select f.receipt_id, f.execution_id, w.receipt_id is not null as "isNew"
    from found f left join written w using (receipt_id)
   order by f.receipt_id
   limit 100`;

/** Writes an artifact, or writes it again; null leaves its content to the folder. Returns the tenant whose it is. */
export async function insertArtifact(
  sql: TenantQuery,
  { digest, media_type, size_bytes }: ArtifactReference,
  content: Uint8Array | null,
): Promise<string> {
  const rows = await sql<{ tenant_id: string }[]>`
    insert into artifact (tenant_id, digest, media_type, size_bytes, kept_in, content, created_at)
    values (require_tenant_context(), ${digest}, ${media_type}, ${size_bytes},
           case when ${content === null} then 'folder' else 'row' end, ${content}::bytea, clock())
        on conflict (tenant_id, digest) do update
       set content = excluded.content, erased_at = null
    returning tenant_id`;
  const [row] = rows;
  assert(row !== undefined, "an artifact is there once it is written");
  return row.tenant_id;
}

export interface ArtifactRow {
  readonly tenant_id: string;
  /** Null where the folder has it, and once it is erased. */
  readonly content: Uint8Array | null;
  readonly is_erased: boolean;
}

/** One artifact, or undefined. */
export async function findArtifact(sql: TenantQuery, digest: Digest): Promise<ArtifactRow | undefined> {
  const rows = await sql<ArtifactRow[]>`
    select tenant_id, content, erased_at is not null as is_erased
      from artifact
     where tenant_id = require_tenant_context() and digest = ${digest}`;
  return rows[0];
}

/** Takes an artifact's content away; erasing it again changes nothing. Undefined: there is none. */
export async function eraseArtifact(
  sql: TenantQuery,
  digest: Digest,
): Promise<{ readonly tenant_id: string; readonly kept_in: "row" | "folder" } | undefined> {
  const rows = await sql<{ tenant_id: string; kept_in: "row" | "folder" }[]>`
    update artifact
       set content = null, erased_at = coalesce(erased_at, clock())
     where tenant_id = require_tenant_context() and digest = ${digest}
    returning tenant_id, kept_in`;
  return rows[0];
}
