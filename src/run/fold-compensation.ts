import type { RunEvent, RunEventOf, RunPayloads } from "./events.ts";
import { spendTokens } from "./fold.ts";
import type { CompensationProgress, Escalation, RunState, StepState } from "./state.ts";

type CompensationEvent = Extract<
  RunEvent,
  { readonly type: "compensation.started" | "compensation.succeeded" | "compensation.failed" }
>;

/** The step that is being undone now, or null when none is left. */
export const beingUndone = (progress: CompensationProgress): string | null => progress.plan[progress.at] ?? null;

/** Whether a compensation has nothing more to do: all undone and nobody left to ask, or aborted. */
export const isUndone = (progress: CompensationProgress): boolean =>
  isAborted(progress) ||
  (progress.held.length === 0 && progress.at >= progress.plan.length && progress.escalated.length === 0);

export const isAborted = ({ phase }: CompensationProgress): boolean => phase.kind === "failed";

export function foldCompensation(state: RunState, event: CompensationEvent): RunState {
  switch (event.type) {
    case "compensation.started":
      return started(state, event.payload);
    case "compensation.succeeded":
      return undone(spendTokens(state, event.payload.spent), "compensated");
    case "compensation.failed":
      return attemptFailed(spendTokens(state, event.payload.spent), event.payload);
  }
}

function started(state: RunState, { for_lane, held, plan }: RunPayloads["compensation.started"]): RunState {
  const phase = { kind: "asking" } as const;
  const asking = { lane: for_lane, held, plan, at: 0, phase, tried: {}, escalated: [] };
  const compensation = held.length > 0 ? asking : turned(asking, 0);
  return for_lane === null
    ? { ...state, compensation, stage: "compensating", status: "COMPENSATING" }
    : { ...state, compensation };
}

/** Turns to a place in the plan; past its end nothing is being undone. */
function turned(progress: CompensationProgress, at: number): CompensationProgress {
  const step = progress.plan[at];
  if (step === undefined) return { ...progress, at, phase: { kind: "succeeded" } };
  return { ...progress, at, phase: { kind: "ready", attempt: (progress.tried[step] ?? 0) + 1 } };
}

/** Marks the present step and turns to the next one. */
function undone(state: RunState, status: StepState["status"]): RunState {
  const { compensation } = state;
  const id = compensation && beingUndone(compensation);
  if (compensation === null || id === null) return state;
  const step = state.steps[id];
  return {
    ...state,
    compensation: turned(compensation, compensation.at + 1),
    steps: step === undefined ? state.steps : { ...state.steps, [id]: { ...step, status } },
  };
}

function attemptFailed(state: RunState, payload: RunEventOf<"compensation.failed">["payload"]): RunState {
  const { compensation } = state;
  if (compensation === null) return state;
  if (payload.retry_at === null) return givenUp(state, payload);
  const phase = { kind: "retry", attempt: payload.attempt + 1, at: payload.retry_at } as const;
  return { ...state, compensation: { ...compensation, phase } };
}

interface GivenUp extends Pick<Escalation, "attempt" | "code" | "message"> {
  readonly action: RunPayloads["compensation.failed"]["action"];
}

/** No further attempt by itself: the others go on, or nothing more is undone. What nobody is asked about is left over. */
function givenUp(state: RunState, { attempt, code, message, action }: GivenUp): RunState {
  const step = state.compensation && beingUndone(state.compensation);
  const next = undone(state, "compensation_failed");
  const { compensation } = next;
  if (compensation === null || step === null) return next;
  switch (action) {
    case "ALERT":
      return { ...next, leftover: true };
    case "ABORT": {
      const phase = { kind: "failed", code, message: "compensation was aborted" } as const;
      return { ...next, leftover: true, compensation: { ...compensation, phase } };
    }
    case "ESCALATE": {
      const escalation: Escalation = { step, attempt, code, message, phase: { kind: "asking" } };
      return { ...next, compensation: { ...compensation, escalated: [...compensation.escalated, escalation] } };
    }
  }
}

/** A person was asked: about a compensation that failed, about the call of one, or about undoing a PARALLEL step's branches. */
export function foldCompensationAsked(state: RunState, event: RunEventOf<"approval.requested">): RunState {
  const { compensation } = state;
  if (compensation === null) return state;
  const { attempt, approval_id, timeout_at } = event.payload;
  const phase = { kind: "approval", attempt, approval_id, timeout_at } as const;
  const isEscalated = compensation.escalated.some(
    ({ step, phase: { kind } }) => step === event.step && kind === "asking",
  );
  if (!isEscalated) return { ...state, compensation: { ...compensation, phase } };
  const escalated = compensation.escalated.map((one) => (one.step === event.step ? { ...one, phase } : one));
  return { ...state, compensation: { ...compensation, escalated } };
}

/** Nobody decided in time: the next level has until `timeout_at`. */
export function foldCompensationEscalated(state: RunState, payload: RunPayloads["approval.escalated"]): RunState {
  const { compensation } = state;
  if (compensation === null) return state;
  const { approval_id, timeout_at } = payload;
  const later = <P extends CompensationProgress["phase"]>(phase: P): P =>
    phase.kind === "approval" && phase.approval_id === approval_id ? { ...phase, timeout_at } : phase;
  const escalated = compensation.escalated.map((one) => ({ ...one, phase: later(one.phase) }));
  return { ...state, compensation: { ...compensation, phase: later(compensation.phase), escalated } };
}

/** A person let a compensation happen or not. */
export function foldCompensationApproval(state: RunState, payload: RunPayloads["approval.decided"]): RunState {
  const { compensation } = state;
  if (compensation === null) return state;
  const { approval_id, code, action, keep, decision } = payload;
  const escalation = compensation.escalated.find(
    ({ phase }) => phase.kind === "approval" && phase.approval_id === approval_id,
  );
  if (escalation !== undefined)
    return escalationDecided(state, compensation, { escalation, isApproved: code === null });
  if (compensation.phase.kind !== "approval") return state;
  if (compensation.held.length > 0) {
    const plan = compensation.plan.filter((step) => !keep.includes(step));
    const next = turned({ ...compensation, held: [], plan }, 0);
    return { ...state, compensation: next, leftover: state.leftover || keep.length > 0 };
  }
  const { attempt } = compensation.phase;
  if (code !== null) {
    return givenUp(state, { attempt, code, message: `the approval was ${decision}`, action: action ?? "ALERT" });
  }
  return { ...state, compensation: { ...compensation, phase: { kind: "ready", attempt } } };
}

/** Approved: the step goes to the end of the plan, for one more attempt. Otherwise it stays as it is. */
function escalationDecided(
  state: RunState,
  compensation: CompensationProgress,
  { escalation, isApproved }: { readonly escalation: Escalation; readonly isApproved: boolean },
): RunState {
  const escalated = compensation.escalated.filter((one) => one !== escalation);
  if (!isApproved || isAborted(compensation)) {
    return { ...state, compensation: { ...compensation, escalated }, leftover: true };
  }
  const next = {
    ...compensation,
    escalated,
    plan: [...compensation.plan, escalation.step],
    tried: { ...compensation.tried, [escalation.step]: escalation.attempt },
  };
  const isIdle = beingUndone(compensation) === null;
  return { ...state, compensation: isIdle ? turned(next, next.at) : next };
}
