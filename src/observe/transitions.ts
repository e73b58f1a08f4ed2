import { assert } from "../contracts/index.ts";
import { evolve, initialState, type RecordedEvent, type RunState } from "../run/index.ts";

/** An event of a run, and the state that it led to. */
export interface Transition extends RecordedEvent {
  readonly state: RunState;
}

/** The states that a run went through, folded once for whoever looks at them; the events begin with `run.started`. */
export function transitionsOf(events: readonly RecordedEvent[]): readonly Transition[] {
  const [first] = events;
  assert(first?.event.type === "run.started", "a run's first event is run.started");
  let state = initialState(first.event);
  return events.map(({ seq, event }) => {
    state = evolve(state, event);
    return { seq, event, state };
  });
}
