import { DuckDBInstance } from "@duckdb/node-api";
import type { Cell, Unit } from "../../unit.ts";

/** Columns of cells, with their DuckDB types. */
export type ParquetColumns = Readonly<Record<string, string>>;

export interface KindedUnit extends Unit {
  readonly kind: string;
}

/** Writes units as one Parquet file, in the order given. */
export function writeUnits(path: string, units: readonly KindedUnit[], columns: ParquetColumns): Promise<void> {
  const declared = Object.entries(columns).map(([name, type]) => `, "${name}" ${type}`);
  const rows = units.map((unit) => `(${valuesOf(unit, Object.keys(columns)).join(", ")})`);
  return runAll([
    `create table unit (kind varchar, id varchar, "at" timestamptz, channel varchar, "valid" boolean, "rows" varchar[]${declared.join("")})`,
    ...(rows.length === 0 ? [] : [`insert into unit values ${rows.join(", ")}`]),
    `copy unit to ${quoted(path)} (format parquet)`,
  ]);
}

/** Writes what a query selects as one Parquet file. */
export const writeQuery = (path: string, query: string): Promise<void> =>
  runAll([`copy (${query}) to ${quoted(path)} (format parquet)`]);

async function runAll(statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function valuesOf(
  { kind, id, at, channel, isValid, rows, columns }: KindedUnit,
  names: readonly string[],
): readonly string[] {
  return [
    quoted(kind),
    quoted(id),
    at === null ? "null" : `make_timestamptz(${at}000)`,
    channel === null ? "null" : quoted(channel),
    String(isValid),
    `[${rows.map(quoted).join(", ")}]::varchar[]`,
    ...names.map((name) => written(columns[name] ?? null)),
  ];
}

function written(cell: Cell): string {
  if (cell === null) return "null";
  if (typeof cell === "string") return quoted(cell);
  if (typeof cell === "number" && !Number.isInteger(cell)) return `'${cell}'::double`;
  return Object.is(cell, -0) ? "'-0.0'::double" : String(cell);
}
