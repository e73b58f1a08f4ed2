import { assert } from "../contracts/index.ts";
import type { CallMark } from "./call.ts";
import type { LoopSettings } from "./contract.ts";

/*
 * Loop detection (commerce-kernel 7.3).
 *
 * L1  Looked at are the last `window` calls, the one about to be made included.
 * L2  A loop is the same sequence of 1 to `max_sequence_length` calls, `repeat_threshold` times in a row, at the end.
 * L3  A tool's own threshold holds for each sequence it is in; with several, the least patient tool decides, so that a
 *     patient poll does not hide the loop of its neighbour.
 */

export interface Loop {
  /** The repeated calls, oldest first. */
  readonly sequence: readonly CallMark[];
  readonly repeats: number;
}

/** The shortest loop that the call `next` would close, or `undefined`. A threshold beyond the window never fires. */
export function loopClosedBy(next: CallMark, recent: readonly CallMark[], settings: LoopSettings): Loop | undefined {
  assert(settings.window > 0 && settings.repeat_threshold > 1, "a loop needs a window and at least one repetition");
  const last = Math.min(recent.length + 1, settings.window); // L1
  const longest = Math.min(settings.max_sequence_length, last); // one that is longer than all calls repeats nothing
  for (let length = 1; length <= longest; length++) {
    if (!isSameCall(next, fromEnd(next, recent, length))) continue; // as nearly always: then no patience is asked for
    const repeats = patienceOf(next, recent, length, settings);
    if (length * repeats <= last && repeatsAtEnd(next, recent, length, repeats)) {
      return { sequence: [...recent, next].slice(-length), repeats }; // L2
    }
  }
  return undefined;
}

/** The call so many places from the end; 0 is `next`. No list of both is made: this is asked for every call of every run. */
const fromEnd = (next: CallMark, recent: readonly CallMark[], place: number): CallMark | undefined =>
  place === 0 ? next : recent[recent.length - place];

function patienceOf(next: CallMark, recent: readonly CallMark[], length: number, settings: LoopSettings): number {
  let least = Number.POSITIVE_INFINITY;
  for (let place = 0; place < length; place++) {
    const call = fromEnd(next, recent, place);
    if (call !== undefined) least = Math.min(least, thresholdOf(call.tool, settings)); // L3
  }
  return least;
}

const thresholdOf = (tool: string, { per_tool, repeat_threshold }: LoopSettings): number =>
  (Object.hasOwn(per_tool, tool) ? per_tool[tool] : undefined) ?? repeat_threshold;

function repeatsAtEnd(next: CallMark, recent: readonly CallMark[], length: number, repeats: number): boolean {
  for (let place = 0; place < length * (repeats - 1); place++) {
    if (!isSameCall(fromEnd(next, recent, place), fromEnd(next, recent, place + length))) return false;
  }
  return true;
}

const isSameCall = (one: CallMark | undefined, other: CallMark | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.fingerprint === other.fingerprint &&
  one.tool === other.tool &&
  one.version === other.version;
