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

/** Units of a list of failing rows: all of those, or those from a rank on in the order of a column, the first being 1. */
export interface RowList {
  readonly kind: string;
  readonly where: Predicate;
  readonly from: { readonly column: string; readonly rank: number } | null;
}

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
  /** Different rows of evidence behind the units of all lists together. */
  rows(lists: readonly RowList[]): Promise<FailingRows>;
  /** The first reasons: by their own text, or by the units' ids. */
  reasons(
    kind: string,
    asked: { readonly unsaid: readonly Unsaid[]; readonly by: "text" | "id"; readonly limit: number },
  ): Promise<readonly string[]>;
}
