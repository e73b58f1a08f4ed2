import { compileCondition, evaluateCondition, type Instant, parseInstant } from "../../contracts/index.ts";
import type { GateStatus } from "../decision.ts";
import type { GateText, LimitText, MetricText, PolicyText } from "../policy-shape.ts";
import type { Cell, Unit } from "../unit.ts";
import { naiveEnds } from "./naive-bound.ts";

/*
 * What the gates of a policy come to, written from the words of the policy alone and in numbers: nothing of the engine but what answers
 * a condition. Sources are whole.
 */

export interface NaiveInput {
  readonly policy: PolicyText;
  readonly units: Readonly<Record<string, readonly Unit[]>>;
  readonly now: Instant;
}

interface Came {
  readonly value: number | null;
  readonly sample: number;
  /** How many of the sample are good, of a ratio. */
  readonly good?: number;
  /** Some of its units cannot be read, or nobody knows what they are. */
  readonly isUnclear: boolean;
  readonly isVoid: boolean;
}

/** By gate, and where a gate has `each`, by `gate:value`. */
export function naiveGates(input: NaiveInput): Readonly<Record<string, GateStatus>> {
  const rows = input.policy.gates.flatMap((gate): [string, GateStatus][] => {
    const { id, each } = gate;
    const metrics = metricsOf(input.policy, gate);
    if (each === undefined)
      return [
        [
          id,
          statusOf(
            gate,
            metrics.map((one) => cameTo(one, input, id)),
            input,
          ),
        ],
      ];
    const named = metrics.flatMap((one) => readable(one, input, id).units.map((unit) => text(unit.columns[each])));
    const values = [...new Set(named.filter((name) => name !== null))];
    if (values.length > 0)
      return values.map((value) => {
        const came = metrics.map((one) => cameTo(one, input, id, { column: each, value }));
        return [`${id}:${value}`, statusOf(gate, came, input)];
      });
    const whole = metrics.map((one) => cameTo(one, input, id));
    return [
      [
        id,
        statusOf(
          gate,
          whole.map((came) => ({ ...came, isUnclear: came.isUnclear || came.sample > 0 })),
          input,
        ),
      ],
    ];
  });
  return Object.fromEntries(rows);
}

const metricsOf = ({ metrics }: PolicyText, gate: GateText) =>
  [gate.metric].flat().flatMap((id) => metrics.filter((one) => one.id === id));

function statusOf(gate: GateText, cames: readonly Came[], input: NaiveInput): GateStatus {
  const triggers = input.policy.metrics.filter(({ id }) => gate.triggers.includes(id)).map((one) => cameTo(one, input));
  if (triggers.some(({ sample }) => sample > 0)) return "FAIL";
  const isBlind = triggers.some(({ isUnclear }) => isUnclear);
  const statuses = cames.map((came) => statusOn(gate, came, input, isBlind));
  const order: readonly GateStatus[] = ["FAIL", "UNKNOWN", "INSUFFICIENT", "PASS"];
  const found = (gate.breach === "any" ? order : order.toReversed()).find((status) => statuses.includes(status));
  return found ?? "UNKNOWN";
}

function statusOn(gate: GateText, came: Came, input: NaiveInput, isBlind: boolean): GateStatus {
  const { limit, floor, stages = {} } = gate;
  const failing = [limit, floor, stages.hard_fail, stages.soft_fail].flatMap((one) => one ?? []);
  const limits = [...failing, ...[stages.warn].flatMap((one) => one ?? [])].map((one) => limitOf(one, input));
  if (came.isVoid || came.isUnclear || isBlind || limits.includes(null) || came.value === null) return "UNKNOWN";
  if (came.sample < gate.sample_min) return "INSUFFICIENT";
  const value = boundedBy(gate, came) ?? came.value;
  const isMissed = failing.some((one) => !keeps(floor === undefined ? gate.op : ">=", value, limitOf(one, input) ?? 0));
  return isMissed ? (floor === undefined ? "FAIL" : "INSUFFICIENT") : "PASS";
}

/** The end of the interval that errs on the side that the gate takes in doubt. */
function boundedBy({ op, bound }: GateText, { good, sample }: Came): number | undefined {
  if (bound === undefined || good === undefined) return undefined;
  const { lower, upper } = naiveEnds(bound, good, sample);
  const isInDoubtPassed = bound.in_doubt === "pass";
  if (op === ">=") return isInDoubtPassed ? upper : lower;
  return isInDoubtPassed ? lower : upper;
}

function keeps(op: GateText["op"], value: number, limit: number): boolean {
  const isEqual = Math.abs(value - limit) < 1e-9;
  if (op === "==") return isEqual;
  if (op === ">=" || op === "<=") return isEqual || (op === ">=" ? value > limit : value < limit);
  return !isEqual && (op === ">" ? value > limit : value < limit);
}

function limitOf(limit: LimitText, input: NaiveInput): number | null {
  if (typeof limit !== "object") return numberOf(limit);
  const { params, profiles, metrics } = input.policy;
  const set = { ...params, ...Object.values(profiles)[0]?.params };
  const base = "metric" in limit ? metrics.find(({ id }) => id === limit.metric) : undefined;
  const came = base === undefined ? undefined : cameTo(base, input);
  const value = "param" in limit ? numberOf(set[limit.param] ?? 0) : came?.isUnclear === false ? came.value : null;
  return value === null ? null : value * numberOf(limit.times) + numberOf(limit.plus);
}

function numberOf(digits: string | number): number {
  const [above, below = "1"] = String(digits).split("/");
  return Number(above) / Number(below);
}

/** @param gate the gate that asks; null for whatever asks of all of them */
function cameTo(
  metric: MetricText,
  input: NaiveInput,
  gate: string | null = null,
  part?: { column: string; value: string },
): Came {
  const all = readable(metric, input, gate);
  const isLost = part !== undefined && all.units.some(({ columns }) => text(columns[part.column]) === null);
  const units = all.units.filter(({ columns }) => part === undefined || text(columns[part.column]) === part.value);
  const says = (condition: string | undefined, unit: Unit) =>
    condition !== undefined && answer(condition, unit, metric, input);
  const asked = units.filter((unit) => says(metric.not_applicable, unit) !== true);
  const counted = asked.filter((unit) => says(metric.unknown, unit) !== true);
  const came = measured(metric, counted, input);
  return {
    ...came,
    isUnclear: came.isUnclear || all.isUnclear || isLost || counted.length < asked.length,
    isVoid: asked.length === 0 && units.length > 0,
  };
}

/** The units that a metric is about, of those that can be read. */
function readable(metric: MetricText, input: NaiveInput, gate: string | null) {
  const units = (input.units[metric.from] ?? [])
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .filter((unit) => {
      const isOfChannel = metric.channels === undefined || metric.channels.some((channel) => channel === unit.channel);
      const isForGate = metric.by_gate === undefined || gate === null || unit.columns[metric.by_gate] === gate;
      return (metric.include === "all" || unit.isValid) && isOfChannel && isForGate && isWithin(unit, metric, input);
    });
  const columns = Object.entries(input.policy.rows[metric.from] ?? {});
  const answers = units.map((unit) =>
    columns.every(([name, type]) => fits(unit.columns[name], type))
      ? metric.where === undefined || answer(metric.where, unit, metric, input)
      : null,
  );
  const isUnclear = input.units[metric.from] === undefined || answers.includes(null);
  return { isUnclear, units: units.filter((_, index) => answers[index] === true) };
}

function fits(cell: Cell | undefined, type: string): boolean {
  if (cell === null) return type.endsWith("?");
  const name = type.replace("?", "");
  if (name === "datetime") return typeof cell === "string" && parseInstant(cell) !== undefined;
  return name === "string" || name === "boolean"
    ? typeof cell === name
    : typeof cell === "number" && Number.isFinite(cell) && (name === "number" || Number.isSafeInteger(cell));
}

function answer(condition: string, unit: Unit, { from }: MetricText, { policy, now }: NaiveInput): boolean | null {
  const properties = Object.fromEntries(
    Object.entries(policy.rows[from] ?? {}).map(([name, type]) => [
      name,
      type.startsWith("datetime") ? { type: "string", format: "date-time" } : { type: type.replace("?", "") },
    ]),
  );
  const compiled = compileCondition(condition, { type: "object", properties });
  const answered = compiled.ok ? evaluateCondition(compiled.condition, { state: unit.columns, now }) : compiled;
  return answered.ok ? answered.value : null;
}

function isWithin({ at }: Unit, { window: asked }: MetricText, { policy: { window }, now }: NaiveInput): boolean {
  const cutoff = Math.floor(now / 1000) * 1000;
  if (typeof asked === "object") return at !== null && at < cutoff && at >= cutoff - asked.length_seconds * 1000;
  if (asked === "all" || window === undefined) return true;
  const settled = cutoff - (typeof window.settle_seconds === "number" ? window.settle_seconds * 1000 : 0);
  const [from, until] =
    window.kind === "rolling" ? [settled - window.length_seconds * 1000, settled] : lastWhole(window.unit, settled);
  return at !== null && at >= from && at < (asked === "outcome" ? cutoff : until);
}

/** Day by day, backwards. */
function lastWhole(unit: "day" | "week" | "month", before: number): readonly [number, number] {
  const day = 86_400_000;
  const begins = (at: number) =>
    unit === "day" || (unit === "week" ? new Date(at).getUTCDay() === 1 : new Date(at).getUTCDate() === 1);
  const back = (at: number): number => (begins(at) ? at : back(at - day));
  const end = back(before - (before % day));
  return [back(end - day), end];
}

function measured(metric: MetricText, units: readonly Unit[], input: NaiveInput): Omit<Came, "isVoid"> {
  switch (metric.kind) {
    case "count": {
      const { groups, isUnclear } = grouped(metric, units);
      return { value: groups.length, sample: groups.length, isUnclear };
    }
    case "ratio": {
      const { groups, isUnclear } = grouped(metric, units);
      const answers = groups.map((group) => group.map((unit) => answer(metric.good, unit, metric, input)));
      const good = groups.filter((group, index) => isGood(metric.fold, group, answers[index] ?? []));
      const value = groups.length === 0 ? null : good.length / groups.length;
      const isAnswered = !answers.flat().includes(null);
      return { value, sample: groups.length, good: good.length, isUnclear: isUnclear || !isAnswered };
    }
    case "value": {
      const cell = (metric.fold === "only" ? units : byTime(units)).at(metric.fold === "last" ? -1 : 0)?.columns[
        metric.column
      ];
      const isUnclear = metric.fold === "only" && units.length > 1;
      return { value: typeof cell === "number" ? cell : null, sample: units.length, isUnclear };
    }
    case "quantile": {
      const cells = units.flatMap(({ columns }) =>
        typeof columns[metric.column] === "number" ? [Number(columns[metric.column])] : [],
      );
      const rank = Math.max(1, Math.ceil(numberOf(metric.q) * cells.length - 1e-9));
      return { value: cells.toSorted((a, b) => a - b)[rank - 1] ?? null, sample: cells.length, isUnclear: false };
    }
  }
}

function grouped({ kind, ...metric }: MetricText, units: readonly Unit[]) {
  const { distinct } = metric;
  if (distinct === undefined) return { groups: units.map((unit) => [unit]), isUnclear: false };
  const names = units.map(({ columns }) => text(columns[distinct]));
  const groups = [...new Set(names.filter((name) => name !== null))].map((name) =>
    units.filter((_, index) => names[index] === name),
  );
  return { groups, isUnclear: names.includes(null) };
}

function isGood(
  fold: "every" | "any" | "first" | "last",
  group: readonly Unit[],
  answers: readonly (boolean | null)[],
): boolean {
  if (fold === "every") return answers.every((one) => one === true);
  if (fold === "any") return answers.includes(true);
  const chosen = byTime(group).at(fold === "first" ? 0 : -1);
  return chosen !== undefined && answers[group.indexOf(chosen)] === true;
}

const byTime = (units: readonly Unit[]): readonly Unit[] =>
  units.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0) || (a.id < b.id ? -1 : 1));

const text = (cell: Cell | undefined): string | null => (cell === null || cell === undefined ? null : String(cell));
