import { after, assert, type Instant, instant, type JsonObject } from "../contracts/index.ts";
import type { Bounds } from "../guard/index.ts";
import { activeMs, activeMsMax } from "./bound.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import type { RunEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { isEnded } from "./fold.ts";
import { isAborted } from "./fold-compensation.ts";
import { phasesOf } from "./lane.ts";
import { plannedCalls, undoCall } from "./planned.ts";
import { COMPENSATION, type PlannedCall, type RunState } from "./state.ts";
import { transition } from "./transition.ts";

// A1  Never two calls on one lane: a lane with a call in flight is given no other.
// A2  Every transition that needs nobody is taken before any call is planned, so two workers plan the same.
// A3  No event is proposed for a run that has ended.

/** A run to be started beside this one; the same `step` of the same run names the same child. */
export interface ChildRun {
  readonly step: string;
  readonly workflow: string;
  readonly input: JsonObject;
}

/** A person to be asked whether the branches of PARALLEL steps are undone, or a failed compensation is tried once more. */
export type CompensationAsk = BranchesAsk | FailedAsk;

export interface BranchesAsk {
  readonly kind: "PARALLEL_COMPENSATION";
  readonly held: readonly string[];
  /** Undone with them, in this order. */
  readonly plan: readonly string[];
}

export interface FailedAsk {
  readonly kind: "COMPENSATION_FAILED";
  /** Why the last attempt failed. */
  readonly code: string;
  readonly message: string;
  /** What would be made again, as attempt number `attempt`. */
  readonly call: PlannedCall;
}

/** What a run does now. */
export interface Advance {
  /** To be recorded, in this order. */
  readonly events: readonly RunEvent[];
  /** The state after `events`. */
  readonly state: RunState;
  /** To be made now, at most one per lane, none on a busy lane. */
  readonly calls: readonly PlannedCall[];
  /** Lanes whose call in flight nobody waits for any longer, or has used up the run's time: abort it. */
  readonly abandoned: readonly string[];
  readonly startRuns: readonly ChildRun[];
  /**
   * To be put to a person; answer with `approval_requested` on lane `compensation`, for attempt 1 of the plan's first step or
   * step and attempt of the call. Then ask `advance` again: there may be more.
   */
  readonly ask: CompensationAsk | null;
  /** When time alone will move the run on; null when it will not. */
  readonly wake: Instant | null;
  readonly ended: boolean;
}

/** Transitions one call may take. Step graphs have no cycles, so only a bug gets there. */
const TRANSITIONS_MAX = 10_000;

/**
 * Takes every transition that needs nobody (branches, joins, timers, time-outs, bounds, planning what to undo, ending)
 * and says what is left to do: calls, a person to ask, an instant to wake at.
 *
 * @param busy lanes with a call in flight in this process
 */
export function advance(
  workflow: CompiledWorkflow,
  bounds: Bounds,
  from: RunState,
  now: Instant,
  busy: ReadonlySet<string>,
): Advance {
  const events: RunEvent[] = [];
  let state = from;
  for (let event = transition(workflow, bounds, state, now); event !== null; ) {
    assert(events.length < TRANSITIONS_MAX, "a run comes to rest");
    events.push(event);
    state = evolve(state, event);
    event = transition(workflow, bounds, state, now);
  }
  const due = plannedCalls(workflow, state, now);
  return {
    events,
    state,
    calls: busy.size === 0 ? due : due.filter(({ lane }) => !busy.has(lane)), // A1
    abandoned: busy.size === 0 ? [] : abandonedOf(state, due, busy),
    startRuns: events.flatMap(childOf),
    ask: askOf(workflow, state),
    wake: wakeOf(workflow, bounds, state, now),
    ended: isEnded(state),
  };
}

function abandonedOf(state: RunState, due: readonly PlannedCall[], busy: ReadonlySet<string>): readonly string[] {
  const isOutOfTime = state.failure?.code === "BOUND_TIME";
  return [...busy].filter((lane) => !due.some((call) => call.lane === lane) || (isOutOfTime && lane !== COMPENSATION));
}

const childOf = (event: RunEvent): readonly ChildRun[] =>
  event.type === "run.started_child" && event.step !== null
    ? [{ step: event.step, workflow: event.payload.workflow, input: event.payload.input }]
    : [];

function askOf(workflow: CompiledWorkflow, state: RunState): CompensationAsk | null {
  const { compensation } = state;
  if (compensation === null || isAborted(compensation)) return null;
  const { phase, held, plan, escalated } = compensation;
  if (phase.kind === "asking") return { kind: "PARALLEL_COMPENSATION", held, plan };
  const failed = escalated.find((one) => one.phase.kind === "asking");
  const call = failed === undefined ? null : undoCall(workflow, state, failed.step, failed.attempt + 1);
  if (failed === undefined || call === null) return null;
  return { kind: "COMPENSATION_FAILED", code: failed.code, message: failed.message, call };
}

function wakeOf(workflow: CompiledWorkflow, bounds: Bounds, state: RunState, now: Instant): Instant | null {
  if (isEnded(state)) return null;
  const instants = phasesOf(state).flatMap(instantsOf);
  if (state.active_since !== null && (state.stage === "forward" || state.stage === "handling")) {
    instants.push(after(now, activeMsMax(workflow, bounds) - activeMs(state, now)));
  }
  const coming = instants.filter((at) => at > now);
  return coming.length === 0 ? null : instant(Math.min(...coming));
}

function instantsOf(phase: RunState["lanes"][string]["phase"]): Instant[] {
  switch (phase.kind) {
    case "retry":
      return [phase.at];
    case "approval":
      return [phase.timeout_at];
    case "waiting":
      return phase.poll_at === null ? [phase.until] : [phase.until, phase.poll_at];
    case "unknown":
      return phase.look_at === null ? [] : [phase.look_at];
    case "ready":
    case "asking":
    case "interrupted":
    case "branching":
    case "succeeded":
    case "failed":
    case "ignored":
    case "cancelled":
      return [];
  }
}
