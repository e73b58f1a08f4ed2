import type { Instant } from "../contracts/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import type { CompensationDefinition } from "./definition.ts";
import { type RunEvent, runEvent } from "./events.ts";
import { stepOf } from "./lane.ts";
import type { RunState } from "./state.ts";

// R1  A completed step is undone at most once, and only if it declares how.
// R2  Higher `compensation_order` first; among equals the latest completed first.
// R3  Where a PARALLEL step says MANUAL, nothing of its branches is undone before a person decides.

/** Triggers of the rules by which a person is asked: about branches that may be undone, and a compensation that failed. */
export const MANUAL_COMPENSATION = "compensation.manual";
export const FAILED_COMPENSATION = "compensation.failed";

/** Begins undoing, of one branch or (null) of the whole run; null when there is nothing to undo. */
export function startUndoing(
  workflow: CompiledWorkflow,
  state: RunState,
  lane: string | null,
  now: Instant,
): RunEvent | null {
  const plan = undoPlan(workflow, state, lane);
  if (plan.length === 0) return null;
  const held = [...new Set(plan.flatMap((step) => heldBy(workflow, step) ?? []))].toSorted();
  return runEvent("compensation.started", now, null, { for_lane: lane, plan, held });
}

/**
 * The steps to undo, in order: all that completed. Under REVERSE_ALL also those of the branches that failed, whose
 * compensations must then bear that there is nothing to undo.
 */
export function undoPlan(workflow: CompiledWorkflow, state: RunState, lane: string | null): readonly string[] {
  return Object.entries(state.steps)
    .filter(([, step]) => lane === null || step.lane === lane)
    .filter(([id, { status }]) => status === "succeeded" || (status === "failed" && isReversed(workflow, id)))
    .flatMap(([id, { order }]) => {
      const compensation = compensationOf(workflow, id);
      return compensation === null ? [] : [{ id, order, rank: compensation.compensation_order }];
    })
    .toSorted((a, b) => b.rank - a.rank || b.order - a.order) // R2
    .map(({ id }) => id);
}

/** How a step is undone; null for a step that declares nothing. */
export function compensationOf(workflow: CompiledWorkflow, step: string): CompensationDefinition | null {
  const { definition } = stepOf(workflow, step);
  return definition.type === "TOOL" ? (definition.compensation ?? null) : null;
}

const strategyOf = (workflow: CompiledWorkflow, parallel: string) => {
  const { definition } = stepOf(workflow, parallel);
  return definition.type === "PARALLEL" ? definition.parallel_compensation_strategy : undefined;
};

/** The PARALLEL step for whose branches a person decides, if `step` lies in one of them. */
export function heldBy(workflow: CompiledWorkflow, step: string): string | null {
  const { parallel } = stepOf(workflow, step);
  return parallel !== null && strategyOf(workflow, parallel) === "MANUAL" ? parallel : null; // R3
}

function isReversed(workflow: CompiledWorkflow, step: string): boolean {
  const { parallel } = stepOf(workflow, step);
  return parallel !== null && strategyOf(workflow, parallel) === "REVERSE_ALL";
}
