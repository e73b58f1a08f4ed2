import { expect, test } from "vitest";
import { parsePolicy } from "./policy.ts";

const HEAD = `id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean, ms: "number?" } }
validity_seconds: 3600
`;
const WHOLE = `${HEAD}metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates: [{ id: rate, metric: correct, limit: 1, remedy: mend it }]
`;

const errorsOf = (source: string) => {
  const read = parsePolicy(source);
  return read.ok ? [] : read.errors;
};

test("a policy is known by what it says, not by how it is laid out", () => {
  const [one, other] = [parsePolicy(WHOLE), parsePolicy(`${WHOLE}\n# a comment\npurpose: decide\n`)];

  expect(one.ok && other.ok && one.value.digest === other.value.digest).toBe(true);
});

test("GATE_POLICY_SYNTAX and GATE_POLICY_FIELD_UNKNOWN name line and column", () => {
  expect(errorsOf("id: [")).toMatchObject([{ code: "GATE_POLICY_SYNTAX", line: 1 }]);
  expect(errorsOf(`${WHOLE}waiver: 1\n`)).toMatchObject([
    { code: "GATE_POLICY_FIELD_UNKNOWN", path: "$.waiver", line: 9, column: 9 },
  ]);
});

const metric = (rest: string) => WHOLE.replace("metrics: [{ ", `metrics: [{ ${rest} }, { `);
const gate = (rest: string) => WHOLE.replace("gates: [{ ", `gates: [{ ${rest}, remedy: mend it }, { `);
const instead = (from: string, to: string) => WHOLE.replace(from, to);

test.each([
  ["an unknown kind", metric("id: a, kind: count, from: job"), "$.metrics[0].from", "no kind"],
  ["an unknown column", metric("id: a, kind: value, from: run, column: s"), "$.metrics[0].column", "no column"],
  [
    "an unknown distinct column",
    metric("id: a, kind: count, from: run, distinct: s"),
    "$.metrics[0].distinct",
    "no column",
  ],
  [
    "a condition on an unknown column",
    metric("id: a, kind: count, from: run, where: $.s == 1"),
    "$.metrics[0].where",
    "COND_PATH",
  ],
  ["a condition on the wrong type", instead("$.good == true", "$.good == 1"), "$.metrics[0].good", "COND_TYPE"],
  [
    "a window where there is none",
    metric("id: a, kind: count, from: run, window: outcome"),
    "$.metrics[0].window",
    "no `window`",
  ],
  [
    "a value that is no number",
    metric("id: a, kind: value, from: run, column: good"),
    "$.metrics[0].column",
    "no number",
  ],
  [
    "a quantile of times",
    instead('"number?"', "datetime").replace(
      "metrics: [{ ",
      "metrics: [{ id: a, kind: quantile, from: run, column: ms, q: 0.5 }, { ",
    ),
    "$.metrics[0].column",
    "no number",
  ],
  [
    "a column apart from which no value is",
    gate("id: a, metric: correct, each: case, limit: 1"),
    "$.gates[0].each",
    "no column",
  ],
  ["a metric that stands twice", metric("id: correct, kind: count, from: run"), "$.metrics[1].id", "twice"],
  ["a gate that stands twice", gate("id: rate, metric: correct, limit: 1"), "$.gates[1].id", "twice"],
  ["an unknown metric", gate("id: a, metric: b, limit: 1"), "$.gates[0].metric", "no metric"],
  ["no limit", gate("id: a, metric: correct"), "$.gates[0]", "exactly one"],
  ["two limits", gate("id: a, metric: correct, limit: 1, floor: 2"), "$.gates[0]", "exactly one"],
  [
    "a floor that is a ceiling",
    metric("id: all, kind: count, from: run").replace(
      "gates: [{ ",
      "gates: [{ id: a, metric: all, op: <=, floor: 2, remedy: mend it }, { ",
    ),
    "$.gates[0].op",
    "of a floor",
  ],
  ["a floor of a ratio", gate("id: a, metric: correct, floor: 2"), "$.gates[0].floor", "count"],
  [
    "a trigger that does not count",
    gate("id: a, metric: correct, limit: 1, triggers: [correct]"),
    "$.gates[0].triggers[0]",
    "counts",
  ],
  ["an unknown source", gate("id: a, metric: correct, limit: 1, needs: [jobs]"), "$.gates[0].needs", "no source"],
  ["an unknown group", gate("id: a, metric: correct, limit: 1, group: b"), "$.gates[0].group", "no group"],
  [
    "an unknown parameter",
    gate("id: a, metric: correct, limit: { param: b }"),
    "$.gates[0].limit.param",
    "no parameter",
  ],
  [
    "an unknown gate that excuses",
    gate("id: a, metric: correct, limit: 1, excused_by: { gate: b, statuses: [FAIL] }"),
    "$.gates[0].excused_by.gate",
    "no gate",
  ],
  [
    "a confidence without a quantile",
    gate("id: a, metric: correct, limit: 0.9, bound: { method: wilson, confidence: 0.94, side: two }"),
    "$.gates[0].bound.confidence",
    "0.95",
  ],
  [
    "a bound compared for equality",
    gate("id: a, metric: correct, op: ==, limit: 0.9, bound: { method: wilson, confidence: 0.95, side: two }"),
    "$.gates[0].op",
    "where a bound",
  ],
  ["a limit that is no number", gate("id: a, metric: correct, limit: most"), "$.gates[0].limit", "a decimal"],
  ["an unknown excluded gate", `${WHOLE}profiles: { p: { excluded: [b] } }`, "$.profiles.p.excluded[0]", "no gate"],
  [
    "an unknown parameter of a profile",
    `${WHOLE}profiles: { p: { params: { b: 1 } } }`,
    "$.profiles.p.params.b",
    "no parameter",
  ],
])("GATE_POLICY_INVALID: %s", (_, source, path, message) => {
  expect(errorsOf(source)).toContainEqual(
    expect.objectContaining({ code: "GATE_POLICY_INVALID", path, message: expect.stringContaining(message) }),
  );
});
