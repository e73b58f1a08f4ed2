import { z } from "@hono/zod-openapi";
import type { Result } from "../../contracts/index.ts";
import { ENVIRONMENTS, type ReleasePorts, ROLLBACK_REPORT } from "../../release/index.ts";
import { type Call, reply } from "../http/endpoint.ts";
import type { Installation } from "../installation.ts";
import { digest, name } from "../wire/parts.ts";

/** What requests that act on environments share. */

export const environment = z.enum(ENVIRONMENTS);
export const health = z.enum(["pending", "good", "bad"]);
export const ENVIRONMENT = z.strictObject({ environment });

const step = z
  .strictObject({ share_percent: z.int(), dwell_seconds: z.int(), runs_min: z.int() })
  .openapi("CanaryStep");

export const steps = z.array(step).readonly();

export const settings = z
  .strictObject({
    approvals: z.int(),
    soak_seconds: z.int(),
    provenance: z.enum(["required", "optional"]),
    canary: z.enum(["always", "asked"]),
    canary_steps: steps,
  })
  .openapi("EnvironmentSettings");

export const check = z
  .strictObject({
    check: z.string(),
    passed: z.boolean(),
    outcome: z.enum(["pass", "fail", "unknown", "not_applicable"]),
    code: z.string().nullable(),
    message: z.string(),
  })
  .openapi("PromotionCheck");

export const move = z
  .strictObject({
    environment,
    bundle_id: name,
    root_digest: digest,
    previous_bundle_id: name.nullable(),
    rollback_target: name.nullable(),
    seq: z.int(),
    checks: z.array(check).readonly(),
    warning: z.string().nullable(),
    /** Beside what it is tried, and how; null where every new run starts on it. */
    canary: z.strictObject({ baseline_bundle_id: name, steps }).nullable(),
  })
  .openapi("EnvironmentMove");

/** How a rollback went, and the hold that keeps the environment for it; null where it is complete. */
export const judged = z.strictObject({ report: ROLLBACK_REPORT, hold_id: name.nullable() });

export const actOf = <E>({ caller }: Call, environment: E) => ({
  tenantId: caller.tenantId,
  by: caller.principalId,
  environment,
});

/** Acts with the installation's roster; what was moved is in force for this process at once, and for others at their next commit. */
export async function moved<T>(
  { installation, caller, nudge }: Call,
  act: (ports: ReleasePorts & Pick<Installation, "readTrust">) => Promise<Result<T>>,
) {
  const roster = await installation.readTrust();
  if (!roster.ok) return roster;
  const { database, host, artifacts } = installation;
  const done = await act({ database, host, artifacts, roster: roster.value, readTrust: installation.readTrust });
  if (!done.ok) return done;
  await installation.control.reread(caller.tenantId);
  nudge();
  return reply(done.value);
}
