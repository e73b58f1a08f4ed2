import type { Digest } from "../contracts/index.ts";
import type { GateSeverity } from "./policy-shape.ts";
import type { SourceState } from "./unit.ts";

export type GateStatus = "PASS" | "FAIL" | "UNKNOWN" | "INSUFFICIENT";

/** How a row counts: by its status; or not, because a waiver covers it, another gate excuses it, or the profile leaves it out. */
export type Standing = "counts" | "waived" | "excused" | "excluded";

export type Stage = "ok" | "warn" | "soft_fail" | "hard_fail";

/** One change that would let a row pass, of those that are enough alone. Counts are the smallest that are. */
export type Flip =
  | { readonly change: "add_good"; readonly count: number }
  | { readonly change: "add"; readonly count: number }
  | { readonly change: "make_good"; readonly count: number }
  | { readonly change: "take_away"; readonly count: number }
  | { readonly change: "reach"; readonly value: string }
  | { readonly change: "complete_source"; readonly source: string }
  | { readonly change: "clear_trigger"; readonly metric: string; readonly count: number }
  | { readonly change: "make_readable"; readonly count: number };

/** One row of a decision: a gate, or one value of a gate with `each`. Members of a document, so in `snake_case`. */
export interface GateRow {
  readonly id: string;
  readonly title: string | null;
  readonly group: string | null;
  readonly metric: string;
  readonly status: GateStatus;
  readonly standing: Standing;
  /** Null where it passes without a word. */
  readonly severity: GateSeverity | null;
  readonly stage: Stage | null;
  readonly waivable: boolean;
  /** A fraction such as `59/60`, or null where nothing could be measured. */
  readonly value: string | null;
  /** The value as a decimal, cut off after six places. */
  readonly shown: string | null;
  readonly sample: number;
  readonly sample_min: number;
  /** The end of the interval that is compared, where there is one, to six places. */
  readonly bound: string | null;
  /** The comparison as it is made, such as `>= 0.95 (wilson, 0.95 two-sided)`. */
  readonly rule: string;
  /** Metrics of triggers that fired, with how often. */
  readonly triggers: readonly { readonly metric: string; readonly count: number }[];
  readonly reasons: readonly string[];
  /** How many rows of evidence kept it from passing, and the first thousand of their ids, sorted. */
  readonly failing: { readonly count: number; readonly rows: readonly string[] };
  readonly flip: readonly Flip[];
  readonly code: string | null;
  readonly remedy: string;
  readonly waiver: string | null;
}

/** What was decided, by which policy, on what. It names everything that it depends on, and nothing else changes it. */
export interface Decision {
  readonly schema: "countermark.decision.v1";
  readonly policy: { readonly id: string; readonly version: string; readonly digest: Digest };
  readonly profile: string | null;
  readonly decided_at: string;
  readonly valid_until: string;
  readonly window: { readonly start: string; readonly end: string; readonly cutoff: string } | null;
  readonly evidence: {
    readonly digest: Digest;
    readonly derived_by: { readonly fn: string; readonly version: number };
    readonly sources: { readonly [id: string]: SourceState };
    readonly units: { readonly [kind: string]: number };
  };
  readonly gates: readonly GateRow[];
  readonly groups: readonly { readonly id: string; readonly title: string; readonly status: GateStatus }[];
  /** Rows that count and do not pass, by severity, and those that are waived. */
  readonly spent: {
    readonly critical: number;
    readonly high: number;
    readonly medium: number;
    readonly low: number;
    readonly waived: number;
  };
  readonly verdict: "GO" | "NO-GO";
  /** Rows that a GO goes on in spite of, or that a NO-GO would have borne. */
  readonly conditions: readonly string[];
  /** Rows over the budget. Empty where the verdict is GO. */
  readonly blocked_by: readonly string[];
  /** Of a NO-GO: whether something failed, or is only missing, unknown or too little. */
  readonly cause: "failed" | "missing" | null;
  readonly digest: Digest;
}
