import { createECDH, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Random } from "../../../../contracts/index.ts";
import type { CredentialVerdict } from "../wire/journal.ts";
import type { Signer } from "../wire/webhook-emitter.ts";

export interface SendGridKeys {
  /** Short, such as `SG.test`: a real one has 22 and 43 characters after `SG.`. */
  readonly apiKey: string;
  /** PKCS#8 PEM of the P-256 key that signs events; left out, a pair is drawn from the host's chance. */
  readonly eventPrivateKeyPem?: string;
}

const LIVE = /^SG\.[\w-]{22}\.[\w-]{43}$/;

/** Whether a key has the form of a real one. */
export const isLiveSendGridKey = (key: string): boolean => LIVE.test(key);

export function sendGridCredential(keys: SendGridKeys, authorization: string | null): CredentialVerdict {
  const key = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (key === undefined) return "absent";
  if (isLiveSendGridKey(key)) return "live";
  return key === keys.apiKey ? "accepted" : "wrong";
}

/** The keys of the event webhook: the one in use, the one before, and one that nobody trusts. */
export interface EventKeys {
  readonly current: KeyObject;
  readonly previous: KeyObject;
  readonly wrong: KeyObject;
}

const P256_SCALAR_BYTES = 32;

/** A P-256 key whose secret comes from the injected chance, so that one seed gives one key. */
function drawKey(random: Random): KeyObject {
  const scalar = Buffer.from(random.bytes(P256_SCALAR_BYTES));
  scalar[0] = 1; // keeps any draw above zero and below the order of the curve
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(scalar);
  const point = pair.getPublicKey();
  const part = (from: number): string => point.subarray(from, from + P256_SCALAR_BYTES).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x: part(1), y: part(33), d: scalar.toString("base64url") };
  return createPrivateKey({ key: jwk, format: "jwk" });
}

export const eventKeys = (keys: SendGridKeys, random: Random): EventKeys => ({
  current: keys.eventPrivateKeyPem === undefined ? drawKey(random) : createPrivateKey(keys.eventPrivateKeyPem),
  previous: drawKey(random),
  wrong: drawKey(random),
});

/** The public key as SendGrid's settings page shows it: base64 of the SPKI DER. */
export const publicKeyText = (key: KeyObject): string =>
  createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");

/** ECDSA P-256 with SHA-256 over the timestamp's text and the raw body, as base64 of the DER form. */
export const sendGridSigner =
  (keys: EventKeys): Signer =>
  ({ body, at, secret }) => {
    const timestamp = String(Math.floor(at / 1000));
    const key = { ...keys, both: keys.current }[secret];
    return {
      "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(timestamp + body), key).toString("base64"),
      "x-twilio-email-event-webhook-timestamp": timestamp,
    };
  };
