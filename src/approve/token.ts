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
  createHmac("sha256", secret)
    .update(canonicalText({ ...binding, base: binding.base.map((revision) => ({ ...revision })) }))
    .digest("base64url");

export const tokenDigest = (token: string): string => sha256Hex(token);

/** Constant-time comparison of a presented token with a stored digest. */
export function tokenMatches(presented: string, storedSha256: string): boolean {
  const left = Buffer.from(tokenDigest(presented), "hex");
  const right = Buffer.from(storedSha256, "hex");
  return left.length === right.length && timingSafeEqual(left, right);
}
