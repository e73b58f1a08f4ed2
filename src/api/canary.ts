import type { Result } from "../contracts/index.ts";
import {
  type CanaryRow,
  ENVIRONMENTS,
  type Environment,
  findCanary,
  type Look,
  lookEnd,
  settleLook,
  stepOf,
  takeGlance,
} from "../release/index.ts";
import { inTenant } from "../store/index.ts";
import { canariesOf } from "../worker/index.ts";
import { evaluatePolicy, glanceAt } from "./evaluate-policy.ts";
import type { Installation } from "./installation.ts";
import { judgePutBack } from "./put-back.ts";

/** What looks at canaries reach the world through. */
type CanaryPorts = Pick<Installation, "database" | "host" | "artifacts" | "control" | "readTrust">;

interface CanaryAt {
  readonly tenantId: string;
  readonly environment: Environment;
  /** Who looks. */
  readonly by: string;
}

/**
 * Has an environment's canary judged now: a recorded evaluation of its policy, on what ran on its pack since it began, and what follows
 * of it. Refused: CANARY_NOT_RUNNING, what an evaluation and a rollback are refused with.
 */
export async function lookAtCanary(ports: CanaryPorts, at: CanaryAt): Promise<Result<Look>> {
  const found = await inTenant(ports.database, at.tenantId, (sql) => findCanary(sql, at.environment));
  return found.ok ? look(ports, at, found.value) : found;
}

async function look(ports: CanaryPorts, at: CanaryAt, canary: CanaryRow): Promise<Result<Look>> {
  const { tenantId, by, environment } = at;
  const evaluated = await evaluatePolicy(ports, {
    ...asked(at, canary),
    by,
    subject: canary.root_digest,
    decidedAt: null,
  });
  if (!evaluated.ok) return evaluated;
  const { decision, evaluation } = evaluated.value;
  const roster = await ports.readTrust();
  if (!roster.ok) return roster;
  const request = { tenantId, by, environment, canary, decision, evaluationId: evaluation.evaluation_id };
  const release = { ...ports, roster: roster.value };
  const settled = await settleLook(release, request);
  if (!settled.ok) return settled;
  await ports.control.reread(tenantId);
  if (settled.value.end !== "abort") return settled;
  const judged = await judgePutBack(release, { tenantId, environment, by });
  return judged.ok ? settled : judged;
}

const asked = ({ tenantId }: CanaryAt, { policy, pack_digest, started_at }: CanaryRow) => ({
  tenantId,
  policy,
  profile: null,
  packDigest: pack_digest,
  since: started_at,
  evidence: null,
  branch: null,
  environment: null,
  commit: null,
});

/** Canaries that one round looks at: as many as anybody runs at once. */
const CANARIES_MAX = 1_000;

const WORKER = "worker";

/**
 * Looks at every canary whose time it is, of whatever tenant: on schedule, or for what is critical, which is recorded only where it is
 * found. Any number of workers may: each glance is one worker's.
 */
export async function lookAtCanaries(
  ports: CanaryPorts,
  onTrouble: (runId: string, error: unknown) => void,
): Promise<void> {
  for (const { tenant_id: tenantId, environment: named } of await canariesOf(ports.database.worker, CANARIES_MAX)) {
    const environment = ENVIRONMENTS.find((one) => one === named);
    if (environment === undefined) continue;
    try {
      const refusal = await glance(ports, { tenantId, environment, by: WORKER });
      if (refusal !== null) onTrouble("", new Error(`canary of ${environment}: ${refusal}`));
    } catch (error) {
      onTrouble("", error);
    }
  }
}

/** The message of a refusal; null where nothing was to be done, or it was done. */
async function glance(ports: CanaryPorts, at: CanaryAt): Promise<string | null> {
  const canary = await takeGlance(ports, at);
  if (canary === null) return null;
  // A step without a time of its own is always due: what it waits for is not recorded again and again.
  if (canary.next_look_at > ports.host.clock.now() || stepOf(canary).dwell_seconds === 0) {
    const decision = await glanceAt(ports, asked(at, canary));
    if (!decision.ok) return decision.refusal.message;
    if (lookEnd(canary, decision.value, ports.host.clock.now()).end === "hold") return null;
  }
  const looked = await look(ports, at, canary);
  return looked.ok || isOvertaken(looked.refusal.code) ? null : looked.refusal.message;
}

/** Somebody else looked or moved meanwhile: what is due then is done at the next glance. */
const isOvertaken = (code: string): boolean => code === "CANARY_NOT_RUNNING" || code === "ENVIRONMENT_LOCKED";
