import type { JsonObject } from "../../../../contracts/index.ts";
import { stableDigest } from "../wire/digest.ts";
import type { KeptKey, Shop } from "./store.ts";
import type { UserError } from "./views.ts";

/** Shopify keeps keys for a day. */
const KEPT_MS = 24 * 3_600 * 1000;

/** What an `@idempotent` key means for the request that carries it. */
export type Claim =
  | { readonly kind: "fresh"; readonly key: string }
  | { readonly kind: "replay"; readonly order_id: string; readonly refund_id: string }
  | { readonly kind: "refused"; readonly error: UserError };

const refused = (code: string, message: string): Claim => ({ kind: "refused", error: { field: null, message, code } });

/** Judges a key, and takes a fresh one so that a concurrent request with it is refused. */
export function claimKey({ store, clock }: Shop, key: string, args: JsonObject): Claim {
  const arguments_sha256 = stableDigest(args);
  const kept = store.keys.get(key);
  if (kept === undefined || clock.now() >= kept.kept_at + KEPT_MS) {
    store.keys.set(key, { key, arguments_sha256, kept_at: clock.now(), outcome: "running" });
    return { kind: "fresh", key };
  }
  return knownKey(kept, arguments_sha256);
}

function knownKey({ arguments_sha256, outcome }: KeptKey, given: string): Claim {
  if (arguments_sha256 !== given)
    return refused(
      "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
      "The same idempotency key was used with different parameters.",
    );
  if (outcome === "running")
    return refused("IDEMPOTENCY_CONCURRENT_REQUEST", "A request with this idempotency key is in progress.");
  if (outcome === "failed")
    return refused("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "A previous attempt with this idempotency key failed.");
  return { kind: "replay", ...outcome };
}

/** Notes what a fresh key made, in the same moment as it is made. */
export function keepOutcome({ store }: Shop, claim: Claim | undefined, outcome: KeptKey["outcome"]): void {
  const kept = claim?.kind === "fresh" ? store.keys.get(claim.key) : undefined;
  if (kept !== undefined) store.keys.set(kept.key, { ...kept, outcome });
}

/** After the answer: a key whose request failed is burnt, and one that made nothing is free again. */
export function settleKey(shop: Shop, claim: Claim, requestFailed: boolean): void {
  if (claim.kind !== "fresh") return;
  if (requestFailed) keepOutcome(shop, claim, "failed");
  else if (shop.store.keys.get(claim.key)?.outcome === "running") shop.store.keys.delete(claim.key);
}
