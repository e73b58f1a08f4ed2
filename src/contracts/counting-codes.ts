import { entry } from "./code-entry.ts";

/** Codes of evidence that is counted where it is; part of the one table. */
export const COUNTING_CODES = {
  GATE_NOT_COUNTABLE: entry(
    422,
    "the policy asks more of the evidence than counting answers",
    "leave out what is named, state a shorter window, or evaluate NDJSON files",
  ),
  GATE_PARQUET_READER_MISSING: entry(
    422,
    "the reader of Parquet, DuckDB, is not installed",
    "install it beside countermark: `npm install @duckdb/node-api@1.5.6-r.1`; or give NDJSON files",
  ),
  GATE_PARQUET_UNREADABLE: entry(
    422,
    "the Parquet files cannot be read by DuckDB",
    "write the file again, with the columns `kind` and `id`",
  ),
};
