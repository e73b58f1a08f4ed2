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

/** The moves of a run, in the order in which they were first made. */
export function pathOf(transitions: readonly Transition[]): readonly Move[] {
  const moves = new Map<string, Move>();
  const add = (from: string | null, to: string): void => {
    const key = JSON.stringify([from, to]);
    moves.set(key, { from, to, times: (moves.get(key)?.times ?? 0) + 1 });
  };
  let stood: ReadonlyMap<string, string> = new Map();
  let failure: RunState["failure"] = null;
  for (const { event, state } of transitions) {
    const stands = placesOf(state);
    for (const [lane, to] of stands) {
      if (stood.get(lane) !== to) add(originOf(event, failure, stood.get(lane)), to);
    }
    [stood, failure] = [stands, state.failure];
  }
  return [...moves.values()];
}

/** The step at which each lane stands that stands anywhere. */
const placesOf = ({ lanes }: RunState): ReadonlyMap<string, string> =>
  new Map(Object.values(lanes).flatMap(({ id, step }) => (step === null ? [] : [[id, step] as const])));

function originOf(event: RunEvent, failure: RunState["failure"], stood: string | undefined): string | null {
  if (event.type === "handling.started") return failure?.step ?? stood ?? null; // W3
  return stood ?? event.step; // W1, W2
}
