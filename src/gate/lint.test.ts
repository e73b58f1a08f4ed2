import { expect, test } from "vitest";
import { assert } from "../contracts/index.ts";
import { lintPolicy } from "./lint.ts";
import { parsePolicy } from "./policy.ts";

function findings(gate: string, more = "") {
  const read = parsePolicy(`
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean, ms: integer, case: string }, review: { checked: datetime } }
validity_seconds: 3600
params: { rate: 0.95 }
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: runs, kind: count, from: run }
  - { id: base, kind: ratio, from: run, good: $.ms < 100 }
  - { id: told, kind: count, from: run, by_gate: case, tell: case }
  - { id: begun, kind: count, from: run, where: now() > "2026-01-01T00:00:00Z" }
  - { id: fresh, kind: ratio, from: review, good: "duration_seconds($.checked, now()) <= 86400" }
gates: [{ id: gate, ${gate}, remedy: mend it }]
${more}`);
  assert(read.ok, read.ok ? "" : JSON.stringify(read.errors));
  return lintPolicy(read.value);
}

const SAID = { level: "info", code: null, gate: "gate", profile: null };
const WILSON = "bound: { method: wilson, confidence: 0.95, side: two }";

test.each([
  ["a rate above 1", "metric: correct, op: '>', limit: 1"],
  ["a bound that reaches 1", `metric: correct, limit: 1, ${WILSON}`],
  [
    "a smallest sample that the bound cannot be reached with",
    `metric: correct, limit: 0.95, sample_min: 60, ${WILSON}`,
  ],
  ["a bound that keeps to 0 from above", `metric: correct, op: "<=", limit: 0, ${WILSON}`],
  ["a count below none", "metric: runs, op: '<', limit: 0"],
])("P1-D02 GATE_UNSATISFIABLE: %s", (_, gate) => {
  expect(findings(gate)).toMatchObject([{ level: "error", code: "GATE_UNSATISFIABLE", gate: "gate" }]);
});

test.each([
  ["a rate of at least 0", "metric: correct, limit: 0"],
  ["a rate of at most 1", "metric: correct, op: '<=', limit: 1"],
  ["a count of at least none", "metric: runs, limit: 0"],
  ["a floor of none", "metric: runs, floor: 0"],
])("a gate that nothing can fail is a warning: %s", (_, gate) => {
  expect(findings(gate)).toMatchObject([{ level: "warning" }]);
});

test("a bound says how many clean trials it needs, for each profile that sets its limit otherwise", () => {
  const gate = `metric: correct, limit: { param: rate }, ${WILSON}`;

  expect(findings(gate)).toMatchObject([
    { level: "info", profile: null, message: "needs 73 trials without a failure" },
  ]);
  expect(findings(gate, "profiles: { strict: { params: { rate: 0.99 } }, lenient: {} }")).toMatchObject([
    { profile: "strict", message: "needs 381 trials without a failure" },
    { profile: "lenient", message: "needs 73 trials without a failure" },
  ]);
});

test("a limit that is what another metric comes to says so, since nobody knows which samples can pass", () => {
  expect(
    findings("metric: correct, limit: { metric: base }, bound: { method: wilson, confidence: 0.95, side: one }"),
  ).toEqual([{ ...SAID, message: "its limit is what `base` comes to: nothing says before what can pass" }]);
});

test.each([
  ["a condition on time", "metric: fresh, limit: 1", "metric `fresh` with times in `checked`, a time in `good`"],
  ["a condition on the clock alone", "metric: begun, limit: 1", "metric `begun` with a time in `where`"],
  ["`by_gate` and `tell`", "metric: told, limit: 1", "metric `told` with `by_gate`, `tell`"],
  [
    "a trigger that is told",
    "metric: runs, op: '<=', limit: 9, triggers: [told]",
    "metric `told` with `by_gate`, `tell`",
  ],
  ["`each`", "metric: correct, limit: 1, each: case", "gate `gate` with `each`"],
])("a gate says what of it is judged on rows alone: %s", (_, gate, what) => {
  expect(findings(gate)).toEqual([{ ...SAID, message: `is judged on rows alone: counting does not answer ${what}` }]);
});

test("a smallest sample that is enough, a raw gate, and a trigger say nothing", () => {
  expect(findings("metric: correct, limit: 1, sample_min: 20")).toEqual([]);
  expect(findings("metric: runs, limit: 0, triggers: [runs]")).toEqual([]);
  expect(findings(`metric: correct, limit: 0.95, sample_min: 73, ${WILSON}`)).toMatchObject([{ level: "info" }]);
});

test("a gate that may be waived, and never can be, is a warning: as critical, or under profiles that bear none", () => {
  const gate = "metric: correct, limit: 0.9, waivable: true";
  const waivers =
    "waivers: { approvals: 1, ttl_seconds: 60, consecutive_max: 2, waived_seconds_max: 60, waived_seconds_within: 60 }";
  const bearing = `${waivers}\nprofiles: { one: { budget: { waived: 1 }, conditions: waived_only } }`;

  expect(findings(gate, bearing)).toMatchObject([{ level: "warning", message: expect.stringContaining("critical") }]);
  expect(findings(`${gate}, severity: high`, waivers)).toMatchObject([
    { level: "warning", message: expect.stringContaining("budget.waived") },
  ]);
  expect(findings(`${gate}, severity: high`, bearing)).toEqual([]);
});
