import { accepted, digestOf, type Instant, rejected, sha256Hex } from "../../contracts/index.ts";
import type { Derivation, EvidenceFile } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import type { EvidenceSet, Unit } from "../unit.ts";
import { errorBudget } from "./error-budget.ts";
import { OVERRIDE, type OverrideGround, overrideUnit } from "./override.ts";
import { problemUnits, type Read, readDocument, runNamedIn, stateOf, textsOf, timeless } from "./problem.ts";
import {
  GATE_DECISION,
  type GateDocument,
  gateProblems,
  PROMOTION_INPUT,
  type PromotionInputDocument,
  promotionProblems,
} from "./promotion-input.ts";
import { severityOfCode } from "./reason-codes.ts";
import { derivedTrace } from "./trace.ts";

const GATE = "gate.decision.json";
const INPUT = "promotion.input.json";
const OVERRIDE_FILE = "override.json";
const FILES: readonly string[] = [GATE, INPUT, OVERRIDE_FILE];

/**
 * The evidence of a promotion: `gate.decision.json`, `promotion.input.json` and, where a person approved what needs one,
 * `override.json`. One that is missing is evidence too. Refused with `GATE_EVIDENCE_MISSING` where none of them is there.
 */
export const PROMOTION_DECISION: Derivation = {
  fn: "promotion-decision",
  version: 1,
  isReproduced: false,
  derive: ({ files, decidedAt }) =>
    files.some(({ name }) => FILES.includes(name))
      ? accepted(derivePromotion(files, decidedAt))
      : rejected({ code: "GATE_EVIDENCE_MISSING", message: `there is no file \`${GATE}\`` }),
};

interface Documents {
  readonly gate: Read<GateDocument>;
  readonly input: Read<PromotionInputDocument>;
  readonly gateText: string;
}

function derivePromotion(files: readonly EvidenceFile[], decidedAt: Instant): EvidenceSet {
  const [gateTexts, inputTexts, overrideTexts] = [
    textsOf(files, GATE),
    textsOf(files, INPUT),
    textsOf(files, OVERRIDE_FILE),
  ];
  const gate = readDocument(GATE, gateTexts, GATE_DECISION);
  const input = readDocument(INPUT, inputTexts, PROMOTION_INPUT);
  const documents = { gate, input, gateText: gateTexts.join("\n") };
  const runId = runNamedIn([...gateTexts, ...inputTexts]);
  const override = overrideTexts.length === 0 ? null : readDocument(OVERRIDE_FILE, overrideTexts, OVERRIDE);
  return {
    digest: digestOf([gateTexts, inputTexts, overrideTexts].map((texts) => texts.map((text) => sha256Hex(text)))),
    sources: { "gate.decision": stateOf(gate), "promotion.input": stateOf(input) },
    facts: {},
    units: {
      run: [runUnit(documents, runId)],
      problem: problemsOf(documents),
      ...(gate.ok ? gateUnits(gate.value) : {}),
      ...(input.ok ? inputUnits(input.value) : {}),
      override: override === null ? [] : [overrideUnit(override, groundOf(documents, runId, decidedAt))],
    },
  };
}

/** What is promoted. */
function runUnit({ gate, input, gateText }: Documents, runId: string): Unit {
  const ref = gate.ok
    ? { task_id: gate.value.task_id, ...gate.value.telemetry_ref }
    : { task_id: "wave-gate", ...derivedTrace(runId) };
  return timeless("run", {
    run_id: runId,
    stage: (input.ok ? input.value.stage : undefined) ?? null,
    gate_sha256: sha256Hex(gateText),
    ...ref,
  });
}

const problemsOf = ({ gate, input }: Documents): readonly Unit[] =>
  problemUnits([
    ...(gate.ok ? gateProblems(gate.value) : gate.problems),
    ...(input.ok ? promotionProblems(input.value, gate.ok ? gate.value : undefined) : input.problems),
  ]);

const gateUnits = ({ status, confidence, risk_score, reason_codes }: GateDocument) => ({
  gate: [timeless("gate.decision", { status, confidence, risk: risk_score })],
  code: named(reason_codes, (code) => ({ code, critical: severityOfCode(code) === "CRITICAL" })),
});

function inputUnits({ dead_letters, alerts, runs }: PromotionInputDocument) {
  const { allowed, bad, isBreached, isLowVolume } = errorBudget(runs.good, runs.valid);
  return {
    dead_letter: named(dead_letters, () => ({})),
    alert: named(alerts, (code) => ({ code })),
    month: [timeless("month", { valid: runs.valid, bad, allowed, low_volume: isBreached && isLowVolume })],
  };
}

const named = (names: readonly string[], columnsOf: (name: string) => Unit["columns"]): readonly Unit[] =>
  [...new Set(names)].toSorted(inOrder).map((name) => timeless(name, columnsOf(name)));

const groundOf = ({ gate, input, gateText }: Documents, runId: string, decidedAt: Instant): OverrideGround => ({
  runId,
  gateSha256: sha256Hex(gateText),
  closed: closedBy(gate),
  requester: input.ok ? input.value.requester : null,
  approvers: input.ok ? input.value.approvers : [],
  used: input.ok ? input.value.overrides_used : [],
  decidedAt,
});

function closedBy(gate: Read<GateDocument>): string | null {
  if (!gate.ok) return "the gate decision cannot be read";
  const { status, reason_codes } = gate.value;
  if (status === "REJECT") return "what the gate rejected, nobody overrides";
  const critical = reason_codes.find((code) => severityOfCode(code) === "CRITICAL");
  return critical === undefined ? null : `${critical} is critical: nobody overrides it`;
}
