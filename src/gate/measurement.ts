import type { Rational } from "./rational.ts";

/** Reasons of one kind that a row of a decision names; the rest of them it counts. */
export const REASONS_MAX = 20;

/** Rows that a decision names for a gate; the rest of them it counts. */
export const FAILING_ROWS_MAX = 1000;

/** What a metric came to: all that a gate judges by, whoever counted. */
export interface Measurement {
  /** Which measurement this is of all that one decision makes. */
  readonly key: string;
  /** Null where there is nothing to divide by, or no unit to read. */
  readonly value: Rational | null;
  /** Of a ratio; of other kinds, both are how many were counted. */
  readonly good: number;
  readonly sample: number;
  /** Why it cannot be said: units that are not as they were declared, or whose answer is not known. */
  readonly problems: Problems;
  /** What the missed units say of themselves, in the metric's `tell`. */
  readonly told: readonly string[];
  /** Whether all that is there says that the question does not arise. */
  readonly isApplicable: boolean;
}

export interface Problems {
  readonly count: number;
  /** The first `REASONS_MAX` of them. */
  readonly first: readonly string[];
}

/**
 * Units of a measurement. `counted`: all of them. `missed`: those that were not good; where there is no good and bad, those that were
 * counted. `good`: the others.
 */
export type Part = "counted" | "missed" | "good";

/** Units that keep a gate from passing. */
export interface Blamed {
  readonly measurement: Measurement;
  readonly part: Part;
}

/** How many different rows of evidence there are, and the first `FAILING_ROWS_MAX` of their ids, sorted by UTF-16 code units. */
export interface FailingRows {
  readonly count: number;
  readonly rows: readonly string[];
}

/**
 * The face between measuring and judging: what is judged has been counted before, by whichever reader of the units; only integers and
 * ids cross it, all arithmetic is behind it.
 */
export interface Measures {
  /** How many units there are of each kind. */
  readonly units: { readonly [kind: string]: number };
  /** Every metric over all units that it sees. */
  readonly whole: ReadonlyMap<string, Measurement>;
  /** A metric with `by_gate`, over the units of one gate. */
  forGate(metric: string, gate: string): Measurement;
  /** A metric apart for every value of a column. */
  each(metric: string, column: string, gate: string): ReadonlyMap<string, Measurement>;
  /** The rows of evidence behind units, each row once. */
  rows(blamed: readonly Blamed[]): FailingRows;
}

/** The reason why one value cannot be read of several units. */
export const severalOf = (units: number): string => `${units} units where one is read`;

/** What a metric comes to that saw nothing. */
export const NOTHING: Measurement = {
  key: "",
  value: null,
  good: 0,
  sample: 0,
  problems: { count: 0, first: [] },
  told: [],
  isApplicable: true,
};
