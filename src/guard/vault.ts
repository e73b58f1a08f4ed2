import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { assert, Fault, type Random } from "../contracts/index.ts";

/**
 * Encryption at rest of small secrets: AES-256-GCM, nonce and tag beside the text, the purpose as authenticated data, so that
 * a value sealed for one purpose opens for no other. Form: base64url of nonce (12) || tag (16) || ciphertext.
 */

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts `text` under a 256-bit key for one purpose (`tenant shop_abc credential stripe`). */
export function sealText(text: string, key: Uint8Array, purpose: string, random: Random): string {
  assert(key.length === KEY_BYTES, "a sealing key has 256 bits");
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Opens what `sealText` made. Throws a Fault when key, purpose or text are not those it was sealed with. */
export function openText(sealed: string, key: Uint8Array, purpose: string): string {
  const bytes = Buffer.from(sealed, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return text.toString("utf8");
  } catch (cause) {
    throw new Fault("CONFIG_INVALID", `what was sealed for \`${purpose}\` does not open with this installation's key`, {
      retry: "never",
      cause,
    });
  }
}

/** A key for one use, derived from another (HKDF-SHA256), so that no key serves two purposes. */
export const derivedKey = (key: Uint8Array, use: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", key, new Uint8Array(), `countermark ${use}`, KEY_BYTES));
