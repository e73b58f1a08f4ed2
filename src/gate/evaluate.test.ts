import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, instant, sha256Hex } from "../contracts/index.ts";
import type { Decision } from "./decision.ts";
import { evaluate } from "./evaluate.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import type { Cell, EvidenceSet, Unit } from "./unit.ts";

const DECIDED_AT = instant(Date.UTC(2026, 2, 9, 2));
const HOUR_MS = 3_600_000;

function policyOf(parts: string): Policy {
  const read = parsePolicy(`
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows:
  run: { workflow: string, good: boolean, ms: number, key: "string?" }
sources: [runs]
validity_seconds: 86400
${parts}`);
  assert(read.ok, read.ok ? "" : read.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  return read.value;
}

const unitOf = (id: string, columns: { readonly [name: string]: Cell }, rest: Partial<Unit> = {}): Unit => ({
  id,
  at: instant(DECIDED_AT - HOUR_MS),
  channel: "prod_traffic",
  rows: [`row-${id}`],
  isValid: true,
  columns: { workflow: "wf", good: true, ms: 1, key: null, ...columns },
  ...rest,
});

const runs = (good: number, bad: number): readonly Unit[] => [
  ...Array.from({ length: good }, (_, index) => unitOf(`g${index}`, {})),
  ...Array.from({ length: bad }, (_, index) => unitOf(`b${index}`, { good: false })),
];

const evidenceOf = (units: readonly Unit[], rest: Partial<EvidenceSet> = {}): EvidenceSet => ({
  digest: sha256Hex("evidence"),
  sources: { runs: { state: "complete", detail: "" } },
  facts: {},
  units: { run: units },
  ...rest,
});

function decided(policy: Policy, evidence: EvidenceSet, profile: string | null = null): Decision {
  const result = evaluate({ policy, profile, evidence, decidedAt: DECIDED_AT, waivers: null });
  assert(result.ok, "the evaluation is made");
  return result.value.decision;
}

const CORRECT = "{ id: correct, kind: ratio, from: run, good: $.good == true }";
const correctness = (gate: string) =>
  policyOf(`
metrics: [${CORRECT}]
gates: [{ id: correctness, metric: correct, ${gate}, remedy: look at the failing runs }]`);

test("73 of 73 reach a two-sided Wilson bound of 0.95, 72 of 72 do not, and one more clean trial would flip it", () => {
  const policy = correctness("limit: 0.95, bound: { method: wilson, confidence: 0.95, side: two }");

  expect(decided(policy, evidenceOf(runs(73, 0)))).toMatchObject({ verdict: "GO", cause: null });
  expect(decided(policy, evidenceOf(runs(72, 0)))).toMatchObject({
    verdict: "NO-GO",
    cause: "failed",
    blocked_by: ["correctness"],
    gates: [{ status: "FAIL", value: "72/72", bound: "0.949348", flip: [{ change: "add_good", count: 1 }] }],
  });
});

test("a decision names the failing rows, and the smallest changes that would flip it", () => {
  const [row] = decided(correctness("limit: 0.9"), evidenceOf(runs(17, 3))).gates;

  expect(row).toMatchObject({
    status: "FAIL",
    value: "17/20",
    shown: "0.85",
    rule: ">= 0.9",
    severity: "critical",
    failing: { count: 3, rows: ["row-b0", "row-b1", "row-b2"] },
    flip: [
      { change: "make_good", count: 1 },
      { change: "add_good", count: 10 },
    ],
  });
});

test.each([
  ["nothing to divide by", [], "UNKNOWN", "missing"],
  ["fewer than the smallest sample", runs(19, 0), "INSUFFICIENT", "missing"],
  ["fewer than the smallest sample, one of them bad", runs(18, 1), "INSUFFICIENT", "missing"],
  ["enough, and too many bad", runs(18, 2), "FAIL", "failed"],
] as const)("%s is not passed", (_, units, status, cause) => {
  const decision = decided(correctness("limit: 0.95, sample_min: 20"), evidenceOf(units));

  expect(decision).toMatchObject({ verdict: "NO-GO", cause, gates: [{ status }] });
});

test("a unit whose column is not of the declared type makes its metric unknown, never false", () => {
  const units = [...runs(20, 0), unitOf("odd", { good: "yes" })];

  expect(decided(correctness("limit: 0.5"), evidenceOf(units)).gates).toMatchObject([
    { status: "UNKNOWN", reasons: ["`odd` cannot be read at `good`"] },
  ]);
});

test.each(["incomplete", "unreadable"] as const)(
  "a source that is %s, or not there, leaves what needs it unknown",
  (state) => {
    const policy = correctness("limit: 0.5, needs: [runs]");
    const sources = { runs: { state, detail: "a gap of three hours" } };

    for (const evidence of [evidenceOf(runs(20, 0), { sources }), evidenceOf(runs(20, 0), { sources: {} })]) {
      const [row] = decided(policy, evidence).gates;
      expect(row).toMatchObject({ status: "UNKNOWN" });
      expect(row?.flip).toContainEqual({ change: "complete_source", source: "runs" });
    }
  },
);

test("a kind of which there is no evidence at all is unknown, also where nothing is counted", () => {
  const policy = policyOf(`
metrics: [{ id: bad, kind: count, from: run, where: $.good == false }]
gates: [{ id: none, metric: bad, op: "<=", limit: 0, remedy: mend it }]`);

  expect(decided(policy, evidenceOf([])).verdict).toBe("GO");
  expect(decided(policy, evidenceOf([], { units: {} })).gates).toMatchObject([{ status: "UNKNOWN" }]);
});

test("a gate that names no sources needs all of them, also one that only the evidence knows", () => {
  const sources = {
    runs: { state: "complete", detail: "" },
    stray: { state: "unreadable", detail: "line 1" },
  } as const;

  expect(decided(correctness("limit: 0.5"), evidenceOf(runs(2, 0), { sources })).gates).toMatchObject([
    { status: "UNKNOWN" },
  ]);
  expect(decided(correctness("limit: 0.5, needs: []"), evidenceOf(runs(2, 0), { sources })).gates).toMatchObject([
    { status: "PASS" },
  ]);
});

test("a trigger fails its gate whatever else holds, also over rows that are not valid", () => {
  const policy = policyOf(`
metrics:
  - ${CORRECT}
  - { id: broken, kind: count, from: run, where: $.good == false, include: all }
gates: [{ id: correctness, metric: correct, limit: 0.5, needs: [runs], triggers: [broken], remedy: mend it }]`);
  const evidence = evidenceOf([...runs(20, 0), unitOf("x", { good: false }, { isValid: false })], { sources: {} });

  expect(decided(policy, evidence).gates).toMatchObject([
    { status: "FAIL", triggers: [{ metric: "broken", count: 1 }], failing: { rows: ["row-x"] } },
  ]);
});

test("reruns of one case are one case: each attempt has to be good", () => {
  const policy = policyOf(`
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true, distinct: key }]
gates: [{ id: correctness, metric: correct, limit: 1, remedy: mend it }]`);
  const attempts = [unitOf("1", { key: "a", good: false }), unitOf("2", { key: "a" }), unitOf("3", { key: "b" })];

  expect(decided(policy, evidenceOf(attempts)).gates).toMatchObject([{ value: "1/2", failing: { rows: ["row-1"] } }]);
});

test.each([
  ["a unit at the window's first instant", DECIDED_AT - 8 * HOUR_MS, "1"],
  ["one a millisecond before it", DECIDED_AT - 8 * HOUR_MS - 1, "0"],
  ["one at the last", DECIDED_AT - HOUR_MS - 1, "1"],
  ["one at the window's end", DECIDED_AT - HOUR_MS, "0"],
])("windows are half open: %s", (_, at, value) => {
  const policy = policyOf(`
window: { kind: rolling, length_seconds: 25200, settle_seconds: 3600 }
metrics: [{ id: all, kind: count, from: run }]
gates: [{ id: some, metric: all, floor: 1, remedy: run more }]`);

  expect(decided(policy, evidenceOf([unitOf("1", {}, { at: instant(at) })])).gates).toMatchObject([{ value }]);
});

test("a calendar month is the last whole one, in UTC", () => {
  const policy = policyOf(`
window: { kind: calendar, unit: month, settle_seconds: 0 }
metrics: [{ id: all, kind: count, from: run }]
gates: [{ id: some, metric: all, floor: 1, remedy: run more }]`);

  expect(decided(policy, evidenceOf([])).window).toMatchObject({
    start: "2026-02-01T00:00:00.000Z",
    end: "2026-03-01T00:00:00.000Z",
  });
});

test("stages: a warning passes with a low finding, a soft failure is medium, a hard one high", () => {
  const staged = policyOf(`
metrics: [${CORRECT}]
gates: [{ id: rate, metric: correct, stages: { warn: 1, soft_fail: 0.97, hard_fail: 0.95 }, remedy: mend it }]
profiles: { strict: {}, lenient: { budget: { medium: 1 }, conditions: any } }`);
  const judged = (good: number, bad: number, profile: string) => decided(staged, evidenceOf(runs(good, bad)), profile);

  expect(judged(100, 0, "strict")).toMatchObject({ verdict: "GO", gates: [{ stage: "ok", severity: null }] });
  expect(judged(98, 2, "strict")).toMatchObject({
    verdict: "GO",
    spent: { low: 1 },
    gates: [{ stage: "warn", status: "PASS" }],
  });
  expect(judged(95, 5, "strict")).toMatchObject({
    verdict: "NO-GO",
    gates: [{ stage: "soft_fail", severity: "medium" }],
  });
  expect(judged(95, 5, "lenient")).toMatchObject({ verdict: "GO", conditions: ["rate"], blocked_by: [] });
  expect(judged(94, 6, "lenient")).toMatchObject({
    verdict: "NO-GO",
    gates: [{ stage: "hard_fail", severity: "high" }],
  });
});

test("a gate with `each` has one row a value; a value without enough is not hidden by the others", () => {
  const policy = policyOf(`
metrics: [${CORRECT}]
gates: [{ id: rate, metric: correct, each: workflow, limit: 1, sample_min: 2, remedy: mend it }]`);
  const units = [unitOf("1", {}), unitOf("2", {}), unitOf("3", { workflow: "other" })];

  expect(decided(policy, evidenceOf(units)).gates).toMatchObject([
    { id: "rate:other", status: "INSUFFICIENT" },
    { id: "rate:wf", status: "PASS" },
  ]);
});

test("a limit may be a parameter that a profile sets, or another metric's value and something more", () => {
  const policy = policyOf(`
params: { most: 3 }
metrics:
  - { id: bad, kind: count, from: run, where: $.good == false }
  - { id: good, kind: count, from: run, where: $.good == true }
gates:
  - { id: few, metric: bad, op: "<=", limit: { param: most }, remedy: mend it }
  - { id: fewer, metric: bad, op: "<=", limit: { metric: good, times: 1/2, plus: 1 }, remedy: mend it }
profiles: { strict: { params: { most: 2 } }, lenient: {} }`);

  const rows = (profile: string) => decided(policy, evidenceOf(runs(4, 3)), profile).gates;
  expect(rows("lenient")).toMatchObject([{ status: "PASS" }, { status: "PASS", rule: "<= 3" }]);
  expect(rows("strict")).toMatchObject([
    { status: "FAIL", flip: [{ change: "take_away", count: 1 }] },
    { status: "PASS" },
  ]);
});

test("breach: with all, a gate fails only where each of its metrics misses", () => {
  const burn = (breach: string) =>
    policyOf(`
metrics:
  - { id: hour, kind: ratio, from: run, good: $.good == false, window: { length_seconds: 7200 } }
  - { id: minute, kind: ratio, from: run, good: $.good == false, where: $.workflow == 'other', window: all }
gates: [{ id: burn, metric: [hour, minute], breach: ${breach}, op: "<=", limit: 0.1, remedy: stop }]`);
  const evidence = evidenceOf([...runs(1, 1), unitOf("calm", { workflow: "other" })]);

  expect(decided(burn("any"), evidence).gates).toMatchObject([{ status: "FAIL" }]);
  expect(decided(burn("all"), evidence).gates).toMatchObject([{ status: "PASS" }]);
});

test("a quantile is an observation: the one at its rank", () => {
  const policy = policyOf(`
metrics: [{ id: p95, kind: quantile, from: run, column: ms, q: 0.95 }]
gates: [{ id: latency, metric: p95, op: "<=", limit: 19, remedy: mend it }]`);
  const observed = (count: number) =>
    evidenceOf(Array.from({ length: count }, (_, index) => unitOf(`${index}`, { ms: index + 1 })));

  expect(decided(policy, observed(20)).gates).toMatchObject([{ status: "PASS", value: "19" }]);
  expect(decided(policy, observed(21)).gates).toMatchObject([{ status: "FAIL", value: "20" }]);
});

test("a profile leaves gates out, and another gate that passed may excuse one; both stay in the decision", () => {
  const policy = policyOf(`
metrics:
  - ${CORRECT}
  - { id: proof, kind: count, from: run, where: $.workflow == 'proof' }
gates:
  - { id: protected, metric: correct, limit: 1, needs: [runs], excused_by: { gate: proven, statuses: [UNKNOWN] }, remedy: look }
  - { id: proven, metric: proof, floor: 1, needs: [], severity: low, remedy: prove it }
profiles: { all: {}, less: { excluded: [protected] } }`);
  const evidence = (units: readonly Unit[]) => evidenceOf(units, { sources: {} });

  expect(decided(policy, evidence(runs(1, 0)), "all")).toMatchObject({ verdict: "NO-GO", cause: "missing" });
  expect(decided(policy, evidence([unitOf("1", { workflow: "proof" })]), "all")).toMatchObject({
    verdict: "GO",
    gates: [{ status: "UNKNOWN", standing: "excused" }, {}],
  });
  expect(decided(policy, evidence(runs(1, 0)), "less")).toMatchObject({
    verdict: "GO",
    gates: [{ standing: "excluded" }, {}],
  });
});

test("GATE_PROFILE_UNKNOWN: a profile that is not there, or none where there are several, is refused", () => {
  const policy = policyOf(`
metrics: [${CORRECT}]
gates: [{ id: rate, metric: correct, limit: 1, remedy: mend it }]
profiles: { a: {}, b: {} }`);
  for (const profile of ["c", null]) {
    expect(evaluate({ policy, profile, evidence: evidenceOf([]), decidedAt: DECIDED_AT, waivers: null })).toMatchObject(
      {
        refusal: { code: "GATE_PROFILE_UNKNOWN", message: expect.stringMatching(/: there are a, b$/) },
      },
    );
  }
});

test("evidence in any order decides in the same bytes", () => {
  const policy = policyOf(`
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true, distinct: key, fold: last }
  - { id: p50, kind: quantile, from: run, column: ms, q: 0.5 }
gates:
  - { id: rate, metric: correct, limit: 0.9, remedy: mend it }
  - { id: latency, metric: p50, op: "<=", limit: 3, remedy: mend it }`);
  const unit = fc.record({ good: fc.boolean(), ms: fc.nat(9), key: fc.constantFrom("a", "b", "c"), at: fc.nat(3) });
  const evidence = fc.array(unit, { maxLength: 12 }).chain((drawn) => {
    const units = drawn.map(({ at, ...columns }, index) =>
      unitOf(`${index}`, columns, { at: instant(DECIDED_AT - at) }),
    );
    return fc.tuple(fc.constant(units), fc.shuffledSubarray(units, { minLength: units.length }));
  });

  fc.assert(
    fc.property(evidence, ([units, shuffled]) => {
      expect(JSON.stringify(decided(policy, evidenceOf(shuffled)))).toBe(
        JSON.stringify(decided(policy, evidenceOf(units))),
      );
    }),
  );
});
