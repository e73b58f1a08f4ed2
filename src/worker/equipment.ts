import { contractDigest, type Registry } from "../guard/index.ts";
import type { CompiledPack, CompiledWorkflow } from "../run/index.ts";

/** Read from each workflow once: looked through for each run that is opened, its steps were a fiftieth of what a run of forty allocates. */
const namesOf = new WeakMap<CompiledWorkflow, ReadonlySet<string>>();

/**
 * The first tool of a workflow that this process cannot carry out as the run's pack means it, or null: it is not registered
 * here, or registered under another contract. Such a run is another worker's.
 */
export function missingTool(registry: Registry, { pack }: CompiledPack, workflow: CompiledWorkflow): string | null {
  const names = namesOf.get(workflow) ?? toolsOf(workflow);
  namesOf.set(workflow, names);
  for (const name of names) {
    const meant = pack.tools[name];
    const found = meant === undefined ? undefined : registry.find(name, meant.version);
    if (meant === undefined || found?.ok !== true || contractDigest(found.value.contract) !== contractDigest(meant))
      return name;
  }
  return null;
}

const toolsOf = (workflow: CompiledWorkflow): ReadonlySet<string> =>
  new Set(
    Object.values(workflow.steps).flatMap(({ call, undo }) => [call, undo].flatMap((target) => target?.tool ?? [])),
  );
