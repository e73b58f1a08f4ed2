import type { ApprovalFact, CallFacts, CallRequest, IdempotencyRecord } from "./call.ts";
import type { ApprovalRule } from "./contract.ts";
import { isOwnRecord } from "./idempotency.ts";
import type { ResolvedCall } from "./resolve.ts";
import { reasonOfRule } from "./rule-condition.ts";
import { type GuardVerdict, passed, type Refused, refused, skipped } from "./verdict.ts";

/*
 * Stage 9: must a person approve this call, and did one (INV-07)?
 *
 * A1  FINANCIAL calls always need approval, whatever a condition says; without a rule they are refused.
 * A2  A condition that cannot be evaluated means that approval is required.
 * A3  An approval is of one call: the same key and the same parameters. It is consumed with the intent, once.
 * A4  A retry of the step that consumed it is still that one call, as long as its reservation is held by the step.
 * A5  A compensation that a person sent back for one more attempt asks anew where nobody had decided, or the base had moved.
 */

export type ApprovalDecision =
  | GuardVerdict
  | { readonly verdict: "asks"; readonly by: ApprovalRule; readonly reason: string };

/** Whether the call may go on, is refused, or a person must be asked first. */
export function approvalDecision(call: ResolvedCall, request: CallRequest, facts: CallFacts): ApprovalDecision {
  const reason = reasonToAsk(call, request, facts);
  if (reason === undefined) return skipped("no rule asks for approval");
  if (facts.rule === undefined)
    return refused("CC04_RULE_MISSING", `${reason}, and no rule of \`${call.tool.contract.name}\` says who may decide`);
  const { approval } = facts;
  if (approval === null || approval.params_fingerprint !== call.fingerprint || isOver(approval, request))
    return { verdict: "asks", by: facts.rule, reason };
  if (approval.status !== "APPROVED") return closed(approval, approval.status);
  if (!approval.consumed)
    return passed(`approved (${reason})`, [{ kind: "approval", approvalId: approval.approval_id }]);
  return isRetryOf(facts.record, request)
    ? passed(`approved for this step's earlier attempt (${reason})`) // A4
    : { verdict: "asks", by: facts.rule, reason };
}

// A5
const isOver = ({ status, attempt }: ApprovalFact, request: CallRequest): boolean =>
  request.purpose === "compensation" && attempt < request.attempt && (status === "TIMED_OUT" || status === "VOIDED");

function reasonToAsk(call: ResolvedCall, request: CallRequest, { rule }: CallFacts): string | undefined {
  if (call.tool.contract.side_effect_level === "FINANCIAL") return "a FINANCIAL tool needs approval"; // A1
  if (request.approvalAsked !== null) return request.approvalAsked;
  if (rule === undefined) return undefined;
  return reasonOfRule(rule, { ...request.document, input: call.input }, request.runStartedAt);
}

// A3: COMPLETED records never come here inside their window, and an aged one belongs to another logical call.
const isRetryOf = (record: IdempotencyRecord | null, request: CallRequest): boolean =>
  record !== null && record.status !== "COMPLETED" && isOwnRecord(record, request);

function closed({ approval_id }: ApprovalFact, status: Exclude<ApprovalFact["status"], "APPROVED">): Refused {
  const details = { approval_id };
  switch (status) {
    case "PENDING":
      return refused("HITL_PENDING", "a person has not decided yet", { details });
    case "DENIED":
      return refused("HITL_DENIED", "an approver denied this call", { details });
    case "TIMED_OUT":
      return refused("HITL_TIMEOUT", "nobody decided in time", { details });
    case "VOIDED":
      return refused("BASE_DRIFTED", "what was approved has changed since", { details });
    case "CANCELLED":
      return refused("HITL_CLOSED", "the approval request was cancelled", { details });
  }
}
