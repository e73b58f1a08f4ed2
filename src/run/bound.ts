import type { Code, Instant } from "../contracts/index.ts";
import type { Bounds } from "../guard/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { type RunEvent, runEvent } from "./events.ts";
import { ofTool } from "./fold.ts";
import { isSettled, lanesOf, presentStep } from "./lane.ts";
import type { Lane, RunState } from "./state.ts";

/** A run at a moment: what every transition looks at. */
export interface Moment {
  readonly workflow: CompiledWorkflow;
  readonly bounds: Bounds;
  readonly state: RunState;
  readonly now: Instant;
}

/** Codes that end the run whatever the step's policies say, also when a guard raised them. */
export const isBoundCode = (code: string): boolean => code.startsWith("BOUND_") || code === "LOOP_DETECTED";

/** Milliseconds of active time that a run has; the workflow's own limit or the pack's, whichever is shorter. */
export const activeMsMax = (workflow: CompiledWorkflow, bounds: Bounds): number =>
  Math.min(bounds.max_time_seconds, workflow.definition.timeout_seconds) * 1000;

export const activeMs = (state: RunState, now: Instant): number =>
  state.counters.active_ms + (state.active_since === null ? 0 : now - state.active_since);

/** The first bound that what is due now would break, as the event that ends the run; null when all hold. */
export function boundReached(
  workflow: CompiledWorkflow,
  bounds: Bounds,
  state: RunState,
  now: Instant,
): RunEvent | null {
  const { counters } = state;
  if (counters.tokens > bounds.max_tokens_per_run) {
    return reached("BOUND_TOKENS", null, now, bounds.max_tokens_per_run, counters.tokens);
  }
  const lanes = lanesOf(state).filter((lane) => !isSettled(lane));
  const last = lanes.at(-1);
  if (last === undefined) return null;
  const limitMs = activeMsMax(workflow, bounds);
  const observedMs = activeMs(state, now);
  if (observedMs >= limitMs) return reached("BOUND_TIME", last.step, now, limitMs / 1000, observedMs / 1000);
  return stepsReached(bounds, state, lanes, now) ?? callsReached(workflow, bounds, state, { lanes, now });
}

function stepsReached(bounds: Bounds, state: RunState, lanes: readonly Lane[], now: Instant): RunEvent | null {
  const starting = lanes.filter((lane) => lane.phase.kind === "ready" && !lane.counted);
  const steps = state.counters.steps + starting.length;
  if (steps <= bounds.max_steps_per_run) return null;
  return reached("BOUND_STEPS", starting.at(-1)?.step ?? null, now, bounds.max_steps_per_run, steps);
}

function callsReached(
  workflow: CompiledWorkflow,
  bounds: Bounds,
  { counters }: RunState,
  due: { readonly lanes: readonly Lane[]; readonly now: Instant },
): RunEvent | null {
  let calls = counters.tool_calls;
  const perType = new Map<string, number>();
  for (const lane of due.lanes) {
    const call = presentStep(workflow, lane)?.call ?? null;
    if (call === null || !isCallDue(lane, due.now)) continue;
    calls += 1;
    if (calls > bounds.max_tool_calls_per_run) {
      return reached("BOUND_TOOL_CALLS", lane.step, due.now, bounds.max_tool_calls_per_run, calls);
    }
    const limit = ofTool(bounds.max_tool_calls_per_type, call.tool) ?? Number.POSITIVE_INFINITY;
    const ofType = (perType.get(call.tool) ?? ofTool(counters.tool_calls_per_type, call.tool) ?? 0) + 1;
    if (ofType > limit) return reached("BOUND_TOOL_CALLS_PER_TYPE", lane.step, due.now, limit, ofType);
    perType.set(call.tool, ofType);
  }
  return null;
}

/**
 * A bound that a guard found reached, as the event that ends the run: what is used is what the run has counted by then. A
 * sequence that repeats has no such numbers; its evidence stands with the call that was refused.
 */
export function boundRefused(
  { workflow, bounds, state, now }: Moment,
  lane: Lane,
  { code, message }: { readonly code: string; readonly message: string },
): RunEvent {
  const { counters } = state;
  const tool = presentStep(workflow, lane)?.call?.tool ?? "";
  const used: { readonly [code: string]: readonly [limit: number | undefined, observed: number | undefined] } = {
    BOUND_STEPS: [bounds.max_steps_per_run, counters.steps],
    BOUND_TIME: [activeMsMax(workflow, bounds) / 1000, activeMs(state, now) / 1000],
    BOUND_TOKENS: [bounds.max_tokens_per_run, counters.tokens],
    BOUND_TOOL_CALLS: [bounds.max_tool_calls_per_run, counters.tool_calls],
    BOUND_TOOL_CALLS_PER_TYPE: [
      ofTool(bounds.max_tool_calls_per_type, tool),
      ofTool(counters.tool_calls_per_type, tool),
    ],
  };
  const [limit = null, observed = null] = used[code] ?? [];
  return runEvent("bound.reached", now, lane.step, { code, message, limit, observed });
}

/** Whether a lane's next call is due. A look at an unknown effect is no new call. */
export function isCallDue({ phase }: Lane, now: Instant): boolean {
  if (phase.kind === "ready") return true;
  if (phase.kind === "retry") return phase.at <= now;
  return phase.kind === "waiting" && phase.poll_at !== null && phase.poll_at <= now;
}

const reached = (code: Code, step: string | null, at: Instant, limit: number, observed: number): RunEvent =>
  runEvent("bound.reached", at, step, { code, message: `${observed} of at most ${limit}`, limit, observed });
