import { accepted, type Result } from "../contracts/index.ts";
import {
  findRollback,
  type JudgedRollback,
  judgeRollback,
  type Move,
  type ReleasePorts,
  type RollbackRequest,
  rollBack,
} from "../release/index.ts";
import { canaryPolicy } from "./canary-policy.ts";
import { evaluatePolicy } from "./evaluate-policy.ts";
import type { Installation } from "./installation.ts";

/** What a rollback and its judgement reach the world through. */
type PutBackPorts = ReleasePorts & Pick<Installation, "readTrust">;

/** A move back as it was judged. Wire form. */
interface JudgedMove extends Move, JudgedRollback {}

/**
 * Puts an environment back and has that judged. Refused as `rollBack` is; once the environment was moved, nothing moves it again.
 */
export async function putBack(ports: PutBackPorts, request: RollbackRequest): Promise<Result<JudgedMove>> {
  const moved = await rollBack(ports, request);
  if (!moved.ok) return moved;
  const judged = await judgePutBack(ports, request);
  return judged.ok ? accepted({ ...moved.value, ...judged.value }) : judged;
}

/**
 * Judges the rollback by which an environment came to what it holds: by the last word of the bundle's own policies, and by what ran on it
 * lately. As often as one likes: what is complete stays so, and nothing is recorded then. Refused as `findRollback` and `judgeRollback` are.
 */
export async function judgePutBack(
  ports: PutBackPorts,
  { tenantId, environment, by }: Pick<RollbackRequest, "tenantId" | "environment" | "by">,
): Promise<Result<JudgedRollback>> {
  const found = await findRollback(ports, { tenantId, environment });
  if (!found.ok) return found;
  const { back, judged } = found.value;
  if (judged?.report.status === "passed") return accepted(judged);
  const { manifest } = back;
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
    rollback: found.value,
    evaluated: evaluated.ok
      ? { decision: evaluated.value.decision, evaluationId: evaluated.value.evaluation.evaluation_id }
      : null,
  });
}
