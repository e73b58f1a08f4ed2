import type { Instant } from "../contracts/index.ts";
import type { TenantQuery } from "../store/index.ts";
import type { EventSource } from "./normalise/event.ts";
import type { ProcessingStatus } from "./processing-status.ts";

/** Waits until this transaction alone works on the entity; until it ends. Taken before anything of the entity is read. */
export const lockEntity = (sql: TenantQuery, entityId: string) => sql`
  select pg_advisory_xact_lock(hashtextextended(require_tenant_context() || ' ' || ${entityId}, 0))`;

export interface NewEvent {
  readonly event_id: string;
  readonly source: EventSource;
  readonly source_event_id: string;
  readonly event_type: string;
  /** Empty, like the entity, for an event that has no meaning here. */
  readonly type: string;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly received_at: Instant;
  readonly predecessor_source_event_id: string | null;
  readonly payload_json: string;
  readonly payload_sha256: string;
  readonly processing_status: ProcessingStatus;
  readonly status_reason: string | null;
}

/**
 * Stores an event under the next number of its entity's logical clock; hold the entity's lock for that. False: an event
 * of this source and id is stored already. Of two that come at once one waits for the other's end and finds it.
 */
export async function insertEvent(sql: TenantQuery, event: NewEvent): Promise<boolean> {
  const rows = await sql`
    insert into inbound_event (tenant_id, event_id, source, source_event_id, event_type, type, entity_type, entity_id,
           received_at, seq, predecessor_source_event_id, signature_valid, payload_json, payload_sha256, processing_status,
           status_reason, correlation_id)
    select require_tenant_context(), ${event.event_id}, ${event.source}, ${event.source_event_id}, ${event.event_type},
           ${event.type}, ${event.entity_type}, ${event.entity_id}, ${event.received_at}::timestamptz,
           coalesce(max(seq), 0) + 1, ${event.predecessor_source_event_id}, true, ${event.payload_json},
           ${event.payload_sha256}, ${event.processing_status}, ${event.status_reason}, ${event.event_id}
      from inbound_event
     where tenant_id = require_tenant_context() and entity_type = ${event.entity_type} and entity_id = ${event.entity_id}
       and entity_id <> ''
        on conflict (tenant_id, source, source_event_id) do nothing
    returning event_id`;
  return rows.length === 1;
}

export interface EventOutcome {
  readonly event_id: string;
  readonly processing_status: ProcessingStatus;
  readonly status_reason: string | null;
  readonly run_id: string | null;
}

export interface KnownEvent extends EventOutcome {
  readonly payload_sha256: string;
}

/** The event stored under a provider's id, or undefined. */
export async function findEvent(
  sql: TenantQuery,
  source: EventSource,
  sourceEventId: string,
): Promise<KnownEvent | undefined> {
  const rows = await sql<KnownEvent[]>`
    select event_id, payload_sha256, processing_status, status_reason, run_id
      from inbound_event
     where tenant_id = require_tenant_context() and source = ${source} and source_event_id = ${sourceEventId}`;
  return rows[0];
}

/** Counts one more delivery of a stored event. */
export const countDuplicate = (sql: TenantQuery, eventId: string) => sql`
  update inbound_event set duplicates = duplicates + 1
   where tenant_id = require_tenant_context() and event_id = ${eventId}`;

/** The outcome of one event, or undefined. */
export async function eventOutcome(sql: TenantQuery, eventId: string): Promise<EventOutcome | undefined> {
  const rows = await sql<EventOutcome[]>`
    select event_id, processing_status, status_reason, run_id
      from inbound_event where tenant_id = require_tenant_context() and event_id = ${eventId}`;
  return rows[0];
}

export interface WaitingRow {
  readonly event_id: string;
  readonly source: EventSource;
  readonly source_event_id: string;
  readonly type: string;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly predecessor_source_event_id: string | null;
  readonly payload_json: string | null;
  readonly processing_status: "RECEIVED" | "HELD_ORDERING";
  readonly status_reason: string | null;
  readonly held_since: Instant | null;
}

/** The entity's events that are neither applied nor given up, in the order in which they came. */
export const waitingEvents = (sql: TenantQuery, entityType: string, entityId: string) => sql<WaitingRow[]>`
  select event_id, source, source_event_id, type, entity_type, entity_id, predecessor_source_event_id, payload_json,
         processing_status, status_reason, held_since
    from inbound_event
   where tenant_id = require_tenant_context() and entity_type = ${entityType} and entity_id = ${entityId}
     and processing_status in ('RECEIVED', 'HELD_ORDERING')
   order by seq, event_id
   limit 1000`;

/** Which of the provider ids belong to applied events. */
export async function appliedAmong(sql: TenantQuery, sourceEventIds: readonly string[]): Promise<readonly string[]> {
  const rows = await sql<{ source_event_id: string }[]>`
    select source_event_id
      from inbound_event
     where tenant_id = require_tenant_context() and source_event_id = any(${sourceEventIds}::text[])
       and processing_status = 'APPLIED'`;
  return rows.map(({ source_event_id }) => source_event_id);
}

/** How many events wait for their predecessors, counted up to a limit. */
export async function heldCount(sql: TenantQuery, limit: number): Promise<number> {
  const rows = await sql<{ held: number }[]>`
    select count(*)::int as held
      from (select 1 from inbound_event
             where tenant_id = require_tenant_context() and processing_status = 'HELD_ORDERING' limit ${limit}) h`;
  return rows[0]?.held ?? 0;
}

export const holdEvent = (sql: TenantQuery, eventId: string, at: Instant) => sql`
  update inbound_event
     set processing_status = 'HELD_ORDERING', status_reason = null, held_since = ${at}::timestamptz
   where tenant_id = require_tenant_context() and event_id = ${eventId} and processing_status = 'RECEIVED'`;

/** Says why a stored event is not processed yet. */
export const parkEvent = (sql: TenantQuery, eventId: string, reason: string) => sql`
  update inbound_event set status_reason = ${reason}
   where tenant_id = require_tenant_context() and event_id = ${eventId} and processing_status = 'RECEIVED'`;

/** Ends an event's wait. Nothing is written to one that no longer waits. */
export const endWait = (
  sql: TenantQuery,
  end: {
    readonly eventId: string;
    readonly status: "APPLIED" | "RECONCILE_QUEUED";
    readonly reason: string | null;
    readonly at: Instant;
    readonly isTimeout: boolean;
  },
) => sql`
  update inbound_event
     set processing_status = ${end.status}, status_reason = ${end.reason},
         applied_at = case when ${end.status} = 'APPLIED' then ${end.at}::timestamptz end,
         timeout_released_at = case when ${end.isTimeout} then ${end.at}::timestamptz end,
         ordering_incomplete = ${end.isTimeout}
   where tenant_id = require_tenant_context() and event_id = ${end.eventId}
     and processing_status in ('RECEIVED', 'HELD_ORDERING')`;

/** Remembers the run that an event started; the first one stays. */
export const linkRun = (sql: TenantQuery, eventId: string, runId: string, correlationId: string) => sql`
  update inbound_event set run_id = ${runId}, correlation_id = ${correlationId}
   where tenant_id = require_tenant_context() and event_id = ${eventId} and run_id is null`;

export interface EntityRef {
  readonly entity_type: string;
  readonly entity_id: string;
}

/** Runs that events of these entities started, the newest first. */
export async function runsStartedBy(
  sql: TenantQuery,
  entities: readonly EntityRef[],
  limit: number,
): Promise<readonly string[]> {
  const rows = await sql<{ run_id: string }[]>`
    select distinct i.run_id
      from unnest(${entities.map(({ entity_type }) => entity_type)}::text[],
                  ${entities.map(({ entity_id }) => entity_id)}::text[]) as e(entity_type, entity_id)
      join inbound_event i using (entity_type, entity_id)
     where i.tenant_id = require_tenant_context() and i.run_id is not null
     order by i.run_id desc
     limit ${limit}`;
  return rows.map(({ run_id }) => run_id);
}

/** Entities with an event that has waited since `heldBefore` or longer, or whose named predecessor is applied meanwhile. */
export const overdueEntities = (sql: TenantQuery, heldBefore: Instant, limit: number) => sql<EntityRef[]>`
  select distinct i.entity_type, i.entity_id
    from inbound_event i
   where i.tenant_id = require_tenant_context() and i.processing_status = 'HELD_ORDERING'
     and (i.held_since <= ${heldBefore}::timestamptz
          or (i.predecessor_source_event_id is not null
              and exists (select 1 from inbound_event p
                           where p.tenant_id = i.tenant_id and p.source_event_id = i.predecessor_source_event_id
                             and p.processing_status = 'APPLIED')))
   order by i.entity_type, i.entity_id
   limit ${limit}`;

/** Entities with events that were stored but not processed, other than of the types given. */
export const parkedEntities = (sql: TenantQuery, stillPaused: readonly string[], limit: number) => sql<EntityRef[]>`
  select distinct entity_type, entity_id
    from inbound_event
   where tenant_id = require_tenant_context() and processing_status = 'RECEIVED'
     and type <> all(${stillPaused}::text[])
   order by entity_type, entity_id
   limit ${limit}`;

export interface UnmatchedEvent {
  readonly event_id: string;
  readonly source: EventSource;
  readonly source_event_id: string;
  readonly payload_json: string | null;
}

/** Applied events since then whose receipt had not been written when they came, the newest first. */
export const unmatchedEvents = (sql: TenantQuery, reason: string, since: Instant, limit: number) => sql<
  UnmatchedEvent[]
>`
  select event_id, source, source_event_id, payload_json
    from inbound_event
   where tenant_id = require_tenant_context() and processing_status = 'APPLIED' and received_at >= ${since}::timestamptz
     and status_reason = ${reason}
   order by received_at desc, event_id
   limit ${limit}`;

export interface ReconcileRow {
  readonly event_id: string;
  readonly type: string;
  readonly entity_id: string;
  readonly received_at: Instant;
}

/** Events whose preconditions did not hold: the truth is at the provider. The oldest first. */
export const reconcileQueue = (sql: TenantQuery, limit: number) => sql<ReconcileRow[]>`
  select event_id, type, entity_id, received_at
    from inbound_event
   where tenant_id = require_tenant_context() and processing_status = 'RECONCILE_QUEUED'
   order by received_at, event_id
   limit ${limit}`;

/** An event that was stored and is not settled: it waits for its turn, for its tenant's pack, or for a look at its provider. */
export interface UnsettledRow {
  readonly event_id: string;
  readonly source: EventSource;
  readonly source_event_id: string;
  readonly event_type: string;
  readonly entity_id: string;
  readonly processing_status: "RECEIVED" | "HELD_ORDERING" | "RECONCILE_QUEUED";
  readonly status_reason: string | null;
  readonly received_at: Instant;
  readonly held_since: Instant | null;
  readonly predecessor_source_event_id: string | null;
}

/** Events that are not settled, of one status or of all; the oldest first. */
export const unsettledEvents = (
  sql: TenantQuery,
  { status, limit }: { readonly status: UnsettledRow["processing_status"] | null; readonly limit: number },
) => sql<UnsettledRow[]>`
  select event_id, source, source_event_id, event_type, entity_id, processing_status, status_reason, received_at, held_since,
         predecessor_source_event_id
    from inbound_event
   where tenant_id = require_tenant_context() and processing_status in ('RECEIVED', 'HELD_ORDERING', 'RECONCILE_QUEUED')
     and (${status}::text is null or processing_status = ${status})
   order by received_at, event_id
   limit ${limit}`;

/** Ends the search for an event's receipt; what else there is to say about the event stays said. */
export const receiptFound = (sql: TenantQuery, eventId: string, warning: string) => sql`
  update inbound_event set status_reason = case when ordering_incomplete then ${warning} end
   where tenant_id = require_tenant_context() and event_id = ${eventId}`;

/** How many events were stored, and how often one of them came again. */
export async function intakeCounts(
  sql: TenantQuery,
): Promise<{ readonly accepted: number; readonly duplicate: number }> {
  const rows = await sql<{ accepted: number; duplicate: number }[]>`
    select count(*)::int as accepted, coalesce(sum(duplicates), 0)::int as duplicate
      from inbound_event where tenant_id = require_tenant_context()`;
  return rows[0] ?? { accepted: 0, duplicate: 0 };
}

/** A webhook address without its token, of which only a digest is stored. */
export interface EndpointRow {
  readonly endpoint_id: string;
  readonly provider: string;
  readonly created_at: Instant;
  readonly disabled_at: Instant | null;
}

/** The tenant's webhook addresses, oldest first. */
export const listEndpoints = (sql: TenantQuery) => sql<EndpointRow[]>`
  select endpoint_id, provider, created_at, disabled_at
    from webhook_endpoint
   where tenant_id = require_tenant_context()
   order by created_at, endpoint_id
   limit 1000`;
