import type { Channel, Instant, JsonObject } from "../contracts/index.ts";
import type { TenantQuery, TenantReads } from "../store/index.ts";
import type { RunOutcome, RunStatus } from "./state.ts";

/** A run row as its holder and as lists read it. */
export interface RunRow {
  readonly tenant_id: string;
  readonly run_id: string;
  readonly stream_day: string;
  readonly workflow_id: string;
  readonly pack_id: string;
  readonly pack_digest: string;
  readonly correlation_id: string;
  readonly principal_id: string;
  readonly channel: Channel;
  readonly status: RunStatus;
  readonly outcome: RunOutcome | null;
  readonly code: string | null;
  readonly epoch: number;
  readonly version: number;
  readonly head_seq: number;
  readonly head_hash: string;
  readonly snapshot: string | null;
  readonly snapshot_seq: number;
  readonly document_sha256: string | null;
  readonly cost_micros: number;
  readonly started_at: Instant;
  readonly updated_at: Instant;
  readonly ended_at: Instant | null;
}

const columns = (sql: TenantReads) => sql`
  tenant_id, run_id, to_char(stream_day, 'YYYY-MM-DD') as stream_day, workflow_id, pack_id, pack_digest, correlation_id, principal_id,
  channel,  status, outcome, code, epoch, version, head_seq, head_hash, snapshot, snapshot_seq, document_sha256, cost_micros,
  started_at, updated_at, ended_at`;

/** Those of these runs that the current tenant has. */
export const findRuns = (sql: TenantReads, runIds: readonly string[]) => sql<RunRow[]>`
  select ${columns(sql)} from run where tenant_id = require_tenant_context() and run_id = any(${runIds}::text[])`;

/** One run of the current tenant, or undefined. */
export const findRun = async (sql: TenantQuery, runId: string): Promise<RunRow | undefined> =>
  (await findRuns(sql, [runId]))[0];

/** The run that a start key started, or undefined. */
export async function findRunByStartKey(sql: TenantQuery, startKey: string): Promise<RunRow | undefined> {
  const rows = await sql<RunRow[]>`
    select ${columns(sql)} from run where tenant_id = require_tenant_context() and start_key = ${startKey}`;
  return rows[0];
}

export interface RunFilter {
  readonly status: RunStatus | null;
  readonly workflow: string | null;
  /** The beginning of a run's id, correlation, principal, workflow or code; null or absent takes every run. */
  readonly search?: string | null;
  /** Only these; null or absent takes every run. */
  readonly ids?: readonly string[] | null;
  /** Run id of the last row of the page before; null for the first page. */
  readonly before: string | null;
  readonly limit: number;
}

/** Newest first. Run ids are time-ordered, so the last id of a page is its cursor. */
export async function listRuns(sql: TenantQuery, filter: RunFilter): Promise<readonly RunRow[]> {
  return runsFound(sql, filter, filter.search == null ? [] : await workflowsLike(sql, filter.search));
}

/** @param workflows those that the search finds; told apart, so that the plan knows whether they are many runs or none */
export function runsFound(sql: TenantQuery, filter: RunFilter, workflows: readonly string[]) {
  const { status, workflow, search = null, before, limit } = filter;
  const ids = filter.ids == null ? null : [...filter.ids];
  return sql<RunRow[]>`
    select ${columns(sql)}
      from run
     where tenant_id = require_tenant_context()
           ${status === null ? sql`` : sql`and status = ${status}`}
           ${workflow === null ? sql`` : sql`and workflow_id = ${workflow}`}
           ${before === null ? sql`` : sql`and run_id < ${before}`}
           ${ids === null ? sql`` : sql`and run_id = any(${ids}::text[])`}
           ${search === null ? sql`` : sql`and (${beginning(sql, search)} ${ofWorkflows(sql, workflows)})`}
     order by run_id desc
     limit ${limit}`;
}

/** Greater than every text that begins so, in the order of bytes: nothing is beyond the last character there is. */
const beyond = (begins: string): string => `${begins}\u{10ffff}`;

/**
 * A run's ids and code by how they begin. Under a row policy only comparisons that tell nothing of other tenants' rows may use an
 * index, and `starts_with` is none.
 */
const beginning = (sql: TenantQuery, search: string) => sql`
     (run_id collate "C" >= ${search} and run_id collate "C" < ${beyond(search)})
  or (correlation_id collate "C" >= ${search} and correlation_id collate "C" < ${beyond(search)})
  or (principal_id collate "C" >= ${search} and principal_id collate "C" < ${beyond(search)})
  or (code collate "C" >= ${search.toUpperCase()} and code collate "C" < ${beyond(search.toUpperCase())})`;

const ofWorkflows = (sql: TenantQuery, workflows: readonly string[]) =>
  workflows.length === 0 ? sql`` : sql`or workflow_id = any(${[...workflows]}::text[])`;

/** Workflows of which there are runs and which begin so, whatever the case; each is one step in an index. */
async function workflowsLike(sql: TenantQuery, search: string): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`
    with recursive known as (
      (select workflow_id as id from run where tenant_id = require_tenant_context() order by workflow_id limit 1)
      union all
      select (select workflow_id from run
               where tenant_id = require_tenant_context() and workflow_id > known.id order by workflow_id limit 1)
        from known where known.id is not null
    )
    select id from known where starts_with(lower(id), lower(${search})) order by id limit 1000`;
  return rows.map(({ id }) => id);
}

/** How many runs are in each status; those that ended, since an instant. */
export const countRuns = (sql: TenantQuery, endedSince: Instant) => sql<{ status: RunStatus; count: number }[]>`
  select status, count(*)::int as count
    from run
   where tenant_id = require_tenant_context() and (ended_at is null or ended_at >= ${endedSince}::timestamptz)
   group by status
   order by status`;

export interface EndedRunFilter {
  readonly since: Instant | null;
  readonly until: Instant;
  readonly packDigest: string | null;
  readonly limit: number;
}

/** A run that ended, by when. */
export interface EndedRunRow
  extends Pick<
    RunRow,
    "run_id" | "workflow_id" | "pack_id" | "pack_digest" | "channel" | "code" | "cost_micros" | "started_at"
  > {
  readonly outcome: RunOutcome;
  readonly ended_at: Instant;
}

/**
 * Runs that ended from one instant on and before another, of one version of a pack or of all, by their ids: one more than the limit
 * says that there are more.
 */
export const endedRuns = (sql: TenantQuery, { since, until, packDigest, limit }: EndedRunFilter) => sql<EndedRunRow[]>`
  select run_id, workflow_id, pack_id, pack_digest, channel, outcome, code, cost_micros, started_at, ended_at
    from run
   where tenant_id = require_tenant_context()
     and ended_at < ${until}
     and (${since}::timestamptz is null or ended_at >= ${since})
     and (${packDigest}::text is null or pack_digest = ${packDigest})
   order by run_id
   limit ${limit + 1}`;

/** Of some runs, those on one version of a pack. */
export const runsOnPack = (sql: TenantQuery, runIds: readonly string[], digest: string) => sql<{ run_id: string }[]>`
  select run_id from run
   where tenant_id = require_tenant_context() and run_id = any(${[...runIds]}::text[]) and pack_digest = ${digest}
   order by run_id
   limit ${runIds.length}`;

/** Runs of this tenant that wait (for whatever): candidates for a signal. */
export const suspendedRuns = (sql: TenantQuery, limit: number) => sql<{ run_id: string }[]>`
  select run_id from run
   where tenant_id = require_tenant_context() and status = 'SUSPENDED_WAIT'
   order by run_id
   limit ${limit}`;

/** Inserts run, first event and due time. False: the start key has started a run before, and nothing was written. */
export async function insertRun(sql: TenantQuery, start: JsonObject): Promise<boolean> {
  const rows = await sql<{ begun: boolean }[]>`select begin_run(${JSON.stringify(start)}::text::jsonb) as begun`;
  return rows[0]?.begun ?? false;
}

/** Open runs after `afterRun` that are not on the version of their pack that takes new runs, oldest first. */
export const outdatedRuns = (sql: TenantQuery, afterRun: string, limit: number) => sql<{ run_id: string }[]>`
  select run.run_id
    from run
    join pack on pack.tenant_id = run.tenant_id and pack.pack_id = run.pack_id and pack.state in ('ACTIVE', 'PAUSED')
   where run.tenant_id = require_tenant_context() and run.ended_at is null and run.run_id > ${afterRun}
     and pack.digest <> run.pack_digest
   order by run.run_id
   limit ${limit}`;

/**
 * Puts an open run on another version of its pack with the event that says so. `held`: a worker has it now; `moved`: it is not
 * as it was read. Locks the run's row, then its due row.
 */
export async function upgradeRow(
  sql: TenantQuery,
  run: { readonly runId: string; readonly version: number; readonly to: string },
  event: JsonObject,
): Promise<"held" | "moved" | null> {
  const rows = await sql<{ problem: "held" | "moved" | null }[]>`
    select upgrade_run(${run.runId}, ${run.version}, ${run.to}, ${JSON.stringify(event)}::text::jsonb) as problem`;
  return rows[0]?.problem ?? null;
}

export interface PackRow {
  readonly pack_id: string;
  readonly digest: string;
  readonly version: string;
  readonly state: string;
  readonly document: string;
}

/** A version of a pack as it is stored. */
export interface InstalledPack {
  readonly packId: string;
  readonly digest: string;
  readonly version: string;
  readonly state: string;
  readonly document: string;
  readonly at: Instant;
}

/** Installs a version of a pack and makes it the active one; runs in flight keep theirs. */
export async function installPack(sql: TenantQuery, pack: InstalledPack): Promise<void> {
  await sql`
    update pack set state = 'SUNSET'
     where tenant_id = require_tenant_context() and pack_id = ${pack.packId} and digest <> ${pack.digest} and state in ('ACTIVE', 'PAUSED')`;
  await sql`
    insert into pack (tenant_id, pack_id, digest, version, document, state, installed_at)
    values (require_tenant_context(), ${pack.packId}, ${pack.digest}, ${pack.version}, ${pack.document}, ${pack.state}, ${pack.at}::timestamptz)
        on conflict (tenant_id, pack_id, digest) do update set state = excluded.state`;
}

/** Keeps a version of a pack that no new run starts on yet. One that is installed stays as it is. */
export const keepPack = (sql: TenantQuery, pack: InstalledPack) => sql`
  insert into pack (tenant_id, pack_id, digest, version, document, state, installed_at)
  values (require_tenant_context(), ${pack.packId}, ${pack.digest}, ${pack.version}, ${pack.document}, ${pack.state}, ${pack.at}::timestamptz)
      on conflict do nothing`;

/** The versions that take new runs, in pack order. */
export const activePacks = (sql: TenantQuery) => sql<PackRow[]>`
  select pack_id, digest, version, state, document
    from pack
   where tenant_id = require_tenant_context() and state in ('ACTIVE', 'PAUSED')
   order by pack_id
   limit 1000`;

/** One installed version, whatever its state. */
export async function findPack(sql: TenantQuery, digest: string): Promise<PackRow | undefined> {
  const rows = await sql<PackRow[]>`
    select pack_id, digest, version, state, document
      from pack where tenant_id = require_tenant_context() and digest = ${digest} limit 1`;
  return rows[0];
}
