import { type Condition, evaluateCondition, type Instant, parseInstant } from "../contracts/index.ts";
import {
  type Blamed,
  FAILING_ROWS_MAX,
  type FailingRows,
  type Measurement,
  type Measures,
  NOTHING,
  type Part,
  REASONS_MAX,
  severalOf,
} from "./measurement.ts";
import type { Metric, Policy } from "./policy.ts";
import type { MetricText, PolicyText } from "./policy-shape.ts";
import { type Rational, rationalOf } from "./rational.ts";
import type { Cell, EvidenceSet, Unit } from "./unit.ts";
import { type Span, spanOf, type Window } from "./window.ts";

/** What a metric is measured on. */
export interface Ground {
  readonly policy: Policy;
  readonly evidence: EvidenceSet;
  readonly window: Window | null;
  readonly decidedAt: Instant;
}

/** What a metric came to, and the units behind it. Lists follow the order of the units' ids. */
export interface MeasuredUnits extends Measurement {
  readonly counted: readonly Unit[];
  readonly missed: readonly Unit[];
}

/** Measures units that are all in memory: the plain way, which every other reader of units has to agree with. */
export class UnitMeasures implements Measures {
  readonly units: Measures["units"];
  readonly whole: ReadonlyMap<string, MeasuredUnits>;
  readonly #ground: Ground;
  readonly #made = new Map<string, MeasuredUnits>();

  constructor(ground: Ground) {
    this.#ground = inOrderOfIds(ground);
    this.units = Object.fromEntries(Object.entries(ground.evidence.units).map(([kind, units]) => [kind, units.length]));
    this.whole = new Map(
      [...ground.policy.metrics].map(([id, metric]) => [id, this.#kept(measure(metric, this.#ground))]),
    );
  }

  forGate(id: string, gate: string): Measurement {
    const metric = this.#ground.policy.metrics.get(id);
    return metric === undefined ? NOTHING : this.#kept(measure(metric, this.#ground, gate));
  }

  each(id: string, column: string, gate: string): ReadonlyMap<string, Measurement> {
    const metric = this.#ground.policy.metrics.get(id);
    const all = metric === undefined ? [] : [...measureEach(metric, column, this.#ground, gate)];
    for (const [, measurement] of all) this.#kept(measurement);
    return new Map(all);
  }

  rows(blamed: readonly Blamed[]): FailingRows {
    const units = blamed.flatMap(({ measurement, part }) => partOf(this.#made.get(measurement.key), part));
    const rows = [...new Set(units.flatMap((unit) => unit.rows))].toSorted(inOrder);
    return { count: rows.length, rows: rows.slice(0, FAILING_ROWS_MAX) };
  }

  #kept(measurement: MeasuredUnits): MeasuredUnits {
    this.#made.set(measurement.key, measurement);
    return measurement;
  }
}

/** The same, its units in the order that all lists of them have: sorted once for all metrics. */
const inOrderOfIds = (ground: Ground): Ground => {
  const units = Object.entries(ground.evidence.units).map(([kind, all]) => {
    return [kind, all.toSorted((a, b) => inOrder(a.id, b.id))] as const;
  });
  return { ...ground, evidence: { ...ground.evidence, units: Object.fromEntries(units) } };
};

function partOf(measured: MeasuredUnits | undefined, part: Part): readonly Unit[] {
  if (measured === undefined) return [];
  if (part !== "good") return measured[part];
  const missed = new Set(measured.missed);
  return measured.counted.filter((unit) => !missed.has(unit));
}

/** Over all units that a metric sees: with `by_gate`, for a gate that asks, those of that gate. */
function measure(metric: Metric, ground: Ground, gate: string | null = null): MeasuredUnits {
  const { members, problems } = membersOf(metric, ground, gate);
  const key = gate === null ? metric.text.id : `${metric.text.id}@${gate}`;
  return { key, ...applied(metric, members, problems, ground.decidedAt) };
}

/** Apart for every value of a column. A unit without one is a problem of all of them: it belongs to one that cannot be told. */
function measureEach(metric: Metric, column: string, ground: Ground, gate: string): ReadonlyMap<string, MeasuredUnits> {
  const { members, problems } = membersOf(metric, ground, gate);
  const lost = members.flatMap((unit) => (textOf(unit.columns[column]) === null ? [problemOf(unit, column)] : []));
  const groups = groupedBy(members, (unit) => textOf(unit.columns[column]));
  const all = [...problems, ...lost].toSorted();
  return new Map(
    [...groups]
      .toSorted(([a], [b]) => inOrder(a, b))
      .map(([value, units]) => [
        value,
        { key: `${metric.text.id}@${gate}=${value}`, ...applied(metric, units, all, ground.decidedAt) },
      ]),
  );
}

interface Members {
  readonly members: readonly Unit[];
  readonly problems: readonly string[];
}

function membersOf(
  { text, where }: Metric,
  { policy, evidence, window, decidedAt }: Ground,
  gate: string | null,
): Members {
  const units = evidence.units[text.from];
  if (units === undefined) return { members: [], problems: [`no evidence of the kind \`${text.from}\``] };
  const span = spanOf(text.window, window, decidedAt);
  const columns = Object.entries(policy.text.rows[text.from] ?? {}).map(([name, type]) => ({
    name,
    holds: typed(type),
  }));
  const members: Unit[] = [];
  const problems: string[] = [];
  for (const unit of units) {
    const isSeen = (text.include === "all" || unit.isValid) && isOfChannel(unit, text) && isWithin(unit, span);
    if (!isSeen || !isForGate(unit, text, gate)) continue;
    const mistyped = columns.find(({ name, holds }) => !holds(unit.columns[name]));
    const answer = mistyped === undefined ? answerOf(where, unit, decidedAt) : null;
    if (answer === null) problems.push(problemOf(unit, mistyped?.name ?? "where"));
    else if (answer) members.push(unit);
  }
  return { members, problems: problems.toSorted() };
}

const problemOf = ({ id }: Unit, column: string): string => `\`${id}\` cannot be read at \`${column}\``;

const isOfChannel = ({ channel }: Unit, { channels }: MetricText): boolean =>
  channels === undefined || (channel !== null && channels.includes(channel));

const isForGate = ({ columns }: Unit, { by_gate }: MetricText, gate: string | null): boolean =>
  by_gate === undefined || gate === null || columns[by_gate] === gate;

/** What has no instant is within no span: a derive function gives one to whatever windows are laid over. */
const isWithin = ({ at }: Unit, span: Span): boolean =>
  span === null || (at !== null && span.from <= at && at < span.until);

/** Whether a cell is of a type, which is taken apart once for all cells. */
function typed(type: PolicyText["rows"][string][string]): (cell: Cell | undefined) => boolean {
  const isOptional = type.endsWith("?");
  const name = type.replace("?", "");
  return (cell) => {
    if (cell === null || cell === undefined) return cell === null && isOptional;
    if (name === "integer") return Number.isSafeInteger(cell);
    if (name === "datetime") return typeof cell === "string" && parseInstant(cell) !== undefined;
    return typeof cell === name && (name !== "number" || Number.isFinite(cell));
  };
}

/** Null where the condition has no answer for the unit. */
function answerOf(condition: Condition | null, unit: Unit, now: Instant): boolean | null {
  if (condition === null) return true;
  const answer = evaluateCondition(condition, { state: unit.columns, now });
  return answer.ok ? answer.value : null;
}

/** Sets the units apart whose answer is not known, and those that say that the question does not arise. */
function applied(
  metric: Metric,
  members: readonly Unit[],
  problems: readonly string[],
  now: Instant,
): Omit<MeasuredUnits, "key"> {
  const { text, unknown, notApplicable } = metric;
  const holding = (condition: Condition | null, units: readonly Unit[]) =>
    new Set(condition === null ? [] : units.filter((unit) => answerOf(condition, unit, now) === true));
  const isVoid = holding(notApplicable, members);
  const asked = without(members, isVoid);
  const isUnclear = holding(unknown, asked);
  const rest = without(asked, isUnclear);
  const unclear = [...isUnclear].map((unit) => toldOf(text, unit) ?? `\`${unit.id}\` is not known`);
  const result = measured(metric, rest, [...problems, ...unclear], now);
  const isApplicable = isVoid.size === 0 || rest.length + isUnclear.size > 0;
  const told = (isApplicable ? result.missed : [...isVoid]).flatMap((unit) => toldOf(text, unit) ?? []);
  const said = { count: result.problems.length, first: result.problems.slice(0, REASONS_MAX) };
  return { ...result, problems: said, told: [...new Set(told)].slice(0, REASONS_MAX), isApplicable };
}

const without = (units: readonly Unit[], those: ReadonlySet<Unit>): readonly Unit[] =>
  those.size === 0 ? units : units.filter((unit) => !those.has(unit));

const toldOf = ({ tell }: MetricText, { columns }: Unit): string | null =>
  tell === undefined ? null : textOf(columns[tell]);

interface Bare extends Pick<MeasuredUnits, "value" | "good" | "sample" | "counted" | "missed"> {
  readonly problems: readonly string[];
}

function measured(metric: Metric, members: readonly Unit[], problems: readonly string[], now: Instant): Bare {
  const { text } = metric;
  switch (text.kind) {
    case "count":
      return counted(text.distinct, members, problems);
    case "ratio":
      return divided(metric, members, problems, now);
    case "value":
      return read(text.column, text.fold, members, problems);
    case "quantile":
      return ranked(text.column, rationalOf(text.q), members, problems);
  }
}

function counted(distinct: string | undefined, members: readonly Unit[], problems: readonly string[]): Bare {
  const count = groupsOf(distinct, members).length;
  const value = { numerator: BigInt(count), denominator: 1n };
  return {
    value,
    good: count,
    sample: count,
    counted: members,
    missed: members,
    problems: [...problems, ...keyless(distinct, members)],
  };
}

function divided({ text, good }: Metric, members: readonly Unit[], problems: readonly string[], now: Instant): Bare {
  const missed: Unit[] = [];
  const unclear: string[] = [];
  let [goodCount, sample] = [0, 0];
  for (const units of groupsOf(text.distinct, members)) {
    const answers = units.map((unit) => answerOf(good, unit, now));
    if (answers.includes(null)) unclear.push(...units.map((unit) => problemOf(unit, "good")));
    const isGood = folded(text.kind === "ratio" ? text.fold : "every", units, answers);
    sample += 1;
    if (isGood) goodCount += 1;
    else missed.push(...units.filter((_, index) => answers[index] !== true));
  }
  const value = sample === 0 ? null : { numerator: BigInt(goodCount), denominator: BigInt(sample) };
  const all = [...problems, ...keyless(text.distinct, members), ...unclear];
  return { value, good: goodCount, sample, counted: members, missed, problems: all };
}

function folded(
  fold: "every" | "any" | "first" | "last",
  units: readonly Unit[],
  answers: readonly (boolean | null)[],
) {
  if (fold === "every") return answers.every((answer) => answer === true);
  if (fold === "any") return answers.some((answer) => answer === true);
  const chosen = units.reduce((best, unit, index) => (isBefore(fold, unit, units[best]) ? index : best), 0);
  return answers[chosen] === true;
}

/** Whether a unit comes before the one chosen so far: earlier for `first`, later for `last`, by id where both are as old. */
function isBefore(fold: "first" | "last", unit: Unit, chosen: Unit | undefined): boolean {
  if (chosen === undefined) return true;
  const order = (unit.at ?? 0) - (chosen.at ?? 0) || inOrder(unit.id, chosen.id);
  return fold === "first" ? order < 0 : order > 0;
}

function read(
  column: string,
  fold: "only" | "first" | "last",
  members: readonly Unit[],
  problems: readonly string[],
): Bare {
  const several = fold === "only" && members.length > 1 ? [severalOf(members.length)] : [];
  const chosen =
    fold === "only"
      ? members[0]
      : members.reduce<Unit | undefined>((best, unit) => (isBefore(fold, unit, best) ? unit : best), undefined);
  const cell = chosen?.columns[column];
  const value = typeof cell === "number" ? rationalOf(cell) : null;
  const sample = members.length;
  return {
    value,
    good: sample,
    sample,
    counted: members,
    missed: chosen === undefined ? [] : [chosen],
    problems: [...problems, ...several],
  };
}

/** The value at rank `ceil(q * n)`, from 1: one that was observed. */
function ranked(column: string, q: Rational, members: readonly Unit[], problems: readonly string[]): Bare {
  const cells = Float64Array.from(cellsIn(column, members)).sort();
  const n = BigInt(cells.length);
  const rank = Number((q.numerator * n + q.denominator - 1n) / q.denominator);
  const at = Math.min(Math.max(rank, 1), cells.length) - 1;
  const cell = cells[at];
  return {
    value: cell === undefined ? null : rationalOf(cell),
    good: cells.length,
    sample: cells.length,
    counted: members,
    missed: cell === undefined ? [] : fromRank(column, members, cell, at - cells.indexOf(cell)),
    problems,
  };
}

const cellsIn = (column: string, units: readonly Unit[]): readonly number[] => {
  const cells: number[] = [];
  for (const { columns } of units) {
    const cell = columns[column];
    if (typeof cell === "number") cells.push(cell);
  }
  return cells;
};

/** What is not below a cell, sorted by cells and then as it came, without the first of those that are as large. */
function fromRank(column: string, members: readonly Unit[], cell: number, skipped: number): readonly Unit[] {
  const same = members.filter(({ columns }) => columns[column] === cell).slice(skipped);
  const above = members.flatMap((unit) => {
    const other = unit.columns[column];
    return typeof other === "number" && other > cell ? [{ unit, cell: other }] : [];
  });
  return [...same, ...above.toSorted((a, b) => a.cell - b.cell).map(({ unit }) => unit)];
}

/** What is counted: each unit, or the units of one value of the distinct column together. */
const groupsOf = (distinct: string | undefined, members: readonly Unit[]): readonly (readonly Unit[])[] =>
  distinct === undefined
    ? unitsOfIds(members)
    : [...groupedBy(members, (unit) => textOf(unit.columns[distinct])).values()];

/** Units of one id are several where sources dispute what they say of it, and stand one after another. */
function unitsOfIds(members: readonly Unit[]): readonly (readonly Unit[])[] {
  const groups: Unit[][] = [];
  let last: Unit[] = [];
  for (const unit of members) {
    if (last[0]?.id === unit.id) {
      last.push(unit);
    } else {
      last = [unit];
      groups.push(last);
    }
  }
  return groups;
}

const keyless = (distinct: string | undefined, members: readonly Unit[]): readonly string[] =>
  distinct === undefined
    ? []
    : members.filter((unit) => textOf(unit.columns[distinct]) === null).map((unit) => problemOf(unit, distinct));

/** In the order in which the keys came; what has none is left out. */
export function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string | null): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

const textOf = (cell: Cell | undefined): string | null => (cell === null || cell === undefined ? null : String(cell));

/** By UTF-16 code units, whatever the locale. */
export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
