import type { Instant, Severity } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { StoredEvent } from "../queries.ts";
import type { EventPlace } from "../search/queries.ts";

/** An entry of which somebody must hear. */
export type AlertingEvent = Pick<
  StoredEvent,
  "stream" | "seq" | "event_id" | "type" | "at" | "correlation" | "step" | "severity" | "payload"
>;

/** The types that the index `event_alerting` holds, written out as it has them: an index of some rows is found by its very words. */
const isAlerting = (sql: TenantQuery) => sql`type in ('bound.reached', 'idempotency.collided', 'scanner.detected')`;

/** Entries of which somebody must hear, newest first, from one instant on and before a place. */
export const alertingEvents = (
  sql: TenantQuery,
  { since, before, limit }: { readonly since: Instant; readonly before: EventPlace | null; readonly limit: number },
) => sql<AlertingEvent[]>`
  select stream, seq, event_id, type, at, correlation, step, severity, payload
    from event
   where tenant_id = require_tenant_context() and ${isAlerting(sql)} and at >= ${since}::timestamptz
         ${before === null ? sql`` : sql`and (at, event_id) < (${before.at}::timestamptz, ${before.event_id})`}
   order by at desc, event_id desc
   limit ${limit}`;

/** Such entries of one type and severity. */
export interface AlertingCount {
  readonly type: string;
  readonly severity: Severity;
  readonly count: number;
  readonly oldest_at: Instant;
}

/** Entries that one answer counts; of more, the newest. */
const COUNTED_MAX = 10_000;

/** How many such entries there are from one instant on. */
export const countAlerting = (sql: TenantQuery, since: Instant) => sql<AlertingCount[]>`
  select type, severity, count(*)::int as count, min(at) as oldest_at
    from (select type, severity, at
            from event
           where tenant_id = require_tenant_context() and ${isAlerting(sql)} and at >= ${since}::timestamptz
           order by at desc
           limit ${COUNTED_MAX}) newest
   group by type, severity
   order by type, severity
   limit 20`;
