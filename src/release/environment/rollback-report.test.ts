import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assert, instant, sha256Hex } from "../../contracts/index.ts";
import { DERIVATIONS, type Decision, evaluateFiles, ledgerEvidence, parsePolicy } from "../../gate/index.ts";
import { builtOf, NOW } from "../bundle/testing/shop.ts";
import type { EvaluationFact } from "./promotion.ts";
import { gateWord, rollbackReport } from "./rollback-report.ts";

const SLO = sha256Hex("slo");
const { manifest } = builtOf({ policies: [{ id: "slo", version: "1.0.0", digest: SLO }] });

const said = (verdict: "GO" | "NO-GO", other: Partial<EvaluationFact> = {}): EvaluationFact => ({
  evaluation_id: "e1",
  policy_id: "slo",
  policy_sha256: SLO,
  profile: null,
  verdict,
  cause: verdict === "GO" ? null : "failed",
  decision_sha256: sha256Hex("decision"),
  decided_at: instant(NOW - 1_000),
  valid_until: instant(NOW - 1),
  waivers: [],
  replaces: [],
  ...other,
});

/** What the policy of canaries says of that many runs that ended so. */
function ran(outcome: string, count: number): Decision {
  const policy = parsePolicy(readFileSync(new URL("../../../policies/canary.yaml", import.meta.url), "utf8"));
  assert(policy.ok, "the policy of canaries can be read");
  const runs = Array.from({ length: count }, (_, index) => ({
    run_id: `r${index}`,
    workflow_id: "W",
    pack_id: "p",
    pack_digest: "d",
    channel: "prod_traffic",
    outcome,
    code: null,
    cost_micros: 0,
    started_at: instant(NOW - 2_000),
    ended_at: instant(NOW - 2_000),
  }));
  const files = ledgerEvidence(runs, []);
  const decided = evaluateFiles(
    { policy: policy.value, profile: null, files, decidedAt: NOW, waivers: null },
    DERIVATIONS,
  );
  assert(decided.ok, "runs can be judged");
  return decided.value.decision;
}

const reported = (gate: "go" | "no-go" | "unverified", decision: Decision | null, isServed = true) =>
  rollbackReport(
    {
      environment: "prod",
      from: "bad",
      manifest,
      verification: { ok: true, verified_files: 2 },
      selectionRule: "last_known_good",
      isServed,
      reason: "refunds fail",
      incidentRef: "INC-7",
      by: "olga",
      startedAt: NOW,
      switchedAt: instant(NOW + 500),
    },
    {
      gate,
      evaluated: decision === null ? null : { decision, evaluationId: "e" },
      finishedAt: instant(NOW + 1_500),
    },
  );

describe("RBK-04: the gate has to say GO after a rollback", () => {
  test("the last word of each policy counts, whatever its age; a profile of another environment is none", () => {
    expect(gateWord(manifest, "prod", [said("GO")])).toBe("go");
    expect(gateWord(manifest, "prod", [said("GO"), said("NO-GO", { decided_at: NOW })])).toBe("no-go");
    expect(gateWord(manifest, "prod", [said("NO-GO"), said("GO", { decided_at: NOW })])).toBe("go");
    expect(gateWord(manifest, "prod", [said("GO", { profile: "staging" })])).toBe("unverified");
    expect(gateWord({ policies: [] }, "prod", [])).toBe("go");
  });

  test("W49: a gate that says no, or nothing, leaves the rollback incomplete, and so do runs that fail on it", () => {
    expect(reported("go", ran("SUCCESS", 5)).status).toBe("passed");
    expect(reported("no-go", ran("SUCCESS", 5)).status).toBe("rollback_incomplete");
    expect(reported("unverified", ran("SUCCESS", 5)).status).toBe("rollback_incomplete");
    expect(reported("go", ran("UNEXPECTED_FAILURE", 5))).toMatchObject({
      status: "rollback_incomplete",
      canary: { status: "failed" },
    });
    expect(reported("go", null)).toMatchObject({ status: "rollback_incomplete", canary: { suites: [] } });
  });

  test("PRM-05: a canary that nothing ran on, or too little, is unverified and does not pass; a GO of the gate does not make up for it", () => {
    const incomplete = { status: "rollback_incomplete", canary: { status: "unverified" } };

    expect([0, 2].map((count) => reported("go", ran("SUCCESS", count)))).toMatchObject([incomplete, incomplete]);
    expect(reported("go", ran("SUCCESS", 3))).toMatchObject({ status: "passed", canary: { status: "passed" } });
  });

  test("where no new run starts on what was put back nobody waits for runs, and those that failed count all the same", () => {
    expect(reported("go", ran("SUCCESS", 0), false)).toMatchObject({
      status: "passed",
      canary: { status: "not_applicable" },
    });
    expect(reported("go", ran("UNEXPECTED_FAILURE", 1), false)).toMatchObject({ status: "rollback_incomplete" });
    expect(reported("unverified", ran("SUCCESS", 0), false)).toMatchObject({ status: "rollback_incomplete" });
    expect(reported("go", null, false)).toMatchObject({ status: "rollback_incomplete" });
  });
});

test("RBK-05: the report has exactly the fields of release_bundle_rollback_v1", () => {
  const report = reported("go", ran("SUCCESS", 5));

  expect(Object.keys(report)).toEqual([
    "contract",
    "environment",
    "from_bundle_id",
    "to_bundle_id",
    "selection_rule",
    "reason",
    "incident_ref",
    "operator",
    "started_at",
    "switched_at",
    "finished_at",
    "duration_s",
    "verification",
    "compatibility",
    "canary",
    "gate_decision",
    "status",
    "lineage_digest",
  ]);
  expect(report).toMatchObject({
    contract: "release_bundle_rollback_v1",
    selection_rule: "last_known_good",
    duration_s: 1.5,
    canary: { suites: [{ suite: "canary", evaluation_id: "e" }], status: "passed" },
  });
});
