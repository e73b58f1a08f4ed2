import type { Instant, Json, JsonObject } from "../contracts/index.ts";
import type { CallMark, Counters } from "../guard/index.ts";
import type { DocumentPatch, RunEventOf, Spent } from "./events.ts";
import type { Lane, LanePhase, RunState, RunStatus, StepState } from "./state.ts";

/** Marks kept for the loop detector; a pack's `loop.window` may not be larger. */
export const LOOP_MARKS_MAX = 100;

/** Lanes finish what they may have begun and begin nothing more. */
export const isDraining = (state: RunState): boolean =>
  state.stage === "draining" || state.stage === "compensating" || state.stage === "closing";

export const isEnded = (state: RunState): boolean => state.outcome !== null;

/** What the folds of single events are made of: each returns a state that differs in one respect. */
export function setLane(state: RunState, id: string, phase: LanePhase): RunState {
  const lane = state.lanes[id];
  return lane === undefined ? state : { ...state, lanes: { ...state.lanes, [id]: { ...lane, phase } } };
}

/** Puts a lane at its next step, or at its end; while the run drains, it stops there. */
export const moveLane = (state: RunState, id: string, next: string | null): RunState => ({
  ...state,
  lanes: { ...state.lanes, [id]: laneAt(state, id, next) },
});

function laneAt(state: RunState, id: string, next: string | null): Lane {
  if (next === null) return { id, step: null, phase: { kind: "succeeded" }, counted: false };
  if (isDraining(state)) return { id, step: null, phase: { kind: "cancelled" }, counted: false };
  return { id, step: next, phase: { kind: "ready", attempt: 1 }, counted: false };
}

/** A run that waited is active again from `at` on. */
export function resume(state: RunState, at: Instant): RunState {
  if (state.active_since !== null || isEnded(state)) return state;
  return { ...state, status: state.stage === "compensating" ? "COMPENSATING" : "RUNNING", active_since: at };
}

/** Ends a stretch of active time. */
export function suspend(state: RunState, status: RunStatus, at: Instant): RunState {
  const stretchMs = state.active_since === null ? 0 : at - state.active_since;
  const counters = { ...state.counters, active_ms: state.counters.active_ms + stretchMs };
  return { ...state, status, active_since: null, counters };
}

/** Counts the lane's present step, once. */
export function countStep(state: RunState, id: string): RunState {
  const lane = state.lanes[id];
  if (lane === undefined || lane.counted) return state;
  return {
    ...state,
    lanes: { ...state.lanes, [id]: { ...lane, counted: true } },
    counters: { ...state.counters, steps: state.counters.steps + 1 },
  };
}

/** Counts calls and tokens; only a first attempt is remembered for the loop detector. */
export const spend = (state: RunState, spent: Spent, marked: boolean): RunState => ({
  ...state,
  marks: marked ? remember(state.marks, spent.marks) : state.marks,
  counters: addSpent(state.counters, spent, 0),
});

/** Compensations run on a budget of their own: only what they cost is counted. */
export const spendTokens = (state: RunState, spent: Pick<Spent, "tokens">): RunState =>
  spent.tokens === 0
    ? state
    : { ...state, counters: { ...state.counters, tokens: state.counters.tokens + spent.tokens } };

/** A count under a tool's own name: one called `constructor` has no count that it was not given. */
export const ofTool = (counts: Counters["tool_calls_per_type"], tool: string): number | undefined =>
  Object.hasOwn(counts, tool) ? counts[tool] : undefined;

function addSpent(counters: Counters, spent: Spent, steps: number): Counters {
  const perType = { ...counters.tool_calls_per_type };
  for (const tool of spent.tool_calls) perType[tool] = (ofTool(perType, tool) ?? 0) + 1;
  return {
    steps: counters.steps + steps,
    tool_calls: counters.tool_calls + spent.tool_calls.length,
    tool_calls_per_type: perType,
    tokens: counters.tokens + spent.tokens,
    active_ms: counters.active_ms,
  };
}

function remember(marks: readonly CallMark[], latest: readonly CallMark[]): readonly CallMark[] {
  if (latest.length === 0) return marks;
  const all = [...marks, ...latest];
  return all.length > LOOP_MARKS_MAX ? all.slice(-LOOP_MARKS_MAX) : all;
}

interface Stored {
  readonly patch: DocumentPatch;
  readonly document_version: number;
}

export const patchDocument = (state: RunState, stored: Stored): RunState => ({
  ...state,
  document: patched(state.document, stored.patch),
  document_version: stored.document_version,
});

function patched(before: JsonObject, patch: DocumentPatch): JsonObject {
  const document: { [key: string]: Json } = { ...before };
  for (const operation of patch) document[operation.path.slice(1)] = operation.value;
  return document;
}

/** A patch that stores `value` under `key`, with the version it leads to. */
export const storing = (state: RunState, key: string, value: JsonObject | Json) => ({
  patch: [{ op: "add", path: `/${key}`, value }] as const,
  document_version: state.document_version + 1,
});

const setStep = (state: RunState, id: string, step: Omit<StepState, "order">): RunState => ({
  ...state,
  steps: stepsWith(state, id, step),
});

function stepsWith(state: RunState, id: string, step: Omit<StepState, "order">): RunState["steps"] {
  const order = state.steps[id]?.order ?? Object.keys(state.steps).length + 1;
  const { status, lane, attempts, receipt_id } = step;
  return withMember(state.steps, id, { status, lane, attempts, receipt_id, order });
}

/** Records a step as done. */
export function completed(
  state: RunState,
  step: string | null,
  lane: string,
  attempts: number,
  receipt_id: string | null,
): RunState {
  return step === null ? state : setStep(state, step, { status: "succeeded", lane, attempts, receipt_id });
}

/** A step without a call is done: it is recorded as completed and its lane goes on. */
export const moved = (
  state: RunState,
  step: string | null,
  payload: { readonly lane: string; readonly next: string | null },
  at: Instant,
): RunState => moveLane(completed(resume(state, at), step, payload.lane, 1, null), payload.lane, payload.next);

/** A lane stops at the step that failed for good. */
export function laneFailed(
  state: RunState,
  step: string | null,
  payload: { readonly lane: string; readonly code: string; readonly message: string; readonly attempt?: number },
  at: Instant,
): RunState {
  const { lane, code, message, attempt = 1 } = payload;
  const failed = resume(setLane(state, lane, { kind: "failed", code, message }), at);
  return step === null
    ? failed
    : setStep(failed, step, { status: "failed", lane, attempts: attempt, receipt_id: null });
}

/**
 * A step's call succeeded. One copy, then its changed members: every successful step of every run passes here, and a spread
 * whose members are overridden in the same literal took four times as long.
 */
export function stepDone(state: RunState, event: RunEventOf<"step.succeeded">): RunState {
  const { lane, next, attempt, receipt_id, spent, patch, document_version } = event.payload;
  const present = state.lanes[lane];
  const done: { -readonly [member in keyof RunState]: RunState[member] } = { ...resume(state, event.at) };
  done.document = patched(state.document, patch);
  done.document_version = document_version;
  done.lanes = withMember(state.lanes, lane, laneAt(state, lane, next));
  if (event.step !== null) {
    done.steps = stepsWith(state, event.step, { status: "succeeded", lane, attempts: attempt, receipt_id });
  }
  done.counters = addSpent(state.counters, spent, present === undefined || present.counted ? 0 : 1);
  if (attempt === 1) done.marks = remember(state.marks, spent.marks);
  return done;
}

/** A step is tried again at `retryAt`; copied as `stepDone` copies, since a step may be tried for days. */
export function stepRetried(
  state: RunState,
  event: RunEventOf<"step.failed"> | RunEventOf<"call.refused">,
  retryAt: Instant,
): RunState {
  const { lane, attempt, spent } = event.payload;
  const present = state.lanes[lane];
  const again: { -readonly [member in keyof RunState]: RunState[member] } = { ...resume(state, event.at) };
  if (present !== undefined) {
    const phase = { kind: "retry", attempt: attempt + 1, at: retryAt } as const;
    again.lanes = withMember(state.lanes, lane, { id: present.id, step: present.step, phase, counted: true });
  }
  again.counters = addSpent(state.counters, spent, present === undefined || present.counted ? 0 : 1);
  if (attempt === 1) again.marks = remember(state.marks, spent.marks);
  again.retries = state.retries + 1;
  return again;
}

function withMember<T>(
  members: { readonly [name: string]: T },
  name: string,
  value: T,
): { readonly [name: string]: T } {
  const changed = { ...members };
  changed[name] = value;
  return changed;
}
