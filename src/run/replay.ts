import { assert, digestOf, isJsonObject, type Json, type JsonObject, type PathStep } from "../contracts/index.ts";
import type { Bounds } from "../guard/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { decide } from "./decide.ts";
import { type CallPair, driftBetween, isEqualDrift, viewOf, worse } from "./drift.ts";
import type { DriftClass } from "./drift-class.ts";
import type { RunEvent, RunEventOf } from "./events.ts";
import { evolve, initialState, startRun } from "./evolve.ts";
import { isEnded } from "./fold.ts";
import { phasesOf } from "./lane.ts";
import { plannedCalls } from "./planned.ts";
import { recordedStimulus } from "./recorded-stimulus.ts";
import { COMPENSATION, MAIN, type PlannedCall, type RunState } from "./state.ts";
import { transition } from "./transition.ts";

// P1  A replay takes time, answers and people from the recording alone: it has no way to call anything.
// P2  Every event is decided again and must come out as recorded: type, step, instant and payload.
// P3  An answer counts only for a call that the run, come to rest, would have made, of the tool that was called.
// P4  Where the recording stops, a run at rest or with calls out must not have a transition left that it did not take.
// P5  What differs without changing what happened (D1 to D3) is noted, and the replay goes on from the record.

/** An event of a run as it was recorded, with its place in the stream. */
export interface RecordedEvent {
  readonly seq: number;
  readonly event: RunEvent;
}

/** A place at which deciding again gave something else. `null`: nothing was found, or expected, there. */
export interface Divergence {
  readonly code: "REPLAY_MISMATCH";
  readonly drift: DriftClass;
  readonly seq: number;
  /** The recorded event. */
  readonly expected: RunEvent | null;
  /** What the replay decided. */
  readonly found: RunEvent | null;
  /** Where in `{type, step, at, payload}` they differ first; empty: as a whole. */
  readonly steps: readonly PathStep[];
  /** What is there in each; null where nothing is. */
  readonly values: { readonly expected: Json; readonly actual: Json };
}

interface Seen {
  /** The gravest class found. */
  readonly drift: DriftClass;
  /** Events by the class they were found in. */
  readonly drifts: { readonly [drift in DriftClass]?: number };
}

export type Replay = Seen &
  (
    | {
        readonly equal: true;
        readonly state: RunState;
        readonly document_sha256: string;
        /** Receipt ids in the order in which they were earned. */
        readonly receipts: readonly string[];
        /** The first event that differs in what does not matter; null where none does. */
        readonly first: Divergence | null;
      }
    | { readonly equal: false; readonly first: Divergence }
  );

export interface ReplayOptions {
  /**
   * The workflow under which the calls were made, where another one is to decide them again: each call that the one would make
   * must then be the call that the other made, arguments included.
   */
  readonly madeBy?: CompiledWorkflow;
}

/**
 * Decides a recorded run again, from its first event on, and compares. An unfinished recording is compared as far as it
 * goes. New code may take over an old run only where this says `equal`.
 *
 * @param events all of the run's events in order, those of others in its stream left out
 */
export function replay(
  workflow: CompiledWorkflow,
  bounds: Bounds,
  events: readonly RecordedEvent[],
  { madeBy = workflow }: ReplayOptions = {},
): Replay {
  const [start, ...rest] = events;
  const seen = new Drifts();
  if (start?.event.type !== "run.started") return seen.unbegun(start ?? null);
  const again = startAgain(workflow, start.event);
  if (!seen.accepts(start.seq, start.event, again)) return seen.ended;
  let state = initialState(start.event);
  let at = start.event.at;
  let rested: RunState | null = null;
  for (const { seq, event } of rest) {
    const due = transition(workflow, bounds, state, at);
    if (due === null) rested = state;
    const planned = callFor(workflow, rested, event);
    const found = planned === null ? due : decideAgain(workflow, bounds, state, event);
    const made = madeBy === workflow ? undefined : callFor(madeBy, rested, event);
    const calls = planned == null ? null : callPair(event, planned, made);
    const isAhead = () => isDueAhead(workflow, bounds, state, event);
    if (!seen.accepts(seq, event, found, { calls, isAhead })) return seen.ended;
    state = evolve(state, event);
    at = event.at;
  }
  const last = events.at(-1) ?? start;
  const left = transition(workflow, bounds, state, last.event.at); // P4
  if (left !== null) return seen.end(last.seq + 1, null, left);
  return {
    ...seen.seen(),
    equal: true,
    state,
    document_sha256: digestOf(state.document),
    receipts: receiptsOf(events),
    first: seen.first,
  };
}

/** What a replay has found so far. */
class Drifts {
  first: Divergence | null = null;
  #worst: DriftClass = "D0";
  readonly #counts: { [drift in DriftClass]?: number } = {};

  /** Notes how an event was decided again; false where that is not what happened. */
  accepts(seq: number, expected: RunEvent | null, found: RunEvent | null, { calls, isAhead }: Told = ALONE): boolean {
    const { drift: one, at } = driftBetween(expected, found, calls);
    const drift = !isEqualDrift(one) && isAhead() ? "D2" : one;
    this.#counts[drift] = (this.#counts[drift] ?? 0) + 1;
    this.#worst = worse(this.#worst, drift);
    if (drift === "D0") return true;
    const whole = (event: RunEvent | null): Json => (event === null ? null : viewOf(event));
    const values =
      at === null
        ? { expected: whole(expected), actual: whole(found) }
        : { expected: at.expected ?? null, actual: at.actual ?? null };
    const steps = at?.steps ?? [];
    const divergence = { code: "REPLAY_MISMATCH", drift, seq, expected, found, steps, values } as const;
    if (this.first === null || !isEqualDrift(drift)) this.first = divergence;
    return isEqualDrift(drift);
  }

  end(seq: number, expected: RunEvent | null, found: RunEvent | null): Replay {
    const isAccepted = this.accepts(seq, expected, found);
    assert(!isAccepted, "what is missing on one side differs");
    return this.ended;
  }

  /** A recording that does not begin with the start of a run is none. */
  unbegun(start: RecordedEvent | null): Replay {
    const [seq, expected] = start === null ? [1, null] : [start.seq, start.event];
    const values = { expected: expected === null ? null : viewOf(expected), actual: null };
    this.first = { code: "REPLAY_MISMATCH", drift: "D8", seq, expected, found: null, steps: [], values };
    this.#worst = "D8";
    return this.ended;
  }

  get ended(): Replay {
    assert(this.first !== null, "a replay that ends early has found a difference");
    return { ...this.seen(), equal: false, first: this.first };
  }

  seen(): Seen {
    return { drift: this.#worst, drifts: { ...this.#counts } };
  }
}

interface Told {
  readonly calls: CallPair | null;
  /** Whether the recorded event is one that comes a little later here. */
  readonly isAhead: () => boolean;
}

const ALONE: Told = { calls: null, isAhead: () => false };

function startAgain(workflow: CompiledWorkflow, { payload, at }: RunEventOf<"run.started">): RunEventOf<"run.started"> {
  const { trigger } = payload.document;
  return startRun(workflow, payload.identity, isJsonObject(trigger) ? trigger : {}, at);
}

/** What happens at the recorded instant: the recorded fact, decided again, or else the run's own next transition. */
function decideAgain(workflow: CompiledWorkflow, bounds: Bounds, state: RunState, event: RunEvent): RunEvent | null {
  if (isEnded(state)) return null;
  const stimulus = recordedStimulus(event);
  if (stimulus === null) return transition(workflow, bounds, state, event.at);
  return decide(workflow, state, stimulus, event.at)[0] ?? null;
}

/**
 * The call that an event answers, as the run makes it when it comes to rest: null where it makes no such call, undefined
 * where the event answers none.
 */
function callFor(workflow: CompiledWorkflow, rested: RunState | null, event: RunEvent): PlannedCall | null | undefined {
  const answered = recordedStimulus(event);
  if (answered === null || !("attempt" in answered)) return undefined;
  if (answered.kind === "approval_requested" && answered.lane === COMPENSATION && isAsking(rested)) return undefined;
  const { lane, step, attempt } = answered;
  const isIt = (call: PlannedCall) => call.lane === lane && call.step === step && call.attempt === attempt;
  return rested === null ? null : (plannedCalls(workflow, rested, event.at).find(isIt) ?? null);
}

const isAsking = (rested: RunState | null): boolean =>
  rested !== null && phasesOf(rested).some(({ kind }) => kind === "asking");

/** Two calls to compare: as far as the trace tells, or in full where the workflow is known under which the first was made. */
function callPair(
  { type, payload }: RunEvent,
  planned: PlannedCall,
  made: PlannedCall | null | undefined,
): CallPair | null {
  if (made !== undefined) return { made: made === null ? {} : inFull(made), planned: inFull(planned) };
  if (type === "agent.called") return null; // a call of the graph's own, inside the step's
  const trace = "call" in payload ? payload.call : null;
  if (!isJsonObject(trace)) return null;
  const { tool, version } = planned;
  return {
    made: trace,
    planned: { ...trace, ...("tool" in trace && { tool }), ...("version" in trace && { version }) },
  };
}

const inFull = ({ tool, version, input, approvalAsked }: PlannedCall): JsonObject => ({
  tool,
  version,
  input,
  approval_asked: approvalAsked,
});

/** Transitions looked at for one that comes in another order; branches of a PARALLEL step take few of their own accord. */
const AHEAD_MAX = 100;

/** Whether a recorded event of one branch is due too, only after some of its concurrent ones. */
function isDueAhead(workflow: CompiledWorkflow, bounds: Bounds, state: RunState, event: RunEvent): boolean {
  if (recordedStimulus(event) !== null || !isOfBranch(event)) return false;
  let ahead = state;
  for (let taken = 0; taken < AHEAD_MAX; taken += 1) {
    const next = transition(workflow, bounds, ahead, event.at);
    if (next === null || !isOfBranch(next)) return false;
    if (driftBetween(event, next, null).drift === "D0") return true;
    ahead = evolve(ahead, next);
  }
  return false;
}

const isOfBranch = ({ payload }: RunEvent): boolean => "lane" in payload && payload.lane !== MAIN;

const receiptsOf = (events: readonly RecordedEvent[]): readonly string[] =>
  events.flatMap(({ event }) => ("receipt_id" in event.payload ? (event.payload.receipt_id ?? []) : []));
