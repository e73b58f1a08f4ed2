import { assert, type Instant, type JsonObject, sha256Hex } from "../../../contracts/index.ts";
import { DERIVATIONS } from "../../derivations.ts";
import { evaluateFiles, type FileEvaluation } from "../../evaluate-files.ts";
import type { WaiverInput } from "../../waiver-rules.ts";
import { type PromotionDecision, promotionDecision } from "../promotion-decision.ts";
import { DECIDED_AT, policyIn } from "./gate.ts";

export const PROMOTION_POLICY = policyIn("promotion-decision.yaml");

const WORDS: { readonly [status: string]: string } = { APPROVE: "PROMOTE", REJECT: "DENY", NEEDS_HUMAN: "STOP" };
const CODES: { readonly [status: string]: readonly string[] } = {
  APPROVE: [],
  REJECT: ["VERIFY.TEST_FAILURE"],
  NEEDS_HUMAN: ["POLICY.NEEDS_HUMAN", "POLICY.RISK_THRESHOLD"],
};

export const TRACE = { trace_id_hex: "b7301565972a696944cbf0a45990bdd4", span_id_hex: "b78e8e779231dc6c" };

export const gateOf = (status: string, parts: JsonObject = {}): JsonObject => ({
  version: "0.2.0",
  run_id: "pkt-dome-demo-0001",
  task_id: "wave-gate",
  status,
  substrate_status: WORDS[status] ?? "PROMOTE",
  reason_codes: CODES[status] ?? [],
  confidence: 0.9,
  risk_score: 20,
  notes: [],
  telemetry_ref: TRACE,
  ...parts,
});

/** Nothing that stands against a promotion. */
export const besideOf = (parts: JsonObject = {}): JsonObject => ({
  run_id: "pkt-dome-demo-0001",
  requester: "ann",
  evidence: [],
  dead_letters: [],
  alerts: [],
  runs: { valid: 10_000, good: 9_990 },
  approvers: ["ann", "ben"],
  ...parts,
});

export const overrideFor = (gate: JsonObject, parts: JsonObject = {}): JsonObject => ({
  override_id: "ov-1",
  run_id: "pkt-dome-demo-0001",
  approver: "ben",
  reason: "looked at every change by hand",
  policy_basis: "release handbook 4.2",
  expires_at: "2026-03-10T02:00:00Z",
  recorded_at: "2026-03-09T01:00:00Z",
  gate_decision_sha256: sha256Hex(JSON.stringify(gate)),
  ...parts,
});

/** The documents of a promotion; undefined for one that is not there. */
export interface PromotionDocuments {
  readonly gate?: JsonObject | string | undefined;
  readonly beside?: JsonObject | string | undefined;
  readonly override?: JsonObject | string | undefined;
}

export interface Promoted {
  readonly evaluation: FileEvaluation;
  readonly promotion: PromotionDecision;
}

export function promoted(
  documents: PromotionDocuments,
  {
    decidedAt = DECIDED_AT,
    waivers = null,
  }: { readonly decidedAt?: Instant; readonly waivers?: WaiverInput | null } = {},
): Promoted {
  const { gate, override } = documents;
  const beside = "beside" in documents ? documents.beside : besideOf();
  const files = [
    ["gate.decision.json", gate],
    ["promotion.input.json", beside],
    ["override.json", override],
  ] as const;
  const input = {
    policy: PROMOTION_POLICY,
    profile: null,
    files: files.flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, text: typeof value === "string" ? value : JSON.stringify(value) }],
    ),
    decidedAt,
    waivers,
  };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  assert(evaluated.ok, evaluated.ok ? "" : evaluated.refusal.message);
  return { evaluation: evaluated.value, promotion: promotionDecision(evaluated.value) };
}
