import { assert, type Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { FAILING_ROWS_MAX, type FailingRows } from "../measurement.ts";
import type { Unsaid } from "./plan.ts";
import type { Operand, Predicate } from "./predicate.ts";
import type { Chosen, Count, Counted, CountedGroups, Grouping, RowList } from "./table.ts";

/** Which units of a tenant are evidence: from one instant on and before another; runs of one version of a pack or of all. */
export interface LedgerRange {
  readonly since: Instant | null;
  readonly until: Instant;
  readonly packDigest: string | null;
}

type Fragment = ReturnType<TenantQuery>;

const within = (sql: TenantQuery, kind: string, { since, until, packDigest }: LedgerRange): Fragment => sql`
  tenant_id = require_tenant_context() and kind = ${kind} and at < ${until}::timestamptz
  ${since === null ? sql`` : sql`and at >= ${since}::timestamptz`}
  ${packDigest === null || kind !== "run" ? sql`` : sql`and pack_digest = ${packDigest}`}`;

/** Whether there are more units of a kind than a limit. */
export async function hasMoreUnits(
  sql: TenantQuery,
  asked: { readonly kind: string; readonly range: LedgerRange; readonly limit: number },
): Promise<boolean> {
  const rows = await sql`
    select 1 as one from evidence_unit where ${within(sql, asked.kind, asked.range)} offset ${asked.limit} limit 1`;
  return rows.length > 0;
}

/** How many units there are of a kind, the sum of their marks, and each count among them, in one pass. */
export async function countLedger(
  sql: TenantQuery,
  asked: { readonly kind: string; readonly range: LedgerRange; readonly counts: readonly Count[] },
): Promise<Counted> {
  const columns = asked.counts.reduce(
    (
      all,
      { where, distinct },
      index,
    ) => sql`${all}, count(${distinct === null ? sql`*` : sql`distinct ${sql(distinct)}`})
      filter (where ${predicate(sql, where, asked.range)}) as ${sql(`c${index}`)}`,
    sql`count(*) as units, coalesce(sum(mark), 0)::text as mark`,
  );
  const [row] = await sql<({ readonly mark: string } & { [name: `c${number}`]: number; readonly units: number })[]>`
    select ${columns} from evidence_unit where ${within(sql, asked.kind, asked.range)}`;
  assert(row !== undefined, "counting answers with one row");
  const { units, mark, ...answers } = row;
  return { units, mark, answers: Object.values(answers) };
}

/** The value at a rank, from 1, of a column's values in their order. */
export async function valueAtRank(
  sql: TenantQuery,
  asked: {
    readonly kind: string;
    readonly range: LedgerRange;
    readonly column: string;
    readonly where: Predicate;
    readonly rank: number;
  },
): Promise<number> {
  const { kind, range, column, where, rank } = asked;
  const [row] = await sql<{ value: number }[]>`
    select value
      from (select value, sum(units) over (order by value) as until_here
              from (select ${sql(column)} as value, count(*) as units
                      from evidence_unit
                     where ${within(sql, kind, range)} and ${predicate(sql, where, range)}
                     group by 1) as grouped) as ranked
     where until_here >= ${rank}
     order by value
     limit 1`;
  assert(row !== undefined, "a rank is one that there is");
  return row.value;
}

/** Different rows of evidence behind units. */
export async function listRows(sql: TenantQuery, range: LedgerRange, lists: readonly RowList[]): Promise<FailingRows> {
  if (lists.length === 0) return { count: 0, rows: [] };
  const all = lists.map((list) => rowsOf(sql, range, list)).reduce((left, right) => sql`${left} union all ${right}`);
  const [row] = await sql<{ count: number; rows: readonly string[] }[]>`
    with found as (select distinct row_id from (${all}) as listed)
    select (select count(*) from found) as count,
           array(select row_id from found order by row_id collate "C" limit ${FAILING_ROWS_MAX}) as rows`;
  assert(row !== undefined, "a list is one row");
  return row;
}

function rowsOf(sql: TenantQuery, range: LedgerRange, { kind, where, some }: RowList): Fragment {
  const found: Fragment = sql`from evidence_unit where ${within(sql, kind, range)} and ${predicate(sql, where, range)}`;
  const all: Fragment = sql`select coalesce(run, id) as row_id ${found}`;
  if (some === null) return all;
  switch (some.are) {
    case "from":
      return sql`(${all} order by ${sql(some.column)}, id collate "C" offset ${some.rank - 1})`;
    case "chosen":
      return sql`(${all} order by ${chosenFirst(sql, some.fold)} limit 1)`;
    case "missed":
    case "good": {
      const { by, good } = some.grouping;
      const isMissed = sql`${sql(by)} is not null and not ${foldedBeside(sql, some.grouping, range)}
                           and not (${predicate(sql, good, range)})`;
      return sql`
        select row_id from (select coalesce(run, id) as row_id, ${isMissed} as is_missed ${found}) as grouped
         where ${some.are === "missed" ? sql`is_missed` : sql`not is_missed`}`;
    }
  }
}

/** The order in which the unit that is read is the first. */
function chosenFirst(sql: TenantQuery, fold: Chosen): Fragment {
  switch (fold) {
    case "only":
      return sql`id collate "C"`;
    case "first":
      return sql`at, id collate "C"`;
    case "last":
      return sql`at desc, id collate "C" desc`;
  }
}

/** A column's value in the one unit of several that is read. */
export async function valueOfChosen(
  sql: TenantQuery,
  asked: {
    readonly kind: string;
    readonly range: LedgerRange;
    readonly column: string;
    readonly where: Predicate;
    readonly fold: Chosen;
  },
): Promise<number | null> {
  const { kind, range, column, where, fold } = asked;
  const [row] = await sql<{ value: number | string | null }[]>`
    select ${sql(column)} as value
      from evidence_unit
     where ${within(sql, kind, range)} and ${predicate(sql, where, range)}
     order by ${chosenFirst(sql, fold)}
     limit 1`;
  assert(row !== undefined, "there is a unit that is read");
  return typeof row.value === "number" ? row.value : null;
}

/** How many groups there are and how they are, in one pass. */
export async function countGroups(
  sql: TenantQuery,
  { kind, range, grouping }: { readonly kind: string; readonly range: LedgerRange; readonly grouping: Grouping },
): Promise<CountedGroups> {
  const { where, by, undecided } = grouping;
  const [row] = await sql<CountedGroups[]>`
    select count(*) as groups, count(*) filter (where is_good) as good,
           coalesce(sum(units) filter (where is_undecided), 0)::bigint as undecided
      from (select count(*) as units, ${folded(sql, grouping, range)} as is_good,
                   bool_or(${predicate(sql, undecided, range)}) as is_undecided
              from evidence_unit
             where ${within(sql, kind, range)} and ${predicate(sql, where, range)} and ${sql(by)} is not null
             group by ${sql(by)}) as grouped`;
  assert(row !== undefined, "counting answers with one row");
  return row;
}

/** Of a group, whether it is good. */
function folded(sql: TenantQuery, { fold, good }: Grouping, range: LedgerRange): Fragment {
  const isGood = predicate(sql, good, range);
  if (fold === "every") return sql`bool_and(${isGood})`;
  if (fold === "any") return sql`bool_or(${isGood})`;
  return sql`(array_agg(${isGood} order by ${chosenFirst(sql, fold)}))[1]`;
}

/** The same, beside each of its units. */
function foldedBeside(sql: TenantQuery, { fold, good, by }: Grouping, range: LedgerRange): Fragment {
  const isGood = predicate(sql, good, range);
  if (fold === "every") return sql`bool_and(${isGood}) over (partition by ${sql(by)})`;
  if (fold === "any") return sql`bool_or(${isGood}) over (partition by ${sql(by)})`;
  return sql`first_value(${isGood}) over (partition by ${sql(by)} order by ${chosenFirst(sql, fold)})`;
}

/** The first reasons of units in groups of which nothing can be said. */
export async function listGroupReasons(
  sql: TenantQuery,
  asked: {
    readonly kind: string;
    readonly range: LedgerRange;
    readonly grouping: Grouping;
    readonly limit: number;
  },
): Promise<readonly string[]> {
  const { kind, range, grouping, limit } = asked;
  const { where, by, undecided } = grouping;
  const rows = await sql<{ reason: string }[]>`
    select '\`' || id || '\` cannot be read at \`good\`' as reason
      from (select id, min(id collate "C") over (partition by ${sql(by)}) as first_id,
                   bool_or(${predicate(sql, undecided, range)}) over (partition by ${sql(by)}) as is_undecided
              from evidence_unit
             where ${within(sql, kind, range)} and ${predicate(sql, where, range)} and ${sql(by)} is not null) as grouped
     where is_undecided
     order by first_id collate "C", id collate "C"
     limit ${limit}`;
  return rows.map(({ reason }) => reason);
}

/** The first reasons, by their own text or by the units' ids. */
export async function listReasons(
  sql: TenantQuery,
  asked: {
    readonly kind: string;
    readonly range: LedgerRange;
    readonly unsaid: readonly Unsaid[];
    readonly by: "text" | "id";
    readonly limit: number;
  },
): Promise<readonly string[]> {
  const { kind, range, unsaid, by, limit } = asked;
  const all = unsaid
    .map(({ where, column }) => {
      const ending = column === null ? "` is not known" : `\` cannot be read at \`${column}\``;
      return sql`select id, '\`' || id || ${ending}::text as reason
                   from evidence_unit where ${within(sql, kind, range)} and ${predicate(sql, where, range)}`;
    })
    .reduce((left, right) => sql`${left} union all ${right}`);
  const rows = await sql<{ reason: string }[]>`
    select reason from (${all}) as unsaid order by ${by === "text" ? sql`reason` : sql`id`} collate "C" limit ${limit}`;
  return rows.map(({ reason }) => reason);
}

/**
 * Makes a tenant's units again from its runs and receipts; what was projected is dropped first. What ends meanwhile projects itself.
 */
export async function rebuildUnits(sql: TenantQuery): Promise<{ readonly units: number; readonly differing: number }> {
  const differing = await countDiffering(sql);
  await sql`delete from evidence_unit where tenant_id = require_tenant_context()`;
  const rows = await sql`
    insert into evidence_unit
      select s.* from evidence_source s where tenant_id = require_tenant_context()
      on conflict (tenant_id, kind, id) do nothing`;
  return { units: rows.count, differing };
}

/** How many units are projected and not in the ledger so, or in the ledger and not projected so. */
async function countDiffering(sql: TenantQuery): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    with projected as (select u.* from evidence_unit u where tenant_id = require_tenant_context()),
         derived as (select s.* from evidence_source s where tenant_id = require_tenant_context())
    select (select count(*) from (select * from projected except all select * from derived) as more)
         + (select count(*) from (select * from derived except all select * from projected) as fewer) as count`;
  assert(row !== undefined, "counting answers with one row");
  return row.count;
}

function predicate(sql: TenantQuery, asked: Predicate, range: LedgerRange): Fragment {
  switch (asked.kind) {
    case "constant":
      return asked.value ? sql`true` : sql`false`;
    case "and":
    case "or": {
      const parts = asked.parts.map((part) => predicate(sql, part, range));
      return sql`(${parts.reduce((all, part) => (asked.kind === "and" ? sql`${all} and ${part}` : sql`${all} or ${part}`))})`;
    }
    case "not":
      return sql`not (${predicate(sql, asked.part, range)})`;
    case "compare":
      return compared(sql, asked);
    case "affix":
      return affixed(sql, asked);
    case "holds":
      return sql`${sql(asked.column)}`;
    case "null":
      return sql`${sql(asked.column)} is null`;
    // What the ledger holds is valid, and its numbers are whole and small enough.
    case "finite":
    case "safe":
    case "whole":
    case "valid":
      return sql`true`;
    case "channel":
      return sql`channel is not null and channel = any(${[...asked.among]}::text[])`;
    case "within":
      return asked.from === range.since && asked.until === range.until
        ? sql`true`
        : sql`at >= ${asked.from}::timestamptz and at < ${asked.until}::timestamptz`;
  }
}

function compared(sql: TenantQuery, { op, left, right }: Predicate & { kind: "compare" }): Fragment {
  const [a, b] = [operand(sql, left), operand(sql, right)];
  switch (op) {
    case "=":
      return sql`${a} = ${b}`;
    case "<>":
      return sql`${a} <> ${b}`;
    case "<":
      return sql`${a} < ${b}`;
    case "<=":
      return sql`${a} <= ${b}`;
    case ">":
      return sql`${a} > ${b}`;
    case ">=":
      return sql`${a} >= ${b}`;
  }
}

function operand(sql: TenantQuery, asked: Operand): Fragment {
  if ("column" in asked) return sql`${sql(asked.column)}`;
  const { literal } = asked;
  if (typeof literal === "string") return sql`${literal}::text`;
  if (typeof literal === "boolean") return sql`${literal}::boolean`;
  return Number.isSafeInteger(literal) ? sql`${literal}::bigint` : sql`${literal}::float8`;
}

function affixed(sql: TenantQuery, { at, text, affix }: Predicate & { kind: "affix" }): Fragment {
  const [whole, part] = [operand(sql, text), operand(sql, affix)];
  return at === "start" ? sql`starts_with(${whole}, ${part})` : sql`right(${whole}, length(${part})) = ${part}`;
}
