import { accepted, type Result } from "../contracts/index.ts";
import {
  judgeRollback,
  type Move,
  type PutBack,
  type ReleasePorts,
  type RollbackReport,
  type RollbackRequest,
  rollBack,
} from "../release/index.ts";
import { canaryPolicy } from "./canary-policy.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";
import type { Installation } from "./installation.ts";

/** What a rollback and its judgement reach the world through. */
type PutBackPorts = ReleasePorts & Pick<Installation, "readTrust">;

/** A move back as it was judged. Wire form. */
export interface JudgedRollback extends Move {
  readonly report: RollbackReport;
}

/**
 * Puts an environment back and has that judged: by the last word of the bundle's own policies, and by what ran on it lately. Refused as
 * `rollBack` is; once the environment was moved, nothing moves it again.
 */
export async function putBack(ports: PutBackPorts, request: RollbackRequest): Promise<Result<JudgedRollback>> {
  const moved = await rollBack(ports, request);
  if (!moved.ok) return moved;
  const { move, back } = moved.value;
  const report = await judgePutBack(ports, request.tenantId, back);
  return report.ok ? accepted({ ...move, report: report.value }) : report;
}

/** Judges a move back that was made. */
export async function judgePutBack(
  ports: PutBackPorts,
  tenantId: string,
  back: PutBack,
): Promise<Result<RollbackReport>> {
  const { environment, by, manifest } = back;
  const evaluated = await evaluatePolicy(ports, {
    tenantId,
    by,
    policy: await canaryPolicy(),
    profile: null,
    // Not about the root digest: too little evidence is no word of a policy that the bundle pins.
    subject: manifest.bundle_id,
    packDigest: manifest.pack.digest,
    evidence: null,
    decidedAt: null,
    branch: null,
    environment: null,
    commit: null,
  });
  return judgeRollback(ports, {
    tenantId,
    environment,
    by,
    back,
    evaluated: evaluated.ok
      ? { decision: evaluated.value.decision, evaluationId: evaluated.value.evaluation.evaluation_id }
      : null,
  });
}
