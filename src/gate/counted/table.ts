import type { FailingRows } from "../measurement.ts";
import type { Facts, Unsaid } from "./plan.ts";
import type { Predicate } from "./predicate.ts";

/** How many units, or how many different values of a column among them. */
export interface Count {
  readonly where: Predicate;
  readonly distinct: string | null;
}

/** `mark`: what the units come to by their ids alone; null where the table is known by its bytes. */
export interface Counted {
  readonly units: number;
  readonly mark: string | null;
  readonly answers: readonly number[];
}

/** Which of several units is read: by when they happened, then by their ids; `only` by the ids alone. */
export type Chosen = "only" | "first" | "last";

/** Units that are one where they have the same value of a column, and how the answers of those become one. */
export interface Grouping {
  readonly where: Predicate;
  readonly by: string;
  readonly fold: "every" | "any" | "first" | "last";
  readonly good: Predicate;
  /** Where it cannot be said whether they are good: that leaves the whole group unsaid. */
  readonly undecided: Predicate;
}

/** How many groups there are, how many of them are good, and how many units are in groups of which that cannot be said. */
export interface CountedGroups {
  readonly groups: number;
  readonly good: number;
  readonly undecided: number;
}

/** Units of a list of failing rows: all of those, or some of them. */
export interface RowList {
  readonly kind: string;
  readonly where: Predicate;
  readonly some: Some | null;
}

/**
 * Those from a rank on in the order of a column, the first being 1; the one that is read; those that were not good in groups that are
 * not, or all others.
 */
export type Some =
  | { readonly are: "from"; readonly column: string; readonly rank: number }
  | { readonly are: "chosen"; readonly fold: Chosen }
  | { readonly are: "missed" | "good"; readonly grouping: Grouping };

/**
 * A table of units that is asked where it is, whatever holds it. It answers with integers, ids and observed values; no arithmetic is
 * its. A port: rows in PostgreSQL, Parquet through DuckDB.
 */
export interface UnitTable {
  /** Of every kind that it has. */
  readonly facts: Facts;
  /** How many units there are of a kind, and one answer for each count of them, all in one pass. */
  counts(kind: string, counts: readonly Count[]): Promise<Counted>;
  /** The value at a rank of a column without nulls, the smallest having rank 1. */
  valueAt(
    kind: string,
    asked: { readonly column: string; readonly where: Predicate; readonly rank: number },
  ): Promise<number>;
  /** A column's value in the one unit that is read; null where it has none there. There is such a unit. */
  chosen(
    kind: string,
    asked: { readonly column: string; readonly where: Predicate; readonly fold: Chosen },
  ): Promise<number | null>;
  groups(kind: string, grouping: Grouping): Promise<CountedGroups>;
  /** The first reasons of units in groups of which nothing can be said, groups by the first of their ids. */
  groupReasons(kind: string, grouping: Grouping, limit: number): Promise<readonly string[]>;
  /** Different rows of evidence behind the units of all lists together. */
  rows(lists: readonly RowList[]): Promise<FailingRows>;
  /** The first reasons: by their own text, or by the units' ids. */
  reasons(
    kind: string,
    asked: { readonly unsaid: readonly Unsaid[]; readonly by: "text" | "id"; readonly limit: number },
  ): Promise<readonly string[]>;
}
