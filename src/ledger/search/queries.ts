import type { Instant, Severity } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { ReceiptRow, StoredEvent } from "../queries.ts";

/** Where an entry stands among all of a tenant's: when it happened, then its id. */
export interface EventPlace {
  readonly at: Instant;
  readonly event_id: string;
}

/** What entries are looked for; null asks nothing. */
export interface EventFilter {
  readonly stream: string | null;
  /** A type, or the family that it begins with: `run` finds `run.ended`. */
  readonly type: string | null;
  readonly correlation: string | null;
  readonly severity: Severity | null;
  readonly since: Instant;
  readonly until: Instant;
}

const found = (sql: TenantQuery, { stream, type, correlation, severity, since, until }: EventFilter) => sql`
  select stream, seq, event_id, type, at, recorded_at, correlation, causation, actor, channel, epoch, step, severity, dedup_key,
         payload_sha256, prev_hash, hash, payload
    from event
   where tenant_id = require_tenant_context() and at >= ${since}::timestamptz and at < ${until}::timestamptz
         ${stream === null ? sql`` : sql`and stream = ${stream}`}
         ${type === null ? sql`` : sql`and (type = ${type} or starts_with(type, ${`${type}.`}))`}
         ${correlation === null ? sql`` : sql`and correlation = ${correlation}`}
         ${severity === null ? sql`` : sql`and severity = ${severity}`}`;

/** Entries of whatever stream, newest first, before a place. */
export const searchEvents = (sql: TenantQuery, filter: EventFilter, before: EventPlace | null, limit: number) => sql<
  StoredEvent[]
>`
  ${found(sql, filter)}
     ${before === null ? sql`` : sql`and (at, event_id) < (${before.at}::timestamptz, ${before.event_id})`}
   order by at desc, event_id desc
   limit ${limit}`;

/** The same, oldest first, after a place. */
export const eventsAfter = (sql: TenantQuery, filter: EventFilter, after: EventPlace | null, limit: number) => sql<
  StoredEvent[]
>`
  ${found(sql, filter)}
     ${after === null ? sql`` : sql`and (at, event_id) > (${after.at}::timestamptz, ${after.event_id})`}
   order by at, event_id
   limit ${limit}`;

/** How much there is to verify: streams, and the entries that their heads count. */
export async function ledgerSize(sql: TenantQuery): Promise<{ readonly streams: number; readonly events: number }> {
  const rows = await sql<{ streams: number; events: number }[]>`
    select count(*) as streams, coalesce(sum(seq), 0)::bigint as events
      from (select head_seq as seq from run where tenant_id = require_tenant_context()
             union all
            select seq from stream_head where tenant_id = require_tenant_context()) s`;
  return rows[0] ?? { streams: 0, events: 0 };
}

/** What receipts are looked for; null asks nothing. */
export interface ReceiptFilter {
  readonly status: ReceiptRow["status"] | null;
  readonly tool: string | null;
  readonly provider: string | null;
  readonly run: string | null;
  /** The receipt that ended the page before. */
  readonly before: string | null;
  readonly limit: number;
}

/** Receipts as they stand now, newest first: their ids are time-ordered. */
export const listReceipts = (sql: TenantQuery, { status, tool, provider, run, before, limit }: ReceiptFilter) => sql<
  ReceiptRow[]
>`
  select receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id, correlation_id, external_key,
         external_provider, external_transaction_id, provider_request_id, amount_minor::text, currency, result, result_sha256,
         created_at, status, status_at, status_source
    from receipt_current
   where tenant_id = require_tenant_context()
         ${status === null ? sql`` : sql`and status = ${status}`}
         ${tool === null ? sql`` : sql`and tool_name = ${tool}`}
         ${provider === null ? sql`` : sql`and external_provider = ${provider}`}
         ${run === null ? sql`` : sql`and execution_id = ${run}`}
         ${before === null ? sql`` : sql`and receipt_id < ${before}`}
   order by receipt_id desc
   limit ${limit}`;
