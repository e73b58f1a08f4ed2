import type { Json } from "../../contracts/index.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import type { EvidenceSet, Unit } from "../unit.ts";
import { CONTRACT_VERSION } from "./gate-input.ts";
import { overrideOf } from "./override.ts";
import type { PromotionStatus } from "./promotion-status.ts";
import { codesOf, outcomeNote, type PromotionVerdict, promotionVerdict, reasonCodes } from "./promotion-verdict.ts";
import type { TraceRef } from "./trace.ts";

/** Whether what a gate decided lets a run go on, with the members that its readers know (`promotion.decision`). */
export interface PromotionDecision {
  readonly version: string;
  readonly run_id: string;
  readonly decision: PromotionStatus;
  readonly reason_codes: readonly string[];
  readonly confidence: number;
  readonly risk_score: number;
  readonly notes: readonly string[];
  readonly gate_decision_ref: { readonly task_id: string; readonly telemetry_ref: TraceRef };
  /** Of the gate decision, byte by byte; of nothing where there is none. */
  readonly gate_decision_sha256: string;
  /** The approval that it rests on. */
  readonly override?: Json;
  readonly stage?: string;
}

/** A decision of the policy `promotion-decision` as its readers know it. */
export function promotionDecision(evaluation: FileEvaluation): PromotionDecision {
  const { decision, evidence } = evaluation;
  const verdict = promotionVerdict(decision);
  const isOverridden = verdict.status === "APPROVE" && decision.gates.some(({ standing }) => standing === "excused");
  const [offered] = evidence.units.override ?? [];
  const used = isOverridden ? offered : undefined;
  const run = evidence.units.run?.[0]?.columns;
  return {
    version: CONTRACT_VERSION,
    run_id: String(run?.run_id),
    decision: verdict.status,
    reason_codes: reasonCodes(verdict.status, codesFor(verdict, evaluation, isOverridden)),
    ...weightOf(evidence),
    notes: [outcomeNote(verdict), ...overrideNotes(offered, verdict.status, isOverridden), ...budgetNotes(evidence)],
    gate_decision_ref: {
      task_id: String(run?.task_id),
      telemetry_ref: { trace_id_hex: String(run?.trace_id_hex), span_id_hex: String(run?.span_id_hex) },
    },
    gate_decision_sha256: String(run?.gate_sha256),
    ...(used === undefined ? {} : { override: overrideOf(used) }),
    ...(typeof run?.stage === "string" ? { stage: run.stage } : {}),
  };
}

/** What the gate said crosses unchanged, unless a person answered it; then come the codes of what stands against it here. */
function codesFor(
  { status, blocking }: PromotionVerdict,
  evaluation: FileEvaluation,
  isOverridden: boolean,
): readonly string[] {
  const isWaived = status === "APPROVE" && evaluation.decision.waivers.applied.length > 0;
  if (isOverridden || isWaived) return ["POLICY.OVERRIDE_USED"];
  const gate = (evaluation.evidence.units.code ?? []).map(({ id }) => id);
  const standing = status === "REJECT" ? blocking.filter(({ waivable }) => !waivable) : blocking;
  return [...gate, ...standing.flatMap((row) => codesOf(row, evaluation))];
}

/** As the gate weighed it; where nothing can be read of that, as a gate weighs invalid evidence. */
function weightOf({ units }: EvidenceSet): Pick<PromotionDecision, "confidence" | "risk_score"> {
  const gate = units.gate?.[0]?.columns;
  return gate === undefined
    ? { confidence: 0.98, risk_score: 95 }
    : { confidence: Number(gate.confidence), risk_score: Number(gate.risk) };
}

function overrideNotes(offered: Unit | undefined, status: PromotionStatus, isOverridden: boolean): readonly string[] {
  if (offered === undefined) return [];
  const { valid, problem, approver } = offered.columns;
  if (isOverridden) return [`override_used=${offered.id} by ${String(approver)}`];
  if (valid !== true) return [`override_refused=${offered.id}: ${String(problem)}`];
  return status === "REJECT" ? [`override_refused=${offered.id}: what stands against it, nobody overrides`] : [];
}

function budgetNotes({ units }: EvidenceSet): readonly string[] {
  const month = units.month?.[0]?.columns;
  if (month === undefined) return [];
  const budget = `error_budget=${month.bad} bad of ${month.allowed} allowed, ${month.valid} valid`;
  return [month.low_volume === true ? `${budget}, low_volume` : budget];
}
