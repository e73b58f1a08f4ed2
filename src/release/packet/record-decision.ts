import { assert, formatInstant, type Host, type Instant, parseInstant } from "../../contracts/index.ts";
import { type EvaluationRow, insertEvaluation } from "../../gate/index.ts";
import { type ArtifactStore, recordAct } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { type Packet, packetJson } from "./packet.ts";
import { packetPage } from "./page.ts";

/** What recording a decision reaches the world through. */
export interface RecordingPorts {
  readonly host: Pick<Host, "clock" | "ids">;
  readonly artifacts: ArtifactStore;
}

/** A decision that was made, and who had it made of what. */
export interface MadeDecision extends Pick<Packet, "policy" | "profile" | "evidence" | "waivers" | "decision"> {
  readonly tenantId: string;
  readonly by: string;
  readonly subject: string | null;
  readonly source: EvaluationRow["source"];
}

/** Records a decision, whatever it says: an event of its policy's stream, a row, and the packet from which it is made again. */
export async function recordDecision(
  { host, artifacts }: RecordingPorts,
  sql: TenantQuery,
  made: MadeDecision,
): Promise<EvaluationRow> {
  const { tenantId, by, subject, source, decision, ...madeOf } = made;
  const decidedAt = instantOf(decision.decided_at);
  const content = packetPage(decision, packetJson({ ...madeOf, decidedAt, decision }));
  const packet = await artifacts.put(sql, { content, mediaType: "text/html" });
  const evaluation: EvaluationRow = {
    evaluation_id: host.ids.next(),
    policy_id: decision.policy.id,
    policy_version: decision.policy.version,
    policy_sha256: decision.policy.digest,
    profile: decision.profile,
    subject,
    source,
    verdict: decision.verdict,
    cause: decision.cause,
    decision_sha256: decision.digest,
    evidence_sha256: decision.evidence.digest,
    packet_sha256: packet.digest,
    decided_at: decidedAt,
    valid_until: instantOf(decision.valid_until),
    waivers: decision.waivers.applied.map(({ waiver }) => waiver),
    recorded_at: host.clock.now(),
    recorded_by: by,
  };
  await insertEvaluation(sql, evaluation);
  await recordAct(sql, host, {
    tenantId,
    by,
    stream: `gate:${evaluation.policy_id}`,
    type: "gate.decided",
    correlation: evaluation.evaluation_id,
    severity: decision.verdict === "GO" ? "info" : "warning",
    payload: eventOf(evaluation),
  });
  return evaluation;
}

const instantOf = (text: string): Instant => {
  const at = parseInstant(text);
  assert(at !== undefined, "a decision's instants are instants");
  return at;
};

/** The row as its event states it: instants as text. */
const eventOf = ({ decided_at, valid_until, recorded_at, ...rest }: EvaluationRow) => ({
  ...rest,
  decided_at: formatInstant(decided_at),
  valid_until: formatInstant(valid_until),
  recorded_at: formatInstant(recorded_at),
});
