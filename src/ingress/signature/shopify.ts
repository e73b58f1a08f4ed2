import type { ReadClaim } from "./claim.ts";
import { isSameText, macText } from "./claim.ts";

const CLASSIC = "x-shopify-hmac-sha256";
const EVENTS = "shopify-hmac-sha256";

/**
 * Shopify, both header families: `base64(HMAC-SHA256(client secret as UTF-8, body))`. Neither a time nor a header is
 * signed: deduplication by id is the only defence against replay, and the endpoint, not a header, says whose shop it is.
 *
 * @see https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export const readShopifyClaim: ReadClaim = (headers) => {
  const signature = headers[CLASSIC] || headers[EVENTS];
  if (signature === undefined || signature === "") return { kind: "missing", header: CLASSIC };
  return {
    kind: "claimed",
    signed_at: null,
    isSignedWith: (secret, rawBody) => {
      const expected = macText({ key: Buffer.from(secret, "utf8"), prefix: "", rawBody, encoding: "base64" });
      return expected !== undefined && isSameText(expected, signature);
    },
  };
};
