import type { MacInput, ReadClaim } from "./claim.ts";
import { isSameText, macText, parseUnixSeconds } from "./claim.ts";

const HEADER = "stripe-signature";

/** `t=<unix s>,v1=<hex>[,v1=<hex>][,v0=<hex>]` without spaces. */
const ELEMENT = /^([a-z][a-z0-9]*)=([^=,\s]+)$/;

/** Stripe sends one signature per valid secret, two during a roll; more than this is not Stripe. */
const ELEMENTS_MAX = 16;

/**
 * Stripe: `v1 = hex(HMAC-SHA256(secret as UTF-8, t + "." + body))`. Stricter than Stripe's own library, which takes the
 * last of two `t` and any time in the future.
 *
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export const readStripeClaim: ReadClaim = (headers) => {
  const header = headers[HEADER];
  if (header === undefined || header === "") return { kind: "missing", header: HEADER };

  const elements = readElements(header);
  const times = elements?.filter(([scheme]) => scheme === "t").map(([, value]) => value) ?? [];
  const signatures = elements?.filter(([scheme]) => scheme === "v1").map(([, value]) => value) ?? [];
  const [time, ...otherTimes] = times;
  const signedAt = time === undefined ? undefined : parseUnixSeconds(time);
  if (signedAt === undefined || otherTimes.length > 0 || signatures.length === 0) {
    return { kind: "malformed", header: HEADER };
  }
  return {
    kind: "claimed",
    signed_at: signedAt,
    isSignedWith: (secret, rawBody) => {
      const input: MacInput = { key: Buffer.from(secret, "utf8"), prefix: `${time}.`, rawBody, encoding: "hex" };
      const expected = macText(input);
      return expected !== undefined && signatures.some((signature) => isSameText(expected, signature));
    },
  };
};

function readElements(header: string): readonly (readonly [string, string])[] | undefined {
  const parts = header.split(",", ELEMENTS_MAX + 1);
  if (parts.length > ELEMENTS_MAX) return undefined;
  const elements = parts.flatMap((part) => {
    const [, scheme, value] = ELEMENT.exec(part) ?? [];
    return scheme === undefined || value === undefined ? [] : [[scheme, value] as const];
  });
  return elements.length === parts.length ? elements : undefined;
}
