import { contractDigest, type Registry } from "../guard/index.ts";
import type { CompiledPack, CompiledWorkflow } from "../run/index.ts";

/**
 * The first tool of a workflow that this process cannot carry out as the run's pack means it, or null: it is not registered
 * here, or registered under another contract. Such a run is another worker's.
 */
export function missingTool(registry: Registry, { pack }: CompiledPack, workflow: CompiledWorkflow): string | null {
  const names = new Set(
    Object.values(workflow.steps).flatMap(({ call, undo }) => [call, undo].flatMap((target) => target?.tool ?? [])),
  );
  for (const name of names) {
    const meant = pack.tools[name];
    const found = meant === undefined ? undefined : registry.find(name, meant.version);
    if (meant === undefined || found?.ok !== true || contractDigest(found.value.contract) !== contractDigest(meant))
      return name;
  }
  return null;
}
