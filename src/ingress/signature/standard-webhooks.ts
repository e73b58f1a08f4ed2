import type { ReadClaim } from "./claim.ts";
import { decodeBase64, isSameText, macText, parseUnixSeconds } from "./claim.ts";

const ID = "webhook-id";
const TIMESTAMP = "webhook-timestamp";
const SIGNATURE = "webhook-signature";

const SECRET_PREFIX = "whsec_";

/** A sender signs with each of its valid secrets; more entries than this is not a rotation. */
const SIGNATURES_MAX = 16;

/**
 * Standard Webhooks, symmetric: `v1,base64(HMAC-SHA256(secret, id + "." + timestamp + "." + body))` in a list separated by
 * spaces, whose entries of other versions are passed over. The secret is `whsec_` and base64 of the key.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const readStandardWebhooksClaim: ReadClaim = (headers) => {
  const id = headers[ID];
  const timestamp = headers[TIMESTAMP];
  const list = headers[SIGNATURE];
  if (list === undefined || list === "") return { kind: "missing", header: SIGNATURE };
  if (id === undefined || id === "") return { kind: "missing", header: ID };
  if (timestamp === undefined || timestamp === "") return { kind: "missing", header: TIMESTAMP };

  const signedAt = parseUnixSeconds(timestamp);
  if (signedAt === undefined) return { kind: "malformed", header: TIMESTAMP };
  const signatures = list.split(" ", SIGNATURES_MAX + 1);
  if (signatures.length > SIGNATURES_MAX) return { kind: "malformed", header: SIGNATURE };
  return {
    kind: "claimed",
    signed_at: signedAt,
    isSignedWith: (secret, rawBody) => {
      const key = keyOf(secret);
      const expected = key && macText({ key, prefix: `${id}.${timestamp}.`, rawBody, encoding: "base64" });
      return expected !== undefined && signatures.some((signature) => isSameText(`v1,${expected}`, signature));
    },
  };
};

const keyOf = (secret: string): Uint8Array | undefined =>
  secret.startsWith(SECRET_PREFIX) ? decodeBase64(secret.slice(SECRET_PREFIX.length)) : undefined;
