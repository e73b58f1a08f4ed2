import { expect, test } from "vitest";
import { assert, instant, sha256Hex } from "../contracts/index.ts";
import { evaluate } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";
import type { Cell } from "./unit.ts";

const DECIDED_AT = instant(Date.UTC(2026, 2, 9, 2));

/** The rows that a policy's one gate comes to, over runs and reviews with these columns. */
function rowsOf(gate: string, units: Readonly<Record<string, readonly Readonly<Record<string, Cell>>[]>>) {
  const policy = parsePolicy(`
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows:
  run: { workflow: "string?", good: boolean, ms: integer }
  review: { checked: datetime, closed: "datetime?" }
validity_seconds: 3600
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: slow, kind: count, from: run, where: $.ms > 100, include: all }
  - { id: slowest, kind: quantile, from: run, column: ms, q: 1 }
  - { id: fresh, kind: ratio, from: review, good: "duration_seconds($.checked, now()) <= 86400" }
  - { id: closed, kind: ratio, from: review, good: $.closed >= $.checked AND $.closed < "2026-03-09T01:00:00Z" }
gates: [{ id: gate, ${gate}, remedy: look }]`);
  assert(policy.ok, policy.ok ? "" : JSON.stringify(policy.errors));
  const evidence = {
    digest: sha256Hex(""),
    sources: {},
    facts: {},
    units: Object.fromEntries(
      Object.entries({ run: [], review: [], ...units }).map(([kind, all]) => [
        kind,
        all.map((columns, index) => ({
          ...{ id: `${kind}-${index}`, at: DECIDED_AT, channel: null, rows: [`${kind}-${index}`], isValid: true },
          columns,
        })),
      ]),
    ),
  };
  const decided = evaluate({ policy: policy.value, profile: null, evidence, decidedAt: DECIDED_AT, waivers: null });
  assert(decided.ok, "it is decided");
  return decided.value.decision.gates;
}

const run = (columns: Readonly<Record<string, Cell>> = {}) => ({ workflow: "a", good: true, ms: 1, ...columns });

test("units none of which says its value are not judged together in one row that passes", () => {
  const nameless = [run({ workflow: null }), run({ workflow: null })];

  expect(rowsOf("metric: correct, limit: 0.5, each: workflow", { run: nameless })).toMatchObject([
    { id: "gate", status: "UNKNOWN", reasons: ["none of 2 can be read at `workflow`"] },
  ]);
  expect(rowsOf("metric: correct, limit: 0.5, each: workflow", { run: [run()] })).toMatchObject([
    { id: "gate:a", status: "PASS" },
  ]);
});

test("a trigger that might have fired, had its units been readable, does not let its gate pass", () => {
  const gate = "metric: fresh, limit: 0, triggers: [slow]";
  const review = [{ checked: "2026-03-09T00:00:00Z", closed: null }];

  expect(rowsOf(gate, { review, run: [run()] })).toMatchObject([{ status: "PASS" }]);
  expect(rowsOf(gate, { review, run: [run(), run({ ms: "fast" })] })).toMatchObject([
    { status: "UNKNOWN", reasons: ["trigger slow: `run-1` cannot be read at `ms`"] },
  ]);
  expect(rowsOf(gate, { review, run: [run({ ms: 101 }), run({ ms: "fast" })] })).toMatchObject([{ status: "FAIL" }]);
});

test("a limit that is another metric's value is not known where one of that metric's units cannot be read", () => {
  const gate = 'metric: fresh, op: "<=", limit: { metric: slowest }';
  const review = [{ checked: "2026-03-09T00:00:00Z", closed: null }];

  expect(rowsOf(gate, { review, run: [run()] })).toMatchObject([{ status: "PASS" }]);
  expect(rowsOf(gate, { review, run: [run(), run({ ms: null })] })).toMatchObject([
    { status: "UNKNOWN", reasons: ["the limit cannot be told: its own metric is not known"] },
  ]);
});

test.each([
  ["to the instant of the decision", "fresh", "2026-03-08T02:00:00Z", null, "PASS"],
  ["in another zone", "fresh", "2026-03-08T03:00:00+01:00", null, "PASS"],
  ["a second too old", "fresh", "2026-03-08T01:59:59Z", null, "FAIL"],
  ["of one column to another", "closed", "2026-03-08T02:00:00Z", "2026-03-08T02:00:00Z", "PASS"],
  ["to one that is stated", "closed", "2026-03-08T02:00:00Z", "2026-03-09T01:00:00Z", "FAIL"],
  ["to one that is not there", "closed", "2026-03-08T02:00:00Z", null, "UNKNOWN"],
  ["of text that is no time", "fresh", "yesterday", null, "UNKNOWN"],
  ["of a time without a zone", "fresh", "2026-03-08T02:00:00", null, "UNKNOWN"],
])("a column may be a time, compared %s", (_, metric, checked, closed, status) => {
  expect(rowsOf(`metric: ${metric}, limit: 1`, { review: [{ checked, closed }] })).toMatchObject([{ status }]);
});
