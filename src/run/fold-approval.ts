import type { RunEvent, RunEventOf, RunPayloads } from "./events.ts";
import { countStep, laneFailed, resume, setLane } from "./fold.ts";
import { foldAgentDecided, stepThatAsked } from "./fold-agent.ts";
import { foldCompensationApproval, foldCompensationAsked, foldCompensationEscalated } from "./fold-compensation.ts";
import { COMPENSATION, type RunState } from "./state.ts";

type ApprovalEvent = Extract<
  RunEvent,
  { readonly type: "approval.requested" | "approval.escalated" | "approval.decided" }
>;

/** What people's decisions do to a run: the lane that asked waits, then calls again or fails. */
export function foldApproval(state: RunState, event: ApprovalEvent): RunState {
  switch (event.type) {
    case "approval.requested":
      return approvalRequested(state, event);
    case "approval.escalated":
      return approvalEscalated(state, event.payload);
    case "approval.decided":
      return approvalDecided(resume(state, event.at), event);
  }
}

function approvalRequested(state: RunState, event: RunEventOf<"approval.requested">): RunState {
  const { lane, attempt, approval_id, timeout_at } = event.payload;
  if (lane === COMPENSATION) return foldCompensationAsked(state, event);
  return setLane(countStep(state, lane), lane, { kind: "approval", attempt, approval_id, timeout_at });
}

function approvalEscalated(state: RunState, payload: RunPayloads["approval.escalated"]): RunState {
  const { lane, timeout_at } = payload;
  if (lane === COMPENSATION) return foldCompensationEscalated(state, payload);
  const phase = state.lanes[lane]?.phase;
  return phase?.kind === "approval" ? setLane(state, lane, { ...phase, timeout_at }) : state;
}

function approvalDecided(state: RunState, event: RunEventOf<"approval.decided">): RunState {
  const { lane, code } = event.payload;
  if (lane === COMPENSATION) return foldCompensationApproval(state, event.payload);
  const asking = stepThatAsked(state, event.payload.approval_id);
  if (asking !== undefined) return foldAgentDecided(state, event, asking);
  const phase = state.lanes[lane]?.phase;
  if (phase?.kind !== "approval") return state;
  if (code === null) return setLane(state, lane, { kind: "ready", attempt: phase.attempt });
  const message = `the approval was ${event.payload.decision}`;
  return laneFailed(state, event.step, { lane, code, message, attempt: phase.attempt }, event.at);
}
