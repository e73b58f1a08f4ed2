import type { Instant } from "../contracts/index.ts";
import type { Query } from "../store/index.ts";
import { type Commit, type CommitResult, extrasText, type LostClaim } from "./commit.ts";

interface FlushRow {
  readonly tenant_id: string;
  readonly run_id: string;
  readonly claim: LostClaim | null;
  readonly conflict: string | null;
  readonly control_revision: number;
}

/**
 * Writes a flush in one transaction, tenant by tenant. The result is keyed `tenant/run`; a commit without an entry was
 * fenced off. Locks the run rows, then the due rows, each in id order per tenant as the ingress does. Flags travel as text: as a boolean array the driver would send each as
 * false.
 */
export async function flushCommits(
  sql: Query,
  unordered: readonly Commit[],
): Promise<ReadonlyMap<string, CommitResult>> {
  const commits = [...unordered].sort(byTenantAndRun);
  const events = commits.flatMap((commit) =>
    commit.events.map(({ entry, hash, payload_text }) => ({ ...entry, hash, payload_text, day: commit.streamDay })),
  );
  const { tenants, commitEnds, eventEnds } = slices(commits);
  const rows = await sql<FlushRow[]>`
    select tenant_id, run_id, claim, conflict, control_revision
      from commit_flush(
        ${tenants}::text[], ${commitEnds}::int[], ${eventEnds}::int[],
        ${commits.map((c) => c.runId)}::text[], ${commits.map((c) => c.epoch)}::bigint[], ${commits.map((c) => c.version)}::bigint[],
        ${commits.map((c) => c.status)}::text[], ${commits.map((c) => c.outcome)}::text[], ${commits.map((c) => c.code)}::text[],
        ${commits.map((c) => c.head.seq)}::bigint[], ${commits.map((c) => c.head.hash)}::text[],
        ${commits.map((c) => c.snapshot)}::text[], ${commits.map((c) => c.documentSha256)}::text[],
        ${commits.map((c) => c.costMicros)}::bigint[], ${commits.map((c) => (c.release ? "t" : "f"))}::text[]::boolean[],
        ${commits.map((c) => c.dueInMs)}::bigint[], ${commits.map((c) => c.folded)}::int[],
        ${commits.map((c) => extrasText(c.extras))}::text[],
        ${events.map((e) => e.stream)}::text[], ${events.map((e) => e.day)}::date[], ${events.map((e) => e.seq)}::bigint[],
        ${events.map((e) => e.event_id)}::text[], ${events.map((e) => e.type)}::text[], ${events.map((e) => e.at)}::timestamptz[],
        ${events.map((e) => e.recorded_at)}::timestamptz[], ${events.map((e) => e.correlation)}::text[],
        ${events.map((e) => e.causation)}::text[], ${events.map((e) => e.actor)}::text[], ${events.map((e) => e.channel)}::text[],
        ${events.map((e) => e.epoch)}::bigint[], ${events.map((e) => e.step)}::text[], ${events.map((e) => e.severity)}::text[],
        ${events.map((e) => e.dedup_key)}::text[], ${events.map((e) => e.payload_sha256)}::text[],
        ${events.map((e) => e.prev_hash)}::text[], ${events.map((e) => e.hash)}::text[], ${events.map((e) => e.payload_text)}::text[])`;
  return new Map(rows.map((row) => [`${row.tenant_id}/${row.run_id}`, committed(row)]));
}

const byTenantAndRun = (left: Commit, right: Commit): number =>
  compared(left.tenantId, right.tenantId) || compared(left.runId, right.runId);

const compared = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const committed = (row: FlushRow): CommitResult => ({
  kind: "committed",
  lostClaim: row.claim,
  conflict: row.conflict,
  controlRevision: row.control_revision,
});

/** Where each tenant's commits and events end in the arrays, counted from one as SQL does. */
function slices(commits: readonly Commit[]) {
  const tenants: string[] = [];
  const commitEnds: number[] = [];
  const eventEnds: number[] = [];
  let events = 0;
  commits.forEach((commit, index) => {
    events += commit.events.length;
    const last = tenants.length - 1;
    if (tenants[last] !== commit.tenantId) tenants.push(commit.tenantId);
    commitEnds[tenants.length - 1] = index + 1;
    eventEnds[tenants.length - 1] = events;
  });
  return { tenants, commitEnds, eventEnds };
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
 * Refreshes the planner's statistics of the tables that every commit touches. A plan made while they were empty scans all
 * runs of a tenant for each commit; new statistics have it made anew.
 */
export const analyzeHot = (owner: Query) => owner`analyze countermark.run, countermark.due`;
