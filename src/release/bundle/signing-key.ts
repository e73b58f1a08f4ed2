import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { accepted, type Random, type Result, rejected, sha256Hex } from "../../contracts/index.ts";

/** What signs bundles. Its public half is known by its id, and trusted only where a roster says so. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

const SEED_BYTES = 32;
/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** A new Ed25519 key as PEM text (PKCS #8). */
export function newSigningKey(random: Random): string {
  const der = Buffer.concat([PKCS8_PREFIX, random.bytes(SEED_BYTES)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

/** Reads a private key. Refused with SIGNING_KEY_INVALID: it is no Ed25519 key in PEM. */
export function readSigningKey(pem: string): Result<SigningKey> {
  const privateKey = keyIn(() => createPrivateKey(pem));
  if (privateKey === undefined) return invalid("the file holds no private Ed25519 key in PEM");
  return accepted({ keyId: keyIdOf(publicText(createPublicKey(privateKey))), privateKey });
}

/** The public half as base64 of its SPKI form, which is how rosters write it. */
export const publicKeyOf = ({ privateKey }: SigningKey): string => publicText(createPublicKey(privateKey));

/** Reads a public key as a roster writes it; undefined where it is none. */
export const readPublicKey = (text: string): KeyObject | undefined =>
  keyIn(() => createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" }));

/** SHA-256 of the key's SPKI form. */
export const keyIdOf = (publicKey: string): string => sha256Hex(Buffer.from(publicKey, "base64"));

const publicText = (key: KeyObject): string => key.export({ format: "der", type: "spki" }).toString("base64");

/** Node tells what is no key by an error of its own; any other kind of key is none of ours. */
function keyIn(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

const invalid = (message: string) => rejected({ code: "SIGNING_KEY_INVALID", message });
