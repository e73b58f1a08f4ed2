import type { Json, JsonObject } from "../contracts/index.ts";
import type { GateRow } from "./decision.ts";
import type { FileEvaluation } from "./evaluate-files.ts";
import type { PolicyText } from "./policy-shape.ts";
import type { Cell, EvidenceSet, Unit } from "./unit.ts";

/**
 * What a deployment reads of a golden suite's evaluation: the document `gate_artifact.v1`. It is of exactly the pack and commit that
 * the evidence names, and blocks wherever the decision is not GO.
 */
export function suiteArtifact(policy: PolicyText, { decision, evidence }: FileEvaluation): Json {
  const suite = evidence.units.suite?.[0]?.columns ?? {};
  return {
    artifact_version: 1,
    git_sha: cell(suite.git_sha),
    config_hash: cell(suite.config_hash),
    suite_ref: decision.evidence.digest,
    started_at: cell(suite.started_at),
    finished_at: cell(suite.finished_at),
    stages: decision.gates.map((row) => stageOf(row, policy)),
    flakes: casesWhere(evidence, ({ columns }) => columns.flaky === true),
    quarantine_status: (evidence.units.quarantine ?? []).map(({ columns }) => ({ ...columns })),
    deploy_blocked: decision.verdict === "NO-GO",
    code: decision.verdict === "GO" ? null : decision.cause === "failed" ? "GATE_FAILED" : "GATE_EVIDENCE_MISSING",
    valid_until: decision.valid_until,
    decision: decision.digest,
  };
}

const cell = (value: Cell | undefined): Cell => value ?? null;

const casesWhere = (evidence: EvidenceSet, isMeant: (unit: Unit) => boolean): readonly string[] => [
  ...new Set((evidence.units.case ?? []).filter(isMeant).map(({ columns }) => String(columns.case))),
];

/** A row as a stage of a pipeline: its numbers, and what it said. */
function stageOf(row: GateRow, { gates }: PolicyText): JsonObject {
  const { id, value, sample, bound, rule, status, reasons, standing } = row;
  const gate = gates.find((one) => id === one.id || id.startsWith(`${one.id}:`));
  const [passes] = /^\d+/.exec(value ?? "") ?? [];
  return {
    name: id,
    kind: gate?.bound === undefined ? "raw" : "lcb",
    n: sample,
    passes: passes === undefined ? null : Number(passes),
    threshold: rule,
    ...(bound === null ? {} : { lcb: bound }),
    passed: status === "PASS" || standing === "excluded",
    reason: standing === "excluded" ? "not of this profile" : [status, ...reasons].join(": "),
  };
}
