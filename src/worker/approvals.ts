import { type ApprovalRow, approvalToken, findApproval, tokenDigest } from "../approve/index.ts";
import {
  after,
  assert,
  digestOf,
  formatInstant,
  type Instant,
  isJsonObject,
  type JsonObject,
} from "../contracts/index.ts";
import { type ApprovalRule, tracedInput } from "../guard/index.ts";
import {
  type BranchesAsk,
  COMPENSATION,
  type CompensationAsk,
  FAILED_COMPENSATION,
  type FailedAsk,
  MANUAL_COMPENSATION,
  phasesOf,
  type RunEvent,
  type RunState,
  type Stimulus,
} from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import { approvalRequest, type Proposed } from "./approval-request.ts";
import type { CommitExtras } from "./commit.ts";
import type { DeskOptions, RunFacts } from "./desk.ts";

/** A stimulus with the rows that make it true. */
export interface Told {
  readonly stimulus: Stimulus;
  readonly extras: CommitExtras;
}

/** Of questions that are about no tool, where the pack has no rule of its own for them. */
const DEFAULT_RULE: Omit<ApprovalRule, "trigger"> = {
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
  pack.pack.hitl_rules[trigger] ?? { ...DEFAULT_RULE, trigger };

/** Approvals that events of the run itself have closed: their lane went on, or away, or the run ended, without them. */
export function closings(events: readonly RunEvent[], state: RunState): CommitExtras {
  const closed = events
    .flatMap((event) => closedBy(event, state))
    .map((approval_id) => ({ approval_id, status: "CANCELLED", void_reason: null }));
  return closed.length === 0 ? {} : { close_approvals: closed };
}

function closedBy(event: RunEvent, state: RunState): readonly string[] {
  if (event.type === "lane.cancelled") return event.payload.approval_id === null ? [] : [event.payload.approval_id];
  if (event.type !== "run.ended") return [];
  return phasesOf(state).flatMap((phase) => (phase.kind === "approval" ? [phase.approval_id] : []));
}

/** Asks a person whether something is undone. */
export function askToCompensate(desk: DeskOptions, run: RunFacts, ask: CompensationAsk, now: Instant): Told {
  switch (ask.kind) {
    case "PARALLEL_COMPENSATION":
      return asked(desk, run, now, branchesProposal(run, ask));
    case "COMPENSATION_FAILED":
      return asked(desk, run, now, failedProposal(desk, run, ask));
  }
}

function asked(desk: DeskOptions, run: RunFacts, now: Instant, proposed: Proposed): Told {
  const { step, attempt } = proposed;
  const { row, approvalId, timeoutAt } = approvalRequest(desk, run, now, proposed);
  const ref = { lane: COMPENSATION, step, attempt };
  return {
    stimulus: { kind: "approval_requested", ...ref, approval_id: approvalId, timeout_at: timeoutAt },
    extras: { approvals: [row] },
  };
}

/** Whether the branches of a failed PARALLEL step are undone. */
function branchesProposal(run: RunFacts, ask: BranchesAsk): Proposed {
  const { state } = run;
  return {
    tool: MANUAL_COMPENSATION,
    version: "1.0.0",
    operation: ask.kind,
    sideEffectLevel: "HARD_WRITE",
    input: { held: ask.held, plan: ask.plan },
    internalKey: `${state.tenant_id}:${MANUAL_COMPENSATION}:${state.run_id}`,
    fingerprint: state.run_id.replaceAll("-", ""),
    step: ask.plan[0] ?? COMPENSATION,
    attempt: 1,
    rule: ruleOf(run, MANUAL_COMPENSATION),
    reason: "a person decides whether these branches are undone",
    base: [],
  };
}

/** Whether the call that failed to undo a step is made once more, with the error and where the run stands. */
function failedProposal(desk: DeskOptions, run: RunFacts, { call, code, message }: FailedAsk): Proposed {
  const { state, control } = run;
  const found = desk.registry.find(call.tool, call.version);
  assert(found.ok && isJsonObject(call.input), "a run is driven where all its tools are");
  const { contract } = found.value;
  const made = { tool: found.value, input: call.input };
  const steps = Object.entries(state.steps).map(([id, { status }]) => [id, status]);
  const attempts = call.attempt - 1;
  return {
    tool: call.tool,
    version: call.version,
    operation: contract.operation,
    sideEffectLevel: contract.side_effect_level,
    input: {
      call: tracedInput(made, { request: { stepId: call.step }, salt: control.secrets.tokenKey }).value,
      error: { code, message, attempts },
      state: { failed: state.failure?.code ?? null, undoes: call.step, steps: Object.fromEntries(steps) },
    },
    internalKey: `${state.tenant_id}:${FAILED_COMPENSATION}:${state.run_id}:${call.step}`,
    fingerprint: digestOf(call.input).slice(0, FINGERPRINT_DIGITS),
    step: call.step,
    attempt: call.attempt,
    rule: ruleOf(run, FAILED_COMPENSATION),
    reason: `undoing \`${call.step}\` failed after ${attempts} attempts (${code}): approve to try it once more, deny to leave it`,
    base: [],
  };
}

/** As many as those of a call's parameters have. */
const FINGERPRINT_DIGITS = 32;
