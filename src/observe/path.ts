import type { RunEvent, RunState } from "../run/index.ts";
import type { Transition } from "./transitions.ts";

/*
 * The way a run took through its workflow.
 *
 * W1  A run comes to a step when one of its lanes stands there that did not before; it comes from where that lane stood.
 * W2  A lane that begins comes from the PARALLEL step whose branch it is; the first one of a run from nowhere.
 * W3  What follows a failure comes from the step that failed, on whichever lane that was.
 */

/** A way from step to step, and how often it was taken. */
export interface Move {
  /** Null: the run began here. */
  readonly from: string | null;
  readonly to: string;
  readonly times: number;
}

/** A run's way, followed while the run is folded. */
export interface Path {
  readonly see: (transition: Transition) => void;
  /** The moves so far, in the order in which they were first made. */
  readonly moves: () => readonly Move[];
}

export function newPath(): Path {
  const moves = new Map<string, Move>();
  const add = (from: string | null, to: string): void => {
    const key = JSON.stringify([from, to]);
    moves.set(key, { from, to, times: (moves.get(key)?.times ?? 0) + 1 });
  };
  let before: Pick<RunState, "lanes" | "failure"> = { lanes: {}, failure: null };
  return {
    see: ({ event, state }) => {
      for (const { id, step } of Object.values(state.lanes)) {
        const stood = before.lanes[id]?.step ?? null;
        if (step !== null && step !== stood) add(originOf(event, before.failure, stood), step);
      }
      before = state;
    },
    moves: () => [...moves.values()],
  };
}

function originOf(event: RunEvent, failure: RunState["failure"], stood: string | null): string | null {
  if (event.type === "handling.started") return failure?.step ?? stood; // W3
  return stood ?? event.step; // W1, W2
}
