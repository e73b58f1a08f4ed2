import fc from "fast-check";
import { CONFIDENCES } from "../../bound.ts";
import { type Policy, parsePolicy } from "../../policy.ts";

/** The columns of a kind of units: their declared types, and values that conditions compare them with. */
export interface RandomKind {
  readonly columns: Readonly<Record<string, string>>;
  readonly literals: Readonly<Record<string, readonly (string | number | boolean)[]>>;
}

export type RandomKinds = Readonly<Record<string, RandomKind>>;

const written = (value: string | number | boolean): string => JSON.stringify(value);

/** One question about a column that its type bears. */
function questionOf({ columns, literals }: RandomKind): fc.Arbitrary<string> {
  return fc.constantFrom(...Object.keys(columns)).chain((column) => {
    const path = `$.${column}`;
    if (columns[column]?.startsWith("datetime"))
      return fc.constantFrom(`${path} < now()`, `duration_seconds(${path}, now()) <= 86400`, `${path} == null`);
    const literal = fc.constantFrom(...(literals[column] ?? [])).map(written);
    const type = columns[column]?.replace("?", "");
    const equality = fc.tuple(fc.constantFrom("==", "!="), fc.oneof(literal, fc.constant("null"), fc.constant(path)));
    const plain = equality.map(([operator, other]) => `${path} ${operator} ${other}`);
    if (type === "boolean") return fc.oneof(plain, fc.constant(path));
    if (type === "string")
      return fc.oneof(
        plain,
        fc.tuple(fc.constantFrom("startswith", "endswith"), literal).map(([name, text]) => `${name}(${path}, ${text})`),
      );
    const order = fc.tuple(fc.constantFrom("<", "<=", ">", ">="), literal);
    return fc.oneof(
      plain,
      order.map(([operator, other]) => `${path} ${operator} ${other}`),
    );
  });
}

function conditionOf(kind: RandomKind): fc.Arbitrary<string> {
  const question = questionOf(kind);
  return fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { arbitrary: question, weight: 3 },
      { arbitrary: fc.constantFrom("true", "false"), weight: 1 },
      { arbitrary: fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => `(${a}) AND (${b})`), weight: 1 },
      { arbitrary: fc.tuple(tie("condition"), tie("condition")).map(([a, b]) => `(${a}) OR (${b})`), weight: 1 },
      { arbitrary: tie("condition").map((a) => `NOT (${a})`), weight: 1 },
    ),
  })).condition;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

function metricOf(id: string, kinds: RandomKinds): fc.Arbitrary<RandomMetric> {
  return fc.constantFrom(...Object.entries(kinds)).chain(([from, kind]) => {
    const condition = conditionOf(kind);
    const numeric = Object.keys(kind.columns).filter((name) => /integer|number/.test(kind.columns[name] ?? ""));
    const base = fc.record({
      where: maybe(condition),
      unknown: fc.option(condition, { nil: undefined, freq: 5 }),
      not_applicable: fc.option(condition, { nil: undefined, freq: 5 }),
      window: maybe(fc.constantFrom("population", "outcome", "all", { length_seconds: 3600 })),
      channels: maybe(fc.constantFrom(["prod_traffic"], ["ci", "controlled_fixture"])),
      include: fc.constantFrom("valid", "all"),
    });
    const forms: fc.Arbitrary<Pick<RandomMetric, "kind">>[] = [
      fc.record({ kind: fc.constant("count"), distinct: maybe(fc.constantFrom(...Object.keys(kind.columns))) }),
      fc.record({ kind: fc.constant("ratio"), good: condition }),
      fc.record({ kind: fc.constant("ratio"), good: condition }),
    ];
    forms.push(
      fc.record({
        kind: fc.constant("ratio"),
        good: condition,
        distinct: fc.constantFrom(...Object.keys(kind.columns)),
        fold: fc.constantFrom("every", "any", "first", "last"),
      }),
    );
    if (numeric.length > 0)
      forms.push(
        fc.record({
          kind: fc.constant("value"),
          column: fc.constantFrom(...numeric),
          fold: fc.constantFrom("only", "first", "last"),
        }),
        fc.record({
          kind: fc.constant("quantile"),
          column: fc.constantFrom(...numeric),
          q: fc.constantFrom(0, 0.5, "1/3", 0.95, 1),
        }),
      );
    return fc.tuple(base, fc.oneof(...forms)).map(([shared, form]) => ({ id, from, ...shared, ...form }));
  });
}

/** A policy over kinds of units that counting answers, in everything that it may say. */
export function randomPolicy(kinds: RandomKinds): fc.Arbitrary<Policy> {
  const metrics = fc.tuple(...["m0", "m1", "m2"].map((id) => metricOf(id, kinds)));
  const gate = fc.record({
    metric: fc.constantFrom("m0", "m1", "m2", ["m0", "m1"]),
    op: fc.constantFrom<RandomGate["op"][]>(">=", ">", "<=", "<", "=="),
    compared: fc.oneof(
      { arbitrary: fc.record({ limit: LIMIT }), weight: 3 },
      { arbitrary: fc.record({ stages: fc.record({ warn: LIMIT, soft_fail: LIMIT, hard_fail: LIMIT }) }), weight: 1 },
      { arbitrary: fc.record({ floor: fc.constantFrom(0, 1, 5, { param: "most" }) }), weight: 1 },
    ),
    bound: maybe(
      fc.record({
        method: fc.constantFrom("wilson", "clopper_pearson"),
        confidence: fc.constantFrom(...CONFIDENCES),
        side: fc.constantFrom("one", "two"),
        in_doubt: maybe(fc.constantFrom("fail", "pass")),
      }),
    ),
    sample_min: fc.constantFrom(0, 3),
    triggers: fc.constantFrom<readonly string[]>([], [], ["m1"], ["m0", "m2"]),
    breach: fc.constantFrom("any", "all"),
    severity: maybe(fc.constantFrom("critical", "high", "medium", "low")),
    excused_by: fc.option(fc.constant({ gate: "g0", statuses: ["UNKNOWN", "FAIL"] }), { nil: undefined, freq: 5 }),
  });
  return fc
    .tuple(metrics, fc.array(gate, { minLength: 1, maxLength: 4 }), WINDOW, PROFILE)
    .map(([some, gates, window, profile]) => policyOf(kinds, some, gates, { window, profiles: { only: profile } }));
}

const LIMIT = fc.constantFrom(0, 1, 2, 0.05, 0.5, "2/3", 1000, { metric: "m2", times: 2 }, { param: "most", plus: 1 });

/** Rolling, and the calendar's: all are laid in UTC. */
const WINDOW = fc.oneof(
  fc.constant({ kind: "rolling", length_seconds: 86_400, settle_seconds: 600 }),
  fc.record({
    kind: fc.constant("calendar"),
    unit: fc.constantFrom("day", "week", "month"),
    settle_seconds: fc.constantFrom(0, 3600),
  }),
);

const PROFILE = fc.record({
  params: fc.constantFrom({}, { most: 3 }),
  budget: fc.record({ high: fc.nat(1), medium: fc.nat(2) }),
  conditions: fc.constantFrom("none", "any"),
  excluded: fc.constantFrom<readonly string[]>([], [], ["g0"]),
});

interface RandomMetric {
  readonly id: string;
  readonly kind: string;
}

interface RandomGate {
  readonly metric: string | readonly string[];
  readonly op: ">=" | ">" | "<=" | "<" | "==";
  readonly compared: { readonly [form: string]: unknown };
  readonly bound: unknown;
  readonly triggers: readonly string[];
}

/** What a gate may say of the metrics that it has: a floor is of counts, a bound of ratios, and a trigger counts. */
function gateOf({ compared, bound, ...gate }: RandomGate, kinds: ReadonlyMap<string, string>) {
  const of = [gate.metric].flat().map((id) => kinds.get(id));
  const isCount = of.every((kind) => kind === "count");
  const isBounded = of.every((kind) => kind === "ratio") && (gate.op === ">=" || gate.op === "<=");
  return {
    ...gate,
    ...("floor" in compared ? (isCount ? { ...compared, op: ">=" } : { limit: 1 }) : compared),
    ...(isBounded && bound !== undefined ? { bound } : {}),
    triggers: gate.triggers.filter((id) => kinds.get(id) === "count"),
  };
}

function policyOf(
  kinds: RandomKinds,
  metrics: readonly RandomMetric[],
  gates: readonly RandomGate[],
  more: { readonly window: unknown; readonly profiles: unknown },
): Policy {
  const byId = new Map(metrics.map(({ id, kind }) => [id, kind]));
  const text = {
    id: "random",
    version: "1.0.0",
    engine: 1,
    derive: { fn: "units", version: 1 },
    rows: Object.fromEntries(Object.entries(kinds).map(([kind, { columns }]) => [kind, columns])),
    ...more,
    params: { most: 2 },
    metrics,
    gates: gates.map((gate, index) => ({ id: `g${index}`, remedy: "look", ...gateOf(gate, byId) })),
    validity_seconds: 60,
  };
  const policy = parsePolicy(JSON.stringify(text));
  if (!policy.ok) throw new Error(policy.errors.map(({ path, message }) => `${path} ${message}`).join("\n"));
  return policy.value;
}
