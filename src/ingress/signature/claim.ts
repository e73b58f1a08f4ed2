import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant } from "../../contracts/index.ts";
import { instant } from "../../contracts/index.ts";

/** Request headers, names in lower case. A repeated header arrives joined, as the HTTP layer gives it. */
export type WebhookHeaders = Readonly<Record<string, string | undefined>>;

/**
 * What a delivery's headers claim about its signature, before anything of it is believed. `isSignedWith` judges the raw
 * body bytes against one secret, in constant time; a secret that cannot be a key signs nothing.
 */
export type SignatureClaim =
  | { readonly kind: "missing"; readonly header: string }
  | { readonly kind: "malformed"; readonly header: string }
  | {
      readonly kind: "claimed";
      /** The time the sender signed, or null where the scheme signs none. */
      readonly signed_at: Instant | null;
      readonly isSignedWith: (secret: string, rawBody: Uint8Array) => boolean;
    };

/** Reads a scheme's claim from headers; total: any header text gives a claim. */
export type ReadClaim = (headers: WebhookHeaders) => SignatureClaim;

/** Whole Unix seconds without sign or leading zero, so that one time has one text; 10 digits last until 2286. */
const UNIX_SECONDS = /^(0|[1-9]\d{0,9})$/;

/** Reads Unix seconds. `undefined` for any other text. */
export const parseUnixSeconds = (text: string): Instant | undefined =>
  UNIX_SECONDS.test(text) ? instant(Number(text) * 1000) : undefined;

export interface MacInput {
  readonly key: Uint8Array;
  /** Signed before the body, such as `1700000000.`; empty where the body alone is signed. */
  readonly prefix: string;
  readonly rawBody: Uint8Array;
  readonly encoding: "hex" | "base64";
}

/** HMAC-SHA256 of prefix and body as text. `undefined` for an empty key: anyone can sign with that. */
export function macText(input: MacInput): string | undefined {
  if (input.key.length === 0) return undefined;
  return createHmac("sha256", input.key).update(input.prefix, "utf8").update(input.rawBody).digest(input.encoding);
}

/**
 * Whether two texts are equal, in a time that depends on their lengths only. Encoded signatures are compared as text, not
 * decoded: hex in upper case and base64 with stray low bits decode to the same bytes, but are not what was sent.
 */
export function isSameText(expected: string, given: string): boolean {
  const left = Buffer.from(expected, "utf8");
  const right = Buffer.from(given, "utf8");
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Decodes canonical base64. `undefined` for any text that is not exactly the encoding of its bytes, and for none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length > 0 && bytes.toString("base64") === text ? bytes : undefined;
}
