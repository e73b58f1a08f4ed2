import type { Json, JsonObject } from "../../contracts/index.ts";
import type { GateRow } from "../decision.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import type { PolicyText } from "../policy-shape.ts";
import { type MetricStage, worstStage } from "./stage.ts";

/**
 * What an evaluation of service levels leaves: a report of the trend and one of developer experience, as the release gate reads
 * them, and the entries that the history gets.
 */
export function sloReports(policy: PolicyText, { decision, evidence }: FileEvaluation): Json {
  const staged = decision.gates.filter(({ id }) =>
    policy.gates.some((gate) => gate.stages !== undefined && isOf(id, gate.id)),
  );
  const of = (group: string) => staged.filter((row) => row.group === group);
  const report = (contract: string, rows: readonly GateRow[]): JsonObject => ({
    contract,
    schema_version: "1.0",
    generated_at: decision.decided_at,
    status: rows.length > 0 && rows.every((row) => stageOf(row) !== "unverified") ? "passed" : "unverified",
    slo_status: worstStage(rows.map(stageOf)),
    metrics: rows.map((row) => metricOf(row, policy)),
    breaches: rows.filter((row) => row.status === "FAIL").map(({ id }) => id),
    warnings: rows.filter(({ stage }) => stage === "warn").map(({ id }) => id),
    policy_version: decision.policy.version,
    policy_digest: `sha256:${decision.policy.digest}`,
  });
  const subject = evidence.units.subject?.[0]?.columns ?? {};
  return {
    critical_ci_trend_slo_v1: report("critical_ci_trend_slo_v1", of("trend")),
    dx_metrics_slo_v1: report("dx_metrics_slo_v1", of("dx")),
    history: staged.map((row) => ({
      evaluated_at: decision.decided_at,
      commit: subject.commit ?? null,
      branch: subject.branch ?? null,
      policy_version: decision.policy.version,
      metric: row.id,
      value: row.value,
      stage: stageOf(row),
      run_id: subject.run_id ?? null,
    })),
  };
}

const isOf = (rowId: string, gateId: string): boolean => rowId === gateId || rowId.startsWith(`${gateId}:`);

const stageOf = ({ stage }: GateRow): MetricStage => stage ?? "unverified";

function metricOf(row: GateRow, policy: PolicyText): JsonObject {
  const stages = policy.gates.find((gate) => isOf(row.id, gate.id))?.stages ?? {};
  return {
    metric: row.id,
    value: row.value,
    stage: stageOf(row),
    thresholds: JSON.parse(JSON.stringify(stages)),
    samples: row.sample,
  };
}
