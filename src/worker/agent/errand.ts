import type { CallNote, EntityChange } from "../../guard/index.ts";
import type { PlannedCall, Stimulus } from "../../run/index.ts";
import type { CommitExtras, Intent, LostClaim } from "../commit.ts";
import type { CrashPoint } from "../crash-point.ts";
import type { RunFacts } from "../desk.ts";

/**
 * What a call that is under way asks its drive to write: the drive alone writes a run, in one order, under one fence. The
 * facts are those of the moment at which it is written. Null: there is nothing to write after all.
 */
export type Errand = (run: RunFacts) => Promise<ToWrite | null> | ToWrite | null;

export interface ToWrite {
  readonly stimuli: readonly Stimulus[];
  /** Written only if the run takes every stimulus. */
  readonly extras?: CommitExtras;
  /** How an effect ended: true whatever the run makes of it. */
  readonly settlement?: CommitExtras;
  readonly notes?: readonly CallNote[];
  readonly intent?: Intent | null;
  readonly outcome?: {
    readonly planned: PlannedCall;
    readonly changes: readonly EntityChange[];
    readonly costMicros: number;
  };
}

/** `left`: the run is no longer at the step, and took no more than the settlement. `fenced`: it has another holder. */
export type Written =
  | { readonly kind: "written"; readonly lostClaim: LostClaim | null }
  | { readonly kind: "left" }
  | { readonly kind: "fenced" };

export interface Errands {
  readonly write: (errand: Errand) => Promise<Written>;
  readonly reached: (point: CrashPoint) => void;
}

/** Thrown where a graph must not go on, whatever its code makes of it: its process is ended with this code. */
export class GraphStopped extends Error {
  override readonly name = "GraphStopped";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
