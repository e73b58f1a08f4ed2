import type { Instant, Refusal } from "../../contracts/index.ts";
import { assert } from "../../contracts/index.ts";
import type { ReadClaim, WebhookHeaders } from "./claim.ts";
import { readPrintfulClaim } from "./printful.ts";
import { readSendgridClaim } from "./sendgrid.ts";
import { readShopifyClaim } from "./shopify.ts";
import { readSlackClaim } from "./slack.ts";
import { readStandardWebhooksClaim } from "./standard-webhooks.ts";
import { readStripeClaim } from "./stripe.ts";

const SCHEMES = {
  stripe: readStripeClaim,
  shopify: readShopifyClaim,
  printful: readPrintfulClaim,
  sendgrid: readSendgridClaim,
  slack: readSlackClaim,
  standard_webhooks: readStandardWebhooksClaim,
} as const satisfies Record<string, ReadClaim>;

/** How a sender signs. Printful is its version 2; Shopify covers both header families. */
export type SignatureScheme = keyof typeof SCHEMES;

/** Allowed distance between signed time and ours, both ways: the window that Stripe and Slack publish. */
export const SIGNATURE_TOLERANCE_MS = 300_000;

/** The secrets of one endpoint, each in the text form its provider shows; `previous` only while a rotation overlaps. */
export interface WebhookSecrets {
  readonly current: string;
  readonly previous?: string;
}

export interface SignedDelivery {
  readonly headers: WebhookHeaders;
  /** The body exactly as received: any re-encoding breaks the signature. */
  readonly rawBody: Uint8Array;
  readonly secrets: WebhookSecrets;
  readonly now: Instant;
  /** Not negative. 0 accepts this very instant only; it never switches the check off. */
  readonly toleranceMs: number;
}

export type SignatureRefusal = Refusal & {
  readonly code: "SIGNATURE_INVALID" | "SIGNATURE_MISSING" | "SIGNATURE_STALE";
};

export type SignatureVerdict =
  | {
      readonly ok: true;
      /** Which secret signed; `previous` belongs into the audit: the sender has not rotated yet. */
      readonly secret: "current" | "previous";
      /** Null where the scheme signs no time (Shopify, Printful): there only deduplication stops a replay. */
      readonly signed_at: Instant | null;
    }
  | { readonly ok: false; readonly refusal: SignatureRefusal };

/**
 * Whether a delivery was signed with one of the endpoint's secrets, within the tolerance. Judged over the raw bytes before
 * anything is parsed; never throws, whatever was sent. The signature is judged before its age, so that `SIGNATURE_STALE`
 * always means an authentic delivery that came late (or early), and a forger learns nothing about the window.
 */
export function verifySignature(scheme: SignatureScheme, delivery: SignedDelivery): SignatureVerdict {
  assert(delivery.toleranceMs >= 0, "the tolerance of a signed time is not negative");
  const claim = SCHEMES[scheme](delivery.headers);
  if (claim.kind === "missing") return refused("SIGNATURE_MISSING", `the header \`${claim.header}\` is missing`);
  if (claim.kind === "malformed") return refused("SIGNATURE_INVALID", `the header \`${claim.header}\` is malformed`);

  const secret = signingSecret(delivery, claim.isSignedWith);
  if (secret === undefined) return refused("SIGNATURE_INVALID", "no configured secret signed this body");
  if (claim.signed_at !== null && Math.abs(delivery.now - claim.signed_at) > delivery.toleranceMs) {
    return refused("SIGNATURE_STALE", "the signed time is outside the tolerance");
  }
  return { ok: true, secret, signed_at: claim.signed_at };
}

function signingSecret(
  { secrets, rawBody }: SignedDelivery,
  isSignedWith: (secret: string, rawBody: Uint8Array) => boolean,
): "current" | "previous" | undefined {
  if (isSignedWith(secrets.current, rawBody)) return "current";
  if (secrets.previous !== undefined && isSignedWith(secrets.previous, rawBody)) return "previous";
  return undefined;
}

const refused = (code: SignatureRefusal["code"], message: string): SignatureVerdict => ({
  ok: false,
  refusal: { code, message },
});
