import type { ReadClaim } from "./claim.ts";
import { isSameText, macText, parseUnixSeconds } from "./claim.ts";

const SIGNATURE = "x-slack-signature";
const TIMESTAMP = "x-slack-request-timestamp";

/**
 * Slack: `v0=hex(HMAC-SHA256(signing secret as UTF-8, "v0:" + timestamp + ":" + body))`, over the form-encoded bytes as
 * they came.
 *
 * @see https://api.slack.com/authentication/verifying-requests-from-slack
 */
export const readSlackClaim: ReadClaim = (headers) => {
  const signature = headers[SIGNATURE];
  const timestamp = headers[TIMESTAMP];
  if (signature === undefined || signature === "") return { kind: "missing", header: SIGNATURE };
  if (timestamp === undefined || timestamp === "") return { kind: "missing", header: TIMESTAMP };

  const signedAt = parseUnixSeconds(timestamp);
  if (signedAt === undefined) return { kind: "malformed", header: TIMESTAMP };
  return {
    kind: "claimed",
    signed_at: signedAt,
    isSignedWith: (secret, rawBody) => {
      const key = Buffer.from(secret, "utf8");
      const expected = macText({ key, prefix: `v0:${timestamp}:`, rawBody, encoding: "hex" });
      return expected !== undefined && isSameText(`v0=${expected}`, signature);
    },
  };
};
