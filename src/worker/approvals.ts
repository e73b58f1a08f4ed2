import { type ApprovalRow, approvalToken, findApproval, tokenDigest } from "../approve/index.ts";
import { after, formatInstant, type Instant, type JsonObject } from "../contracts/index.ts";
import type { ApprovalRule } from "../guard/index.ts";
import {
  COMPENSATION,
  type CompensationAsk,
  type LanePhase,
  type RunEvent,
  type RunState,
  type Stimulus,
} from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import { approvalRequest } from "./approval-request.ts";
import type { CommitExtras } from "./commit.ts";
import type { DeskOptions, RunFacts } from "./desk.ts";

/** A stimulus with the rows that make it true. */
export interface Told {
  readonly stimulus: Stimulus;
  readonly extras: CommitExtras;
}

/** What a rule's trigger is called for branches that a person may undo. */
const MANUAL_COMPENSATION = "compensation.manual";

const DEFAULT_MANUAL_RULE: ApprovalRule = {
  trigger: MANUAL_COMPENSATION,
  condition: null,
  timeout_seconds: 3600,
  timeout_action: "FAIL",
  approval_channel: "inbox",
  required_approvers: 1,
  escalation_chain: [],
  authorized_approvers: ["role:approver", "role:admin"],
};

/** Whether an approval's time is over. */
export const isOverdue = (state: RunState, now: Instant): boolean =>
  phasesOf(state).some((phase) => phase.kind === "approval" && phase.timeout_at <= now);

/** Approvals whose time is over, each with what their rule says comes then. Decided ones are told through the inbox. */
export async function overdueApprovals(desk: DeskOptions, run: RunFacts, now: Instant): Promise<readonly Told[]> {
  const overdue = phasesOf(run.state).flatMap((phase) =>
    phase.kind === "approval" && phase.timeout_at <= now ? [phase.approval_id] : [],
  );
  const told: Told[] = [];
  for (const approvalId of overdue) {
    const row = await inTenant(desk.database, run.state.tenant_id, (sql) => findApproval(sql, approvalId));
    if (row?.status === "PENDING") told.push(timedOut(run, row, now));
  }
  return told;
}

const phasesOf = (state: RunState): readonly LanePhase[] => [
  ...Object.values(state.lanes).map(({ phase }) => phase),
  ...(state.compensation === null ? [] : [state.compensation.phase]),
];

function timedOut(run: RunFacts, row: ApprovalRow, now: Instant): Told {
  const { approval_id } = row;
  const rule = ruleOf(run, row.rule_id);
  const next = rule.escalation_chain[row.escalation_level];
  if (rule.timeout_action === "ESCALATE" && next !== undefined) return escalated(run, row, { rule, next, now });
  const approves = rule.timeout_action === "AUTO_APPROVE";
  const by = approves ? "system" : null;
  const status = approves ? "APPROVED" : "TIMED_OUT";
  return {
    stimulus: { kind: "approval_decided", approval_id, decision: approves ? "approved" : "timed_out", by },
    extras: { close_approvals: [{ approval_id, status, void_reason: null }] },
  };
}

/** The next level gets a new time-out and a new token; the old token is worth nothing from then on. */
function escalated(
  run: RunFacts,
  row: ApprovalRow,
  { rule, next, now }: { readonly rule: ApprovalRule; readonly next: string; readonly now: Instant },
): Told {
  const { approval_id } = row;
  const level = row.escalation_level + 1;
  const timeoutAt = after(now, rule.timeout_seconds * 1000);
  const token = approvalToken(
    { ...row, escalation_level: level, base: JSON.parse(row.base) },
    run.control.secrets.tokenKey,
  );
  const escalation: JsonObject = {
    approval_id,
    escalation_level: level,
    authorized_approvers: [next],
    timeout_at: formatInstant(timeoutAt),
    token_sha256: tokenDigest(token),
  };
  return {
    stimulus: { kind: "approval_escalated", approval_id, level, timeout_at: timeoutAt },
    extras: { escalate_approvals: [escalation] },
  };
}

const ruleOf = ({ pack }: RunFacts, trigger: string): ApprovalRule =>
  pack.pack.hitl_rules[trigger] ?? DEFAULT_MANUAL_RULE;

/** Approvals that events of the run itself have closed: their lane went on, or away, without them. */
export function closings(events: readonly RunEvent[]): CommitExtras {
  const closed = events.flatMap((event) =>
    event.type === "lane.cancelled" && event.payload.approval_id !== null
      ? [{ approval_id: event.payload.approval_id, status: "CANCELLED", void_reason: null }]
      : [],
  );
  return closed.length === 0 ? {} : { close_approvals: closed };
}

/** Asks a person whether the branches of a failed PARALLEL step are undone. */
export function askToCompensate(desk: DeskOptions, run: RunFacts, ask: CompensationAsk, now: Instant): Told {
  const { state } = run;
  const rule = ruleOf(run, MANUAL_COMPENSATION);
  const step = ask.plan[0] ?? COMPENSATION;
  const { row, approvalId, timeoutAt } = approvalRequest(desk, run, now, {
    tool: MANUAL_COMPENSATION,
    version: "1.0.0",
    operation: ask.kind,
    sideEffectLevel: "HARD_WRITE",
    input: { held: ask.held, plan: ask.plan },
    internalKey: `${state.tenant_id}:${MANUAL_COMPENSATION}:${state.run_id}`,
    fingerprint: state.run_id.replaceAll("-", ""),
    step,
    attempt: 1,
    rule,
    reason: "a person decides whether these branches are undone",
    base: [],
  });
  const ref = { lane: COMPENSATION, step, attempt: 1 };
  return {
    stimulus: { kind: "approval_requested", ...ref, approval_id: approvalId, timeout_at: timeoutAt },
    extras: { approvals: [row] },
  };
}
