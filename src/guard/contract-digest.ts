import { type Digest, digestOf, type JsonObject } from "../contracts/index.ts";
import type { ToolContract } from "./contract.ts";

const digests = new WeakMap<ToolContract, Digest>();

/** The digest by which a contract is known, in packs, registries and bundles alike. Contracts are frozen, so each is hashed once. */
export function contractDigest(contract: ToolContract): Digest {
  const known = digests.get(contract);
  if (known !== undefined) return known;
  const plain: JsonObject = JSON.parse(JSON.stringify(contract));
  const digest = digestOf(plain);
  digests.set(contract, digest);
  return digest;
}
