import { type History, type Play, simulate } from "./simulate.ts";
import type { SimulationWorld } from "./simulation-world.ts";

/** A history that breaks a rule, with the fewest faults found that still break one. */
export interface Shrunk {
  readonly script: Play;
  readonly history: History;
}

/** Takes faults away one by one while what remains still breaks a rule, and then workers. */
export async function shrink(world: SimulationWorld, failed: Shrunk): Promise<Shrunk> {
  for (const script of smaller(failed.script)) {
    const history = await simulate(world, script);
    if (history.violations.length > 0) return shrink(world, { script, history });
  }
  return failed;
}

function smaller(script: Play): readonly Play[] {
  const { faults, workers } = script;
  const fewer = faults.map((_, left) => ({ ...script, faults: faults.filter((_fault, index) => index !== left) }));
  return workers > 1 ? [...fewer, { ...script, workers: workers - 1 }] : fewer;
}
