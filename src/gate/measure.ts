import { type Condition, evaluateCondition, type Instant } from "../contracts/index.ts";
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

/** What a metric came to. Lists follow the order of the units' ids. */
export interface Measurement {
  /** Null where there is nothing to divide by, or no unit to read. */
  readonly value: Rational | null;
  /** Of a ratio; of other kinds, both are how many were counted. */
  readonly good: number;
  readonly sample: number;
  /** Every unit that was counted. */
  readonly counted: readonly Unit[];
  /** The units that were not good; where there is no good and bad, those that were counted. */
  readonly missed: readonly Unit[];
  /** Why it cannot be said: units that are not as they were declared, or whose answer is not known. */
  readonly problems: readonly string[];
  /** What the missed units say of themselves, in the metric's `tell`. */
  readonly told: readonly string[];
  /** Whether all that is there says that the question does not arise. */
  readonly isApplicable: boolean;
}

/** Measures a metric over all units that it sees: with `by_gate`, for a gate that asks, those of that gate. */
export const measure = (metric: Metric, ground: Ground, gate: string | null = null): Measurement => {
  const { members, problems } = membersOf(metric, ground, gate);
  return applied(metric, members, problems, ground.decidedAt);
};

/**
 * Measures a metric apart for every value of a column. A unit without one is a problem of all of them: it belongs to one that
 * cannot be told.
 */
export function measureEach(
  metric: Metric,
  column: string,
  ground: Ground,
  gate: string,
): ReadonlyMap<string, Measurement> {
  const { members, problems } = membersOf(metric, ground, gate);
  const lost = members.flatMap((unit) => (textOf(unit.columns[column]) === null ? [problemOf(unit, column)] : []));
  const groups = groupedBy(members, (unit) => textOf(unit.columns[column]));
  const all = [...problems, ...lost].toSorted();
  return new Map(
    [...groups]
      .toSorted(([a], [b]) => inOrder(a, b))
      .map(([value, units]) => [value, applied(metric, units, all, ground.decidedAt)]),
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
  const columns = Object.entries(policy.text.rows[text.from] ?? {});
  const members: Unit[] = [];
  const problems: string[] = [];
  for (const unit of units) {
    const isSeen = (text.include === "all" || unit.isValid) && isOfChannel(unit, text) && isWithin(unit, span);
    if (!isSeen || !isForGate(unit, text, gate)) continue;
    const mistyped = columns.find(([name, type]) => !isOfType(unit.columns[name], type));
    const answer = mistyped === undefined ? answerOf(where, unit, decidedAt) : null;
    if (answer === null) problems.push(problemOf(unit, mistyped?.[0] ?? "where"));
    else if (answer) members.push(unit);
  }
  return { members: members.toSorted((a, b) => inOrder(a.id, b.id)), problems: problems.toSorted() };
}

const problemOf = ({ id }: Unit, column: string): string => `\`${id}\` cannot be read at \`${column}\``;

const isOfChannel = ({ channel }: Unit, { channels }: MetricText): boolean =>
  channels === undefined || (channel !== null && channels.includes(channel));

const isForGate = ({ columns }: Unit, { by_gate }: MetricText, gate: string | null): boolean =>
  by_gate === undefined || gate === null || columns[by_gate] === gate;

/** What has no instant is within no span: a derive function gives one to whatever windows are laid over. */
const isWithin = ({ at }: Unit, span: Span): boolean =>
  span === null || (at !== null && span.from <= at && at < span.until);

function isOfType(cell: Cell | undefined, type: PolicyText["rows"][string][string]): boolean {
  if (cell === null || cell === undefined) return cell === null && type.endsWith("?");
  const name = type.replace("?", "");
  return name === "integer"
    ? Number.isSafeInteger(cell)
    : typeof cell === name && (name !== "number" || Number.isFinite(cell));
}

/** Null where the condition has no answer for the unit. */
function answerOf(condition: Condition | null, unit: Unit, now: Instant): boolean | null {
  if (condition === null) return true;
  const answer = evaluateCondition(condition, { state: unit.columns, now });
  return answer.ok ? answer.value : null;
}

/** Sets the units apart whose answer is not known, and those that say that the question does not arise. */
function applied(metric: Metric, members: readonly Unit[], problems: readonly string[], now: Instant): Measurement {
  const { text, unknown, notApplicable } = metric;
  const holds = (condition: Condition | null, unit: Unit) =>
    condition !== null && answerOf(condition, unit, now) === true;
  const isVoid = new Set(members.filter((unit) => holds(notApplicable, unit)));
  const isUnclear = new Set(members.filter((unit) => !isVoid.has(unit) && holds(unknown, unit)));
  const rest = members.filter((unit) => !isVoid.has(unit) && !isUnclear.has(unit));
  const unclear = [...isUnclear].map((unit) => toldOf(text, unit) ?? `\`${unit.id}\` is not known`);
  const result = measured(metric, rest, [...problems, ...unclear], now);
  const isApplicable = isVoid.size === 0 || rest.length + isUnclear.size > 0;
  const told = (isApplicable ? result.missed : [...isVoid]).flatMap((unit) => toldOf(text, unit) ?? []);
  return { ...result, told: [...new Set(told)], isApplicable };
}

const toldOf = ({ tell }: MetricText, { columns }: Unit): string | null =>
  tell === undefined ? null : textOf(columns[tell]);

type Bare = Omit<Measurement, "told" | "isApplicable">;

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
  const groups = groupsOf(distinct, members);
  const count = groups.size;
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
  for (const units of groupsOf(text.distinct, members).values()) {
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
  const several = fold === "only" && members.length > 1 ? [`${members.length} units where one is read`] : [];
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
  const observed = members.flatMap((unit) => {
    const cell = unit.columns[column];
    return typeof cell === "number" ? [{ unit, cell }] : [];
  });
  const sorted = observed.toSorted((a, b) => a.cell - b.cell || inOrder(a.unit.id, b.unit.id));
  const n = BigInt(sorted.length);
  const rank = Number((q.numerator * n + q.denominator - 1n) / q.denominator);
  const at = Math.min(Math.max(rank, 1), sorted.length) - 1;
  const cell = sorted[at]?.cell;
  return {
    value: cell === undefined ? null : rationalOf(cell),
    good: sorted.length,
    sample: sorted.length,
    counted: members,
    missed: sorted.slice(at).map(({ unit }) => unit),
    problems,
  };
}

/** What is counted: each unit, or the units of one value of the distinct column together. */
const groupsOf = (distinct: string | undefined, members: readonly Unit[]): ReadonlyMap<string, readonly Unit[]> =>
  groupedBy(members, (unit) => (distinct === undefined ? unit.id : textOf(unit.columns[distinct])));

const keyless = (distinct: string | undefined, members: readonly Unit[]): readonly string[] =>
  distinct === undefined
    ? []
    : members.filter((unit) => textOf(unit.columns[distinct]) === null).map((unit) => problemOf(unit, distinct));

function groupedBy(units: readonly Unit[], keyOf: (unit: Unit) => string | null): ReadonlyMap<string, readonly Unit[]> {
  const groups = new Map<string, Unit[]>();
  for (const unit of units) {
    const key = keyOf(unit);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [unit]);
    else group.push(unit);
  }
  return groups;
}

const textOf = (cell: Cell | undefined): string | null => (cell === null || cell === undefined ? null : String(cell));

/** By UTF-16 code units, whatever the locale. */
export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
