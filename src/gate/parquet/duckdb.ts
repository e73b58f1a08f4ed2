import type { DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import { accepted, type Result, rejected } from "../../contracts/index.ts";
import type { Parameter, Statement } from "./queries.ts";

/** A value as it comes back: text, numbers, booleans and lists of them. */
export type Found = string | number | bigint | boolean | null | readonly Found[];

/** A DuckDB of its own, in memory, for the length of one evaluation. */
export interface Duck {
  /**
   * All rows of an answer; several questions may be asked at once. Refused with `GATE_PARQUET_UNREADABLE`, and what DuckDB says.
   *
   * @param zoned whether the instants that parameters meet have a zone
   */
  ask(statement: Statement, zoned?: boolean): Promise<Result<readonly (readonly Found[])[]>>;
  close(): void;
}

/** What DuckDB may hold before it goes to disk; with what the program itself holds it stays under 1 GiB. */
const MEMORY = "700MB";

/** It neither loads nor fetches anything, and what a file holds is all that it sees. */
const SETTINGS = {
  memory_limit: MEMORY,
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  preserve_insertion_order: "false",
};

/** Opens DuckDB, which is installed beside us by whoever reads Parquet. Refused with `GATE_PARQUET_READER_MISSING`. */
export async function openDuck(load: typeof loadDuck = loadDuck): Promise<Result<Duck>> {
  const api = await load();
  if (api === undefined)
    return rejected({ code: "GATE_PARQUET_READER_MISSING", message: "`@duckdb/node-api` is not installed" });
  const instance = await api.DuckDBInstance.create(":memory:", SETTINGS);
  return accepted({
    ask: (statement, zoned = true) => asked(instance, statement, (value) => bound(api, value, zoned)),
    close: () => instance.closeSync(),
  });
}

async function loadDuck(): Promise<typeof import("@duckdb/node-api") | undefined> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    // Its native part, or all of it, is not there for this platform.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

function bound(api: typeof import("@duckdb/node-api"), value: Parameter, zoned: boolean): DuckDBValue {
  if (typeof value !== "object") return value;
  return zoned ? new api.DuckDBTimestampTZValue(value.micros) : new api.DuckDBTimestampValue(value.micros);
}

/** Each question has a connection, on which one waits for another. */
async function asked(
  instance: DuckDBInstance,
  { text, values }: Statement,
  bind: (value: Parameter) => DuckDBValue,
): Promise<Result<readonly (readonly Found[])[]>> {
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(text, values.map(bind));
    return accepted(reader.getRowsJS().map((row) => row.map(foundIn)));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return rejected({ code: "GATE_PARQUET_UNREADABLE", message: firstLine(error.message) });
  } finally {
    connection.closeSync();
  }
}

const firstLine = (message: string): string => (message.split("\n")[0] ?? "").slice(0, 300);

function foundIn(value: unknown): Found {
  if (Array.isArray(value)) return value.map(foundIn);
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return value;
  return null;
}
