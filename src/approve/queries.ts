import type { Digest, Instant } from "../contracts/index.ts";
import type { TenantQuery, TenantReads } from "../store/index.ts";

export type ApprovalStatus = "PENDING" | "APPROVED" | "DENIED" | "TIMED_OUT" | "VOIDED" | "CANCELLED";

export interface ApprovalRow {
  readonly approval_id: string;
  readonly run_id: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly correlation_id: string;
  readonly tool_name: string;
  readonly tool_version: string;
  readonly internal_key: string;
  readonly params_fingerprint: string;
  /** The artifact that is shown; see `readPreview`. */
  readonly preview_sha256: Digest;
  readonly rule_id: string;
  readonly reason: string;
  readonly requested_by: string;
  readonly status: ApprovalStatus;
  readonly escalation_level: number;
  readonly required_approvers: number;
  readonly authorized_approvers: readonly string[];
  readonly token_sha256: string;
  readonly base: string;
  readonly created_at: Instant;
  readonly timeout_at: Instant;
  readonly decided_at: Instant | null;
  readonly consumed_at: Instant | null;
  readonly void_reason: string | null;
}

const columns = (sql: TenantReads) => sql`
  approval_id, run_id, step_id, attempt, correlation_id, tool_name, tool_version, internal_key, params_fingerprint, preview_sha256,
  rule_id, reason, requested_by, status, escalation_level, required_approvers, authorized_approvers, token_sha256, base,
  created_at, timeout_at, decided_at, consumed_at, void_reason`;

/** One approval, or undefined. */
export async function findApproval(sql: TenantQuery, approvalId: string): Promise<ApprovalRow | undefined> {
  const rows = await sql<ApprovalRow[]>`
    select ${columns(sql)} from approval where tenant_id = require_tenant_context() and approval_id = ${approvalId}`;
  return rows[0];
}

/** The same, locked until the transaction ends, so that decisions on one approval come one after another. */
export async function lockApproval(sql: TenantQuery, approvalId: string): Promise<ApprovalRow | undefined> {
  const rows = await sql<ApprovalRow[]>`
    select ${columns(sql)} from approval where tenant_id = require_tenant_context() and approval_id = ${approvalId} for update`;
  return rows[0];
}

/** Approvals of a status, oldest first; every status when null. */
export const listApprovals = (sql: TenantQuery, status: ApprovalStatus | null, limit: number) => sql<ApprovalRow[]>`
  select ${columns(sql)}
    from approval
   where tenant_id = require_tenant_context() and (${status}::text is null or status = ${status})
   order by created_at, approval_id
   limit ${limit}`;

/** How many approvals of the tenant wait for a person. */
export async function pendingApprovals(sql: TenantQuery): Promise<number> {
  const rows = await sql<{ pending: number }[]>`
    select count(*)::int as pending from approval where tenant_id = require_tenant_context() and status = 'PENDING'`;
  return rows[0]?.pending ?? 0;
}

/** What people were asked under a call's key. */
export interface CallApprovals {
  /** The newest that the run itself asked for, whatever its status. */
  readonly own: ApprovalRow | undefined;
  /**
   * One by which the call may be made yet: pending, of whichever run, since only one may be; or granted to another run that
   * has not begun the call. Its effect will be this call's too.
   */
  readonly open: ApprovalRow | undefined;
}

/** Seconds in which a run that holds its approval begins the call; past them nobody waits for it. */
const BEGIN_SECONDS_MAX = 60;

/** A call's key, and the run that makes the call. */
export interface CallOfRun {
  readonly internalKey: string;
  readonly runId: string;
}

/** What people were asked under the keys of calls, as it concerns their runs: one for each, in their order. */
export async function approvalsOfCalls(
  sql: TenantReads,
  calls: readonly CallOfRun[],
): Promise<readonly CallApprovals[]> {
  const keys = calls.map(({ internalKey }) => internalKey);
  const runs = calls.map(({ runId }) => runId);
  const rows = await sql<(ApprovalRow & { readonly nth: number })[]>`
    select call.nth::int, found.*
      from unnest(${keys}::text[], ${runs}::text[]) with ordinality as call(internal_key, run_id, nth)
     cross join lateral (
       select ${columns(sql)}
         from approval
        where tenant_id = require_tenant_context() and internal_key = call.internal_key
          and (run_id = call.run_id or status = 'PENDING'
               or (status = 'APPROVED' and consumed_at is null
                   and decided_at > clock() - make_interval(secs => ${BEGIN_SECONDS_MAX})))
        order by created_at desc, approval_id desc
        limit 100) as found
     order by call.nth, created_at desc, approval_id desc`.execute();
  return calls.map(({ runId }, index) =>
    concerning(
      runId,
      rows.filter(({ nth }) => nth === index + 1),
    ),
  );
}

function concerning(runId: string, rows: readonly ApprovalRow[]): CallApprovals {
  const isGranted = (row: ApprovalRow) => row.run_id !== runId && row.status === "APPROVED" && row.consumed_at === null;
  return {
    own: rows.find((row) => row.run_id === runId),
    open: rows.find(({ status }) => status === "PENDING") ?? rows.find(isGranted),
  };
}

/** Records a person's decision at the approval's present level. False: that person has decided here already. */
export async function insertDecision(
  sql: TenantQuery,
  decision: {
    readonly approvalId: string;
    readonly level: number;
    readonly approver: string;
    readonly decision: "APPROVE" | "DENY";
    readonly reason: string | null;
    readonly at: Instant;
  },
): Promise<boolean> {
  const rows = await sql`
    insert into approval_decision (tenant_id, approval_id, escalation_level, approver, decision, reason, at)
    values (require_tenant_context(), ${decision.approvalId}, ${decision.level}, ${decision.approver}, ${decision.decision},
           ${decision.reason}, ${decision.at}::timestamptz)
        on conflict do nothing
    returning approver`;
  return rows.length === 1;
}

export interface DecisionRow {
  readonly escalation_level: number;
  readonly approver: string;
  readonly decision: "APPROVE" | "DENY";
  readonly reason: string | null;
  readonly at: Instant;
}

export const decisionsOf = (sql: TenantQuery, approvalId: string) => sql<DecisionRow[]>`
  select escalation_level, approver, decision, reason, at
    from approval_decision
   where tenant_id = require_tenant_context() and approval_id = ${approvalId}
   order by at, approver
   limit 100`;

/** Who has approved at the present level of each of some approvals, in the order in which they did. */
export const approversOf = (sql: TenantQuery, approvalIds: readonly string[]) => sql<
  { approval_id: string; approver: string }[]
>`
  select decision.approval_id, decision.approver
    from approval_decision as decision
    join approval using (tenant_id, approval_id)
   where decision.tenant_id = require_tenant_context() and decision.approval_id = any(${[...approvalIds]}::text[])
     and decision.escalation_level = approval.escalation_level and decision.decision = 'APPROVE'
   order by decision.at, decision.approver
   limit 10000`;

/** Closes a pending approval; a terminal status never changes, so an empty result means that it was closed already. */
export const closeApproval = (
  sql: TenantQuery,
  approvalId: string,
  status: Exclude<ApprovalStatus, "PENDING">,
  voidReason: string | null,
) => sql<{ approval_id: string }[]>`
  update approval
     set status = ${status}, decided_at = clock(), void_reason = ${voidReason}
   where tenant_id = require_tenant_context() and approval_id = ${approvalId} and status = 'PENDING'
  returning approval_id`;
