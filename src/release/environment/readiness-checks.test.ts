import { describe, expect, test } from "vitest";
import { assert, digestOf, instant, type JsonObject, sha256Hex } from "../../contracts/index.ts";
import { DERIVATIONS, evaluateFiles, parsePolicy } from "../../gate/index.ts";
import { packetJson, parsePacket } from "../packet/packet.ts";
import type { Environment } from "./environment.ts";
import { type JudgedGate, judgedGate } from "./judged-gates.ts";
import {
  gateContractProblem,
  readinessContractProblem,
  readinessStatusProblem,
  readinessTargetProblem,
} from "./readiness-checks.ts";

const NOW = instant(Date.UTC(2026, 6, 20, 10));

/** The release gate's two rows about what is ready to be promoted. */
const GATE = `
id: release-readiness
version: 1.0.0
engine: 1
derive: { fn: release_readiness, version: 1 }
rows: { check: { check: string, outcome: string, detail: string } }
sources: [R18]
validity_seconds: 86400
params: { report_max_age_hours: 24, fresh_report_max_age_hours: 24 }
metrics:
  - { id: passed, kind: ratio, from: check, by_gate: check, good: $.outcome == 'pass', unknown: $.outcome == 'unknown', not_applicable: $.outcome == 'not_applicable', tell: detail }
gates:
  - { id: promotion_readiness_report_present, metric: passed, limit: 1, needs: [R18], remedy: "make R18" }
  - { id: promotion_readiness_status_passed, metric: passed, limit: 1, needs: [R18], remedy: "make it ready" }
profiles: { promotion: {}, strict: {} }
`;

const READY: JsonObject = {
  dev_to_staging: { ready: true },
  staging_to_prod: { automated_ready: true, ready: true },
};

interface Given {
  readonly target?: string;
  readonly environments?: JsonObject;
  readonly contract?: string;
}

function report({ environments = READY, contract = "policy_promotion_readiness_v2" }: Given): string {
  const document = {
    contract,
    schema_version: "2.0",
    generated_at: "2026-07-20T09:00:00Z",
    subject: { commit: "c0ffee", registry_ref: "r1", policy_digest: "p" },
    producer: { job_id: "runtime_canary" },
    completeness: { expected: 6, executed: 6 },
    status: "passed",
    environments,
  };
  return JSON.stringify({ ...document, digest: `sha256:${digestOf(document)}` });
}

/** What a promotion sees of a release gate that decided so. */
function judged(given: Given): JudgedGate {
  const policy = parsePolicy(GATE);
  assert(policy.ok, "the policy is one");
  const context = {
    context: {
      event: given.target === undefined ? "push" : "promotion",
      branch: "main",
      is_release_branch: true,
      commit: "c0ffee",
      registry_ref: "r1",
      run_id: "run-100",
      run_url: "",
      ...(given.target === undefined ? {} : { target_environment: given.target }),
    },
    policy: { digest: "p", approved_digest: "p" },
  };
  const evidence = [
    { name: "context.json", text: JSON.stringify(context) },
    { name: "R18.json", text: report(given) },
  ];
  const asked = { profile: given.target === undefined ? "strict" : "promotion", decidedAt: NOW, waivers: null };
  const evaluated = evaluateFiles({ ...asked, policy: policy.value, files: evidence }, DERIVATIONS);
  assert(evaluated.ok, "it is decided");
  const { decision } = evaluated.value;
  const row = { evaluation_id: "e1", policy_id: "release-readiness", decision_sha256: decision.digest };
  return judgedGate(row, parsePacket(packetJson({ ...asked, policy: GATE, evidence, decision })));
}

const codesOf = (to: Environment, given: Given) => {
  const facts = { to, gates: [judged(given)] };
  return [readinessContractProblem, readinessStatusProblem, readinessTargetProblem].flatMap((problemOf) => {
    const found = problemOf(facts);
    return found === null ? [] : ["code" in found ? found.code : found.notAsked];
  });
};

const CONTRACT = "PROMOTION_READINESS_CONTRACT_VALID";
const STATUS = "PROMOTION_READINESS_STATUS_PASSED";
const TARGET = "PROMOTION_READINESS_ALLOWS_TARGET_ENV";

describe("PRM-03: what the release gate saw of R18 carries a bundle exactly as far as it decided for", () => {
  test("it is asked for the way that the bundle goes, and answers for that alone", () => {
    expect(codesOf("staging", { target: "staging" })).toEqual([]);
    expect(codesOf("prod", { target: "prod" })).toEqual([]);
    expect(codesOf("prod", { target: "staging" })).toEqual([TARGET]);
    expect(codesOf("staging", { target: "prod" })).toEqual([TARGET]);
  });

  test("a decision for no environment knows the way to staging, and of prod only what needs no people", () => {
    expect(codesOf("staging", {})).toEqual([]);
    expect(codesOf("prod", {})).toEqual([TARGET]);
  });

  test("a way that is not ready is not gone, though the other is", () => {
    const environments = { ...READY, staging_to_prod: { automated_ready: true, ready: false } };

    expect(codesOf("prod", { target: "prod", environments })).toEqual([STATUS]);
    expect(codesOf("staging", { target: "staging", environments })).toEqual([]);
  });

  test("a report of another contract is none, and nothing follows from it", () => {
    expect(codesOf("prod", { target: "prod", contract: "policy_promotion_readiness_v1" })).toEqual([CONTRACT, STATUS]);
  });

  test("dev asks for none, and neither does a bundle about which no release gate decided", () => {
    expect(codesOf("dev", { target: "prod" })).toEqual(Array(3).fill("dev asks for no release gate"));
    expect(readinessStatusProblem({ to: "prod", gates: [] })).toEqual({ notAsked: "no release gate decided about it" });
  });
});

test("PRM-04 release_gate_contract_valid: what is stored of a decision is the one that was recorded", () => {
  const row = { evaluation_id: "e1", policy_id: "slo", decision_sha256: sha256Hex("decision") };
  const stored = judgedGate(row, parsePacket("no packet"));

  expect(gateContractProblem({ gates: [judged({})] })).toBeNull();
  expect(gateContractProblem({ gates: [judged({}), stored] })).toMatchObject({ code: "RELEASE_GATE_CONTRACT_VALID" });
  expect(gateContractProblem({ gates: [] })).toEqual({ notAsked: "no decision about it is recorded" });
});
