import type { ReadClaim } from "./claim.ts";
import { isSameText, macText } from "./claim.ts";

const HEADER = "x-pf-webhook-signature";

/** Printful's `secret_key` is hex of the key's bytes; used as text it would sign something else. */
const SECRET = /^([0-9a-fA-F]{2})+$/;

/**
 * Printful v2: `hex(HMAC-SHA256(secret_key decoded from hex, body))`. No time is signed; version 1 signs nothing at all and
 * is not accepted.
 *
 * @see https://developers.printful.com/docs/v2-beta/#tag/Webhook-v2
 */
export const readPrintfulClaim: ReadClaim = (headers) => {
  const signature = headers[HEADER];
  if (signature === undefined || signature === "") return { kind: "missing", header: HEADER };
  return {
    kind: "claimed",
    signed_at: null,
    isSignedWith: (secret, rawBody) => {
      if (!SECRET.test(secret)) return false;
      const expected = macText({ key: Buffer.from(secret, "hex"), prefix: "", rawBody, encoding: "hex" });
      return expected !== undefined && isSameText(expected, signature);
    },
  };
};
