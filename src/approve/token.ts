import { createHmac, timingSafeEqual } from "node:crypto";
import { canonicalText, sha256Hex } from "../contracts/index.ts";
import type { BaseRevision } from "./preview.ts";

/** Everything a token is bound to; another value of any of it is another token. */
export interface TokenBinding {
  readonly approval_id: string;
  readonly escalation_level: number;
  readonly run_id: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly params_fingerprint: string;
  readonly preview_sha256: string;
  readonly base: readonly BaseRevision[];
}

/**
 * The single-use token of one approval at one level: an HMAC-SHA256 over its binding under the tenant's secret, base64url.
 * It can be shown again to an authorised approver and is stored nowhere; the row holds its SHA-256 only.
 */
export const approvalToken = (binding: TokenBinding, secret: Uint8Array): string =>
  createHmac("sha256", secret).update(boundText(binding)).digest("base64url");

/** Exactly the bound members: a caller may pass a whole row. */
const boundText = (binding: TokenBinding): string =>
  canonicalText({
    approval_id: binding.approval_id,
    escalation_level: binding.escalation_level,
    run_id: binding.run_id,
    step_id: binding.step_id,
    attempt: binding.attempt,
    params_fingerprint: binding.params_fingerprint,
    preview_sha256: binding.preview_sha256,
    base: binding.base.map(({ entity_type, entity_id, version }) => ({ entity_type, entity_id, version })),
  });

export const tokenDigest = (token: string): string => sha256Hex(token);

/** Constant-time comparison of a presented token with a stored digest. */
export function tokenMatches(presented: string, storedSha256: string): boolean {
  const left = Buffer.from(tokenDigest(presented), "hex");
  const right = Buffer.from(storedSha256, "hex");
  return left.length === right.length && timingSafeEqual(left, right);
}
