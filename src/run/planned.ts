import type { Instant } from "../contracts/index.ts";
import { isCallDue } from "./bound.ts";
import type { CompiledStep, CompiledWorkflow } from "./compiled.ts";
import { isDraining, isEnded } from "./fold.ts";
import { beingUndone, isUndone } from "./fold-compensation.ts";
import { attemptOf, isSettled, lanesOf, presentStep, stepOf } from "./lane.ts";
import { applyMapping } from "./mapping.ts";
import { COMPENSATION, type Lane, type PlannedCall, type RunState } from "./state.ts";

/** The calls that are due, at most one per lane; those in flight are among them, for a successor must make them again. */
export function plannedCalls(workflow: CompiledWorkflow, state: RunState, now: Instant): readonly PlannedCall[] {
  if (isEnded(state)) return [];
  const calls = lanesOf(state).flatMap((lane) => stepCall(workflow, state, lane, now) ?? []);
  const undoing = compensationCall(workflow, state, now);
  return undoing === null ? calls : [...calls, undoing];
}

function stepCall(workflow: CompiledWorkflow, state: RunState, lane: Lane, now: Instant): PlannedCall | null {
  const { phase } = lane;
  const isLook = phase.kind === "unknown" && phase.look_at !== null && phase.look_at <= now;
  if (!isLook && !isCallDue(lane, now)) return null;
  const step = presentStep(workflow, lane);
  const attempt = attemptOf(phase);
  if (step === null || step.call === null || attempt === null) return null;
  return {
    lane: lane.id,
    step: step.definition.id,
    attempt,
    purpose: phase.kind === "waiting" ? "poll" : isLook || attempt > 1 ? "retry" : "step",
    settleOnly: isDraining(state),
    tool: step.call.tool,
    version: step.call.version,
    input: applyMapping(step.call.input, state.document),
    approvalAsked: approvalReason(step, state),
  };
}

/** Why the workflow itself wants a person to approve this call; null when it does not. */
function approvalReason({ definition, condition }: CompiledStep, state: RunState): string | null {
  if (definition.type !== "TOOL" && definition.type !== "COMPENSATION") return null;
  if (definition.hitl_required === true) return "hitl_required";
  if (condition === null) return null;
  const asked = condition(state.document, state.started_at);
  if (!asked.ok) return `hitl_condition could not be evaluated: ${asked.refusal.code}`;
  return asked.value ? "hitl_condition holds" : null;
}

function compensationCall(workflow: CompiledWorkflow, state: RunState, now: Instant): PlannedCall | null {
  const { compensation } = state;
  const id = compensation && beingUndone(compensation);
  if (compensation === null || id === null || isUndone(compensation)) return null;
  const { phase } = compensation;
  const isDue = phase.kind === "ready" || (phase.kind === "retry" && phase.at <= now);
  return isDue ? undoCall(workflow, state, id, phase.attempt) : null;
}

/** The call that undoes a step; null for a step that declares none. */
export function undoCall(
  workflow: CompiledWorkflow,
  state: RunState,
  step: string,
  attempt: number,
): PlannedCall | null {
  const { undo } = stepOf(workflow, step);
  if (undo === null) return null;
  return {
    lane: COMPENSATION,
    step,
    attempt,
    purpose: "compensation",
    settleOnly: false,
    tool: undo.tool,
    version: undo.version,
    input: applyMapping(undo.input, state.document),
    approvalAsked: null,
  };
}

/** A call as its lane's step has it now, whatever the lane waits for. */
export type StandingCall = Pick<PlannedCall, "lane" | "step" | "tool" | "version" | "input" | "approvalAsked">;

/** Writing calls that a run stands at: they may have been begun, or been shown to a person. */
export function standingCalls(workflow: CompiledWorkflow, state: RunState): readonly StandingCall[] {
  const { compensation } = state;
  const id = compensation === null || isUndone(compensation) ? null : beingUndone(compensation);
  const undoing = id === null ? null : undoCall(workflow, state, id, 1);
  const steps = lanesOf(state).flatMap((lane): readonly StandingCall[] => {
    const step = isSettled(lane) ? null : presentStep(workflow, lane);
    if (step === null || step.call === null || step.call.reads) return [];
    const { tool, version, input } = step.call;
    const [stepId, approvalAsked] = [step.definition.id, approvalReason(step, state)];
    return [{ lane: lane.id, step: stepId, tool, version, input: applyMapping(input, state.document), approvalAsked }];
  });
  if (undoing === null) return steps;
  const { lane, step, tool, version, input, approvalAsked } = undoing;
  return [...steps, { lane, step, tool, version, input, approvalAsked }];
}
