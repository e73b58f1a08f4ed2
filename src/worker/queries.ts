import { assert, type Instant } from "../contracts/index.ts";
import type { Query, TenantQuery } from "../store/index.ts";
import type { Commit, CommitResult, LostClaim } from "./commit.ts";
import { commitLines, moreCount, moreLines } from "./flush-lines.ts";

/** What a flush did for one tenant. */
interface FlushRow {
  readonly tenant_id: string;
  readonly control_revision: number;
  readonly held: number;
  /** Runs whose commit was fenced off; null for none. */
  readonly fenced: readonly string[] | null;
  readonly told: { readonly [run: string]: Pick<Told, "claim" | "conflict"> } | null;
}

/** What the database has to say of a commit that it took. */
interface Told {
  readonly claim: LostClaim | null;
  readonly conflict: string | null;
}

/**
 * Writes a flush in one transaction, tenant by tenant. The result is keyed `tenant/run`; a commit without an entry was
 * fenced off. Locks the run rows, then the due rows, each in id order per tenant as the ingress does.
 */
export async function flushCommits(
  sql: Query,
  unordered: readonly Commit[],
): Promise<ReadonlyMap<string, CommitResult>> {
  const commits = [...unordered].sort(byTenantAndRun);
  const { tenants, commitEnds, moreEnds } = slices(commits);
  const rows = await sql<FlushRow[]>`
    select tenant_id, control_revision, held, fenced, told
      from commit_flush(${tenants}::text[], ${commitEnds}::int[], ${moreEnds}::int[], ${commitLines(commits)}, ${moreLines(commits)})`;
  const results = new Map<string, CommitResult>();
  for (const [index, row] of rows.entries()) {
    addResults(results, commits.slice(commitEnds[index - 1] ?? 0, commitEnds[index]), row);
  }
  return results;
}

function addResults(results: Map<string, CommitResult>, commits: readonly Commit[], row: FlushRow): void {
  const fenced = new Set(row.fenced);
  assert(row.held + fenced.size === commits.length, "each commit of a flush was held or fenced");
  const plain: CommitResult = {
    kind: "committed",
    lostClaim: null,
    conflict: null,
    controlRevision: row.control_revision,
  };
  for (const { tenantId, runId } of commits) {
    assert(tenantId === row.tenant_id, "a flush answers tenant by tenant");
    const told = row.told?.[runId];
    const key = `${tenantId}/${runId}`;
    if (told !== undefined) results.set(key, { ...plain, lostClaim: told.claim, conflict: told.conflict });
    else if (!fenced.has(runId)) results.set(key, plain);
  }
}

const byTenantAndRun = (left: Commit, right: Commit): number =>
  compared(left.tenantId, right.tenantId) || compared(left.runId, right.runId);

const compared = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Where each tenant's lines end, counted from one as SQL does. */
function slices(commits: readonly Commit[]) {
  const tenants: string[] = [];
  const commitEnds: number[] = [];
  const moreEnds: number[] = [];
  let more = 0;
  commits.forEach((commit, index) => {
    more += moreCount(commit);
    if (tenants.at(-1) !== commit.tenantId) tenants.push(commit.tenantId);
    commitEnds[tenants.length - 1] = index + 1;
    moreEnds[tenants.length - 1] = more;
  });
  return { tenants, commitEnds, moreEnds };
}

/** One thing that was due and is now this worker's, under the epoch given. */
export interface ClaimedDue {
  readonly tenant_id: string;
  readonly kind: "run" | "sweep";
  readonly id: string;
  readonly epoch: number;
  readonly claims: number;
  /** The holder whose lease had expired; null when nobody held it. */
  readonly previous_worker: string | null;
  readonly due_since: Instant;
}

/** Takes up to `limit` due things; rows that others are claiming are skipped, not waited for. */
export const claimDue = (sql: Query, workerId: string, limit: number, leaseMs: number) => sql<ClaimedDue[]>`
  select tenant_id, kind, id, epoch, claims, previous_worker, due_since
    from claim_due(${workerId}, ${limit}, ${leaseMs})`;

/** Takes one run if it is due. Empty: it is not, or somebody else is about to take it or to write it. */
export const claimRun = (
  sql: Query,
  workerId: string,
  { tenantId, runId }: { readonly tenantId: string; readonly runId: string },
  leaseMs: number,
) => sql<ClaimedDue[]>`
  select tenant_id, kind, id, epoch, claims, previous_worker, due_since
    from claim_run(${workerId}, ${tenantId}, ${runId}, ${leaseMs})`;

/**
 * Runs that are due and not leased, the longest due first; locks nothing. One that was claimed before counts only when it
 * has been due for `graceMs`.
 */
export const dueRuns = (sql: Query, limit: number, graceMs: number) => sql<
  { tenant_id: string; id: string; due_at: Instant }[]
>`
  select tenant_id, id, due_at
    from due
   where kind = 'run' and due_at <= clock()
     and (epoch = 0 or due_at <= clock() - make_interval(secs => ${graceMs}::float8 / 1000))
   order by due_at, tenant_id, id
   limit ${limit}`;

/** Environments of whatever tenants in which a canary runs. */
export const canariesOf = (sql: Query, limit: number) => sql<{ tenant_id: string; environment: string }[]>`
  select tenant_id, id as environment
    from due
   where kind = 'canary'
   order by tenant_id, id
   limit ${limit}`;

/** Milliseconds until a run is due or its lease expires, negative when that is past; null when only being told something can move it. */
export async function dueInMs(sql: TenantQuery, runId: string): Promise<number | null> {
  const rows = await sql<{ in_ms: number | null }[]>`
    select (extract(epoch from due_at - clock()) * 1000)::float8 as in_ms
      from due
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId}`;
  return rows[0]?.in_ms ?? null;
}

/** Extends leases and tells how much each run was ever told. A run that does not come back is no longer this worker's. */
export const renewLeases = (
  sql: Query,
  workerId: string,
  held: readonly { readonly tenantId: string; readonly runId: string; readonly epoch: number }[],
  leaseMs: number,
) => sql<{ tenant_id: string; id: string; signals: number }[]>`
  select tenant_id, id, signals
    from renew_leases(${workerId}, ${held.map((h) => h.tenantId)}::text[], ${held.map((h) => h.runId)}::text[],
           ${held.map((h) => h.epoch)}::bigint[], ${leaseMs})`;

/**
 * Takes claims that came to nothing by no fault of their runs off the count. One that is not counted any more, since its run came
 * to rest, changes nothing. Locks the due rows.
 */
export const excuseClaims = (
  sql: Query,
  claims: readonly { readonly tenantId: string; readonly runId: string; readonly epoch: number }[],
) => sql`
  update due d
     set claims = d.claims - 1
    from unnest(${claims.map((c) => c.tenantId)}::text[], ${claims.map((c) => c.runId)}::text[],
           ${claims.map((c) => c.epoch)}::bigint[]) as c(tenant_id, id, epoch)
   where d.tenant_id = c.tenant_id and d.kind = 'run' and d.id = c.id and c.epoch > d.epoch - d.claims`;

/** Who holds a run, and until when; or, where nobody does, when it is due. */
export interface HeldLease {
  readonly worker_id: string | null;
  readonly epoch: number;
  /** Claims since the run last came to rest. */
  readonly claims: number;
  readonly due_at: Instant | null;
  /** The database's clock, which rules all of this. */
  readonly now: Instant;
}

/** The lease of one run, as everybody of its tenant may see it; undefined where there is no such run. */
export async function findLease(sql: TenantQuery, runId: string): Promise<HeldLease | undefined> {
  const rows = await sql<HeldLease[]>`
    select worker_id, epoch, claims, due_at, clock() as now
      from due
     where tenant_id = require_tenant_context() and kind = 'run' and id = ${runId}`;
  return rows[0];
}

/**
 * Refreshes the planner's statistics of the tables that commits touch. A plan made while they were empty scans all runs, or all
 * receipts, of a tenant for each commit (a foreign key's check among them: 2 ms each at 25,000 receipts); new statistics have it
 * made anew.
 */
export const analyzeHot = (owner: Query) =>
  owner`analyze countermark.run, countermark.due, countermark.idempotency, countermark.receipt, countermark.receipt_event`;
