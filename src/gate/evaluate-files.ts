import { type Instant, type Result, rejected } from "../contracts/index.ts";
import { decideMeasured, MEASURED_FILE, parseMeasured } from "./counted/measured.ts";
import { type Derivation, type EvidenceFile, onlyText } from "./derivation.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import type { Policy } from "./policy.ts";
import type { EvidenceSet } from "./unit.ts";
import type { WaiverInput } from "./waiver-rules.ts";

/** A policy, and the files that it is evaluated on. */
export interface FileEvaluationInput {
  readonly policy: Policy;
  readonly profile: string | null;
  readonly files: readonly EvidenceFile[];
  readonly decidedAt: Instant;
  /** Null where none are offered. */
  readonly waivers: WaiverInput | null;
}

/**
 * Decides on files of evidence: derives units as the policy says, and evaluates. Where the derivation asks for it, everything is
 * done a second time on the same rows in another order, and the evidence says whether both came to the same. Refused with
 * `GATE_DERIVATION_UNKNOWN`, and as derivations and `evaluate` refuse. A file of what was counted before is decided on alone; it is
 * refused with `PACKET_CORRUPT` where it is none, or not of this policy.
 */
export function evaluateFiles(input: FileEvaluationInput, derivations: readonly Derivation[]): Result<FileEvaluation> {
  const measured = onlyText(input.files, MEASURED_FILE);
  if (measured !== undefined && input.files.length === 1) return evaluateMeasured(input, measured);
  const { fn, version } = input.policy.text.derive;
  const derivation = derivations.find((one) => one.fn === fn && one.version === version);
  if (derivation === undefined) {
    const known = derivations.map((one) => `${one.fn} ${one.version}`);
    return rejected({
      code: "GATE_DERIVATION_UNKNOWN",
      message: `the policy derives by \`${fn}\` version ${version}, which does not come with this program`,
      details: { known },
    });
  }
  if (!derivation.isReproduced) return evaluateOnce(input, derivation, null);
  const first = evaluateOnce(input, derivation, true);
  const second = evaluateOnce({ ...input, files: input.files.map(reversed) }, derivation, true);
  if (!first.ok) return first;
  const isReproduced = second.ok && first.value.decision.digest === second.value.decision.digest;
  return isReproduced ? first : evaluateOnce(input, derivation, false);
}

/** Decides on what was counted elsewhere, as a packet keeps it. There are no units: policies that export more are never counted. */
function evaluateMeasured(input: FileEvaluationInput, source: string): Result<FileEvaluation> {
  const measured = parseMeasured(source);
  if (!measured.ok) return measured;
  const decided = decideMeasured(input, measured.value);
  if (!decided.ok) return decided;
  const evidence = { ...measured.value.evidence, units: {} };
  return { ok: true, value: { decision: decided.value.decision, measurements: new Map(), evidence } };
}

/** An evaluation, and the units that it was made on. */
export interface FileEvaluation extends Evaluation {
  readonly evidence: EvidenceSet;
}

function evaluateOnce(
  { policy, profile, files, decidedAt, waivers }: FileEvaluationInput,
  derivation: Derivation,
  isReproduced: boolean | null,
): Result<FileEvaluation> {
  const evidence = derivation.derive({ files, decidedAt, isReproduced, policy, profile });
  if (!evidence.ok) return evidence;
  const evaluation = evaluate({ policy, profile, evidence: evidence.value, decidedAt, waivers });
  return evaluation.ok ? { ok: true, value: { ...evaluation.value, evidence: evidence.value } } : evaluation;
}

/** The rows of a file of rows in the opposite order; any other file as it is. */
const reversed = (file: EvidenceFile): EvidenceFile =>
  file.name.endsWith(".ndjson") ? { ...file, text: file.text.split("\n").toReversed().join("\n") } : file;
