import { sha256Hex } from "../contracts/index.ts";
import type { RunState } from "./state.ts";

/*
 * A run's state as it is kept to save folding: its JSON behind the digest of that, so that one that was altered is known. The
 * entries of the run's stream are the authority: a snapshot that cannot be used is done without.
 */

const SEPARATOR = " ";

export function snapshotText(state: RunState): string {
  const text = JSON.stringify(state);
  return `${sha256Hex(text)}${SEPARATOR}${text}`;
}

/** The state in a snapshot; null for one that is not what was written. */
export function readSnapshot(snapshot: string): RunState | null {
  const at = snapshot.indexOf(SEPARATOR);
  const text = snapshot.slice(at + SEPARATOR.length);
  return at > 0 && sha256Hex(text) === snapshot.slice(0, at) ? JSON.parse(text) : null;
}
