import type { TenantQuery } from "../../store/index.ts";
import type { KeyRole } from "../bundle/trust.ts";
import { type Verification, verifyBundle } from "../bundle/verify.ts";
import type { ReleasePorts } from "./act.ts";
import type { Environment, HeldBundle } from "./environment.ts";

/** The keys that may sign for an environment. */
export const KEY_ROLES: { readonly [environment in Environment]: readonly KeyRole[] } = {
  dev: ["ci", "release"],
  staging: ["release"],
  prod: ["release"],
};

/**
 * Verifies the stored file of a bundle that an environment holds or held, under keys that may sign for it: valid when the bundle was
 * promoted first, since a key that has merely expired must not keep anybody from going back, and not revoked by now.
 */
export async function verifyHeld(
  { artifacts, roster, host }: ReleasePorts,
  sql: TenantQuery,
  { environment, artifact_digest, added_at: validAt }: HeldBundle,
): Promise<Verification> {
  const bytes = await artifacts.get(sql, artifact_digest);
  return verifyBundle(bytes, { roster, at: host.clock.now(), validAt, roles: KEY_ROLES[environment] });
}
