import { edgesOf, reachable, stepsById } from "./compile/graph.ts";
import type { StepDefinition, WorkflowDefinition } from "./definition.ts";
import type { RunState } from "./state.ts";

/** The step that a run is at, or one of them. */
export const currentStep = ({ lanes, compensation }: Pick<RunState, "lanes" | "compensation">): string | null =>
  compensation?.plan[compensation.at] ??
  Object.values(lanes).find(({ phase }) => !RESTING.has(phase.kind))?.step ??
  null;

const RESTING: ReadonlySet<string> = new Set(["succeeded", "failed", "ignored", "cancelled", "branching"]);

/**
 * The steps that a run has done, is at or may still come to, in the order of its workflow. A run that has failed comes to none
 * but those that its failure leads to.
 */
export function stepsOfRun(workflow: WorkflowDefinition, state: RunState): readonly StepDefinition[] {
  const at = Object.values(state.lanes).flatMap(({ step }) => step ?? []);
  const roots = state.failure === null ? at : [state.failure.on_failure ?? ""];
  const ahead = reachable(roots, stepsById(workflow), edgesOf);
  return workflow.steps.filter(({ id }) => ahead.has(id) || at.includes(id) || Object.hasOwn(state.steps, id));
}

/** Whether a step is a last one: nothing of its workflow follows it. */
export const isLastStep = (step: StepDefinition): boolean =>
  edgesOf(step).every(({ field }) => field === "on_failure" || field === "on_timeout");
