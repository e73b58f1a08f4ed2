import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";

/** Calls that a guard refused for one reason, in one part of a time. */
export interface RefusedCount {
  /** Parts from the beginning of the time, from 0. */
  readonly part: number;
  /** Null where the reason was erased. */
  readonly code: string | null;
  readonly count: number;
}

/** Refused calls that one answer counts. */
const COUNTED_MAX = 50_000;

/**
 * Refused calls from one instant on and before another, by part and reason; of more than can be counted, the newest. The reason is
 * cut out of the canonical text, in which members stand in order: a payload may hold what SQL cannot read as JSON.
 */
export const countRefusals = (
  sql: TenantQuery,
  { from, to, partMs }: { readonly from: Instant; readonly to: Instant; readonly partMs: number },
) => sql<RefusedCount[]>`
  select part, code, count(*)::int as count
    from (select floor(extract(epoch from at - ${from}::timestamptz) * 1000 / ${partMs}::float8)::int as part,
                 substring(payload from '"code":"([A-Za-z0-9_.]+)","exhausted":') as code
            from event
           where tenant_id = require_tenant_context() and type = 'call.refused'
             and at >= ${from}::timestamptz and at < ${to}::timestamptz
           order by at desc
           limit ${COUNTED_MAX}) refused
   group by part, code
   order by part, code
   limit 20000`;
