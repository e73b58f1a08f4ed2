import type { Instant } from "../contracts/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import type { ParallelStep } from "./definition.ts";
import { type RunEvent, runEvent } from "./events.ts";
import { storing } from "./fold.ts";
import { isUndone } from "./fold-compensation.ts";
import { hasBegun, isSettled, parallelOf } from "./lane.ts";
import { startUndoing } from "./rollback.ts";
import { type Lane, MAIN, type RunState } from "./state.ts";

// J1  A branch is never cut while a call of it may be changing something.
// J2  A join that can no longer be reached fails only when every branch has settled.
// J3  A failed branch either fails the join, or is ignored, after its own steps were undone where the policy says so.

/** What happens now to a PARALLEL step whose branches run: joined, failed, or nothing yet. */
export function joinParallel(state: RunState, parallel: ParallelStep, now: Instant): RunEvent | null {
  const lanes = branchesOf(state, parallel);
  if (isJoined(parallel, lanes)) {
    return runEvent("parallel.joined", now, parallel.id, { lane: MAIN, next: parallel.next_step ?? null });
  }
  if (canStillJoin(parallel, lanes) || !lanes.every(isSettled)) return null; // J2
  const failed = firstFailed(state, parallel);
  const { code, message } = failed?.phase.kind === "failed" ? failed.phase : { code: "RUN_CANCELLED", message: "" };
  return runEvent("parallel.failed", now, parallel.id, { lane: MAIN, code, message });
}

/** The branch of a PARALLEL step that failed first, or undefined. */
export const firstFailed = (state: RunState, parallel: ParallelStep): Lane | undefined =>
  branchesOf(state, parallel)
    .filter((lane) => lane.phase.kind === "failed")
    .toSorted((a, b) => failedAs(state, a) - failedAs(state, b))[0];

const failedAs = (state: RunState, lane: Lane): number => state.steps[lane.step ?? ""]?.order ?? 0;

/** A failed branch: ignore it, undo it first, or leave it to the join (null). `fatal`: the run fails with it. */
export function settleFailedBranch(
  workflow: CompiledWorkflow,
  state: RunState,
  lane: Lane,
  now: Instant,
): RunEvent | "fatal" | null {
  const parallel = parallelOf(workflow, lane);
  if (parallel === null) return "fatal";
  const policy = parallel.async_failure_policy ?? "COMPENSATE_ALL";
  const joined = state.steps[parallel.id]?.status === "succeeded";
  if (joined && policy === "COMPENSATE_ALL") return "fatal";
  if (!joined && !canStillJoin(parallel, branchesOf(state, parallel))) return null; // J2
  return policy === "IGNORE" ? ignoreBranch(state, lane, now) : undoBranch(workflow, state, lane, now);
}

function undoBranch(workflow: CompiledWorkflow, state: RunState, lane: Lane, now: Instant): RunEvent | null {
  const { compensation } = state;
  if (compensation === null) return startUndoing(workflow, state, lane.id, now) ?? ignoreBranch(state, lane, now);
  return compensation.lane === lane.id && isUndone(compensation) ? ignoreBranch(state, lane, now) : null;
}

/** Goes on without a failed branch; its error is kept at `$.<branch>.error`. */
export function ignoreBranch(state: RunState, lane: Lane, now: Instant): RunEvent {
  const { code, message } = lane.phase.kind === "failed" ? lane.phase : { code: "INTERNAL", message: "" };
  const kept = state.document[lane.id];
  const members = typeof kept === "object" && kept !== null && !Array.isArray(kept) ? kept : {};
  const stored = storing(state, lane.id, { ...members, error: { code, message } });
  return runEvent("lane.ignored", now, lane.step, { lane: lane.id, code, message, ...stored });
}

/** After the join, branches that have changed nothing are no longer wanted. */
export function isSurplus(workflow: CompiledWorkflow, state: RunState, lane: Lane): boolean {
  const parallel = parallelOf(workflow, lane);
  if (parallel === null || isSettled(lane)) return false;
  return state.steps[parallel.id]?.status === "succeeded" && !hasBegun(workflow, state, lane); // J1
}

const branchesOf = (state: RunState, parallel: ParallelStep): readonly Lane[] =>
  parallel.parallel_steps.flatMap((id) => state.lanes[id] ?? []);

const countOf = (lanes: readonly Lane[], test: (lane: Lane) => boolean): number => lanes.filter(test).length;

const needed = (parallel: ParallelStep): number =>
  parallel.join_policy === "ANY" ? 1 : (parallel.join_n ?? parallel.parallel_steps.length);

function isJoined(parallel: ParallelStep, lanes: readonly Lane[]): boolean {
  const policy = parallel.join_policy ?? "ALL";
  if (policy === "ALL") return lanes.every(({ phase }) => phase.kind === "succeeded" || phase.kind === "ignored");
  return countOf(lanes, ({ phase }) => phase.kind === "succeeded") >= needed(parallel);
}

/** Whether enough branches may still succeed. Under ALL a failed branch is forgiven unless the policy says COMPENSATE_ALL. */
function canStillJoin(parallel: ParallelStep, lanes: readonly Lane[]): boolean {
  if ((parallel.join_policy ?? "ALL") === "ALL") {
    const forgiving = (parallel.async_failure_policy ?? "COMPENSATE_ALL") !== "COMPENSATE_ALL";
    return forgiving || lanes.every(({ phase }) => phase.kind !== "failed" && phase.kind !== "cancelled");
  }
  return countOf(lanes, (lane) => lane.phase.kind === "succeeded" || !isSettled(lane)) >= needed(parallel);
}
