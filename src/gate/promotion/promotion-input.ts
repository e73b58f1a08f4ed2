import { z } from "zod";
import { ARTIFACT_CHAIN, chainProblems } from "./artifact-chain.ts";
import { ARTIFACT_HASH, hashProblems } from "./artifact-hash.ts";
import { CONTRACT_VERSION, codeProblems, RUN_ID, versionProblems } from "./gate-input.ts";
import type { Problem } from "./problem.ts";
import { PROMOTION_STATUS, parseSubstrate } from "./promotion-status.ts";
import { isPlaceholder, TRACE_REF } from "./trace.ts";

const code = z.string().min(1);

/** A gate decision as a promotion reads it. */
export const GATE_DECISION = z.strictObject({
  version: z.string(),
  run_id: RUN_ID,
  task_id: z.string().min(1),
  status: PROMOTION_STATUS,
  substrate_status: z.string(),
  reason_codes: z.array(code),
  confidence: z.number().min(0).max(1),
  risk_score: z.int().min(0).max(100),
  notes: z.array(z.string()).default([]),
  telemetry_ref: TRACE_REF,
  inputs_digest: z.string().optional(),
});
export type GateDocument = z.infer<typeof GATE_DECISION>;

/** Where a release stands when it asks to go on. */
export const STAGES = ["candidate", "canary", "partial", "full"] as const;

/** What a promotion looks at beside the gate decision. */
export const PROMOTION_INPUT = z
  .strictObject({
    version: z.string().default(CONTRACT_VERSION),
    run_id: RUN_ID,
    requester: z.string().min(1),
    stage: z.enum(STAGES).optional(),
    evidence: z.array(ARTIFACT_HASH),
    /** Over what the run has written so far. */
    chain: ARTIFACT_CHAIN.optional(),
    /** Tasks whose dead letters nobody has settled. */
    dead_letters: z.array(z.string().min(1)),
    /** Codes of alerts that stand. */
    alerts: z.array(code),
    /** Of the calendar month. */
    runs: z.strictObject({ valid: z.int().nonnegative(), good: z.int().nonnegative() }),
    /** Who may approve what needs a human; nobody where nobody is named. */
    approvers: z.array(z.string().min(1)).default([]),
    overrides_used: z.array(z.string()).default([]),
  })
  .refine(({ runs }) => runs.good <= runs.valid, "there are more good runs than valid ones");
export type PromotionInputDocument = z.infer<typeof PROMOTION_INPUT>;

/** What keeps a gate decision that can be read from being one. */
export const gateProblems = (gate: GateDocument): readonly Problem[] => [
  ...versionProblems("gate.decision", gate.version),
  ...(parseSubstrate(gate.substrate_status) === gate.status
    ? []
    : [schema(`\`${gate.substrate_status}\` is not what ${gate.status} is called in the substrate`)]),
  ...(gate.status !== "APPROVE" && gate.reason_codes.length === 0 ? [schema(`${gate.status} states no code`)] : []),
  ...(isPlaceholder(gate.telemetry_ref)
    ? [{ code: "EVIDENCE.TRACE_REF_MISSING", about: "gate.decision", detail: "zeros are no trace" }]
    : []),
  ...gate.reason_codes.flatMap((one) => codeProblems("gate.decision", one)),
];

const schema = (detail: string): Problem => ({ code: "CONTRACT.SCHEMA_INVALID", about: "gate.decision", detail });

/** What keeps the rest from being evidence, by itself or beside the gate decision. */
export const promotionProblems = (
  input: PromotionInputDocument,
  gate: GateDocument | undefined,
): readonly Problem[] => [
  ...versionProblems("promotion.input", input.version),
  ...(gate === undefined || gate.run_id === input.run_id
    ? []
    : [{ code: "STATE.AMBIGUOUS", about: "promotion.input", detail: `the gate decided about ${gate.run_id}` }]),
  ...hashProblems(input.evidence),
  ...(input.chain === undefined ? [] : chainProblems(input.chain, input.evidence)),
  ...input.alerts.flatMap((one) => codeProblems("alerts", one)),
];
