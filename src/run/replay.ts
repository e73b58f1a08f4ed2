import { assert, canonicalText, digestOf, isJson, isJsonObject } from "../contracts/index.ts";
import type { Bounds } from "../guard/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { decide } from "./decide.ts";
import type { RunEvent, RunEventOf } from "./events.ts";
import { evolve, initialState, startRun } from "./evolve.ts";
import { isEnded } from "./fold.ts";
import { phasesOf } from "./lane.ts";
import { plannedCalls } from "./planned.ts";
import { recordedStimulus } from "./recorded-stimulus.ts";
import { COMPENSATION, type PlannedCall, type RunState } from "./state.ts";
import { transition } from "./transition.ts";

// P1  A replay takes time, answers and people from the recording alone: it has no way to call anything.
// P2  Every event is decided again and must come out as recorded: type, step, instant and payload.
// P3  An answer counts only for a call that the run, come to rest, would have made.
// P4  Where the recording stops, a run at rest or with calls out must not have a transition left that it did not take.

/** An event of a run as it was recorded, with its place in the stream. */
export interface RecordedEvent {
  readonly seq: number;
  readonly event: RunEvent;
}

/** The first place at which deciding again gave something else. `null`: nothing was found, or expected, there. */
export interface Divergence {
  readonly code: "REPLAY_MISMATCH";
  readonly seq: number;
  /** The recorded event. */
  readonly expected: RunEvent | null;
  /** What the replay decided. */
  readonly found: RunEvent | null;
}

export type Replay =
  | {
      readonly identical: true;
      readonly state: RunState;
      readonly document_sha256: string;
      /** Receipt ids in the order in which they were earned. */
      readonly receipts: readonly string[];
    }
  | { readonly identical: false; readonly first: Divergence };

/**
 * Decides a recorded run again, from its first event on, and compares. An unfinished recording is compared as far as it
 * goes. New code may take over an old run only where this says `identical`.
 *
 * @param events all of the run's events in order, those of others in its stream left out
 */
export function replay(workflow: CompiledWorkflow, bounds: Bounds, events: readonly RecordedEvent[]): Replay {
  const [start, ...rest] = events;
  if (start?.event.type !== "run.started") return divergence(start?.seq ?? 1, start?.event ?? null, null);
  const again = startAgain(workflow, start.event);
  if (!isSame(again, start.event)) return divergence(start.seq, start.event, again);
  let state = initialState(again);
  let at = again.at;
  let rested: RunState | null = null;
  for (const { seq, event } of rest) {
    const due = transition(workflow, bounds, state, at);
    if (due === null) rested = state;
    const found = wasCalled(workflow, rested, event) ? decideAgain(workflow, bounds, state, event) : due;
    if (found === null || !isSame(found, event)) return divergence(seq, event, found);
    state = evolve(state, found);
    at = event.at;
  }
  const last = events.at(-1) ?? start;
  const left = transition(workflow, bounds, state, last.event.at); // P4
  if (left !== null) return divergence(last.seq + 1, null, left);
  return { identical: true, state, document_sha256: digestOf(state.document), receipts: receiptsOf(events) };
}

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

/** Whether the call that an event answers was one that the run makes when it last came to rest. Other events pass. */
function wasCalled(workflow: CompiledWorkflow, rested: RunState | null, event: RunEvent): boolean {
  const answered = recordedStimulus(event);
  if (answered === null || !("attempt" in answered)) return true;
  if (answered.kind === "approval_requested" && answered.lane === COMPENSATION && isAsking(rested)) return true;
  const { lane, step, attempt } = answered;
  const isIt = (call: PlannedCall) => call.lane === lane && call.step === step && call.attempt === attempt;
  return rested !== null && plannedCalls(workflow, rested, event.at).some(isIt);
}

const isAsking = (rested: RunState | null): boolean =>
  rested !== null && phasesOf(rested).some(({ kind }) => kind === "asking");

const isSame = (a: RunEvent, b: RunEvent): boolean =>
  a.type === b.type && a.step === b.step && a.at === b.at && textOf(a.payload) === textOf(b.payload);

function textOf(payload: unknown): string {
  assert(isJson(payload), "payloads of run events are plain JSON");
  return canonicalText(payload);
}

const divergence = (seq: number, expected: RunEvent | null, found: RunEvent | null): Replay => ({
  identical: false,
  first: { code: "REPLAY_MISMATCH", seq, expected, found },
});

const receiptsOf = (events: readonly RecordedEvent[]): readonly string[] =>
  events.flatMap(({ event }) => ("receipt_id" in event.payload ? (event.payload.receipt_id ?? []) : []));
