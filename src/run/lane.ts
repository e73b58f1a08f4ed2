import { assert } from "../contracts/index.ts";
import type { CompiledStep, CompiledWorkflow } from "./compiled.ts";
import type { ParallelStep } from "./definition.ts";
import { type AgentInterrupt, type Lane, type LanePhase, MAIN, type RunState } from "./state.ts";

/** The run's lanes in the one order every decision uses, whatever order a stored snapshot has: `main`, then by id. */
export function lanesOf(state: RunState): readonly Lane[] {
  const lanes = Object.values(state.lanes);
  if (lanes.length < 2) return lanes;
  return lanes.toSorted((a, b) => (a.id === MAIN ? -1 : b.id === MAIN ? 1 : a.id < b.id ? -1 : 1));
}

/** Every phase in which something of the run waits: its lanes, what is being undone, what a person is asked about. */
export function phasesOf({ lanes, compensation, agents }: RunState): readonly LanePhase[] {
  const phases = Object.values(lanes).map(({ phase }) => phase);
  for (const { interrupts } of Object.values(agents)) phases.push(...interrupts.flatMap(askedPhase));
  if (compensation !== null) phases.push(compensation.phase, ...compensation.escalated.map(({ phase }) => phase));
  return phases;
}

const askedPhase = ({ decision, attempt, approval_id, timeout_at }: AgentInterrupt): readonly LanePhase[] =>
  decision === null ? [{ kind: "approval", attempt, approval_id, timeout_at }] : [];

/** The compiled step of an id; a run is pinned to its pack, so it is always there. */
export function stepOf(workflow: CompiledWorkflow, id: string): CompiledStep {
  const step = workflow.steps[id];
  assert(step !== undefined, "a run's steps are those of the workflow it is pinned to");
  return step;
}

/** The step a lane is at; null for a lane that has ended. */
export const presentStep = (workflow: CompiledWorkflow, lane: Lane): CompiledStep | null =>
  lane.step === null ? null : stepOf(workflow, lane.step);

/** The PARALLEL step that started a lane; null for `main`. */
export function parallelOf(workflow: CompiledWorkflow, lane: Lane): ParallelStep | null {
  if (lane.id === MAIN) return null;
  const { parallel } = stepOf(workflow, lane.id);
  assert(parallel !== null, "a lane other than main is a branch of a PARALLEL step");
  const { definition } = stepOf(workflow, parallel);
  assert(definition.type === "PARALLEL", "branches belong to PARALLEL steps");
  return definition;
}

export const isSettled = (lane: Lane): boolean =>
  lane.phase.kind === "succeeded" ||
  lane.phase.kind === "failed" ||
  lane.phase.kind === "ignored" ||
  lane.phase.kind === "cancelled";

/** Whether a call of the lane may be under way that must not be dropped, because it may change something. */
export function mayBeWriting(workflow: CompiledWorkflow, lane: Lane): boolean {
  if (lane.phase.kind === "unknown") return true;
  const call = presentStep(workflow, lane)?.call ?? null;
  return lane.phase.kind === "ready" && call !== null && !call.reads;
}

/** Whether the lane has changed something, or may be about to. */
export const hasBegun = (workflow: CompiledWorkflow, state: RunState, lane: Lane): boolean =>
  mayBeWriting(workflow, lane) ||
  Object.entries(state.steps).some(
    ([id, step]) => step.lane === lane.id && step.status === "succeeded" && workflow.steps[id]?.call?.reads === false,
  );

/** The attempt whose answer a lane waits for; null when it waits for none. */
export function attemptOf(phase: LanePhase): number | null {
  if (phase.kind === "ready" || phase.kind === "retry" || phase.kind === "unknown") return phase.attempt;
  return phase.kind === "waiting" && phase.poll_at !== null ? phase.polls + 1 : null;
}
