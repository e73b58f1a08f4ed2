import { expect, test } from "vitest";
import { formatInstant, instant, type JsonObject } from "../../contracts/index.ts";
import { exported } from "../exports.ts";
import { lintPolicy } from "../lint.ts";
import {
  ago,
  DECIDED_AT,
  decided,
  evaluated,
  JOBS,
  many,
  POLICY,
  rowOf,
  runsOf,
  SOURCE,
  STEPS,
} from "./testing/levels.ts";

test("the policy is well-formed, and nothing in it is out of reach", () => {
  expect(lintPolicy(POLICY).filter(({ level }) => level === "error")).toEqual([]);
});

test("levels that are all kept are GO, and every critical job and metric has its row", () => {
  const decision = decided({});

  expect(decision).toMatchObject({ verdict: "GO", conditions: [] });
  expect(decision.gates.filter(({ standing }) => standing === "counts").map(({ id, stage }) => [id, stage])).toEqual([
    ...[...JOBS].sort().map((job) => [`ci_pass_rate:${job}`, "ok"]),
    ["dx_ttfs_seconds", "ok"],
    ["dx_docs_parity", "ok"],
    ["dx_check_pass_ratio", "ok"],
    ...[...JOBS].sort().map((job) => [`slo_repeated_breach:ci_pass_rate:${job}`, null]),
    ["slo_repeated_breach:dx_check_pass_ratio", null],
    ["slo_repeated_breach:dx_docs_parity", null],
    ["slo_repeated_breach:dx_ttfs_seconds", null],
    ["thresholds_in_policy", null],
    ["burn_evidence", null],
  ]);
});

test.each([
  [20, 0, "ok", "GO"],
  [19, 1, "soft_fail", "NO-GO"],
  [18, 2, "hard_fail", "NO-GO"],
])("a job's rate of %i passed and %i failed is %s", (passed, failed, stage, verdict) => {
  const decision = decided({ smoke: [...many(passed, "success"), ...many(failed, "timed_out")] });

  expect(rowOf(decision, "ci_pass_rate:smoke")).toMatchObject({ stage, value: `${passed}/20` });
  expect(decision.verdict).toBe(verdict);
});

test.each([
  [{ time_to_first_success_seconds: 225 }, "dx_ttfs_seconds", "ok"],
  [{ time_to_first_success_seconds: 225.1 }, "dx_ttfs_seconds", "warn"],
  [{ time_to_first_success_seconds: 240 }, "dx_ttfs_seconds", "warn"],
  [{ time_to_first_success_seconds: 240.1 }, "dx_ttfs_seconds", "soft_fail"],
  [{ time_to_first_success_seconds: 250 }, "dx_ttfs_seconds", "soft_fail"],
  [{ time_to_first_success_seconds: 250.1 }, "dx_ttfs_seconds", "hard_fail"],
  [{ docs_parity_score: 0.98 }, "dx_docs_parity", "ok"],
  [{ docs_parity_score: 0.979 }, "dx_docs_parity", "warn"],
  [{ docs_parity_score: 0.97 }, "dx_docs_parity", "warn"],
  [{ docs_parity_score: 0.969 }, "dx_docs_parity", "soft_fail"],
  [{ docs_parity_score: 0.95 }, "dx_docs_parity", "soft_fail"],
  [{ docs_parity_score: 0.949 }, "dx_docs_parity", "hard_fail"],
])("a value on a limit keeps to it: %o leaves %s %s", (dx, id, stage) => {
  const decision = decided({ dx });

  expect(rowOf(decision, id).stage).toBe(stage);
  expect(decision.spent.low).toBe(stage === "warn" ? 1 : 0);
});

test("of several first successes the median counts", () => {
  expect(rowOf(decided({ dx: { time_to_first_success_seconds: [500, 210, 230] } }), "dx_ttfs_seconds")).toMatchObject({
    value: "230",
    stage: "warn",
  });
});

test("a check that is expected and missing is one that did not pass", () => {
  expect(rowOf(decided({ steps: STEPS.slice(1) }), "dx_check_pass_ratio")).toMatchObject({
    value: "4/5",
    stage: "hard_fail",
    failing: { rows: ["smoke_baseline"] },
  });
});

test("SLO-04 fewer than five samples are too few, five are enough, and there is no implicit pass", () => {
  expect(rowOf(decided({ smoke: many(4, "success") }), "ci_pass_rate:smoke")).toMatchObject({
    status: "INSUFFICIENT",
    severity: "high",
  });
  expect(rowOf(decided({ smoke: many(5, "success") }), "ci_pass_rate:smoke")).toMatchObject({ status: "PASS" });
  expect(decided({ smoke: many(4, "success") })).toMatchObject({ verdict: "NO-GO", cause: "missing" });
  expect(decided({ smoke: many(4, "success"), profile: "transitional" })).toMatchObject({
    verdict: "GO",
    conditions: ["ci_pass_rate:smoke"],
  });
});

test.each(["cancelled", "constructor"])(
  "more than 30 %% that neither passed nor failed leave a rate unknown; 30 %% do not: %s",
  (word) => {
    const with_ = (other: number) => [...many(20 - other, "success"), ...many(other, word)];

    expect(rowOf(decided({ smoke: with_(6) }), "ci_pass_rate:smoke")).toMatchObject({ status: "PASS", value: "14/14" });
    expect(rowOf(decided({ smoke: with_(7) }), "ci_pass_rate:smoke")).toMatchObject({
      status: "UNKNOWN",
      reasons: ["source ci_runs:smoke: 7 of the last 20 runs neither passed nor failed"],
    });
  },
);

test("only the last 20 completed runs of the release branch count, and a job without any is unknown", () => {
  const old = decided({ smoke: [...many(20, "success"), "failure", "failure"] });
  const elsewhere = runsOf("smoke", ["failure"]).map((run) => ({ ...run, branch: "topic" }));
  const ci = JSON.stringify({ release_branch: "main", runs: elsewhere });

  expect(rowOf(old, "ci_pass_rate:smoke").value).toBe("20/20");
  expect(rowOf(decided({ files: { "ci_runs.json": ci } }), "ci_pass_rate:smoke")).toMatchObject({
    status: "UNKNOWN",
    reasons: ["source ci_runs:smoke: no completed run on the release branch"],
  });
});

test("what happened after the instant that is decided for does not count", () => {
  const later = runsOf("smoke", ["failure", "failure"]).map((run) => ({
    ...run,
    run_id: `later ${run.run_id}`,
    completed_at: ago(-1),
  }));
  const runs = [...runsOf("smoke", many(20, "success")), ...later];
  const ci = JSON.stringify({ release_branch: "main", runs });
  const history = [entry("hard_fail", "r1", 20), entry("hard_fail", "r2", -10)];
  const decision = decided({ files: { "ci_runs.json": ci }, history });

  expect(rowOf(decision, "ci_pass_rate:smoke").value).toBe("20/20");
  expect(rowOf(decision, "slo_repeated_breach:ci_pass_rate:smoke").status).toBe("PASS");
});

test("a run that still runs does not count, and one that ended at no known time leaves the document unreadable", () => {
  const running = { run_id: "x", job: "smoke", branch: "main", conclusion: null, completed_at: null };
  const given = (run: JsonObject) => ({
    files: {
      "ci_runs.json": JSON.stringify({ release_branch: "main", runs: [...runsOf("smoke", many(5, "success")), run] }),
    },
  });

  expect(rowOf(decided(given(running)), "ci_pass_rate:smoke").value).toBe("5/5");
  expect(rowOf(decided(given({ ...running, conclusion: "failure" })), "ci_pass_rate:smoke").status).toBe("UNKNOWN");
});

test("a rerun that passes does not make its run's failed attempt good", () => {
  const [first] = runsOf("smoke", ["failure"]);
  const again = { ...first, conclusion: "success", completed_at: ago(0) };
  const runs = [
    ...runsOf("smoke", many(19, "success")).map((run) => ({ ...run, run_id: `x${run.run_id}` })),
    first,
    again,
  ];
  const ci = JSON.stringify({ release_branch: "main", runs });

  expect(rowOf(decided({ files: { "ci_runs.json": ci } }), "ci_pass_rate:smoke").value).toBe("19/20");
});

test.each(["ci_runs.json", "dx_metrics.json", "slo_history.json"])(
  "what cannot be read leaves what needs it unknown: %s",
  (name) => {
    expect(decided({ files: { [name]: "{" } })).toMatchObject({ verdict: "NO-GO", cause: "missing" });
  },
);

test("SLO-02 thresholds that evidence brings are told and change nothing", () => {
  const metrics = { time_to_first_success_seconds: 260, docs_parity_score: 1 };
  const steps = STEPS.map((name) => ({ name, returncode: 0 }));
  const dx = JSON.stringify({ metrics, steps, thresholds: { max_time_to_first_success_seconds: 300 } });
  const decision = decided({ files: { "dx_metrics.json": dx } });

  expect(rowOf(decision, "dx_ttfs_seconds").stage).toBe("hard_fail");
  expect(rowOf(decision, "thresholds_in_policy")).toMatchObject({
    status: "FAIL",
    severity: "low",
    reasons: ["1", "dx_metrics.json brings thresholds, which are not used"],
  });
});

const entry = (stage: string, run: string, minutes: number) => ({
  evaluated_at: ago(minutes),
  commit: "c",
  branch: "main",
  policy_version: "2.0.0",
  metric: "ci_pass_rate:smoke",
  value: "18/20",
  stage,
  run_id: run,
});

test("SLO-11 a repeated breach is a gate of its own, whatever the metric's own gate says", () => {
  const decision = decided({ history: [entry("hard_fail", "r1", 20), entry("hard_fail", "r2", 10)] });

  expect(rowOf(decision, "ci_pass_rate:smoke").status).toBe("PASS");
  expect(rowOf(decision, "slo_repeated_breach:ci_pass_rate:smoke")).toMatchObject({
    status: "FAIL",
    severity: "high",
    waivable: true,
    reasons: ["0 of 1", "hard_fail twice in a row"],
    failing: { rows: ["r1", "r2"] },
  });
  expect(decision).toMatchObject({ verdict: "NO-GO", blocked_by: ["slo_repeated_breach:ci_pass_rate:smoke"] });
});

/** One event a minute and a half within the last hour, so many of the latest of them bad. */
const hour = (bad: number, total = 40): readonly JsonObject[] =>
  Array.from({ length: total }, (_, index) => ({
    slo: "checkout",
    good: index >= bad,
    at: formatInstant(instant(DECIDED_AT - 1000 - index * 10_000)),
  }));

test("RT-1103 a budget that burns 14.4 times too fast in an hour and in five minutes pages; 14.4 times is not too fast", () => {
  // 250 events in the hour, 30 of them in the last five minutes: a rate of 0.144 is 36 of 250.
  const events = (bad: number) =>
    Array.from({ length: 250 }, (_, index) => ({
      slo: "checkout",
      good: index >= bad,
      at: formatInstant(instant(DECIDED_AT - 1000 - index * 10_000)),
    }));

  expect(rowOf(decided({ events: events(36) }), "burn_page:checkout")).toMatchObject({
    status: "PASS",
    rule: "<= 0.144",
  });
  expect(decided({ events: events(37) })).toMatchObject({ verdict: "NO-GO" });
  expect(rowOf(decided({ events: events(37) }), "burn_page:checkout")).toMatchObject({
    status: "FAIL",
    severity: "high",
  });
});

test("a burn that has stopped does not page: the short window is clean", () => {
  const events = hour(40).map((event, index) => ({ ...event, good: index < 31 }));

  expect(rowOf(decided({ events }), "burn_page:checkout")).toMatchObject({ status: "PASS" });
});

test("RT-1103 three times too fast in a day and in two hours opens a ticket, which is medium", () => {
  const events = hour(4, 120);

  expect(rowOf(decided({ events }), "burn_page:checkout").status).toBe("PASS");
  expect(rowOf(decided({ events }), "burn_ticket:checkout")).toMatchObject({
    status: "FAIL",
    severity: "medium",
    rule: "<= 0.03",
  });
});

test("events in another order, two of which say the same, decide the same bytes; their failing rows are cited by what they say", () => {
  const events = [...hour(40, 120), ...hour(1)];

  const [there, back] = [events, events.toReversed()].map((some) => decided({ events: some }));

  expect(JSON.stringify(back)).toBe(JSON.stringify(there));
  const { rows } = rowOf(there ?? expect.fail("it is decided"), "burn_page:checkout").failing;
  expect(rows).toEqual(rows.map(() => expect.stringMatching(/^event [0-9a-f]{16}(\+1)?$/)));
  expect(rows.filter((row) => row.endsWith("+1"))).toHaveLength(1);
});

test("too few events in a window alert nobody", () => {
  const decision = decided({ events: hour(9, 9) });

  expect(rowOf(decision, "burn_page:checkout")).toMatchObject({ status: "INSUFFICIENT", severity: "low" });
  expect(decision.verdict).toBe("GO");
});

test("a budget of zero is shown, not divided by", () => {
  const decision = decided({ policy: SOURCE.replace("error_budget: 0.01", "error_budget: 0"), events: hour(40) });

  expect(rowOf(decision, "burn_page:checkout")).toMatchObject({
    standing: "excluded",
    reasons: ["no budget to burn: 40 of 40 were bad"],
  });
  expect(decision.verdict).toBe("GO");
});

test("SLO-01 SLO-03 the reports name each metric's stage and limits, the worst of them, and the entries that the history gets", () => {
  const evaluation = evaluated({ smoke: [...many(19, "success"), "failure"], dx: { docs_parity_score: 0.975 } });
  const reports = exported(POLICY.text, evaluation);

  expect(reports).toMatchObject({
    critical_ci_trend_slo_v1: {
      contract: "critical_ci_trend_slo_v1",
      generated_at: "2026-07-20T10:00:00.000Z",
      status: "passed",
      slo_status: "soft_fail",
      breaches: ["ci_pass_rate:smoke"],
      policy_version: "2.0.0",
      policy_digest: `sha256:${POLICY.digest}`,
    },
    dx_metrics_slo_v1: {
      status: "passed",
      slo_status: "warn",
      breaches: [],
      warnings: ["dx_docs_parity"],
      metrics: [
        { metric: "dx_ttfs_seconds", stage: "ok", value: "200", samples: 1, thresholds: { warn: 225, hard_fail: 250 } },
        { metric: "dx_docs_parity", stage: "warn", value: "975/1000" },
        { metric: "dx_check_pass_ratio", stage: "ok", value: "5/5" },
      ],
    },
  });
  expect(reports).toHaveProperty(
    "history",
    expect.arrayContaining([
      {
        evaluated_at: "2026-07-20T10:00:00.000Z",
        commit: "c1",
        branch: "main",
        policy_version: "2.0.0",
        metric: "ci_pass_rate:smoke",
        value: "19/20",
        stage: "soft_fail",
        run_id: "r9",
      },
    ]),
  );
});

test("SLO-01 a metric without a value leaves its report unverified, never ok", () => {
  const reports = exported(POLICY.text, evaluated({ dx: { docs_parity_score: null } }));

  expect(reports).toMatchObject({ dx_metrics_slo_v1: { status: "unverified", slo_status: "unverified" } });
});
