import { z } from "@hono/zod-openapi";
import { type ApprovalRow, approverBar, approversOf, closedBar, type DecisionRow } from "../../approve/index.ts";
import type { Instant, JsonObject, Refusal, Result } from "../../contracts/index.ts";
import type { SideEffectLevel } from "../../guard/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Caller } from "../http/caller.ts";
import { hasRight, roleRefusal } from "../http/rights.ts";
import { act, actBarredBy } from "./act.ts";
import { digest, jsonObject, name, time, timeOf, timeOrNull } from "./parts.ts";

export const approvalStatus = z.enum(["PENDING", "APPROVED", "DENIED", "TIMED_OUT", "VOIDED", "CANCELLED"]);

const summaryFields = {
  approval_id: name,
  status: approvalStatus,
  run_id: name,
  step_id: z.string(),
  attempt: z.int(),
  tool_name: z.string(),
  tool_version: z.string(),
  rule_id: z.string(),
  reason: z.string(),
  requested_by: z.string(),
  escalation_level: z.int(),
  required_approvers: z.int(),
  authorized_approvers: z.array(z.string()).readonly(),
  preview_sha256: digest,
  created_at: time,
  timeout_at: time,
  decided_at: time.nullable(),
  /** When the approved call was let through; an approval lets one call through. */
  consumed_at: time.nullable(),
  /** What changed, where a drifted base voided it. */
  void_reason: z.string().nullable(),
};

export const approvalSummary = z.strictObject(summaryFields).openapi("ApprovalSummary");

/** An approval as lists have it: with who has approved already, where more than one is needed. */
export const listedApproval = z
  .strictObject({
    ...summaryFields,
    /** At the present level of escalation. */
    approved_by: z.array(z.string()).readonly(),
  })
  .openapi("ListedApproval");

export const approval = z
  .strictObject({
    ...summaryFields,
    /** What the tool may do to the world; null where this server does not have it. */
    side_effect_level: z.enum(["READ", "SOFT_WRITE", "HARD_WRITE", "FINANCIAL"]).nullable(),
    /** Null, like its text, where it is gone or no longer what was asked; then nobody may approve. */
    preview: jsonObject.nullable().openapi({ type: ["object", "null"] }),
    /** Exactly the text whose SHA-256 is `preview_sha256`. */
    preview_text: z.string().nullable(),
    decisions: z
      .array(
        z.strictObject({
          escalation_level: z.int(),
          approver: z.string(),
          decision: z.enum(["APPROVE", "DENY"]),
          reason: z.string().nullable(),
          at: time,
        }),
      )
      .readonly(),
    actions: z.array(act(z.enum(["approve", "deny"]))).readonly(),
    /** What a decision must carry; only for a reader who may decide now. */
    token: z.string().nullable(),
  })
  .openapi("Approval");

export type ListedApproval = z.output<typeof listedApproval>;
export type ApprovalSummary = z.output<typeof approvalSummary>;
export type ApprovalView = z.output<typeof approval>;

export const approvalSummaryOf = (row: ApprovalRow): ApprovalSummary => ({
  approval_id: row.approval_id,
  status: row.status,
  run_id: row.run_id,
  step_id: row.step_id,
  attempt: row.attempt,
  tool_name: row.tool_name,
  tool_version: row.tool_version,
  rule_id: row.rule_id,
  reason: row.reason,
  requested_by: row.requested_by,
  escalation_level: row.escalation_level,
  required_approvers: row.required_approvers,
  authorized_approvers: row.authorized_approvers,
  preview_sha256: row.preview_sha256,
  created_at: timeOf(row.created_at),
  timeout_at: timeOf(row.timeout_at),
  decided_at: timeOrNull(row.decided_at),
  consumed_at: timeOrNull(row.consumed_at),
  void_reason: row.void_reason,
});

/** Some approvals, each with who has approved it. */
export async function listedApprovals(
  sql: TenantQuery,
  rows: readonly ApprovalRow[],
): Promise<readonly ListedApproval[]> {
  const given =
    rows.length === 0
      ? []
      : await approversOf(
          sql,
          rows.map(({ approval_id }) => approval_id),
        );
  return rows.map((row) => ({
    ...approvalSummaryOf(row),
    approved_by: given.flatMap(({ approval_id, approver }) => (approval_id === row.approval_id ? [approver] : [])),
  }));
}

/** Why a reader may not decide an approval now; null when they may. The same rules are judged again at the decision. */
export function decisionBar(
  row: ApprovalRow,
  decisions: readonly DecisionRow[],
  { caller, now }: { readonly caller: Caller; readonly now: Instant },
): Refusal | null {
  if (!hasRight(caller.role, ["approve"])) return roleRefusal(caller.role, ["approve"]);
  const bar = approverBar(row, caller) ?? closedBar(row, now);
  if (bar !== null) return bar;
  const hasVoted = decisions.some(
    ({ approver, escalation_level }) => approver === caller.principalId && escalation_level === row.escalation_level,
  );
  return hasVoted ? { code: "HITL_TOKEN_REPLAY", message: "you have decided on this already" } : null;
}

interface ApprovalFacts {
  readonly preview: Result<string>;
  readonly bar: Refusal | null;
  readonly token: string;
  readonly level: SideEffectLevel | null;
}

/** An approval as its reader sees it. `token` is the present one; it is shown only where `bar` is null. */
export function approvalView(
  row: ApprovalRow,
  decisions: readonly DecisionRow[],
  { preview, bar, token, level }: ApprovalFacts,
): ApprovalView {
  const text = preview.ok ? preview.value : null;
  const document: JsonObject | null = text === null ? null : JSON.parse(text);
  const approving = bar ?? (preview.ok ? null : preview.refusal);
  return {
    ...approvalSummaryOf(row),
    side_effect_level: level,
    preview: document,
    preview_text: text,
    decisions: decisions.map(({ at, ...decision }) => ({ ...decision, at: timeOf(at) })),
    actions: [actBarredBy("approve", approving), actBarredBy("deny", bar)],
    token: bar === null ? token : null,
  };
}
