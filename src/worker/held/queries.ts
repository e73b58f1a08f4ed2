import type { Instant } from "../../contracts/index.ts";
import type { RunStatus } from "../../run/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { RecordedTakeover } from "../continuity/queries.ts";

/** A run that somebody holds, or, with no holder, one that is due and that nobody has taken yet. */
export interface HeldRun {
  readonly run_id: string;
  readonly workflow_id: string;
  readonly status: RunStatus;
  readonly holder: string | null;
  readonly epoch: number;
  readonly claims: number;
  /** The end of the lease; of a run that nobody holds, since when it is due. */
  readonly due_at: Instant;
  /** The database's clock, which rules leases. */
  readonly now: Instant;
}

/** Runs in motion that are looked at, the oldest first: what stands longest is what matters. */
const LOOKED_AT_MAX = 2_000;

/** Runs in motion that a worker holds or that are due, the oldest first. */
export const runsInMotion = (sql: TenantQuery, limit: number) => sql<HeldRun[]>`
  select r.run_id, r.workflow_id, r.status, d.worker_id as holder, d.epoch, d.claims, d.due_at, clock() as now
    from (select tenant_id, run_id, workflow_id, status
            from run
           where tenant_id = require_tenant_context() and status in ('PENDING', 'RUNNING', 'COMPENSATING')
           order by run_id
           limit ${LOOKED_AT_MAX}) r
    join due d on d.tenant_id = r.tenant_id and d.kind = 'run' and d.id = r.run_id
   where case when d.worker_id is null then d.due_at <= clock() else d.due_at is not null and not starts_with(d.worker_id, 'lease:') end
   order by r.run_id
   limit ${limit}`;

/** A run that a program outside holds by token. */
export interface TokenHold {
  readonly run_id: string;
  readonly workflow_id: string;
  readonly status: RunStatus;
  readonly thread_id: string;
  readonly epoch: number;
  readonly expiry: Instant;
}

/** Runs that are held by token, the lease that ends first first. */
export const runsByToken = (sql: TenantQuery, limit: number) => sql<TokenHold[]>`
  select l.run_id, r.workflow_id, r.status, l.thread_id, l.epoch, l.expiry
    from lease l
    join run r using (tenant_id, run_id)
   where l.tenant_id = require_tenant_context() and l.status = 'ACTIVE' and l.lane = 'controller'
   order by l.expiry, l.run_id
   limit ${limit}`;

/** The newest takeovers of all runs, by when they were noticed. */
export const newestTakeovers = (sql: TenantQuery, limit: number) => sql<
  (RecordedTakeover & { run_id: string; workflow_id: string })[]
>`
  select t.run_id, r.workflow_id, t.epoch, t.holder, t.previous_epoch, t.previous_holder, t.stale_since, t.detected_at, t.seq
    from takeover t
    join run r using (tenant_id, run_id)
   where t.tenant_id = require_tenant_context()
   order by t.detected_at desc, t.run_id, t.epoch
   limit ${limit}`;
