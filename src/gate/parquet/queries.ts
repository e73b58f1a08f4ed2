import { inCommon } from "../counted/in-common.ts";
import type { Unsaid } from "../counted/plan.ts";
import type { Operand, Predicate } from "../counted/predicate.ts";
import type { Chosen, Count, Grouping, RowList } from "../counted/table.ts";
import { FAILING_ROWS_MAX } from "../measurement.ts";

/** A value that a statement is given apart from its text. An instant says whether the column that it meets has a zone. */
export type Parameter = string | boolean | bigint | number | { readonly micros: bigint };

/** A statement for DuckDB, and its parameters in the order of their numbers. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Parameter[];
}

/** Collects parameters while a statement is written: equal ones once, since DuckDB asks only once what it knows to be the same. */
class Writer {
  readonly values: Parameter[] = [];
  readonly #numbers = new Map<string, string>();

  given(value: Parameter): string {
    const key = typeof value === "object" ? `instant ${value.micros}` : `${typeof value} ${value}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = `$${this.values.push(value)}`;
    this.#numbers.set(key, number);
    return number;
  }
}

function statement(write: (writer: Writer) => string): Statement {
  const writer = new Writer();
  const text = write(writer);
  return { text, values: writer.values };
}

/** The columns that every unit has, apart from those that policies declare. */
export const OWN_COLUMNS = ["kind", "id", "at", "channel", "valid", "rows"] as const;

const named = (column: string): string => `"${column.replaceAll('"', '""')}"`;
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Which columns a file has, and of which types. */
export const describeFile = (path: string): Statement => ({
  text: `select column_name, column_type from (describe select * from read_parquet(${quoted(path)}))`,
  values: [],
});

/** How many units a file says that it has. */
export const countFile = (path: string): Statement => ({
  text: `select count(*) from read_parquet(${quoted(path)})`,
  values: [],
});

/**
 * What a file's units have that none may have. Channels are few, and put together by them before one is compared: comparing every unit's
 * took five times as long.
 */
export const inspectFile = (path: string, columns: readonly string[]): Statement => {
  const file = `read_parquet(${quoted(path)})`;
  const has = (column: string, count: string) => (columns.includes(column) ? `(${count})` : "0");
  return {
    text: `select ${has("valid", `select count(*) from ${file} where "valid" is null`)},
                  ${has(
                    "channel",
                    `select coalesce(sum(units), 0) from (select channel, count(*) as units from ${file} group by channel)
                      where channel not in ('prod_traffic', 'controlled_fixture', 'ci')`,
                  )},
                  ${has("rows", `select count(*) from ${file} where len(list_filter("rows", lambda r: r is null)) > 0`)}`,
    values: [],
  };
};

/**
 * How many units of a file cannot be told apart, and how many do not follow the one before them in the order of their ids: where none,
 * no id stands there twice. Most files are written in that order. Nothing but ids goes through the window, which is one thread's: with
 * the other columns it took twice as long. So a file is looked through in several parts at once, each of which has to begin behind the
 * greatest id of those before it; their order is that of ids, whatever order their units were read in.
 */
export const inspectIds = (path: string, parts: readonly { readonly from: number }[]): Statement => {
  const inspected = parts.map(({ from }, index) => {
    const until = parts[index + 1]?.from;
    const units =
      parts.length === 1
        ? `read_parquet(${quoted(path)})`
        : `read_parquet(${quoted(path)}, file_row_number = true)
            where file_row_number >= ${from}${until === undefined ? "" : ` and file_row_number < ${until}`}`;
    return `select ${index} as part, count(*) filter (where kind is null or id is null) as nameless,
                   count(*) filter (where not id > id_before) as unordered, min(id) as least, max(id) as greatest
              from (select kind, id, lag(id) over () as id_before from ${units})`;
  });
  return {
    text: `select sum(nameless), sum(unordered) + count(*) filter (where not least > greatest_before)
             from (select *, lag(greatest ignore nulls) over (order by part) as greatest_before
                     from (${inspected.join(" union all ")}))`,
    values: [],
  };
};

/** Makes one view of the units of all files. `zoned`: whether their instants have a zone. */
export const makeView = (paths: readonly string[], columns: readonly string[]): Statement => {
  const own = (column: string, absent: string) => (columns.includes(column) ? named(column) : absent);
  const cells = columns
    .filter((column) => !OWN_COLUMNS.some((one) => one === column))
    .map((column) => `, ${named(column)}`);
  return {
    text: `create view unit as
             select kind, id, ${own("at", "null::timestamp")} as "at", ${own("channel", "null::varchar")} as channel,
                    coalesce(${own("valid", "true")}, true) as "valid", ${own("rows", "null::varchar[]")} as "rows"${cells.join("")}
               from read_parquet([${paths.map(quoted).join(", ")}], union_by_name = true)`,
    values: [],
  };
};

/** How many units there are, and how many hashes of their ids: as many, and no id stands there twice within its kind. */
export const COUNT_IDS: Statement = {
  text: "select sum(units), count(*) from (select count(*) as units from unit group by hash(kind, id))",
  values: [],
};

export const listRepeated = (limit: number): Statement => ({
  text: `select id from unit group by kind, id having count(*) > 1 order by id limit ${limit}`,
  values: [],
});

export const LIST_KINDS: Statement = { text: "select distinct kind from unit order by kind", values: [] };

/** All units of a kind, and each count among them. */
export const countUnits = (kind: string, counts: readonly Count[]): Statement =>
  statement((writer) => {
    const { all, named: asked, left } = inCommon(counts.map(({ where }) => where));
    const columns = asked.map(({ name, where }) => `, ${predicate(writer, where)} as ${named(name)}`);
    const answers = left.map((where, index) => {
      const column = counts[index]?.distinct ?? null;
      const what = column === null ? "*" : `distinct ${named(column)}`;
      return `, count(${what}) filter (where ${predicate(writer, where)})`;
    });
    const units = `from unit where kind = ${writer.given(kind)}`;
    return `
      with seen as (select *${columns.join("")} ${units} and ${predicate(writer, all)})
      select (select count(*) ${units})${answers.join("")} from seen`;
  });

export const valueAtRank = (
  kind: string,
  asked: { readonly column: string; readonly where: Predicate; readonly rank: number },
): Statement =>
  statement(
    (writer) => `
      select value
        from (select value, sum(units) over (order by value) as until_here
                from (select ${named(asked.column)} as value, count(*) as units
                        from unit
                       where kind = ${writer.given(kind)} and ${predicate(writer, asked.where)}
                       group by 1))
       where until_here >= ${asked.rank}
       order by value
       limit 1`,
  );

export const listRows = (lists: readonly RowList[]): Statement =>
  statement((writer) => {
    const all = lists.map((list) => rowsOf(writer, list));
    return `
      with listed as (${all.join(" union all ")}),
           found as (select distinct unnest(case when coalesce(len("rows"), 0) = 0 then [id] else "rows" end) as row_id from listed)
      select (select count(*) from found), list(row_id order by row_id)
        from (select row_id from found order by row_id limit ${FAILING_ROWS_MAX})`;
  });

function rowsOf(writer: Writer, { kind, where, some }: RowList): string {
  const found = `from unit where kind = ${writer.given(kind)} and ${predicate(writer, where)}`;
  if (some === null) return `select id, "rows" ${found}`;
  switch (some.are) {
    case "from":
      return `(select id, "rows" ${found} order by ${named(some.column)}, id offset ${some.rank - 1})`;
    case "chosen":
      return `(select id, "rows" ${found} order by ${chosenFirst(some.fold)} limit 1)`;
    case "missed":
    case "good": {
      const { by, good } = some.grouping;
      const isMissed = `${named(by)} is not null and not ${foldedBeside(writer, some.grouping)} and not (${predicate(writer, good)})`;
      return `select id, "rows" from (select id, "rows", ${isMissed} as is_missed ${found})
               where ${some.are === "missed" ? "is_missed" : "not is_missed"}`;
    }
  }
}

/** The order in which the unit that is read is the first; instants as units have them, in milliseconds, and none as the earliest of all. */
function chosenFirst(fold: Chosen): string {
  const at = `coalesce(floor(epoch_us("at") / 1000), 0)`;
  switch (fold) {
    case "only":
      return "id";
    case "first":
      return `${at}, id`;
    case "last":
      return `${at} desc, id desc`;
  }
}

export const valueOfChosen = (
  kind: string,
  asked: { readonly column: string; readonly where: Predicate; readonly fold: Chosen },
): Statement =>
  statement(
    (writer) => `
      select ${named(asked.column)}
        from unit
       where kind = ${writer.given(kind)} and ${predicate(writer, asked.where)}
       order by ${chosenFirst(asked.fold)}
       limit 1`,
  );

export const countGroups = (kind: string, grouping: Grouping): Statement =>
  statement((writer) => {
    const by = named(grouping.by);
    return `
      select count(*), count(*) filter (where is_good), coalesce(sum(units) filter (where is_undecided), 0)
        from (select count(*) as units, ${folded(writer, grouping)} as is_good,
                     bool_or(${predicate(writer, grouping.undecided)}) as is_undecided
                from unit
               where kind = ${writer.given(kind)} and ${predicate(writer, grouping.where)} and ${by} is not null
               group by ${by})`;
  });

/** Of a group, whether it is good. */
function folded(writer: Writer, { fold, good }: Grouping): string {
  const isGood = predicate(writer, good);
  if (fold === "every") return `bool_and(${isGood})`;
  if (fold === "any") return `bool_or(${isGood})`;
  return `first(${isGood} order by ${chosenFirst(fold)})`;
}

/** The same, beside each of its units. */
function foldedBeside(writer: Writer, { fold, good, by }: Grouping): string {
  const isGood = predicate(writer, good);
  if (fold === "every") return `bool_and(${isGood}) over (partition by ${named(by)})`;
  if (fold === "any") return `bool_or(${isGood}) over (partition by ${named(by)})`;
  return `first_value(${isGood}) over (partition by ${named(by)} order by ${chosenFirst(fold)})`;
}

/** The first reasons of units in groups of which nothing can be said. */
export const listGroupReasons = (kind: string, grouping: Grouping, limit: number): Statement =>
  statement((writer) => {
    const by = named(grouping.by);
    return `
      select '\`' || id || '\` cannot be read at \`good\`'
        from (select id, min(id) over (partition by ${by}) as first_id,
                     bool_or(${predicate(writer, grouping.undecided)}) over (partition by ${by}) as is_undecided
                from unit
               where kind = ${writer.given(kind)} and ${predicate(writer, grouping.where)} and ${by} is not null)
       where is_undecided
       order by first_id, id
       limit ${limit}`;
  });

export const listReasons = (
  kind: string,
  asked: { readonly unsaid: readonly Unsaid[]; readonly by: "text" | "id"; readonly limit: number },
): Statement =>
  statement((writer) => {
    const all = asked.unsaid.map(({ where, column }) => {
      const ending = column === null ? "` is not known" : `\` cannot be read at \`${column}\``;
      return `select id, '\`' || id || ${writer.given(ending)}::varchar as reason
                from unit where kind = ${writer.given(kind)} and ${predicate(writer, where)}`;
    });
    return `select reason from (${all.join(" union all ")}) order by ${asked.by === "text" ? "reason" : "id"} limit ${asked.limit}`;
  });

/** The units themselves, for what counting does not answer. */
export const readUnits = (columns: readonly string[]): Statement => ({
  text: `select kind, id, epoch_us("at"), channel, "valid", "rows"${columns.map((column) => `, ${named(column)}`).join("")} from unit`,
  values: [],
});

function predicate(writer: Writer, asked: Predicate): string {
  switch (asked.kind) {
    case "constant":
      return asked.value ? "true" : "false";
    case "and":
    case "or":
      return `(${asked.parts.map((part) => predicate(writer, part)).join(` ${asked.kind} `)})`;
    case "not":
      return `not (${predicate(writer, asked.part)})`;
    case "compare":
      return `${operand(writer, asked.left)} ${asked.op} ${operand(writer, asked.right)}`;
    case "affix": {
      const word = asked.at === "start" ? "starts_with" : "ends_with";
      return `${word}(${operand(writer, asked.text)}, ${operand(writer, asked.affix)})`;
    }
    case "holds":
      return named(asked.column);
    case "null":
      return `${named(asked.column)} is null`;
    case "finite":
      return `isfinite(${named(asked.column)})`;
    case "safe":
      return `${named(asked.column)} between -9007199254740991 and 9007199254740991`;
    case "whole":
      return `(isfinite(${named(asked.column)}) and ${named(asked.column)} = trunc(${named(asked.column)})
               and ${named(asked.column)} between -9007199254740991 and 9007199254740991)`;
    case "valid":
      return `"valid"`;
    case "channel":
      return `channel is not null and channel in (${asked.among.map(quoted).join(", ")})`;
    case "within": {
      const [from, until] = [asked.from, asked.until].map((at) => writer.given({ micros: BigInt(at) * 1000n }));
      return `"at" is not null and "at" >= ${from} and "at" < ${until}`;
    }
  }
}

function operand(writer: Writer, asked: Operand): string {
  if ("column" in asked) return named(asked.column);
  const { literal } = asked;
  if (typeof literal === "string") return `${writer.given(literal)}::varchar`;
  if (typeof literal === "boolean") return `${writer.given(literal)}::boolean`;
  return Number.isSafeInteger(literal)
    ? `${writer.given(BigInt(literal))}::bigint`
    : `${writer.given(literal)}::double`;
}
