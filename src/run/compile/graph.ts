import type { DraftStep, DraftWorkflow } from "../pack-shape.ts";

/** A reference from one step to another: the field it stands in, and the id it names. */
export interface Edge {
  readonly field: string;
  readonly to: string;
}

/** Edges along one lane, in the order of the fields; edges to branches of a PARALLEL step are not among them. */
function laneEdges(step: DraftStep): readonly Edge[] {
  const edges = Object.entries({
    if_true: step.if_true,
    if_false: step.if_false,
    next_step: step.next_step,
    on_timeout: step.on_timeout,
    on_failure: step.on_failure,
  });
  return edges.flatMap(([field, to]) => (typeof to === "string" ? [{ field, to }] : []));
}

/** Every edge of a step. */
export const edgesOf = (step: DraftStep): readonly Edge[] => [
  ...laneEdges(step),
  ...(step.parallel_steps ?? []).map((to, index) => ({ field: `parallel_steps[${index}]`, to })),
];

export type StepsById = ReadonlyMap<string, DraftStep>;

export const stepsById = (workflow: DraftWorkflow): StepsById => new Map(workflow.steps.map((step) => [step.id, step]));

/** The ids reachable from `from` over `edges`, itself included; ids without a step are left out. */
export function reachable(
  from: readonly string[],
  steps: StepsById,
  edges: (step: DraftStep) => readonly Edge[],
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
export const branchEdges = (step: DraftStep): readonly Edge[] =>
  laneEdges(step).filter(({ field }) => field !== "on_failure");

/** For each step that lies in a branch of a PARALLEL step: the branch, by its first step, and that PARALLEL step. */
export interface Branch {
  readonly first: string;
  readonly parallel: string;
}

export function branchesOf(workflow: DraftWorkflow): ReadonlyMap<string, readonly Branch[]> {
  const steps = stepsById(workflow);
  const branches = new Map<string, Branch[]>();
  for (const parallel of workflow.steps) {
    for (const first of parallel.parallel_steps ?? []) {
      for (const id of reachable([first], steps, branchEdges)) {
        branches.set(id, [...(branches.get(id) ?? []), { first, parallel: parallel.id }]);
      }
    }
  }
  return branches;
}
