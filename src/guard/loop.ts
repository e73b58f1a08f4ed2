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
  const calls = [...recent, next].slice(-settings.window); // L1
  for (let length = 1; length <= settings.max_sequence_length; length++) {
    const sequence = calls.slice(-length);
    const repeats = patienceOf(sequence, settings);
    if (length * repeats <= calls.length && repeatsAtEnd(calls, length, repeats)) return { sequence, repeats }; // L2
  }
  return undefined;
}

const patienceOf = (sequence: readonly CallMark[], settings: LoopSettings): number =>
  Math.min(...sequence.map((call) => settings.per_tool[call.tool] ?? settings.repeat_threshold)); // L3

function repeatsAtEnd(calls: readonly CallMark[], length: number, repeats: number): boolean {
  for (let index = calls.length - length * repeats; index < calls.length - length; index++) {
    if (!isSameCall(calls[index], calls[index + length])) return false;
  }
  return true;
}

const isSameCall = (one: CallMark | undefined, other: CallMark | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  one.fingerprint === other.fingerprint &&
  one.tool === other.tool &&
  one.version === other.version;
