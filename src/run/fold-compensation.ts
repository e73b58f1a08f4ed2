import type { RunEvent, RunEventOf, RunPayloads } from "./events.ts";
import { spendTokens } from "./fold.ts";
import type { CompensationProgress, LanePhase, RunState, StepState } from "./state.ts";

type CompensationEvent = Extract<
  RunEvent,
  { readonly type: "compensation.started" | "compensation.succeeded" | "compensation.failed" }
>;

/** The step that is being undone now, or null when none is left. */
export const beingUndone = (progress: CompensationProgress): string | null => progress.plan[progress.at] ?? null;

/** Whether a compensation has nothing more to do: all undone, or aborted. */
export const isUndone = (progress: CompensationProgress): boolean =>
  progress.phase.kind === "failed" || (progress.held.length === 0 && progress.at >= progress.plan.length);

export function foldCompensation(state: RunState, event: CompensationEvent): RunState {
  switch (event.type) {
    case "compensation.started":
      return started(state, event.payload);
    case "compensation.succeeded":
      return undone(spendTokens(state, event.payload.spent), "compensated");
    case "compensation.failed":
      return attemptFailed(spendTokens(state, event.payload.spent), event);
  }
}

function started(state: RunState, payload: RunPayloads["compensation.started"]): RunState {
  const phase: LanePhase = payload.held.length > 0 ? { kind: "asking" } : { kind: "ready", attempt: 1 };
  const compensation = { lane: payload.for_lane, held: payload.held, plan: payload.plan, at: 0, attempt: 1, phase };
  return payload.for_lane === null
    ? { ...state, compensation, stage: "compensating", status: "COMPENSATING" }
    : { ...state, compensation };
}

/** Marks the present step and turns to the next one. */
function undone(state: RunState, status: StepState["status"]): RunState {
  const { compensation } = state;
  const id = compensation && beingUndone(compensation);
  if (compensation === null || id === null) return state;
  const step = state.steps[id];
  const next = { ...compensation, at: compensation.at + 1, attempt: 1, phase: { kind: "ready", attempt: 1 } } as const;
  return {
    ...state,
    compensation: next,
    steps: step === undefined ? state.steps : { ...state.steps, [id]: { ...step, status } },
    leftover: state.leftover || status === "compensation_failed",
  };
}

function attemptFailed(state: RunState, event: RunEventOf<"compensation.failed">): RunState {
  const { compensation } = state;
  const { attempt, code, retry_at, action } = event.payload;
  if (compensation === null) return state;
  if (retry_at === null) return givenUp(state, code, action);
  const phase = { kind: "retry", attempt: attempt + 1, at: retry_at } as const;
  return { ...state, compensation: { ...compensation, attempt: attempt + 1, phase } };
}

function givenUp(state: RunState, code: string, action: RunPayloads["compensation.failed"]["action"]): RunState {
  const next = undone(state, "compensation_failed");
  if (action !== "ABORT" || next.compensation === null) return next;
  const phase = { kind: "failed", code, message: "compensation was aborted" } as const;
  return { ...next, compensation: { ...next.compensation, phase } };
}

/** A person let a compensation happen or not: either the call of one, or the undoing of a PARALLEL step's branches. */
export function foldCompensationApproval(state: RunState, payload: RunPayloads["approval.decided"]): RunState {
  const { compensation } = state;
  if (compensation?.phase.kind !== "approval") return state;
  const { code, action, keep } = payload;
  if (compensation.held.length > 0) {
    const plan = compensation.plan.filter((step) => !keep.includes(step));
    const phase = { kind: "ready", attempt: 1 } as const;
    return {
      ...state,
      compensation: { ...compensation, held: [], plan, phase },
      leftover: state.leftover || keep.length > 0,
    };
  }
  if (code !== null) return givenUp(state, code, action ?? "ESCALATE");
  const phase = { kind: "ready", attempt: compensation.phase.attempt } as const;
  return { ...state, compensation: { ...compensation, phase } };
}
