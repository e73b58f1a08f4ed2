import { assert } from "../../contracts/index.ts";
import {
  type Blamed,
  type FailingRows,
  type Measurement,
  NOTHING,
  type Problems,
  REASONS_MAX,
  severalOf,
} from "../measurement.ts";
import { type Rational, rationalOf } from "../rational.ts";
import { type MetricPlan, type PlanGround, planOf } from "./plan.ts";
import { both, either, isNever, NEVER, negated, type Predicate } from "./predicate.ts";
import type { Count, CountedGroups, Grouping, RowList, Some, UnitTable } from "./table.ts";

/** The questions of a whole policy, by metric. */
export type PolicyPlan = ReadonlyMap<string, MetricPlan>;

/** The questions that a policy comes to, of which counting answers everything. */
export const planPolicy = (ground: PlanGround, table: UnitTable): PolicyPlan =>
  new Map([...ground.policy.metrics].map(([id, metric]) => [id, planOf(metric, ground, table.facts)]));

/** What counting came to: how many units there are of each kind, what they are known by, and every metric. */
export interface CountedUnits {
  readonly units: { readonly [kind: string]: number };
  readonly marks: { readonly [kind: string]: string };
  readonly measurements: readonly Measurement[];
}

/** Measures every metric by counting: one pass over each kind, and one question more for each quantile and each thing unsaid. */
export async function countUnits(plan: PolicyPlan, table: UnitTable): Promise<CountedUnits> {
  const plans = [...plan.values()];
  const tallies = new Map<string, Tally>();
  const units: Record<string, number> = {};
  const marks: Record<string, string> = {};
  for (const kind of Object.keys(table.facts)) {
    const asked = plans
      .filter(({ metric }) => metric.text.from === kind)
      .map((one) => ({ id: one.metric.text.id, wanted: countsOf(one) }));
    const wanted = asked.flatMap((one) => Object.values(one.wanted));
    const counted = await table.counts(kind, wanted);
    assert(counted.answers.length === wanted.length, "a table answers each count");
    const numbers = counted.answers.values();
    units[kind] = counted.units;
    if (counted.mark !== null) marks[kind] = counted.mark;
    for (const one of asked) tallies.set(one.id, tallyOf(one.wanted, numbers));
  }
  const measurements: Measurement[] = [];
  for (const one of plans) measurements.push(await measured(one, tallies.get(one.metric.text.id), table));
  return { units, marks, measurements };
}

interface Counts {
  readonly [name: string]: Count;
}

type Tally = ReadonlyMap<string, number>;

function countsOf(plan: MetricPlan): Counts {
  const { text } = plan.metric;
  const of = (where: Predicate, distinct: string | null = null): Count => ({ where, distinct });
  const isPlainRatio = text.kind === "ratio" && text.distinct === undefined;
  const all = {
    unread: of(anyOf(plan)),
    unclear: of(plan.unclear),
    notApplicable: of(plan.notApplicable),
    applicable: of(isNever(plan.notApplicable) ? NEVER : plan.counted),
    sample: of(sampleOf(plan), (text.kind === "count" ? text.distinct : undefined) ?? null),
    keyless: of(keylessOf(plan)),
    undecided: of(isPlainRatio ? plan.undecided : NEVER),
    good: of(isPlainRatio ? plan.good : NEVER),
  };
  return Object.fromEntries(Object.entries(all).filter(([, { where }]) => !isNever(where)));
}

const anyOf = ({ unread }: MetricPlan): Predicate => either(...unread.map(({ where }) => where));

/** A quantile is of the units that have a value. */
const sampleOf = ({ metric: { text }, counted }: MetricPlan): Predicate =>
  text.kind === "quantile" ? both(counted, negated({ kind: "null", column: text.column })) : counted;

const keylessOf = ({ metric: { text }, counted }: MetricPlan): Predicate =>
  text.distinct === undefined || isNever(counted) ? NEVER : both(counted, { kind: "null", column: text.distinct });

/** Of a ratio whose units are one where a column is the same; null of anything else. */
const groupingOf = ({ metric: { text }, counted, good, undecided }: MetricPlan): Grouping | null =>
  text.kind === "ratio" && text.distinct !== undefined && !isNever(counted)
    ? { where: counted, by: text.distinct, fold: text.fold, good, undecided }
    : null;

function tallyOf(wanted: Counts, answers: Iterator<number>): Tally {
  return new Map(
    Object.keys(wanted).map((name) => {
      const { value } = answers.next();
      assert(Number.isSafeInteger(value), "a table answers with one whole number for each count");
      return [name, value];
    }),
  );
}

async function measured(plan: MetricPlan, tally: Tally | undefined, table: UnitTable): Promise<Measurement> {
  const { text } = plan.metric;
  if (tally === undefined)
    return { ...nothingOf(plan), problems: oneProblem(`no evidence of the kind \`${text.from}\``) };
  const of = (name: string) => tally.get(name) ?? 0;
  const grouping = groupingOf(plan);
  const grouped = grouping === null ? null : await table.groups(text.from, grouping);
  const { groups: sample, good, undecided } = grouped ?? plainly(of);
  const count = of("unread") + of("unclear") + of("keyless") + undecided;
  const first = count === 0 ? [] : await reasonsOf(plan, table);
  return {
    key: text.id,
    value: await cameTo(plan, sample, good, table),
    good: text.kind === "ratio" ? good : sample,
    sample,
    problems: withSeveral(plan, sample, { count, first }),
    told: [],
    isApplicable: of("notApplicable") === 0 || of("applicable") + of("unclear") > 0,
  };
}

/** Each unit is a group of its own. */
const plainly = (of: (name: string) => number): CountedGroups => ({
  groups: of("sample"),
  good: of("good"),
  undecided: of("undecided"),
});

/** Where one unit is read, that there are several is the last of what keeps it from being said. */
function withSeveral({ metric: { text } }: MetricPlan, sample: number, { count, first }: Problems): Problems {
  if (text.kind !== "value" || text.fold !== "only" || sample < 2) return { count, first };
  return { count: count + 1, first: [...first, severalOf(sample)].slice(0, REASONS_MAX) };
}

/** What a metric comes to where there is not a single unit of its kind. */
const nothingOf = ({ metric: { text } }: MetricPlan): Measurement => ({
  ...NOTHING,
  key: text.id,
  value: text.kind === "count" ? { numerator: 0n, denominator: 1n } : null,
});

const oneProblem = (problem: string) => ({ count: 1, first: [problem] });

async function cameTo(plan: MetricPlan, sample: number, good: number, table: UnitTable): Promise<Rational | null> {
  const { text } = plan.metric;
  if (text.kind === "count") return { numerator: BigInt(sample), denominator: 1n };
  if (sample === 0) return null;
  if (text.kind === "ratio") return { numerator: BigInt(good), denominator: BigInt(sample) };
  if (text.kind === "value") {
    const value = await table.chosen(text.from, { column: text.column, where: plan.counted, fold: text.fold });
    return value === null ? null : rationalOf(value);
  }
  const { column, q } = text;
  return rationalOf(await table.valueAt(text.from, { column, where: sampleOf(plan), rank: rankOf(q, sample) }));
}

/** `ceil(q * n)`, from 1 on. */
function rankOf(q: string | number, sample: number): number {
  const { numerator, denominator } = rationalOf(q);
  const rank = Number((numerator * BigInt(sample) + denominator - 1n) / denominator);
  return Math.min(Math.max(rank, 1), sample);
}

async function reasonsOf(plan: MetricPlan, table: UnitTable): Promise<readonly string[]> {
  const { text } = plan.metric;
  const { unread } = plan;
  const grouping = groupingOf(plan);
  const then = [
    { where: plan.unclear, column: null },
    { where: keylessOf(plan), column: text.distinct ?? null },
    { where: text.kind === "ratio" && grouping === null ? plan.undecided : NEVER, column: "good" },
  ].filter(({ where }) => !isNever(where));
  const asked = [{ unsaid: unread, by: "text" as const }, ...then.map((one) => ({ unsaid: [one], by: "id" as const }))];
  const reasons: string[] = [];
  for (const { unsaid, by } of asked.filter((one) => one.unsaid.length > 0))
    reasons.push(...(await table.reasons(text.from, { unsaid, by, limit: REASONS_MAX })));
  if (grouping !== null && !isNever(grouping.undecided))
    reasons.push(...(await table.groupReasons(text.from, grouping, REASONS_MAX)));
  return reasons.slice(0, REASONS_MAX);
}

/** The rows of evidence behind units that keep a gate from passing. */
export function countRows(plan: PolicyPlan, blamed: readonly Blamed[], table: UnitTable): Promise<FailingRows> {
  const lists = blamed.flatMap(({ measurement, part }): readonly RowList[] => {
    const one = plan.get(measurement.key);
    if (one === undefined || table.facts[one.metric.text.from] === undefined) return [];
    return [listOf(one, part, measurement.sample)];
  });
  return table.rows(lists.filter(({ where }) => !isNever(where)));
}

function listOf(plan: MetricPlan, part: Blamed["part"], sample: number): RowList {
  const { text } = plan.metric;
  const list = (where: Predicate, some: Some | null = null): RowList => ({ kind: text.from, where, some });
  if (part === "counted" || text.kind === "count") return list(part === "good" ? NEVER : plan.counted);
  const grouping = groupingOf(plan);
  if (grouping !== null) return list(plan.counted, { are: part, grouping });
  if (text.kind === "ratio") return list(part === "good" ? plan.good : plan.missed);
  if (part === "good" || sample === 0) return list(NEVER);
  if (text.kind === "value") return list(plan.counted, { are: "chosen", fold: text.fold });
  return list(sampleOf(plan), { are: "from", column: text.column, rank: rankOf(text.q, sample) });
}
