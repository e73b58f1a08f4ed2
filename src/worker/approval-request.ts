import { approvalToken, type BaseRevision, sealPreview, tokenDigest } from "../approve/index.ts";
import { after, formatInstant, type Instant, type Json, type JsonObject } from "../contracts/index.ts";
import type { ApprovalRule } from "../guard/index.ts";
import type { DeskOptions, RunFacts } from "./desk.ts";

/** What a person is asked to approve. */
export interface Proposed {
  readonly tool: string;
  readonly version: string;
  readonly operation: string;
  readonly sideEffectLevel: string;
  /** Redacted: it is shown and hashed. */
  readonly input: Json;
  readonly internalKey: string | null;
  readonly fingerprint: string;
  readonly step: string;
  readonly attempt: number;
  readonly rule: ApprovalRule;
  readonly reason: string;
  readonly base: readonly BaseRevision[];
}

export interface ApprovalRequest {
  /** As `write_outcome` and `make_claims` read it. */
  readonly row: JsonObject;
  readonly approvalId: string;
  readonly timeoutAt: Instant;
}

/** The request that a person finds in the inbox: the preview, and the digest of the token that decides exactly it. */
export function approvalRequest(
  desk: DeskOptions,
  { state, control }: RunFacts,
  now: Instant,
  proposed: Proposed,
): ApprovalRequest {
  const { rule, reason, base, fingerprint } = proposed;
  const preview = sealPreview({
    tool: proposed.tool,
    version: proposed.version,
    operation: proposed.operation,
    side_effect_level: proposed.sideEffectLevel,
    input: proposed.input,
    params_fingerprint: fingerprint,
    run_id: state.run_id,
    workflow_id: state.workflow_id,
    step_id: proposed.step,
    attempt: proposed.attempt,
    requested_by: state.principal_id,
    rule: rule.trigger,
    reason,
    base,
    createdAt: now,
  });
  const binding = {
    approval_id: desk.host.ids.next(),
    escalation_level: 0,
    run_id: state.run_id,
    step_id: proposed.step,
    attempt: proposed.attempt,
    params_fingerprint: fingerprint,
    preview_sha256: preview.sha256,
    base,
  };
  const timeoutAt = after(now, rule.timeout_seconds * 1000);
  const row: JsonObject = {
    ...binding,
    base: JSON.stringify(base),
    correlation_id: state.correlation_id,
    tool_name: proposed.tool,
    tool_version: proposed.version,
    internal_key: proposed.internalKey,
    preview: preview.text,
    rule_id: rule.trigger,
    reason,
    requested_by: state.principal_id,
    required_approvers: rule.required_approvers,
    authorized_approvers: rule.authorized_approvers,
    token_sha256: tokenDigest(approvalToken(binding, control.secrets.tokenKey)),
    created_at: formatInstant(now),
    timeout_at: formatInstant(timeoutAt),
  };
  return { row, approvalId: binding.approval_id, timeoutAt };
}
