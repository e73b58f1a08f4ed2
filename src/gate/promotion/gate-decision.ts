import type { Digest } from "../../contracts/index.ts";
import { redactText } from "../../ledger/index.ts";
import type { GateRow } from "../decision.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import type { EvidenceSet } from "../unit.ts";
import { CONTRACT_VERSION } from "./gate-input.ts";
import { type PromotionStatus, type SubstrateStatus, substrateOf } from "./promotion-status.ts";
import { codesOf, outcomeNote, promotionVerdict, reasonCodes } from "./promotion-verdict.ts";
import type { TraceRef } from "./trace.ts";

/** Whether a run's result may advance, with the members that its readers know (`gate.decision`). */
export interface GateDecision {
  readonly version: string;
  readonly run_id: string;
  readonly task_id: string;
  readonly status: PromotionStatus;
  readonly substrate_status: SubstrateStatus;
  readonly reason_codes: readonly string[];
  readonly confidence: number;
  readonly risk_score: number;
  readonly notes: readonly string[];
  readonly telemetry_ref: TraceRef;
  /** Of the document that the gate looked at, byte by byte. */
  readonly inputs_digest: Digest;
}

/** A decision of the policy `promotion` as its readers know it. The first gate that is missed says why. */
export function gateDecision(evaluation: FileEvaluation): GateDecision {
  const { decision, evidence } = evaluation;
  const verdict = promotionVerdict(decision);
  const { status, blocking } = verdict;
  const [first] = blocking;
  const waived = decision.waivers.applied.length > 0 ? ["POLICY.OVERRIDE_USED"] : [];
  const run = evidence.units.run?.[0]?.columns;
  return {
    version: CONTRACT_VERSION,
    run_id: String(run?.run_id ?? ""),
    task_id: String(run?.task_id ?? ""),
    status,
    substrate_status: substrateOf(status),
    reason_codes: reasonCodes(status, [...(first === undefined ? [] : codesOf(first, evaluation)), ...waived]),
    ...weightOf(status, first, hintOf(evidence)),
    notes: [outcomeNote(verdict), `trace_source=${String(run?.trace_source)}`, ...verifyNotes(evidence)],
    telemetry_ref: { trace_id_hex: String(run?.trace_id_hex), span_id_hex: String(run?.span_id_hex) },
    inputs_digest: evidence.digest,
  };
}

type Weight = Pick<GateDecision, "confidence" | "risk_score">;

/** The highest risk that the results hint at. */
const hintOf = ({ units }: EvidenceSet): number =>
  Math.max(0, ...(units.result ?? []).map(({ columns }) => Number(columns.hint)));

/** Of an approval, however small the hints are. */
const RISK_MIN = 20;

function weightOf(status: PromotionStatus, first: GateRow | undefined, hint: number): Weight {
  switch (status) {
    case "APPROVE":
      return { confidence: 0.9, risk_score: Math.max(RISK_MIN, hint) };
    case "NEEDS_HUMAN":
      return { confidence: 0.7, risk_score: hint };
    case "REJECT":
      return first?.id === "results_passed"
        ? { confidence: 0.95, risk_score: 85 }
        : { confidence: 0.98, risk_score: 95 };
  }
}

/** Characters of the command's output that a decision quotes. */
const OUTPUT_CHARACTERS_MAX = 4000;

function verifyNotes({ units }: EvidenceSet): readonly string[] {
  const verify = units.verify?.[0]?.columns;
  if (typeof verify?.exit_code !== "number") return [];
  const output = redactText(String(verify.output)).slice(0, OUTPUT_CHARACTERS_MAX);
  return [`verify_rc=${verify.exit_code}`, `verify_output=${output}`];
}
