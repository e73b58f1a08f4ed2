import { describe, expect, test } from "vitest";
import { assert, instant } from "../../contracts/index.ts";
import { UNITS } from "../derivation.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { ledgerEvidence } from "../ledger-evidence.ts";
import { type Policy, parsePolicy } from "../policy.ts";
import { exportOpenSlo } from "./export.ts";
import { importOpenSlo } from "./import.ts";

const AT = instant(Date.UTC(2026, 6, 20, 10));

const RATIO = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders-end-well
  displayName: Orders end well
  labels: { team: [shop, support] }
spec:
  description: Nine in ten orders of a month go through
  service: shop
  indicator:
    metadata: { name: good-orders }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: countermark, spec: { from: run, where: $.outcome == 'SUCCESS' } } }
        total: { metricSource: { type: countermark, spec: { from: run, where: $.workflow == 'order', channels: [prod_traffic] } } }
  timeWindow: [{ duration: 4w, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: Nearly all, target: 0.9 }, { targetPercent: 99.95 }]
  alertPolicies: []
`;

const THRESHOLD = `apiVersion: openslo/v1
kind: SLI
metadata: { name: order-ms }
spec:
  thresholdMetric: { metricSource: { type: countermark, spec: { from: run, column: ms } } }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: orders-are-fast }
spec:
  service: shop
  indicatorRef: order-ms
  timeWindow: [{ duration: 1M, calendar: { startTime: 2026-01-01 00:00:00, timeZone: UTC } }]
  budgetingMethod: Occurrences
  objectives: [{ op: lte, value: 2000, target: 0.99 }]
`;

function imported(source: string): Policy {
  const result = importOpenSlo(source);
  assert(result.ok, result.ok ? "" : result.refusal.message);
  return result.value.policy;
}

const problem = (source: string) => {
  const result = importOpenSlo(source);
  return result.ok ? "imported" : `${result.refusal.code} ${result.refusal.message}`;
};

test("a ratio becomes a metric over the ledger, and each objective a gate with exactly its target", () => {
  const { text } = imported(RATIO);

  expect(text).toMatchObject({
    id: "shop",
    window: { kind: "rolling", length_seconds: 2_419_200 },
    metrics: [
      {
        id: "good-orders",
        kind: "ratio",
        from: "run",
        where: "$.workflow == 'order'",
        good: "$.outcome == 'SUCCESS'",
        channels: ["prod_traffic"],
      },
    ],
    gates: [
      { id: "orders-end-well-1", title: "Nearly all", metric: "good-orders", op: ">=", limit: 0.9 },
      { id: "orders-end-well-2", title: "Orders end well", metric: "good-orders", limit: "9995/10000" },
    ],
  });
});

test("a threshold asks of each unit whether it keeps to the value, in months of UTC", () => {
  expect(imported(THRESHOLD).text).toMatchObject({
    window: { kind: "calendar", unit: "month" },
    metrics: [{ id: "order-ms", good: "$.ms <= 2000" }],
    gates: [{ id: "orders-are-fast", limit: 0.99 }],
  });
});

test("bad units are those that are not good", () => {
  const source = RATIO.replace("good: { metricSource", "bad: { metricSource");

  expect(imported(source).text.metrics).toMatchObject([{ good: "NOT ($.outcome == 'SUCCESS')" }]);
});

test("an imported policy decides on what the ledger holds", () => {
  const run = {
    workflow_id: "order",
    pack_id: "p",
    pack_digest: "d",
    channel: "prod_traffic",
    code: null,
    cost_micros: 0,
    started_at: instant(AT - 10_000),
    ended_at: instant(AT - 5_000),
  };
  const runs = Array.from({ length: 10 }, (_, index) => ({
    ...run,
    run_id: `r${index}`,
    outcome: index === 0 ? "UNEXPECTED_FAILURE" : "SUCCESS",
  }));

  const result = evaluateFiles(
    { policy: imported(RATIO), profile: null, files: ledgerEvidence(runs, []), decidedAt: AT, waivers: null },
    [UNITS],
  );

  expect(result.ok && result.value.decision.gates.map(({ value, status }) => [value, status])).toEqual([
    ["9/10", "PASS"],
    ["9/10", "FAIL"],
  ]);
});

describe("what no metric of ours measures is refused, and the field named", () => {
  const instead = (from: string, to: string) => {
    expect(RATIO).toContain(from);
    return RATIO.replace(from, to);
  };

  test.each([
    [
      "another source",
      instead("type: countermark, spec: { from: run, where: $.w", "type: Prometheus, spec: { from: run, where: $.w"),
      "$[0].spec.indicator.spec.ratioMetric.total.metricSource.type",
    ],
    [
      "a query of another system",
      instead("from: run, where: $.outcome", "from: run, query: up, where: $.outcome"),
      "$[0].spec.indicator.spec.ratioMetric.good.metricSource.spec.query",
    ],
    ["a method of budgeting by slices", instead("Occurrences", "Timeslices"), "$[0].spec.budgetingMethod"],
    [
      "a slice",
      instead("target: 0.9 }", "target: 0.9, timeSliceTarget: 0.9 }"),
      "$[0].spec.objectives[0].timeSliceTarget",
    ],
    ["a target of one", instead("target: 0.9 }", "target: 1 }"), "$[0].spec.objectives[0].target"],
    ["two targets", instead("target: 0.9 }", "target: 0.9, targetPercent: 90 }"), "$[0].spec.objectives[0].target"],
    [
      "a value without a threshold",
      instead("target: 0.9 }", "target: 0.9, value: 3 }"),
      "$[0].spec.objectives[0].value",
    ],
    [
      "an alert policy",
      instead("alertPolicies: []", "alertPolicies: [{ alertPolicyRef: page }]"),
      "$[0].spec.alertPolicies[0]",
    ],
    ["a rolling month", instead("duration: 4w", "duration: 1M"), "$[0].spec.timeWindow[0].duration"],
    [
      "two windows",
      instead(
        "[{ duration: 4w, isRolling: true }]",
        "[{ duration: 4w, isRolling: true }, { duration: 1d, isRolling: true }]",
      ),
      "$[0].spec.timeWindow",
    ],
    [
      "good units of another kind",
      instead("from: run, where: $.outcome", "from: receipt, where: $.status"),
      "$[0].spec.indicator.spec.ratioMetric.good.metricSource.spec.from",
    ],
    ["an older version", instead("openslo/v1", "openslo/v1alpha"), "$[0].apiVersion"],
    [
      "another kind of document",
      "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: { name: x }\nspec: {}\n",
      "$[0].kind",
    ],
    [
      "a calendar of New York",
      THRESHOLD.replace("UTC", "America/New_York"),
      "$[1].spec.timeWindow[0].calendar.timeZone",
    ],
    [
      "a month from its second day",
      THRESHOLD.replace("2026-01-01", "2026-01-02"),
      "$[1].spec.timeWindow[0].calendar.startTime",
    ],
    ["a quarter", THRESHOLD.replace("1M", "1Q"), "$[1].spec.timeWindow[0].duration"],
    [
      "a reference to nothing",
      THRESHOLD.replace("indicatorRef: order-ms", "indicatorRef: other"),
      "$[1].spec.indicatorRef",
    ],
    ["windows that differ", `${RATIO}---\n${THRESHOLD}`, "$[2].spec.timeWindow"],
    ["no document", "", "$"],
    ["no YAML", "a: [", "$"],
  ])("%s", (_, source, field) => {
    expect(problem(source)).toContain(`OPENSLO_UNSUPPORTED \`${field}\`: `);
  });

  test("a column that units of the ledger have not is named as the policy would", () => {
    expect(problem(RATIO.replace("$.outcome ==", "$.result =="))).toContain("`$.metrics[0].good`");
  });
});

const WHOLE = `
id: production
version: 2.1.0
title: Runs end as they should
engine: 1
derive: { fn: units, version: 1 }
validity_seconds: 3600
window: { kind: rolling, length_seconds: 604800, settle_seconds: 60 }
sources: [runs, receipts]
rows:
  run: { workflow: string, pack: string, pack_digest: string, outcome: string, code: "string?", ms: integer, cost_micros: integer }
  receipt: { tool: string, status: string, run: string }
groups: [{ id: outcomes, title: Outcomes }]
metrics:
  - { id: correct, title: Correct runs, kind: ratio, from: run, where: $.outcome != 'CANCELLED', good: $.outcome != 'UNEXPECTED_FAILURE', channels: [prod_traffic] }
  - { id: known, kind: ratio, from: receipt, good: $.status != 'unknown' }
gates:
  - { id: Correctness, group: outcomes, metric: correct, limit: 0.95, bound: { method: wilson, confidence: 0.95, side: two }, sample_min: 73, severity: high, remedy: look }
  - { id: effects.known, title: Known, metric: known, limit: 0.999, needs: [receipts], remedy: settle }
`;

const policyOf = (source: string): Policy => {
  const parsed = parsePolicy(source);
  assert(parsed.ok, parsed.ok ? "" : JSON.stringify(parsed.errors));
  return parsed.value;
};

function exported(policy: Policy): string {
  const result = exportOpenSlo(policy);
  assert(result.ok, result.ok ? "" : result.refusal.message);
  return result.value;
}

test("a policy that is exported and imported again is the same policy, by its digest", () => {
  for (const window of [
    "kind: rolling, length_seconds: 604800",
    "kind: calendar, unit: month",
    "kind: calendar, unit: week",
  ]) {
    const policy = policyOf(WHOLE.replace("kind: rolling, length_seconds: 604800", window));

    expect(imported(exported(policy)).digest).toBe(policy.digest);
  }
});

test("OpenSLO that was imported says the same when it is exported and imported again", () => {
  const once = imported(THRESHOLD);

  expect(imported(exported(once)).digest).toBe(once.digest);
});

describe("a gate that is no share of good units is not exported, and the field named", () => {
  test.each([
    ["a limit that is a parameter", ["limit: 0.999", "limit: { param: share }"], "params", "params: { share: 0.9 }\n"],
    ["stages", ["limit: 0.999", "stages: { hard_fail: 0.9 }"], "gates[1].stages", ""],
    ["an upper limit", ["limit: 0.999", 'op: "<=", limit: 0.999'], "gates[1].op", ""],
    [
      "a count",
      ["kind: ratio, from: receipt, good: $.status != 'unknown'", "kind: count, from: receipt"],
      "gates[1].metric",
      "",
    ],
    ["a fold", ["from: receipt, good", "from: receipt, distinct: run, good"], "gates[1].metric", ""],
    ["other rows", ["ms: integer", "ms: number"], "rows", ""],
    ["a window that a fact lays", ["settle_seconds: 60", "settle_seconds: { fact: lag }"], "window.settle_seconds", ""],
    [
      "waivers",
      [
        "id: production",
        "id: production\nwaivers: { approvals: 1, ttl_seconds: 60, consecutive_max: 1, waived_seconds_max: 60, waived_seconds_within: 60 }",
      ],
      "waivers",
      "",
    ],
  ])("%s", (_, [from = "", to = ""], field, more) => {
    const result = exportOpenSlo(policyOf(`${more}${WHOLE.replace(from, to)}`));

    expect(result).toMatchObject({ refusal: { code: "OPENSLO_UNSUPPORTED", field_path: `$.${field}` } });
  });
});
