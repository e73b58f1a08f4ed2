import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assert, instant, isJsonObject, type JsonObject } from "../../contracts/index.ts";
import type { Decision } from "../decision.ts";
import { DERIVATIONS } from "../derivations.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { exported } from "../exports.ts";
import { EVALUATED_AT, evaluated, POLICY_TEXT, policyOf, type ReleaseGiven } from "../readiness/testing/release.ts";
import { DONE_CRITERIA } from "./phases.ts";

const POLICY = policyOf(readFileSync("policies/completion-claim.yaml", "utf8"));
const MINUTE = 60_000;

/** The release gate's report of a run, the later the higher its number. */
function reportOf(run: number, given: ReleaseGiven = {}): JsonObject {
  const at = instant(EVALUATED_AT - (10 - run) * MINUTE);
  const evaluation = evaluated({ ...given, at, context: { run_id: `run-${run}`, ...given.context } });
  const report = exported(policyOf(POLICY_TEXT).text, evaluation);
  assert(isJsonObject(report), "the gate's report is an object");
  return report;
}

/** A release whose trend failed hard, and which a waiver let through. */
const WAIVED: ReleaseGiven = {
  reports: {
    R27: { slo_status: "hard_fail", metrics: [{ metric: "ci_pass_rate:runtime_canary", stage: "hard_fail" }] },
  },
  waivers: [
    {
      waiver_id: "W-2026-0001",
      check_id: "trend_slo_status",
      reason: "one flaky runner, replaced on Monday",
      remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-07-22T10:00:00Z" },
      requested_by: "dave",
      created_at: "2026-07-19T10:00:00Z",
      approvals: [{ approver: "ann", role: "operator", approved_at: "2026-07-19T12:00:00Z", method: "key" }],
      expires_at: "2026-07-24T10:00:00Z",
      scope: { branches: ["main"], environments: ["dev"], profiles: ["strict"] },
    },
  ],
};

const RUNS = [1, 2, 3, 4, 5].map((run) => reportOf(run));

/** Phases whose every criterion is proven by a report that the gate decided on. */
function phases(digest: unknown = digestIn(RUNS.at(-1))): JsonObject {
  return Object.fromEntries(
    Object.entries(DONE_CRITERIA).map(([phase, criteria]) => [
      phase,
      Object.fromEntries(criteria.map((criterion) => [criterion, [String(digest)]])),
    ]),
  );
}

function digestIn(report: JsonObject | undefined): unknown {
  const { inputs } = report ?? {};
  const reports = inputs !== undefined && isJsonObject(inputs) ? inputs.reports : undefined;
  return reports !== undefined && isJsonObject(reports) ? reports.R01 : undefined;
}

function claimed(reports: readonly JsonObject[], stated: JsonObject | null = phases()): Decision {
  const files = [
    ...reports.map((report, index) => ({ name: `gate-${index}.json`, text: JSON.stringify(report) })),
    ...(stated === null ? [] : [{ name: "phases.json", text: JSON.stringify(stated) }]),
  ];
  const input = { policy: POLICY, profile: null, files, decidedAt: EVALUATED_AT, waivers: null };
  const decided = evaluateFiles(input, DERIVATIONS);
  assert(decided.ok, "the claim is decided");
  return decided.value.decision;
}

const RELEASED = { verdict: "GO", blocked_by: [] };

test("GEX-05: everything is done after five runs of the release branch in a row that say go, in whatever order they come", () => {
  expect(claimed(RUNS)).toMatchObject(RELEASED);
  expect(claimed(RUNS.toReversed())).toMatchObject(RELEASED);
  expect(claimed(RUNS.slice(1))).toMatchObject({ verdict: "NO-GO", cause: "missing", blocked_by: ["GEC-3"] });
});

test("GEX-05: a run that said no-go is forgotten after five that say go, and pull requests count for nothing", () => {
  const failed = reportOf(0, { jobs: { contracts: "skipped" } });
  const between = reportOf(4, { jobs: { contracts: "skipped" }, context: { run_id: "run-4b" } });
  const pull = reportOf(5, { profile: "transitional", context: { event: "pull_request", run_id: "run-9" } });

  expect(claimed([failed, ...RUNS])).toMatchObject(RELEASED);
  expect(claimed([...RUNS, pull])).toMatchObject(RELEASED);
  expect(claimed([...RUNS, between])).toMatchObject({ verdict: "NO-GO", cause: "failed", blocked_by: ["GEC-3"] });
});

test("W50 GEX-02: a release that a waiver let into dev is permitted, and the claim that everything is done is refused", () => {
  const waived = reportOf(6, WAIVED);

  expect(waived).toMatchObject({ decision: "conditional-go", summary: { waived: 1 } });
  expect(claimed([...RUNS, waived])).toMatchObject({
    verdict: "NO-GO",
    cause: "failed",
    blocked_by: ["GEC-3", "GEC-4"],
  });
});

describe("each criterion alone refuses the claim", () => {
  const last = (given: ReleaseGiven) => [...RUNS, reportOf(6, given)];

  test.each<[string, () => Decision, readonly string[]]>([
    ["a phase without evidence", () => claimed(RUNS, { ...phases(), B: {} }), ["GEC-1"]],
    ["no phases at all", () => claimed(RUNS, null), ["GEC-1", "GEC-2"]],
    ["evidence that the gate did not decide on", () => claimed(RUNS, phases("sha256:other")), ["GEC-1", "GEC-2"]],
    [
      "a last phase that is not done",
      () => claimed(RUNS, { ...phases(), F: { ...Object(phases().F), rollback_in_one_run: [] } }),
      ["GEC-2"],
    ],
    ["use cases without evidence", () => claimed(last({ document: { use_cases: null } })), ["GEC-3", "GEC-4", "GEC-6"]],
    [
      "branch rules that fail",
      () => claimed(last({ reports: { R22: { status: "failed" } } })),
      ["GEC-3", "GEC-4", "GEC-5"],
    ],
    [
      "a report that was altered",
      () => claimed([...RUNS, { ...reportOf(6), decision: "go", status: "failed" }]),
      ["reports_load"],
    ],
  ])("%s", (_, claim, blocked_by) => {
    expect(claim()).toMatchObject({ verdict: "NO-GO", blocked_by });
  });

  test("without a report of the release gate nothing is decided", () => {
    const input = { policy: POLICY, profile: null, files: [], decidedAt: EVALUATED_AT, waivers: null };

    expect(evaluateFiles(input, DERIVATIONS)).toMatchObject({ refusal: { code: "GATE_EVIDENCE_MISSING" } });
  });
});
