import type { StepDefinition, WorkflowDefinition } from "../definition.ts";

/** A reference from one step to another: the field it stands in, and the id it names. */
export interface Edge {
  readonly field: string;
  readonly to: string;
}

/** Edges along one lane, in the order of the fields; edges to branches of a PARALLEL step are not among them. */
export function laneEdges(step: StepDefinition): readonly Edge[] {
  const edges: readonly (readonly [string, string | null | undefined])[] = [
    ["if_true", step.type === "BRANCH" ? step.if_true : null],
    ["if_false", step.type === "BRANCH" ? step.if_false : null],
    ["next_step", step.type === "BRANCH" ? null : step.next_step],
    ["on_timeout", step.type === "WAIT" ? step.on_timeout : null],
    ["on_failure", onFailureOf(step)],
  ];
  return edges.flatMap(([field, to]) => (typeof to === "string" ? [{ field, to }] : []));
}

const onFailureOf = (step: StepDefinition): string | undefined =>
  step.type === "BRANCH" || step.type === "START_RUN" ? undefined : step.on_failure;

/** Every edge of a step. */
export const edgesOf = (step: StepDefinition): readonly Edge[] => [
  ...laneEdges(step),
  ...(step.type === "PARALLEL"
    ? (step.parallel_steps ?? []).map((to, index) => ({ field: `parallel_steps[${index}]`, to }))
    : []),
];

export type StepsById = ReadonlyMap<string, StepDefinition>;

export const stepsById = (workflow: WorkflowDefinition): StepsById =>
  new Map(workflow.steps.map((step) => [step.id, step]));

/** The ids reachable from `from` over `edges`, itself included; ids without a step are left out. */
export function reachable(
  from: readonly string[],
  steps: StepsById,
  edges: (step: StepDefinition) => readonly Edge[],
): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const step = steps.get(id);
    if (step === undefined || found.has(id)) continue;
    found.add(id);
    queue.push(...edges(step).map(({ to }) => to));
  }
  return found;
}

/** Edges that stay in a branch: an `on_failure` chain runs on the main path, wherever the failure was. */
export const branchEdges = (step: StepDefinition): readonly Edge[] =>
  laneEdges(step).filter(({ field }) => field !== "on_failure");

/** For each step that lies in a branch of a PARALLEL step: that PARALLEL step's id. */
export function parallelsOf(workflow: WorkflowDefinition): ReadonlyMap<string, string> {
  const steps = stepsById(workflow);
  return new Map(
    workflow.steps.flatMap((parallel) =>
      parallel.type === "PARALLEL"
        ? [...reachable(parallel.parallel_steps ?? [], steps, branchEdges)].map((id) => [id, parallel.id] as const)
        : [],
    ),
  );
}
