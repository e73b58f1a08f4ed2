import type { KeyObject } from "node:crypto";
import { createPublicKey, verify } from "node:crypto";
import type { ReadClaim } from "./claim.ts";
import { decodeBase64, parseUnixSeconds } from "./claim.ts";

const SIGNATURE = "x-twilio-email-event-webhook-signature";
const TIMESTAMP = "x-twilio-email-event-webhook-timestamp";

/**
 * SendGrid's event webhook: ECDSA on P-256 with SHA-256 over timestamp and body, signature as base64 of DER. The "secret"
 * is the public key that SendGrid shows, base64 of its SPKI DER; both keys of a rotation may be configured.
 *
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export const readSendgridClaim: ReadClaim = (headers) => {
  const signatureText = headers[SIGNATURE];
  const timestamp = headers[TIMESTAMP];
  if (signatureText === undefined || signatureText === "") return { kind: "missing", header: SIGNATURE };
  if (timestamp === undefined || timestamp === "") return { kind: "missing", header: TIMESTAMP };

  const signature = decodeBase64(signatureText);
  const signedAt = parseUnixSeconds(timestamp);
  if (signature === undefined) return { kind: "malformed", header: SIGNATURE };
  if (signedAt === undefined) return { kind: "malformed", header: TIMESTAMP };
  return {
    kind: "claimed",
    signed_at: signedAt,
    isSignedWith: (secret, rawBody) => {
      const key = publicKeyOf(secret);
      if (key === undefined) return false;
      const signed = Buffer.concat([Buffer.from(timestamp, "utf8"), rawBody]);
      return verify("sha256", signed, { key, dsaEncoding: "der" }, signature);
    },
  };
};

/** The key, if the text is one on P-256: another curve or algorithm would be verified by other rules. */
function publicKeyOf(secret: string): KeyObject | undefined {
  const der = decodeBase64(secret);
  if (der === undefined) return undefined;
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined; // node:crypto throws for bytes that are no key; such a secret signs nothing
  }
}
