import type { Instant } from "../../contracts/index.ts";
import type { Query, TenantQuery } from "../../store/index.ts";

/** Writes that a worker is there, and tells whether it was asked to drain. Its row is made at its first beat. */
export async function beatWorker(
  sql: TenantQuery,
  { workerId, hostId, pid }: { readonly workerId: string; readonly hostId: string; readonly pid: number },
): Promise<boolean> {
  const rows = await sql<{ drains: boolean }[]>`
    insert into worker (tenant_id, worker_id, host_id, pid, started_at, beat_at)
    values (require_tenant_context(), ${workerId}, ${hostId}, ${pid}, clock(), clock())
        on conflict (tenant_id, worker_id) do update set beat_at = clock()
    returning drain_asked_at is not null as drains`;
  return rows[0]?.drains ?? false;
}

/** Writes that a worker has given back what it held and takes no more. */
export const leaveWorker = (sql: TenantQuery, workerId: string) => sql`
  update worker set stopped_at = clock()
   where tenant_id = require_tenant_context() and worker_id = ${workerId} and stopped_at is null`;

/** Forgets workers that nobody has heard of for a day. */
export const forgetWorkers = (sql: TenantQuery) => sql`
  delete from worker where tenant_id = require_tenant_context() and beat_at < clock() - interval '1 day'`;

export interface WorkerRow {
  readonly worker_id: string;
  readonly host_id: string;
  readonly pid: number;
  readonly started_at: Instant;
  readonly beat_at: Instant;
  readonly drain_asked_at: Instant | null;
  readonly stopped_at: Instant | null;
  /** Milliseconds since its last beat, by the database's clock. */
  readonly silent_ms: number;
}

/** Workers that are there, or were ten minutes ago, newest first: each command that works has one. */
export const listWorkers = (sql: TenantQuery) => sql<WorkerRow[]>`
  select worker_id, host_id, pid, started_at, beat_at, drain_asked_at, stopped_at,
         floor(extract(epoch from clock() - beat_at) * 1000)::int as silent_ms
    from worker
   where tenant_id = require_tenant_context() and (stopped_at is null or stopped_at > clock() - interval '10 minutes')
   order by started_at desc, worker_id
   limit 1000`;

/** Asks a worker to drain; asking again changes nothing. False: there is no such worker, or it has stopped. */
export async function askToDrain(sql: TenantQuery, workerId: string): Promise<boolean> {
  const rows = await sql`
    update worker set drain_asked_at = coalesce(drain_asked_at, clock())
     where tenant_id = require_tenant_context() and worker_id = ${workerId} and stopped_at is null
    returning worker_id`;
  return rows.length === 1;
}

/** How many runs each worker holds, of all tenants. */
export const runsHeld = (sql: Query) => sql<{ worker_id: string; runs: number }[]>`
  select worker_id, count(*)::int as runs
    from due
   where worker_id is not null
   group by worker_id
   order by worker_id
   limit 10000`;
