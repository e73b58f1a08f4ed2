import { type Instant, instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { BreakerRecord, BreakerState } from "../call.ts";

/** A breaker as it is stored, with the time at which it was read: by no other is it judged. */
export interface StoredBreaker {
  readonly record: BreakerRecord;
  readonly now: Instant;
}

interface BreakerRow extends Omit<BreakerRecord, "failure_times"> {
  readonly failure_times: readonly number[];
  readonly now: Instant;
}

/** The tenant's breakers, by name; one that no call has moved yet has no row. */
export async function listBreakers(sql: TenantQuery): Promise<readonly StoredBreaker[]> {
  const rows = await sql<BreakerRow[]>`
    select breaker_id, state, failure_times, success_count, probe_count, opened_at, expires_at, revision, clock() as now
      from breaker
     where tenant_id = require_tenant_context()
     order by breaker_id
     limit 200`;
  return rows.map(({ now, failure_times, ...row }) => ({
    record: { ...row, failure_times: failure_times.map((at) => instant(Number(at))) },
    now,
  }));
}

export interface BreakerChange {
  readonly breaker_id: string;
  readonly state: BreakerState;
  readonly at: Instant;
}

/** The last changes of each breaker's state, the newest first. */
export const breakerChanges = (sql: TenantQuery, limitEach: number) => sql<BreakerChange[]>`
  select b.breaker_id, c.state, c.at
    from breaker b
   cross join lateral (
         select state, at, revision
           from breaker_change
          where tenant_id = b.tenant_id and breaker_id = b.breaker_id
          order by revision desc
          limit ${limitEach}) c
   where b.tenant_id = require_tenant_context()
   order by b.breaker_id, c.revision desc
   limit 10000`;

/** Writes a breaker that was read at revision `from`. False: it has moved since, and nothing was written. */
export async function moveBreaker(sql: TenantQuery, next: BreakerRecord, from: number): Promise<boolean> {
  const rows = await sql`
    update breaker
       set state = ${next.state}, failure_times = ${next.failure_times.map(Number)}::bigint[], success_count = ${next.success_count},
           probe_count = ${next.probe_count}, opened_at = ${next.opened_at}::timestamptz, expires_at = ${next.expires_at}::timestamptz,
           revision = ${next.revision}
     where tenant_id = require_tenant_context() and breaker_id = ${next.breaker_id} and revision = ${from}
    returning revision`;
  return rows.length === 1;
}
