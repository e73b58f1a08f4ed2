import { entry } from "./code-entry.ts";

/** Codes of evidence that is counted where it is; part of the one table. */
export const COUNTING_CODES = {
  GATE_NOT_COUNTABLE: entry(
    422,
    "the policy asks more of the evidence than counting answers",
    "leave out what is named, state a shorter window, or give up to 500,000 units as Parquet: `--evidence units.parquet --at T`",
  ),
  GATE_NOT_COUNTED: entry(
    409,
    "the decision was made on rows, not by counting a ledger where it is",
    "save its packet and run `countermark packet verify`: it makes the decision again",
  ),
  GATE_LEDGER_ANOTHER: entry(
    409,
    "the ledger does not have exactly the units that the decision was counted over",
    "ask the installation that recorded it; where it is this one, `countermark ledger verify`, then `countermark gate rebuild`",
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
