import {
  type Condition,
  compileCondition,
  type Digest,
  digestOf,
  type FoundError,
  type Json,
  type JsonObject,
  readShapedText,
  type ShapedText,
  type TextKind,
} from "../contracts/index.ts";
import {
  type GateText,
  type LimitText,
  type MetricText,
  POLICY_SHAPE,
  type PolicyText,
  type ProfileText,
} from "./policy-shape.ts";

/** A policy whose references hold and whose conditions are compiled. */
export interface Policy {
  readonly text: PolicyText;
  /** Of the policy with its defaults filled in: how it was laid out changes nothing. */
  readonly digest: Digest;
  readonly metrics: ReadonlyMap<string, Metric>;
}

export interface Metric {
  readonly text: MetricText;
  readonly where: Condition | null;
  readonly good: Condition | null;
  readonly unknown: Condition | null;
  readonly notApplicable: Condition | null;
}

/**
 * Reads a policy from YAML. Errors, all of them, are `GATE_POLICY_SYNTAX`, `GATE_POLICY_FIELD_UNKNOWN` and `GATE_POLICY_INVALID`.
 */
export function parsePolicy(source: string): ShapedText<Policy> {
  const read = readShapedText(source, POLICY_TEXT);
  return read.ok ? { ok: true, value: compiled(read.value) } : read;
}

const POLICY_TEXT: TextKind<PolicyText> = {
  name: "the policy",
  shape: POLICY_SHAPE,
  codes: { syntax: "GATE_POLICY_SYNTAX", unknown: "GATE_POLICY_FIELD_UNKNOWN", invalid: "GATE_POLICY_INVALID" },
  union: "is none of the forms that stand here",
  between: (value) => {
    const shaped = POLICY_SHAPE.safeParse(value);
    return shaped.success
      ? [...metricErrors(shaped.data), ...gateErrors(shaped.data), ...profileErrors(shaped.data)]
      : [];
  },
};

const compiled = (text: PolicyText): Policy => ({
  text,
  digest: digestOf(jsonOf(text)),
  metrics: new Map(
    text.metrics.map((metric) => {
      const schema = schemaOf(text.rows[metric.from] ?? {});
      const of = (condition: string | undefined) => conditionOf(condition, schema);
      return [
        metric.id,
        {
          text: metric,
          where: of(metric.where),
          good: metric.kind === "ratio" ? of(metric.good) : null,
          unknown: of(metric.unknown),
          notApplicable: of(metric.not_applicable),
        },
      ];
    }),
  ),
});

/** Members that are not there are left out: a digest is taken over JSON. */
const jsonOf = (text: PolicyText): Json => JSON.parse(JSON.stringify(text));

/** Of a condition that has been checked; null where there is none. */
function conditionOf(text: string | undefined, schema: JsonObject): Condition | null {
  if (text === undefined) return null;
  const result = compileCondition(text, schema);
  return result.ok ? result.condition : null;
}

type Steps = FoundError["steps"];
const invalid = (steps: Steps, message: string): FoundError => ({ steps, code: "GATE_POLICY_INVALID", message });

function metricErrors(policy: PolicyText): readonly FoundError[] {
  return policy.metrics.flatMap((metric, index) => {
    const steps: Steps = ["metrics", index];
    const columns = policy.rows[metric.from];
    if (columns === undefined) return [invalid([...steps, "from"], `\`${metric.from}\` is no kind of \`rows\``)];
    const known = (name: "distinct" | "column" | "by_gate" | "tell", column: string | undefined) =>
      column === undefined || column in columns
        ? []
        : [invalid([...steps, name], `\`${metric.from}\` has no column \`${column}\``)];
    return [
      ...repeated(policy.metrics, index, [...steps, "id"]),
      ...conditionErrors([...steps, "where"], metric.where, columns),
      ...conditionErrors([...steps, "good"], metric.kind === "ratio" ? metric.good : undefined, columns),
      ...conditionErrors([...steps, "unknown"], metric.unknown, columns),
      ...conditionErrors([...steps, "not_applicable"], metric.not_applicable, columns),
      ...known("by_gate", metric.by_gate),
      ...known("tell", metric.tell),
      ...known("distinct", metric.distinct),
      ...known("column", "column" in metric ? metric.column : undefined),
      ...("column" in metric ? unorderedErrors([...steps, "column"], metric.column, columns) : []),
      ...(policy.window === undefined && (metric.window === "population" || metric.window === "outcome")
        ? [invalid([...steps, "window"], "the policy states no `window`")]
        : []),
    ];
  });
}

/** What is read as a value is a number. */
const unorderedErrors = (steps: Steps, column: string, columns: { readonly [name: string]: string }) =>
  /^(integer|number)/.test(columns[column] ?? "number") ? [] : [invalid(steps, `\`${column}\` is no number`)];

const repeated = (all: readonly { readonly id: string }[], index: number, steps: Steps): readonly FoundError[] => {
  const id = all[index]?.id;
  return all.findIndex((other) => other.id === id) < index ? [invalid(steps, `\`${id}\` stands here twice`)] : [];
};

function conditionErrors(steps: Steps, text: string | undefined, columns: { readonly [name: string]: string }) {
  if (text === undefined) return [];
  const result = compileCondition(text, schemaOf(columns));
  if (result.ok) return [];
  const { code, message, details } = result.refusal;
  const offset = typeof details?.offset === "number" ? ` (at ${details.offset})` : "";
  return [invalid(steps, `${code}: ${message}${offset}`)];
}

/** Columns as the JSON Schema that conditions are checked by. */
const schemaOf = (columns: { readonly [name: string]: string }): JsonObject => ({
  type: "object",
  properties: Object.fromEntries(
    Object.entries(columns).map(([name, type]) => [
      name,
      type.startsWith("datetime")
        ? { type: ["string", "null"], format: "date-time" }
        : { type: type.endsWith("?") ? [type.slice(0, -1), "null"] : type },
    ]),
  ),
});

function gateErrors(policy: PolicyText): readonly FoundError[] {
  const metrics = new Map(policy.metrics.map((metric) => [metric.id, metric]));
  return policy.gates.flatMap((gate, index) => {
    const steps: Steps = ["gates", index];
    return [
      ...repeated(policy.gates, index, [...steps, "id"]),
      ...metricsOf(gate).flatMap((id) => missing(metrics, id, [...steps, "metric"], "no metric")),
      ...gate.triggers.flatMap((id, at) =>
        metrics.get(id)?.kind === "count"
          ? []
          : [invalid([...steps, "triggers", at], `\`${id}\` is no metric that counts`)],
      ),
      ...limitsOf(gate).flatMap(({ name, limit }) => limitErrors(policy, metrics, limit, [...steps, ...name])),
      ...missingFrom(policy.sources, gate.needs ?? [], [...steps, "needs"], "no source"),
      ...missingFrom(
        policy.groups.map(({ id }) => id),
        gate.group === undefined ? [] : [gate.group],
        [...steps, "group"],
        "no group",
      ),
      ...eachErrors(policy, gate, metrics, [...steps, "each"]),
      ...formErrors(gate, metrics, steps),
      ...(gate.waivable && policy.waivers === undefined
        ? [invalid([...steps, "waivable"], "the policy has no `waivers`, so it takes none")]
        : []),
      ...(gate.excused_by !== undefined && !policy.gates.some(({ id }) => id === gate.excused_by?.gate)
        ? [invalid([...steps, "excused_by", "gate"], `\`${gate.excused_by.gate}\` is no gate`)]
        : []),
    ];
  });
}

/** The metrics that a gate compares. */
export const metricsOf = (gate: GateText): readonly string[] =>
  typeof gate.metric === "string" ? [gate.metric] : gate.metric;

/** The limits that a gate states, each under the name of its field. */
export function limitsOf(gate: GateText): readonly { readonly name: readonly string[]; readonly limit: LimitText }[] {
  const { warn, soft_fail, hard_fail } = gate.stages ?? {};
  return [
    { name: ["limit"], limit: gate.limit },
    { name: ["floor"], limit: gate.floor },
    { name: ["stages", "warn"], limit: warn },
    { name: ["stages", "soft_fail"], limit: soft_fail },
    { name: ["stages", "hard_fail"], limit: hard_fail },
  ].flatMap(({ name, limit }) => (limit === undefined ? [] : [{ name, limit }]));
}

function limitErrors(policy: PolicyText, metrics: ReadonlyMap<string, MetricText>, limit: LimitText, steps: Steps) {
  if (typeof limit !== "object") return [];
  if ("metric" in limit) return missing(metrics, limit.metric, [...steps, "metric"], "no metric");
  return limit.param in policy.params
    ? []
    : [invalid([...steps, "param"], `\`${limit.param}\` is no parameter of the policy`)];
}

/** A column that nothing has would tell no value apart from another. */
function eachErrors(
  { rows }: PolicyText,
  { each, ...gate }: GateText,
  metrics: ReadonlyMap<string, MetricText>,
  steps: Steps,
): readonly FoundError[] {
  const kinds = new Set(metricsOf({ ...gate, each }).flatMap((id) => metrics.get(id)?.from ?? []));
  return [...kinds].flatMap((kind) =>
    each === undefined || each in (rows[kind] ?? {}) ? [] : [invalid(steps, `\`${kind}\` has no column \`${each}\``)],
  );
}

/** What a gate compares has to be said once, and in a way that its metric bears. */
function formErrors(gate: GateText, metrics: ReadonlyMap<string, MetricText>, steps: Steps): readonly FoundError[] {
  const stated = [gate.limit, gate.stages, gate.floor].filter((form) => form !== undefined).length;
  if (stated !== 1) return [invalid(steps, "states exactly one of `limit`, `stages` and `floor`")];
  const kinds = metricsOf(gate).map((id) => metrics.get(id)?.kind);
  if (gate.floor !== undefined && kinds.some((kind) => kind !== "count"))
    return [invalid([...steps, "floor"], "is for metrics that count")];
  if (gate.floor !== undefined && gate.op !== ">=")
    return [invalid([...steps, "op"], "is `>=` of a floor, which is the least that is enough")];
  if (gate.bound === undefined) return [];
  if (kinds.some((kind) => kind !== "ratio")) return [invalid([...steps, "bound"], "is for ratios")];
  return gate.op === ">=" || gate.op === "<="
    ? []
    : [invalid([...steps, "op"], "is `>=` or `<=` where a bound is compared")];
}

function profileErrors({ profiles, params, gates }: PolicyText): readonly FoundError[] {
  return Object.entries(profiles).flatMap(([name, profile]) => [
    ...Object.keys(profile.params).flatMap((param) =>
      param in params
        ? []
        : [invalid(["profiles", name, "params", param], `\`${param}\` is no parameter of the policy`)],
    ),
    ...Object.keys(profile.severities).flatMap((gate) =>
      gates.some(({ id }) => id === gate)
        ? []
        : [invalid(["profiles", name, "severities", gate], `\`${gate}\` is no gate`)],
    ),
    ...profile.excluded.flatMap((excluded, index) =>
      gates.some((gate) => excludes(excluded, gate.id))
        ? []
        : [invalid(["profiles", name, "excluded", index], `\`${excluded}\` is no gate`)],
    ),
  ]);
}

/** A profile by a name that came from outside; undefined for none, and where the policy has no such profile. */
export const profileNamed = ({ profiles }: PolicyText, name: string | null): ProfileText | undefined =>
  name !== null && Object.hasOwn(profiles, name) ? profiles[name] : undefined;

/** On how many waived rows a profile lets a GO rest. */
export const waivedMax = ({ budget, conditions }: ProfileText): number =>
  conditions === "none" ? 0 : (budget.waived ?? 0);

/** Whether a profile lets a GO rest on a waived row. */
export const bearsWaived = (profile: ProfileText | undefined): boolean =>
  profile !== undefined && waivedMax(profile) > 0;

/** Whether an entry of `excluded` names a gate, or all rows or one row of it. */
export const excludes = (entry: string, gateId: string): boolean => entry === gateId || entry.startsWith(`${gateId}:`);

const missing = (all: ReadonlyMap<string, unknown>, id: string, steps: Steps, what: string): readonly FoundError[] =>
  all.has(id) ? [] : [invalid(steps, `\`${id}\` is ${what}`)];

const missingFrom = (
  all: readonly string[],
  ids: readonly string[],
  steps: Steps,
  what: string,
): readonly FoundError[] => ids.filter((id) => !all.includes(id)).map((id) => invalid(steps, `\`${id}\` is ${what}`));
