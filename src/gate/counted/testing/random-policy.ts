import fc from "fast-check";
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
    op: fc.constantFrom(">=", ">", "<=", "<", "=="),
    limit: fc.constantFrom(0, 1, 2, 0.5, "2/3", 1000, { metric: "m2", times: 2 }),
    sample_min: fc.constantFrom(0, 3),
    triggers: fc.constantFrom<readonly string[]>([], ["m1"], ["m0", "m2"]),
    breach: fc.constantFrom("any", "all"),
  });
  return fc
    .tuple(metrics, fc.array(gate, { minLength: 1, maxLength: 4 }))
    .map(([some, gates]) => policyOf(kinds, some, gates));
}

interface RandomMetric {
  readonly id: string;
  readonly kind: string;
}

interface RandomGate {
  readonly triggers: readonly string[];
}

function policyOf(kinds: RandomKinds, metrics: readonly RandomMetric[], gates: readonly RandomGate[]): Policy {
  const counts = metrics.filter(({ kind }) => kind === "count").map(({ id }) => id);
  const text = {
    id: "random",
    version: "1.0.0",
    engine: 1,
    derive: { fn: "units", version: 1 },
    rows: Object.fromEntries(Object.entries(kinds).map(([kind, { columns }]) => [kind, columns])),
    window: { kind: "rolling", length_seconds: 86_400, settle_seconds: 600 },
    metrics,
    gates: gates.map(({ triggers, ...gate }, index) => ({
      id: `g${index}`,
      remedy: "look",
      ...gate,
      triggers: triggers.filter((id) => counts.includes(id)),
    })),
    validity_seconds: 60,
  };
  const policy = parsePolicy(JSON.stringify(text));
  if (!policy.ok) throw new Error(policy.errors.map(({ path, message }) => `${path} ${message}`).join("\n"));
  return policy.value;
}
