import type { RunEvent, RunEventOf } from "./events.ts";
import { countStep, laneFailed, moved, moveLane, patchDocument, resume, setLane, spend } from "./fold.ts";
import type { RunState } from "./state.ts";

type WaitingEvent = Extract<
  RunEvent,
  {
    readonly type:
      | "wait.started"
      | "wait.resumed"
      | "wait.released"
      | "wait.elapsed"
      | "wait.timed_out"
      | "poll.completed"
      | "signal.received";
  }
>;

/** What WAIT steps do to a run: they begin, are polled, and end by a signal, a person, a timer or a time-out. */
export function foldWaiting(state: RunState, event: WaitingEvent): RunState {
  switch (event.type) {
    case "wait.started":
      return waitStarted(state, event);
    case "wait.resumed":
      return moved(
        patchDocument(taken(state, event.payload.signal_id), event.payload),
        event.step,
        event.payload,
        event.at,
      );
    case "wait.released":
    case "wait.elapsed":
      return moved(patchDocument(state, event.payload), event.step, event.payload, event.at);
    case "wait.timed_out":
      return event.payload.next === null
        ? laneFailed(state, event.step, event.payload, event.at)
        : moveLane(resume(state, event.at), event.payload.lane, event.payload.next);
    case "poll.completed":
      return pollCompleted(spend(state, event.payload.spent, false), event);
    case "signal.received":
      return { ...state, signals: [...state.signals, event.payload] };
  }
}

function waitStarted(state: RunState, event: RunEventOf<"wait.started">): RunState {
  const { lane, until, poll_at, event_type, entity_id } = event.payload;
  const phase = { kind: "waiting", since: event.at, until, poll_at, polls: 0, event_type, entity_id } as const;
  return setLane(countStep(state, lane), lane, phase);
}

const taken = (state: RunState, signalId: string): RunState => ({
  ...state,
  signals: state.signals.filter(({ signal_id }) => signal_id !== signalId),
});

function pollCompleted(state: RunState, event: RunEventOf<"poll.completed">): RunState {
  const { payload } = event;
  if (payload.satisfied) return moved(patchDocument(state, payload), event.step, payload, event.at);
  const phase = state.lanes[payload.lane]?.phase;
  if (phase?.kind !== "waiting") return state;
  return setLane(state, payload.lane, { ...phase, polls: phase.polls + 1, poll_at: payload.poll_at });
}
