import { assert } from "../contracts/index.ts";
import { evolve, initialState, type RecordedEvent, type RunState } from "../run/index.ts";

/** An event of a run, and the state that it led to. */
export interface Transition extends RecordedEvent {
  readonly state: RunState;
}

/** Folds a run's events as they come, the first of which is `run.started`: of each, the state that it led to. */
export function newFold(): (recorded: RecordedEvent) => Transition {
  let state: RunState | null = null;
  return ({ seq, event }) => {
    if (state === null) {
      assert(event.type === "run.started", "a run's first event is run.started");
      state = initialState(event);
    } else state = evolve(state, event);
    return { seq, event, state };
  };
}

/** The states that a run went through, folded once for whoever looks at them; the events begin with `run.started`. */
export const transitionsOf = (events: readonly RecordedEvent[]): readonly Transition[] => events.map(newFold());
