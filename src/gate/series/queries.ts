import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";

/** From one instant on and before another, in parts of equal length. */
export interface PartedTime {
  readonly from: Instant;
  readonly to: Instant;
  readonly partMs: number;
}

/** Runs that one answer counts: whoever keeps a chart open asks again and again. */
export const COUNTED_MAX = 50_000;

interface Ended {
  readonly runs: number;
  readonly succeeded: number;
  readonly expected_failures: number;
  readonly unexpected_failures: number;
  readonly cancelled: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly cost_micros: number;
}

/** Of runs that ended in one part of a time. */
export interface EndedPart extends Ended {
  /** Parts from the beginning of the time, from 0. */
  readonly part: number;
  /** The first end that was counted. */
  readonly first_at: Instant;
}

/** Of one workflow's runs that ended in a time. */
export interface EndedWorkflow extends Ended {
  readonly workflow_id: string;
}

/** The newest runs that ended in a time, as many as one answer counts. */
const ended = (sql: TenantQuery, { from, to }: PartedTime) => sql`
  (select at, workflow, outcome, ms, cost_micros
     from evidence_unit
    where tenant_id = require_tenant_context() and kind = 'run'
      and at >= ${from}::timestamptz and at < ${to}::timestamptz
    order by at desc
    limit ${COUNTED_MAX}) run`;

const figures = (sql: TenantQuery) => sql`
  count(*)::int as runs,
  count(*) filter (where outcome = 'SUCCESS')::int as succeeded,
  count(*) filter (where outcome = 'EXPECTED_FAILURE')::int as expected_failures,
  count(*) filter (where outcome = 'UNEXPECTED_FAILURE')::int as unexpected_failures,
  count(*) filter (where outcome = 'CANCELLED')::int as cancelled,
  (percentile_disc(array[0.5, 0.95]) within group (order by ms))[1] as p50_ms,
  (percentile_disc(array[0.5, 0.95]) within group (order by ms))[2] as p95_ms,
  sum(cost_micros)::bigint as cost_micros`;

/** Runs that ended, part by part; a part in which none did has no row. */
export const endedParts = (sql: TenantQuery, time: PartedTime) => sql<EndedPart[]>`
  select floor(extract(epoch from at - ${time.from}::timestamptz) * 1000 / ${time.partMs}::float8)::int as part,
         min(at) as first_at, ${figures(sql)}
    from ${ended(sql, time)}
   group by part
   order by part
   limit 1000`;

/** Runs that ended, workflow by workflow, the dearest first. */
export const endedWorkflows = (sql: TenantQuery, time: PartedTime) => sql<EndedWorkflow[]>`
  select workflow as workflow_id, ${figures(sql)}
    from ${ended(sql, time)}
   group by workflow
   order by cost_micros desc, runs desc, workflow
   limit 100`;
