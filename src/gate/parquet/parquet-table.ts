import { basename } from "node:path";
import { accepted, assert, Fault, type Result } from "../../contracts/index.ts";
import type { Facts } from "../counted/plan.ts";
import type { ColumnFact } from "../counted/predicate.ts";
import type { UnitTable } from "../counted/table.ts";
import type { Cell, SourceState } from "../unit.ts";
import type { Duck, Found } from "./duckdb.ts";
import * as queries from "./queries.ts";

/** Units in Parquet files, and in what state the files are: each is a source under its name without the ending. */
export interface ParquetUnits {
  readonly table: UnitTable;
  readonly sources: { readonly [id: string]: SourceState };
  /** The columns that hold cells, with their types. */
  readonly cells: ReadonlyMap<string, CellType>;
  readonly zoned: boolean;
}

type CellType = ColumnFact["type"];

/** Types of DuckDB that a cell may be of, by what a unit says with them. */
const CELLS: ReadonlyMap<string, CellType> = new Map<string, CellType>([
  ["VARCHAR", "string"],
  ["BOOLEAN", "boolean"],
  ...["TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"].map((type) => [type, "exact"] as const),
  ["BIGINT", "integer"],
  ["DOUBLE", "number"],
]);

const INSTANTS: readonly string[] = ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"];
const OWN_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ["kind", ["VARCHAR"]],
  ["id", ["VARCHAR"]],
  ["at", INSTANTS],
  ["channel", ["VARCHAR"]],
  ["valid", ["BOOLEAN"]],
  ["rows", ["VARCHAR[]"]],
]);

interface FileRead {
  readonly path: string;
  readonly source: string;
  /** By name, their types. */
  readonly columns: ReadonlyMap<string, string>;
  /** What is wrong with it; empty where nothing is. Of such a file nothing is counted. */
  readonly problems: readonly string[];
  /** Whether each of its ids is greater than the one before it. */
  readonly isOrdered: boolean;
}

/** Opens files as one table. What cannot be read is not in it, and its source says why. */
export async function parquetUnits(
  duck: Duck,
  paths: readonly string[],
  declared: readonly string[],
): Promise<Result<ParquetUnits>> {
  const files: FileRead[] = [];
  for (const path of paths) files.push(await readFile(duck, path, declared));
  const zoned = files.find(({ problems }) => problems.length === 0)?.columns.get("at") !== "TIMESTAMP";
  const read = files.map((file) => agreeing(file, files, declared));
  const good = read.filter(({ problems }) => problems.length === 0);
  const cells = cellsOf(good, declared);
  const opened = await open(duck, good, cells);
  if (!opened.ok) return opened;
  const repeated = opened.value.repeated.map((id) => `\`${id}\` stands there more than once`);
  const sources = Object.fromEntries(read.map(({ source, problems }) => [source, stateOf([...problems, ...repeated])]));
  return accepted({ table: tableOf(duck, opened.value.facts, zoned), sources, cells, zoned });
}

async function readFile(duck: Duck, path: string, declared: readonly string[]): Promise<FileRead> {
  const source = basename(path).replace(/\.parquet$/, "");
  const described = await duck.ask(queries.describeFile(path));
  if (!described.ok)
    return { path, source, columns: new Map(), problems: ["it cannot be read as Parquet"], isOrdered: false };
  const columns = new Map(described.value.map(([name, type]) => [String(name), String(type)]));
  const wrong = typesOf(columns, declared);
  if (wrong.length > 0) return { path, source, columns, problems: wrong, isOrdered: false };
  const counted = await duck.ask(queries.countFile(path));
  const [ids, inspected] = await Promise.all([
    duck.ask(queries.inspectIds(path, partsOf(Number(counted.ok ? counted.value[0]?.[0] : 0), columns))),
    duck.ask(queries.inspectFile(path, [...columns.keys()])),
  ]);
  if (!counted.ok || !ids.ok || !inspected.ok)
    return { path, source, columns, problems: ["it cannot be read as Parquet"], isOrdered: false };
  const [nameless = 0, unordered = 0] = (ids.value[0] ?? []).map(Number);
  const [invalid = 0, foreign = 0, rowless = 0] = (inspected.value[0] ?? []).map(Number);
  const problems = [
    { count: nameless, what: "without `kind` or `id`" },
    { count: invalid, what: "whose `valid` is null" },
    { count: foreign, what: "with a `channel` that is none" },
    { count: rowless, what: "with a null among their `rows`" },
  ];
  return {
    path,
    source,
    columns,
    isOrdered: unordered === 0,
    problems: problems.filter(({ count }) => count > 0).map(({ count, what }) => `it has ${count} units ${what}`),
  };
}

/** Units that are worth a part of their own: about those of a group of rows. */
const PART_UNITS = 100_000;
const PARTS_MAX = 4;

/** Where the parts begin in which a file is looked through. One where a column of its own hides the number of a row. */
function partsOf(units: number, columns: ReadonlyMap<string, string>): readonly { readonly from: number }[] {
  const isNumbered = ![...columns.keys()].some((name) => name.toLowerCase() === "file_row_number");
  const parts = isNumbered ? Math.min(Math.max(Math.floor(units / PART_UNITS), 1), PARTS_MAX) : 1;
  return Array.from({ length: parts }, (_, part) => ({ from: Math.floor((units * part) / parts) }));
}

function typesOf(columns: ReadonlyMap<string, string>, declared: readonly string[]): readonly string[] {
  const absent = ["kind", "id"].filter((name) => !columns.has(name)).map((name) => `it has no column \`${name}\``);
  const wrong = [...columns].filter(([name, type]) =>
    OWN_TYPES.has(name) ? OWN_TYPES.get(name)?.includes(type) === false : declared.includes(name) && !CELLS.has(type),
  );
  return [
    ...absent,
    ...wrong.map(([name, type]) => `its column \`${name}\` is of the type ${type}, which says nothing here`),
  ];
}

/** Files are one table: a column of two of them is of the type that it has in the first that has it. */
function agreeing(file: FileRead, files: readonly FileRead[], declared: readonly string[]): FileRead {
  if (file.problems.length > 0) return file;
  const differing = [...OWN_TYPES.keys(), ...declared].filter((column) => {
    const first = files.find(({ columns, problems }) => problems.length === 0 && columns.has(column));
    return file.columns.has(column) && first?.columns.get(column) !== file.columns.get(column);
  });
  return {
    ...file,
    problems: differing.map((column) => `its column \`${column}\` is of another type than in a file before it`),
  };
}

const cellsOf = (files: readonly FileRead[], declared: readonly string[]): ReadonlyMap<string, CellType> =>
  new Map(
    files.flatMap(({ columns }) =>
      [...columns].flatMap(([name, type]): readonly [string, CellType][] => {
        const cell = CELLS.get(type);
        return cell === undefined || OWN_TYPES.has(name) || !declared.includes(name) ? [] : [[name, cell]];
      }),
    ),
  );

interface Opened {
  readonly facts: Facts;
  readonly repeated: readonly string[];
}

async function open(
  duck: Duck,
  files: readonly FileRead[],
  cells: ReadonlyMap<string, CellType>,
): Promise<Result<Opened>> {
  if (files.length === 0) return accepted({ facts: {}, repeated: [] });
  const own = queries.OWN_COLUMNS.filter((column) => files.some(({ columns }) => columns.has(column)));
  const view = queries.makeView(
    files.map(({ path }) => path),
    [...own, ...cells.keys()],
  );
  const made = await duck.ask(view);
  if (!made.ok) return made;
  const kinds = await duck.ask(queries.LIST_KINDS);
  if (!kinds.ok) return kinds;
  const isOrdered = files.length === 1 && files[0]?.isOrdered === true;
  const repeated = isOrdered ? accepted([]) : await repeatedIn(duck);
  if (!repeated.ok) return repeated;
  return accepted({ facts: factsOf(kinds.value, cells), repeated: repeated.value });
}

/** Ids that stand there more than once. */
async function repeatedIn(duck: Duck): Promise<Result<readonly string[]>> {
  const counted = await duck.ask(queries.COUNT_IDS);
  if (!counted.ok) return counted;
  const [all, different] = (counted.value[0] ?? []).map(Number);
  if (all === different) return accepted([]);
  const repeated = await duck.ask(queries.listRepeated(REPEATED_SHOWN));
  return repeated.ok ? accepted(repeated.value.map(([id]) => String(id))) : repeated;
}

/** Ids that a source names; it is unreadable for the first. */
const REPEATED_SHOWN = 5;

const factsOf = (kinds: readonly (readonly Found[])[], cells: ReadonlyMap<string, CellType>): Facts => {
  const columns = Object.fromEntries(
    [...cells].map(([name, type]): [string, ColumnFact] => [name, { type, isNullable: true }]),
  );
  return Object.fromEntries(kinds.map(([kind]) => [String(kind), columns]));
};

function stateOf(problems: readonly string[]): SourceState {
  return problems.length === 0
    ? { state: "complete", detail: "" }
    : { state: "unreadable", detail: problems.join(", ") };
}

const tableOf = (duck: Duck, facts: Facts, zoned: boolean): UnitTable => {
  const ask = async (statement: queries.Statement) => {
    const answer = await duck.ask(statement, zoned);
    // The files were read a moment ago: that they cannot be now is the world's failure, not evidence.
    if (!answer.ok) throw new Fault("GATE_PARQUET_UNREADABLE", answer.refusal.message, { retry: "now" });
    return answer.value;
  };
  return {
    facts,
    counts: async (kind, counts) => {
      const [units = 0, ...answers] = ((await ask(queries.countUnits(kind, counts)))[0] ?? []).map(Number);
      return { units, mark: null, answers };
    },
    valueAt: async (kind, asked) => {
      const value = (await ask(queries.valueAtRank(kind, asked)))[0]?.[0];
      assert(typeof value === "number" || typeof value === "bigint", "a rank is one that there is");
      return Number(value);
    },
    chosen: async (kind, asked) => {
      const value = (await ask(queries.valueOfChosen(kind, asked)))[0]?.[0];
      return typeof value === "number" || typeof value === "bigint" ? Number(value) : null;
    },
    groups: async (kind, grouping) => {
      const [groups = 0, good = 0, undecided = 0] = ((await ask(queries.countGroups(kind, grouping)))[0] ?? []).map(
        Number,
      );
      return { groups, good, undecided };
    },
    groupReasons: async (kind, grouping, limit) =>
      (await ask(queries.listGroupReasons(kind, grouping, limit))).map(([reason]) => String(reason)),
    rows: async (lists) => {
      if (lists.length === 0) return { count: 0, rows: [] };
      const [count = 0, rows = []] = (await ask(queries.listRows(lists)))[0] ?? [];
      return { count: Number(count), rows: Array.isArray(rows) ? rows.map(String) : [] };
    },
    reasons: async (kind, asked) => (await ask(queries.listReasons(kind, asked))).map(([reason]) => String(reason)),
  };
};

/** A cell as units have it. An integer beyond what a number can say is text, which no numeric column may be. */
export function cellOf(value: Found): Cell {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return typeof value === "object" ? null : value;
}
