import type { DraftPack, DraftStep, DraftWorkflow } from "../pack-shape.ts";
import { type Finding, finding, type Steps } from "./finding.ts";
import { branchEdges, branchesOf, edgesOf, reachable, type StepsById, stepsById } from "./graph.ts";

/** CC-01: step ids are unique, references resolve, no cycle, nothing unreachable, branches keep to themselves. */
export function checkStepGraph(workflow: DraftWorkflow, path: Steps): readonly Finding[] {
  const steps = stepsById(workflow);
  return [
    ...checkDuplicates(workflow, path),
    ...checkReferences(workflow, steps, path),
    ...checkCycles(workflow, steps, path),
    ...checkReachability(workflow, steps, path),
    ...checkBranches(workflow, steps, path),
  ];
}

const stepPath = (path: Steps, index: number, field?: string): Steps => {
  const [name, position] = field?.split(/[[\]]/) ?? [];
  const last = name === undefined ? [] : position === undefined ? [name] : [name, Number(position)];
  return [...path, "steps", index, ...last];
};

function checkDuplicates({ steps }: DraftWorkflow, path: Steps): readonly Finding[] {
  const ids = steps.map(({ id }) => id);
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index
      ? []
      : [
          finding(
            "CC-01",
            "CC01_DUPLICATE_STEP",
            stepPath(path, index, "id"),
            `\`${id}\` is the id of an earlier step`,
          ),
        ],
  );
}

function checkReferences(workflow: DraftWorkflow, steps: StepsById, path: Steps): readonly Finding[] {
  return workflow.steps.flatMap((step, index) =>
    edgesOf(step)
      .filter(({ to }) => !steps.has(to))
      .map(({ field, to }) =>
        finding("CC-01", "CC01_STEP_REF_MISSING", stepPath(path, index, field), `there is no step \`${to}\``),
      ),
  );
}

/** One finding per edge that closes a cycle. */
function checkCycles(workflow: DraftWorkflow, steps: StepsById, path: Steps): readonly Finding[] {
  return workflow.steps.flatMap((step, index) =>
    edgesOf(step)
      .filter(({ to }) => reachable([to], steps, edgesOf).has(step.id))
      .map(({ field, to }) =>
        finding("CC-01", "CC01_CYCLE", stepPath(path, index, field), `\`${to}\` leads back to \`${step.id}\``),
      ),
  );
}

function checkReachability(workflow: DraftWorkflow, steps: StepsById, path: Steps): readonly Finding[] {
  const [entry] = workflow.steps;
  const found = reachable(entry === undefined ? [] : [entry.id], steps, edgesOf);
  return workflow.steps.flatMap(({ id }, index) =>
    found.has(id)
      ? []
      : [finding("CC-01", "CC01_UNREACHABLE_STEP", stepPath(path, index), `no step leads to \`${id}\``)],
  );
}

function checkBranches(workflow: DraftWorkflow, steps: StepsById, path: Steps): readonly Finding[] {
  const branches = branchesOf(workflow);
  const main = reachable(mainRoots(workflow), steps, branchEdges);
  return workflow.steps.flatMap((step, index): readonly Finding[] => {
    const around = branches.get(step.id) ?? [];
    if (around.length === 0) return [];
    const at = stepPath(path, index);
    const shared = around.length > 1 || main.has(step.id);
    return [
      ...(shared
        ? [finding("CC-01", "CC01_SHARED_STEP", at, `\`${step.id}\` does not belong to one branch alone`)]
        : []),
      ...(step.type === "PARALLEL"
        ? [finding("CC-01", "CC01_NESTED_PARALLEL", at, `\`${step.id}\` lies in a branch of another PARALLEL step`)]
        : []),
    ];
  });
}

/** Where the main path begins: at the entry, and at every on_failure chain. */
const mainRoots = ({ steps }: DraftWorkflow): readonly string[] => [
  ...steps.slice(0, 1).map(({ id }) => id),
  ...steps.flatMap(({ on_failure }: DraftStep) => on_failure ?? []),
];

/** CC-01: START_RUN names a workflow of the pack, and workflows do not start each other in a circle. */
export function checkStartedWorkflows(pack: DraftPack): readonly Finding[] {
  const starts = new Map(pack.workflows.map(({ id, steps }) => [id, steps.flatMap((step) => step.workflow ?? [])]));
  return pack.workflows.flatMap((workflow, workflowIndex) =>
    workflow.steps.flatMap((step, index): readonly Finding[] => {
      if (step.type !== "START_RUN" || step.workflow === undefined) return [];
      const at = ["workflows", workflowIndex, "steps", index, "workflow"];
      if (!starts.has(step.workflow)) {
        return [finding("CC-01", "CC01_WORKFLOW_MISSING", at, `there is no workflow \`${step.workflow}\``)];
      }
      const message = `\`${step.workflow}\` leads back to starting \`${workflow.id}\``;
      return startedBy(step.workflow, starts).has(workflow.id) ? [finding("CC-01", "CC01_CYCLE", at, message)] : [];
    }),
  );
}

function startedBy(from: string, starts: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    queue.push(...(starts.get(id) ?? []));
  }
  return found;
}
