import {
  formatInstant,
  type Host,
  type Instant,
  type JsonObject,
  type Refusal,
  transitionOf,
} from "../contracts/index.ts";
import { type ArtifactStore, entitiesById, patchesSince, recordAct, tellRun } from "../ledger/index.ts";
import { type Database, inTenant, type TenantQuery } from "../store/index.ts";
import { CHANGE_MACHINE, changeState } from "./change-machine.ts";
import { type BaseRevision, readPreview } from "./preview.ts";
import {
  type ApprovalRow,
  type ApprovalStatus,
  closeApproval,
  decisionsOf,
  insertDecision,
  lockApproval,
} from "./queries.ts";
import { tokenMatches } from "./token.ts";

/** Who decides: the authenticated principal, never a name from a message. */
export interface Approver {
  readonly principalId: string;
  readonly kind: "person" | "service" | "agent";
  readonly role: string;
  /** As whom they signed in at an issuer; the vote's entry keeps it. */
  readonly identity?: { readonly issuer: string; readonly subject: string } | null;
}

export interface DecisionRequest {
  readonly tenantId: string;
  readonly approvalId: string;
  readonly decision: "APPROVE" | "DENY";
  readonly approver: Approver;
  readonly token: string;
  /** Echo of what the approver was shown. */
  readonly previewSha256: string;
  readonly reason: string | null;
}

export type DecisionResult =
  | { readonly ok: true; readonly status: ApprovalStatus; readonly missing: number }
  | { readonly ok: false; readonly refusal: Refusal };

/** What a decision reaches the world through. */
export interface DecidePorts {
  readonly database: Pick<Database, "app">;
  readonly host: Host;
  readonly artifacts: ArtifactStore;
}

/**
 * Takes one person's decision. In one transaction: the approval is locked, the decision judged, base and preview read again,
 * the vote written, and with the last vote the run told. A refused decision is recorded on the audit stream and changes
 * nothing, except that a drifted base voids the approval. Concurrent deciders are served one after another.
 *
 * Whose preview is gone or altered can be denied, not approved.
 */
export const decide = ({ database, host, artifacts }: DecidePorts, request: DecisionRequest): Promise<DecisionResult> =>
  inTenant(database, request.tenantId, async (sql) => {
    const now = host.clock.now();
    const approval = await lockApproval(sql, request.approvalId);
    const told = { ...request, correlation: approval?.correlation_id ?? request.approvalId };
    const refusal =
      approval === undefined ? notFound(request) : judge(approval, await votersOf(sql, approval), request, now);
    if (approval === undefined || refusal !== null)
      return refuseDecision(sql, host, told, refusal ?? notFound(request));
    const drift = await driftOf(sql, approval);
    if (drift !== null) return voidApproval(sql, host, approval, told, drift);
    const preview = await readPreview(sql, artifacts, approval.preview_sha256);
    if (!preview.ok && request.decision === "APPROVE") return refuseDecision(sql, host, told, preview.refusal);
    return vote(sql, host, approval, told, now);
  });

/** The rules of a decision, in the order in which they are told. Null: it may be taken. */
export function judge(
  approval: ApprovalRow,
  voters: readonly string[],
  request: DecisionRequest,
  now: Instant,
): Refusal | null {
  const { approver } = request;
  const bar = approverBar(approval, approver);
  if (bar !== null) return bar;
  const tokenFits = tokenMatches(request.token, approval.token_sha256);
  if (!tokenFits) return no("HITL_TOKEN_REPLAY", "the token is not this approval's present one");
  const closed = closedBar(approval, now, request.decision);
  if (closed !== null) {
    const isUsed = approval.status !== "PENDING" && voters.includes(approver.principalId);
    return isUsed ? { ...closed, ...no("HITL_TOKEN_REPLAY", "the token was used already") } : closed;
  }
  if (request.previewSha256 !== approval.preview_sha256)
    return no("HITL_PREVIEW_MISMATCH", "the decision is about another preview");
  return null;
}

/** Why an approver may not decide an approval, whatever its state; null where they may. */
export function approverBar(
  approval: Pick<ApprovalRow, "requested_by" | "authorized_approvers">,
  approver: Approver,
): Refusal | null {
  if (approver.kind !== "person") return no("HITL_UNAUTHORIZED", "only people approve");
  if (approver.principalId === approval.requested_by) return no("HITL_UNAUTHORIZED", "who asked may not approve");
  if (isAuthorized(approval, approver)) return null;
  return no("HITL_UNAUTHORIZED", `\`${approver.principalId}\` is not among the approvers of this level`);
}

/**
 * Why nobody may decide an approval any more; null while it is open. What the table of a change does not have is named with it, as
 * `details.reason_code`; a decision that is not told is taken for an approval.
 */
export function closedBar(
  approval: Pick<ApprovalRow, "status" | "consumed_at" | "timeout_at">,
  now: Instant,
  decision: DecisionRequest["decision"] = "APPROVE",
): Refusal | null {
  const moved = transitionOf(CHANGE_MACHINE, changeState(approval), decision === "APPROVE" ? "APPROVED" : "REJECTED");
  const details = moved.ok ? {} : { details: moved.refusal.details ?? {} };
  if (approval.status !== "PENDING") return { ...no("HITL_CLOSED", `the approval is ${approval.status}`), ...details };
  if (now < approval.timeout_at) return null;
  return no("HITL_CLOSED", `the approval expired at ${formatInstant(approval.timeout_at)}`);
}

/** Named directly, or through a role (`role:approver`). */
const isAuthorized = (approval: Pick<ApprovalRow, "authorized_approvers">, approver: Approver): boolean =>
  approval.authorized_approvers.includes(approver.principalId) ||
  approval.authorized_approvers.includes(`role:${approver.role}`);

const no = (code: Refusal["code"], message: string): Refusal => ({ code, message });

const notFound = (request: DecisionRequest): Refusal =>
  no("APPROVAL_NOT_FOUND", `there is no approval \`${request.approvalId}\``);

const votersOf = async (sql: TenantQuery, approval: ApprovalRow): Promise<readonly string[]> =>
  (await decisionsOf(sql, approval.approval_id)).map(({ approver }) => approver);

/** A decision under the correlation of the run that it is about, or of itself where there is no such approval. */
type ToldDecision = DecisionRequest & { readonly correlation: string };

async function refuseDecision(
  sql: TenantQuery,
  host: Host,
  request: ToldDecision,
  refusal: Refusal,
): Promise<DecisionResult> {
  const { code, message, details } = refusal;
  const illegal = typeof details?.reason_code === "string" ? { reason_code: details.reason_code } : {};
  await audit(sql, host, request, "approval.decision_refused", { code, message, ...illegal });
  return { ok: false, refusal };
}

async function vote(
  sql: TenantQuery,
  host: Host,
  approval: ApprovalRow,
  request: ToldDecision,
  now: Instant,
): Promise<DecisionResult> {
  const { approvalId, approver, decision, reason } = request;
  const level = approval.escalation_level;
  await insertDecision(sql, { approvalId, level, approver: approver.principalId, decision, reason, at: now });
  const votes = (await decisionsOf(sql, approvalId)).filter(
    (row) => row.escalation_level === level && row.decision === "APPROVE",
  );
  const { identity = null } = approver;
  const decidedAs = identity === null ? {} : { identity: { ...identity } };
  await audit(sql, host, request, "approval.voted", { decision, level, reason, ...decidedAs });
  if (decision === "DENY") return close(sql, host, approval, request, "DENIED");
  // Same person twice counts once: votes are unique per approver and level.
  const missing = approval.required_approvers - votes.length;
  return missing > 0 ? { ok: true, status: "PENDING", missing } : close(sql, host, approval, request, "APPROVED");
}

async function close(
  sql: TenantQuery,
  host: Host,
  approval: ApprovalRow,
  request: DecisionRequest,
  status: "APPROVED" | "DENIED",
): Promise<DecisionResult> {
  await closeApproval(sql, approval.approval_id, status, null);
  await tellDecision(sql, host, approval, request.approver.principalId, status, request.reason);
  return { ok: true, status, missing: 0 };
}

/** The base moved between preview and decision: the approval is void, and says what changed. */
async function voidApproval(
  sql: TenantQuery,
  host: Host,
  approval: ApprovalRow,
  request: ToldDecision,
  drift: string,
): Promise<DecisionResult> {
  await closeApproval(sql, approval.approval_id, "VOIDED", drift);
  await tellDecision(sql, host, approval, request.approver.principalId, "VOIDED", drift);
  return refuseDecision(sql, host, request, no("BASE_DRIFTED", drift));
}

/** One line per entity that is no longer at the version previewed, or null. */
export async function driftOf(sql: TenantQuery, approval: Pick<ApprovalRow, "base">): Promise<string | null> {
  const base: readonly BaseRevision[] = JSON.parse(approval.base);
  const present = await entitiesById(
    sql,
    base.map(({ entity_id }) => entity_id),
  );
  const lines: string[] = [];
  for (const then of base) {
    const now = present.find(
      (entity) => entity.entity_type === then.entity_type && entity.entity_id === then.entity_id,
    );
    if ((now?.version ?? 0) === then.version) continue;
    const patches = await patchesSince(sql, then.entity_type, then.entity_id, then.version);
    lines.push(
      `${then.entity_type} \`${then.entity_id}\` went from version ${then.version} to ${now?.version ?? 0}: ${described(patches)}`,
    );
  }
  return lines.length === 0 ? null : lines.join("; ");
}

interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

const described = (patches: readonly { readonly state_patch: string }[]): string =>
  patches
    .flatMap(({ state_patch }): readonly PatchOperation[] => JSON.parse(state_patch))
    .map(({ op, path, value }) => (value === undefined ? `${op} ${path}` : `${path} is now ${JSON.stringify(value)}`))
    .join(", ");

const tellDecision = (
  sql: TenantQuery,
  host: Host,
  approval: ApprovalRow,
  actor: string,
  status: ApprovalStatus,
  reason: string | null,
): Promise<boolean> =>
  tellRun(sql, approval.run_id, {
    // One decision ends an approval, so its id makes the entry unique.
    inbox_id: `${approval.approval_id}/${status}`,
    kind: "approval",
    payload: { approval_id: approval.approval_id, status, by: actor, reason },
    actor,
    at: host.clock.now(),
  });

const audit = (sql: TenantQuery, host: Host, request: ToldDecision, type: string, payload: JsonObject) =>
  recordAct(sql, host, {
    tenantId: request.tenantId,
    by: request.approver.principalId,
    type,
    correlation: request.correlation,
    severity: type === "approval.decision_refused" ? "warning" : "info",
    payload: { ...payload, approval_id: request.approvalId },
  });
