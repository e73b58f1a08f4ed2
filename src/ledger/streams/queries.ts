import type { TenantQuery } from "../../store/index.ts";
import type { StoredEvent } from "../queries.ts";

/** A stream of the tenant with the head that its writer holds. */
export interface StreamSummary {
  readonly stream: string;
  /** The UTC day on which it began, under which its events are kept. */
  readonly stream_day: string;
  readonly seq: number;
  readonly hash: string;
}

/** Those of runs, and those that no run owns. */
const streams = (sql: TenantQuery) => sql`
  (select run_id as stream, stream_day, head_seq as seq, head_hash as hash from run where tenant_id = require_tenant_context()
    union all
   select stream, stream_day, seq, hash from stream_head where tenant_id = require_tenant_context())`;

/** Every stream in id order after `afterStream`. */
export const listStreams = (sql: TenantQuery, afterStream: string, limit: number) => sql<StreamSummary[]>`
  select stream, to_char(stream_day, 'YYYY-MM-DD') as stream_day, seq, hash
    from ${streams(sql)} s
   where stream > ${afterStream}
   order by stream
   limit ${limit}`;

/** One stream, or undefined when there is no such. */
export async function findStream(sql: TenantQuery, stream: string): Promise<StreamSummary | undefined> {
  const rows = await sql<StreamSummary[]>`
    select stream, to_char(stream_day, 'YYYY-MM-DD') as stream_day, seq, hash
      from ${streams(sql)} s
     where stream = ${stream}
     limit 1`;
  return rows[0];
}

/** Events of several streams, stream after stream as they were asked for, each in order. */
export const readStreams = (sql: TenantQuery, asked: readonly StreamSummary[], limit: number) => sql<StoredEvent[]>`
  select e.stream, e.seq, e.event_id, e.type, e.at, e.recorded_at, e.correlation, e.causation, e.actor, e.channel, e.epoch, e.step,
         e.severity, e.dedup_key, e.payload_sha256, e.prev_hash, e.hash, e.payload
    from unnest(${asked.map(({ stream }) => stream)}::text[], ${asked.map(({ stream_day }) => stream_day)}::text[]::date[])
           with ordinality a (stream, stream_day, nth)
    join event e on e.tenant_id = require_tenant_context() and e.stream_day = a.stream_day and e.stream = a.stream
   order by a.nth, e.seq
   limit ${limit}`;

/** An event that is kept under no stream, or under another day than its stream's, where no reader comes by. */
export interface Stray {
  readonly stream: string;
  readonly seq: number;
  readonly expected: string;
  readonly found: string;
}

/**
 * The first of them; undefined where there is none. Looks at every event of the tenant, in the index alone: all strays are found before
 * one is chosen, since a plan that goes for the first looks through all streams for each event.
 */
export async function findStray(sql: TenantQuery): Promise<Stray | undefined> {
  const rows = await sql<Stray[]>`
    with stream as materialized (select stream, stream_day from ${streams(sql)} s),
         stray as materialized (
           select stream, seq, stream_day from event e
            where tenant_id = require_tenant_context()
              and not exists (select from stream s where s.stream = e.stream and s.stream_day = e.stream_day))
    select e.stream, e.seq, to_char(e.stream_day, 'YYYY-MM-DD') as found,
           coalesce((select to_char(s.stream_day, 'YYYY-MM-DD') from stream s where s.stream = e.stream), 'no event') as expected
      from stray e
     order by e.stream, e.seq
     limit 1`;
  return rows[0];
}
