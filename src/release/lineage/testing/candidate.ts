import { assert, formatInstant, type Instant, instant, sha256Hex } from "../../../contracts/index.ts";
import { DERIVATIONS, type EvaluationRow, type EvidenceFile, evaluateFiles, parsePolicy } from "../../../gate/index.ts";
import { builtOf, COMMIT, NOW, RELEASE_KEY } from "../../bundle/testing/shop.ts";
import { buildLineage } from "../build.ts";
import { type RecordedMove, releasedTraces } from "../deployments.ts";
import type { LineageFacts } from "../facts.ts";
import { decisionId, type Judged } from "../judged.ts";
import { type Stage, sha256 } from "../model.ts";
import { traceCandidate } from "../trace.ts";

export const POLICY = `id: slo
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean }, proof: { good: boolean } }
validity_seconds: 3600
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: proven, kind: ratio, from: proof, good: $.good == true }
gates:
  - { id: correctness, metric: correct, limit: 0.9, waivable: true, severity: high, remedy: look at the failing runs }
  - { id: speed, metric: correct, limit: 0.5, severity: high, remedy: look at the slow runs }
  - { id: attested, metric: correct, limit: 2, severity: high, excused_by: { gate: proof, statuses: [FAIL] }, remedy: look }
  - { id: proof, metric: proven, limit: 1, severity: high, remedy: prove it }
waivers: { approvals: 1, ttl_seconds: 604800, consecutive_max: 2, waived_seconds_max: 2592000, waived_seconds_within: 7776000 }
profiles: { standard: { budget: { waived: 1, medium: 1 }, conditions: any } }
`;

export const AT = NOW;

const later = (seconds: number): Instant => instant(AT + seconds * 1_000);
const WAIVER = {
  waiver_id: "W-2026-0001",
  check_id: "correctness",
  reason: "a provider is down until tonight, and we know it",
  remediation: { issue_ref: "SHOP-1", owner: "olga", due_at: formatInstant(later(3_600)) },
  requested_by: "rosa",
  created_at: formatInstant(later(-3_600)),
  approvals: [
    { approver: "olga", role: "release_owner", approved_at: formatInstant(later(-1_800)), method: "console" },
  ],
  expires_at: formatInstant(later(3_600)),
  scope: { branches: ["main"], environments: ["staging", "prod"], profiles: ["standard"] },
};
/** One that is needed, and one whose gate there is no more. */
const WAIVERS = JSON.stringify({
  contract: "release_exceptions_v2",
  exceptions: [WAIVER, { ...WAIVER, waiver_id: "W-2026-0009", check_id: "latency" }],
});

const FILES: readonly EvidenceFile[] = [
  {
    name: "runs.ndjson",
    text: ["a", "b", "c", "d"]
      .map((id) => JSON.stringify({ kind: "run", id, columns: { good: id !== "a" } }))
      .join("\n"),
  },
  { name: "proof.ndjson", text: JSON.stringify({ kind: "proof", id: "p", columns: { good: true } }) },
];

export const BUNDLE = builtOf();

const EVALUATION = "0198c3f0-0000-7000-8000-000000000001";
const CANARY = "0198c3f0-0000-7000-8000-000000000002";

/** A policy's decision as it was recorded: one check passes, one is waived, one is let through for a person's proof. */
function judgedOf(): Judged {
  const policy = parsePolicy(POLICY);
  assert(policy.ok, "the test's policy is one");
  const place = { branch: "main", environment: "staging", commit: COMMIT, bundle_digest: null };
  const roster = { olga: ["release_owner"], rosa: [] };
  const waivers = { source: WAIVERS, roster, place, history: [] };
  const input = { policy: policy.value, profile: "standard", files: FILES, decidedAt: AT, waivers };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  assert(evaluated.ok, "the test's evidence is decided on");
  const packet = sha256Hex("packet");
  return {
    scope: "slo.",
    name: "slo",
    policy: policy.value,
    profile: "standard",
    files: FILES,
    decidedAt: AT,
    commit: COMMIT,
    policyDigest: policy.value.digest,
    decided: {
      decision: evaluated.value.decision,
      isDecidedAgain: true,
      evaluationId: EVALUATION,
      source: "imported",
      recordedBy: "olga",
      recordedAt: formatInstant(AT),
      commit: COMMIT,
      packet: { recorded: packet, stored: packet },
      waivers: WAIVERS,
    },
  };
}

const { manifest } = BUNDLE;
const held = { bundle_id: manifest.bundle_id, root_digest: manifest.root_digest };

/** A bundle that came into every environment, was replaced in production, and came back. */
const movesOf = (judged: Judged): readonly RecordedMove[] => {
  const decision = judged.decided?.decision.digest ?? "";
  const evaluations = [
    { evaluation_id: EVALUATION, policy_id: "slo", profile: null, verdict: "GO", decision_sha256: decision },
  ];
  const move = (other: Partial<RecordedMove> & Pick<RecordedMove, "environment" | "seq" | "at">): RecordedMove => ({
    type: "environment.promoted",
    actor: "olga",
    hash: sha256Hex(`${other.environment} ${other.seq}`),
    payload: {},
    ...other,
  });
  return [
    move({ environment: "dev", seq: 1, at: later(1), payload: { ...held, source_environment: null } }),
    move({
      environment: "staging",
      seq: 1,
      at: later(2),
      payload: { ...held, source_environment: "dev", evaluations },
    }),
    move({
      environment: "prod",
      seq: 1,
      at: later(3),
      payload: { ...held, source_environment: "staging", evaluations },
    }),
    move({ environment: "prod", seq: 2, at: later(4), payload: { bundle_id: "other", root_digest: "0".repeat(64) } }),
    move({
      environment: "prod",
      seq: 3,
      at: later(5),
      type: "environment.rolled_back",
      payload: { ...held, reason: "refunds fail" },
    }),
  ];
};

const canaryOf = (judged: Judged): EvaluationRow => ({
  evaluation_id: CANARY,
  policy_id: "canary",
  policy_version: "1.0.0",
  policy_sha256: sha256Hex("canary"),
  profile: null,
  subject: manifest.root_digest,
  source: "ledger",
  verdict: "GO",
  waivers: [],
  cause: null,
  decision_sha256: sha256Hex("canary decision"),
  evidence_sha256: sha256Hex("canary evidence"),
  packet_sha256: sha256Hex("canary packet"),
  decided_at: later(6),
  valid_until: later(3_606),
  recorded_at: later(6),
  recorded_by: judged.decided?.recordedBy ?? "",
});

/** Everything that is known of a candidate in whose lineage nothing is missing. */
export function factsOf(change: (judged: Judged) => Judged = (same) => same): LineageFacts {
  const judged = change(judgedOf());
  return traceCandidate({
    candidate: {
      commit: COMMIT,
      branch: "main",
      registry_ref: "shop@1.0.0",
      policy_digest: sha256(judged.policyDigest),
      bundle_digest: sha256(manifest.root_digest),
    },
    repository: "shop",
    ref: COMMIT,
    judged: [judged],
    unheard: [],
    parts: [{ id: "input.pack.shop", type: "input", version: "1.0.0", digest: sha256(manifest.pack.digest) }],
    released: releasedTraces({
      manifest,
      keyId: RELEASE_KEY.keyId,
      files: [],
      moves: movesOf(judged),
      evaluations: [canaryOf(judged)],
      decisions: new Map([[EVALUATION, decisionId(judged)]]),
    }),
    releasedAt: formatInstant(later(5)),
    carried: null,
  });
}

export const lineageAt = (stage: Stage, facts = factsOf()) => buildLineage(facts, stage);
