import type { Result } from "../../contracts/index.ts";
import { type EvaluationRow, type GateRow, readGateDocuments } from "../../gate/index.ts";
import type { ArtifactStore } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Packet } from "../packet/packet.ts";
import { storedPacket } from "../packet/stored.ts";

/** What is stored of a recorded decision: whether it is the one that was recorded, and what it says of promotions. */
export interface JudgedGate {
  readonly evaluation_id: string;
  readonly policy_id: string;
  /** Why it cannot be looked at; null where it can. */
  readonly problem: string | null;
  /** Where a release gate decided: what it saw of the report on promotions (R18). Null of any other policy. */
  readonly readiness: Readiness | null;
}

export interface Readiness {
  /** The pipeline's run that the reports are of. */
  readonly runId: string;
  /** Null where it was decided for no environment. */
  readonly target: string | null;
  readonly present: ReadinessRow;
  readonly ready: ReadinessRow;
}

/** Whether a row passed; null where the decision has none, or left it out. */
export type ReadinessRow = Pick<GateRow, "status" | "reasons"> | null;

/** What is stored of decisions, read from their packets. */
export async function judgedGates(
  artifacts: ArtifactStore,
  sql: TenantQuery,
  evaluations: readonly Pick<EvaluationRow, "evaluation_id" | "policy_id" | "packet_sha256" | "decision_sha256">[],
): Promise<readonly JudgedGate[]> {
  const gates: JudgedGate[] = [];
  for (const row of evaluations) {
    gates.push(judgedGate(row, await storedPacket(artifacts, sql, row)));
  }
  return gates;
}

/** The same of one, whose packet was read or not. */
export function judgedGate(
  row: Pick<EvaluationRow, "evaluation_id" | "policy_id" | "decision_sha256">,
  packet: Result<Packet>,
): JudgedGate {
  const { evaluation_id, policy_id } = row;
  if (!packet.ok) return { evaluation_id, policy_id, problem: packet.refusal.message, readiness: null };
  const isSame = packet.value.decision.digest === row.decision_sha256;
  const problem = isSame ? null : "the decision that is stored is another one";
  return { evaluation_id, policy_id, problem, readiness: isSame ? readinessIn(packet.value) : null };
}

function readinessIn({ decision, evidence, decidedAt }: Packet): Readiness | null {
  if (decision.evidence.derived_by.fn !== "release_readiness") return null;
  const { run_id, target_environment } = readGateDocuments(evidence, decidedAt).context.context;
  const rowOf = (wanted: string): ReadinessRow => {
    const row = decision.gates.find(({ id }) => id === wanted);
    return row === undefined || row.standing === "excluded" ? null : { status: row.status, reasons: row.reasons };
  };
  return {
    runId: run_id,
    target: target_environment ?? null,
    present: rowOf("promotion_readiness_report_present"),
    ready: rowOf("promotion_readiness_status_passed"),
  };
}
