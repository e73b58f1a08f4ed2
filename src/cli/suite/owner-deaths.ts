import type { Tool } from "../../guard/index.ts";
import type { CrashPoint, Reached } from "../../worker/index.ts";

/** A place in a run at which its owner may die. */
export interface Boundary {
  readonly point: CrashPoint;
  readonly step: string;
  /** Which time the run is there, from 1. */
  readonly nth: number;
}

/** A call that reached the handler of a tool with an effect. */
export interface Effect {
  readonly step: string;
  readonly tool: string;
  /** Equal for all attempts of one logical call. */
  readonly key: string | null;
}

/** Owners of runs that die where they are told to, and what was done before tools with effects meanwhile. */
export interface OwnerDeaths {
  readonly reached: Reached;
  /** Tools of which every effect is noted. */
  watched(tools: readonly Tool[]): readonly Tool[];
  /** Begins anew; the first run that comes to the boundary loses its owner there. */
  begin(dies: Boundary | null): void;
  /** What happened since: boundaries that were passed, in order; effects; whether an owner died. */
  seen(): { readonly boundaries: readonly Boundary[]; readonly effects: readonly Effect[]; readonly hasDied: boolean };
}

/** Ends the work on a run as if its process had died: what it held in memory is gone, its lease stays until that is over. */
export class OwnerDied extends Error {}

export function ownerDeaths(): OwnerDeaths {
  let boundaries: Boundary[] = [];
  let effects: Effect[] = [];
  let dies: Boundary | null = null;
  let hasDied = false;
  return {
    reached: (point, { step }) => {
      const nth = boundaries.filter((one) => one.point === point && one.step === step).length + 1;
      boundaries.push({ point, step, nth });
      if (dies === null || hasDied || dies.point !== point || dies.step !== step || dies.nth !== nth) return;
      hasDied = true;
      throw new OwnerDied(`the owner died ${point} of \`${step}\``);
    },
    watched: (tools) =>
      tools.map((tool) =>
        tool.contract.side_effect_level === "READ"
          ? tool
          : {
              ...tool,
              handler: (input, context) => {
                effects.push({ step: context.stepId, tool: tool.contract.name, key: context.internalKey });
                return tool.handler(input, context);
              },
            },
      ),
    begin: (boundary) => {
      [boundaries, effects, dies, hasDied] = [[], [], boundary, false];
    },
    seen: () => ({ boundaries, effects, hasDied }),
  };
}
