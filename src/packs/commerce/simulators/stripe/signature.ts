import { hmacSha256 } from "../wire/digest.ts";
import type { Signer, SigningRequest } from "../wire/webhook-emitter.ts";
import type { StripeKeys } from "./keys.ts";

function secretsFor(keys: StripeKeys, choice: SigningRequest["secret"]): readonly string[] {
  const previous = keys.previousWebhookSecret ?? keys.webhookSecret;
  if (choice === "both") return [previous, keys.webhookSecret];
  if (choice === "previous") return [previous];
  return [choice === "wrong" ? `${keys.webhookSecret}_forged` : keys.webhookSecret];
}

/** `Stripe-Signature: t=<unix s>,v1=<hex>`, one `v1` per secret; the key is the whole secret text. */
export const stripeSigner =
  (keys: StripeKeys): Signer =>
  ({ body, at, secret }) => {
    const t = Math.floor(at / 1000);
    const schemes = secretsFor(keys, secret).map((key) => `v1=${hmacSha256(key, `${t}.${body}`, "hex")}`);
    return { "stripe-signature": [`t=${t}`, ...schemes].join(",") };
  };
