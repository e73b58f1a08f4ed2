import {
  currentStep,
  isLastStep,
  phasesOf,
  type RunState,
  type StepDefinition,
  stepsOfRun,
  type WorkflowDefinition,
} from "../../run/index.ts";
import type { HandoffRun, HandoffStep } from "./handoff.ts";

/** A run as a handoff sees it. `lost`: steps whose lease ran out and that nobody has resumed. */
export function handoffRun(workflow: WorkflowDefinition, state: RunState, lost: readonly string[]): HandoffRun {
  return {
    task_id: state.workflow_id,
    run_id: state.run_id,
    current_step: currentStep(state),
    steps: stepsOfRun(workflow, state).map(
      (step): HandoffStep => ({
        id: step.id,
        marker: markerOf(step.id, state, lost),
        acceptance_criteria: criteriaOf(step, workflow),
        expected_outputs: outputsOf(step),
      }),
    ),
  };
}

/** The approvals that a run waits for. */
export const pendingApprovals = (state: RunState): readonly string[] =>
  phasesOf(state).flatMap((phase) => (phase.kind === "approval" ? [phase.approval_id] : []));

const MARKERS: { readonly [status in RunState["steps"][string]["status"]]: string } = {
  succeeded: "accepted",
  failed: "failed",
  compensated: "done_compensated",
  compensation_failed: "failed_compensation",
};

/** The closed list of what is said of a step. */
function markerOf(id: string, { steps, lanes, compensation }: RunState, lost: readonly string[]): string {
  if (lost.includes(id)) return "failed_non_adopted_lease";
  if (compensation?.plan.slice(compensation.at).includes(id)) return "owned_by_lane:compensation";
  const done = steps[id];
  if (done !== undefined) return MARKERS[done.status];
  const lane = Object.values(lanes).find(({ step }) => step === id);
  if (lane === undefined) return "";
  return lane.phase.kind === "failed" ? "failed" : `owned_by_lane:${lane.id}`;
}

/** By what it is known that a step is done; after a last step, whether the run has succeeded. */
function criteriaOf(step: StepDefinition, { pass_criteria }: WorkflowDefinition): readonly string[] {
  return [...ownCriteria(step), ...(isLastStep(step) ? [pass_criteria] : [])];
}

function ownCriteria(step: StepDefinition): readonly string[] {
  switch (step.type) {
    case "TOOL":
    case "COMPENSATION":
      return [`the output of ${step.tool_name} satisfies its schema`];
    case "AGENT":
      return [`the output of ${step.graph} satisfies its schema`];
    case "WAIT":
      return [awaited(step.wait_for)];
    case "PARALLEL":
      return [`its branches are joined: ${step.join_policy ?? "ALL"}`];
    case "START_RUN":
      return [`a run of ${step.workflow} has begun`];
    case "BRANCH":
      return [];
  }
}

function awaited(wait: Extract<StepDefinition, { readonly type: "WAIT" }>["wait_for"]): string {
  switch (wait.type) {
    case "WEBHOOK":
      return `${wait.event_type} has arrived`;
    case "POLL":
      return wait.poll_condition;
    case "TIMER":
      return `${wait.duration_seconds} s have passed`;
    case "MANUAL":
      return "a person has resumed it";
  }
}

/** Where in the run's document the outcome of a step will stand. */
function outputsOf(step: StepDefinition): readonly string[] {
  const key = "output_key" in step ? step.output_key : undefined;
  return step.type === "BRANCH" || step.type === "PARALLEL" ? [] : [`$.${key ?? step.id}`];
}
