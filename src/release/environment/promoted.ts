import type { Promoted } from "../../guard/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { stepOf } from "../canary/canary.ts";
import { type CanaryRow, runningCanaries } from "../canary/queries.ts";
import { currentOf, type HeldBundle, servedOf } from "./environment.ts";
import { heldBundles } from "./queries.ts";

/** What the current tenant's runtime may run; null where no environment of it holds a bundle. */
export const readPromoted = async (sql: TenantQuery): Promise<Promoted | null> =>
  promotedOf(await heldBundles(sql), await runningCanaries(sql));

type Tried = Pick<CanaryRow, "environment" | "root_digest" | "baseline_digest" | "steps" | "step">;

/** The same from what its environments hold: the furthest one's bundle, those that it held before, and whether it is only tried yet. */
export function promotedOf(held: readonly HeldBundle[], canaries: readonly Tried[]): Promoted | null {
  const environment = servedOf(held);
  const current = environment === undefined ? undefined : currentOf(held, environment);
  if (environment === undefined || current === undefined) return null;
  const before = held.filter((bundle) => bundle.environment === environment);
  const tried = canaries.find((canary) => canary.environment === environment);
  return {
    environment,
    bundleId: current.bundle_id,
    packDigest: current.pack_digest,
    contracts: new Set(current.contract_digests),
    earlier: new Map(before.map(({ pack_digest, contract_digests }) => [pack_digest, new Set(contract_digests)])),
    canary: tried === undefined ? null : shareOf(tried),
  };
}

const shareOf = (tried: Tried) => ({
  baselineDigest: tried.baseline_digest,
  salt: tried.root_digest,
  sharePercent: stepOf(tried).share_percent,
});
