import { PASS, refuse, type Verdict } from "../contracts/index.ts";
import type { CanaryShare } from "./canary.ts";
import type { ToolContract } from "./contract.ts";
import { contractDigest } from "./contract-digest.ts";

/** What a tenant's runtime may run, where the tenant has an environment with a bundle: the port by which releases reach the guards. */
export interface Promoted {
  /** Such as `prod`. */
  readonly environment: string;
  readonly bundleId: string;
  /** The version of the one pack that new runs start on. */
  readonly packDigest: string;
  /** Digests of the contracts that it may call. */
  readonly contracts: ReadonlySet<string>;
  /** The same for packs of bundles that were promoted before: runs that are pinned to one finish on it. */
  readonly earlier: ReadonlyMap<string, ReadonlySet<string>>;
  /** Null where every new run starts on `packDigest`. */
  readonly canary: CanaryShare | null;
}

/**
 * Contracts that a run may call: those of the bundle with its pack, where that was ever promoted, or else of the bundle that is.
 * Null: the tenant has no environment, and nothing is held back.
 */
export const contractsFor = (promoted: Promoted | null, packDigest: string): ReadonlySet<string> | null =>
  promoted === null ? null : (promoted.earlier.get(packDigest) ?? promoted.contracts);

/** Whether a contract is among those promoted; refused with CONTRACT_NOT_PROMOTED. */
export function promotedVerdict(contract: ToolContract, contracts: ReadonlySet<string> | null): Verdict {
  if (contracts === null || contracts.has(contractDigest(contract))) return PASS;
  const { name: tool, version } = contract;
  return refuse("CONTRACT_NOT_PROMOTED", `\`${tool}\` ${version} is not in the bundle that was promoted`, {
    details: { tool, version, contract_digest: contractDigest(contract) },
  });
}
