import { type KeyObject, sign } from "node:crypto";
import { crypto, dsse } from "@sigstore/core";
import { z } from "zod";

/**
 * A DSSE envelope with one Ed25519 signature.
 *
 * @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
 */
export type Envelope = z.infer<typeof ENVELOPE>;

/** Base64 in the one form that its bytes have, so that no other text carries the same signature. */
const base64 = z.string().refine((text) => Buffer.from(text, "base64").toString("base64") === text, "is not base64");

export const ENVELOPE = z
  .strictObject({
    payloadType: z.string(),
    payload: base64,
    signatures: z
      .array(z.strictObject({ keyid: z.string(), sig: base64 }).readonly())
      .length(1)
      .readonly(),
  })
  .readonly();

/** Signs a payload together with its type. */
export function sealEnvelope(
  payload: { readonly type: string; readonly text: string },
  signer: { readonly keyId: string; readonly privateKey: KeyObject },
): Envelope {
  const bytes = Buffer.from(payload.text);
  const sig = sign(null, dsse.preAuthEncoding(payload.type, bytes), signer.privateKey).toString("base64");
  return { payloadType: payload.type, payload: bytes.toString("base64"), signatures: [{ keyid: signer.keyId, sig }] };
}

/** Whether the envelope's signature was made with a key's private half, over this payload and this type. */
export function isSignedBy({ payloadType, payload, signatures }: Envelope, publicKey: KeyObject): boolean {
  const signed = dsse.preAuthEncoding(payloadType, Buffer.from(payload, "base64"));
  return signatures.every(({ sig }) => crypto.verify(signed, publicKey, Buffer.from(sig, "base64")));
}

/** The payload as text; it proves nothing before its signature is verified. */
export const payloadOf = ({ payload }: Envelope): string => Buffer.from(payload, "base64").toString("utf8");
