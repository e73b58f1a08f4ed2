import { createCipheriv, createDecipheriv } from "node:crypto";
import {
  assert,
  canonicalText,
  Fault,
  type Json,
  type JsonObject,
  parseJson,
  type Random,
  sha256Hex,
} from "../contracts/index.ts";
import type { TenantQuery } from "../store/index.ts";
import type { ArtifactStore } from "./artifact.ts";
import type { SealedReference } from "./sealed-reference.ts";

/**
 * Sealed values: what a later step needs and no row, event or log may hold, encrypted under the tenant's key as an artifact.
 *
 * L1 AES-256-GCM with a fresh 96-bit nonce; tenant and key id are authenticated, so no envelope opens for another tenant.
 * L2 Equal values give different digests: a reference says nothing about its value.
 * L3 Destroying the key destroys every value sealed under it; references and hashes stay valid.
 *
 * A reference is part of the arguments it stands in, so by L2 two seals of one value make two calls: seal a value once, where
 * it comes in, and hand the reference on.
 */

/** A key of one tenant. `secret` is 32 bytes; the id is recorded with what it sealed, so that keys can be replaced. */
export interface TenantKey {
  readonly tenant: string;
  readonly id: string;
  readonly secret: Uint8Array;
}

const SEALED_MEDIA_TYPE = "application/vnd.countermark.sealed+json";
const VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What stands in a value's place, and the artifact that holds it. */
export interface SealedValue {
  readonly reference: SealedReference;
  /** The envelope; its SHA-256 is the reference. */
  readonly content: string;
}

/** Encrypts a value; nothing is stored yet. */
export function sealValue(value: Json, key: TenantKey, random: Random): SealedValue {
  const content = encrypt(value, key, random.bytes(NONCE_BYTES));
  return { reference: { $sealed: sha256Hex(content) }, content };
}

/** Stores sealed values in the tenant's transaction, with whatever row names them. Faults like `ArtifactStore.put`. */
export async function keepSealed(
  sql: TenantQuery,
  store: ArtifactStore,
  values: readonly SealedValue[],
): Promise<void> {
  for (const { content } of values) await store.put(sql, { content, mediaType: SEALED_MEDIA_TYPE });
}

/** The value behind a reference. `SEAL_UNREADABLE`: another key sealed it. Faults like `ArtifactStore.get` besides. */
export async function openSealed(
  sql: TenantQuery,
  { $sealed }: SealedReference,
  { store, key }: { readonly store: ArtifactStore; readonly key: TenantKey },
): Promise<Json> {
  return openEnvelope(await store.get(sql, $sealed), key);
}

/** The value in an envelope. Faults: `SEAL_UNREADABLE` where key or tenant are others, or it is no envelope. */
export const openEnvelope = (content: Uint8Array, key: TenantKey): Json =>
  decrypt(Buffer.from(content).toString("utf8"), key);

/** The envelope as canonical text: algorithm, key id, and nonce, tag and ciphertext in base64. */
function encrypt(value: Json, key: TenantKey, nonce: Uint8Array): string {
  assert(key.secret.byteLength === KEY_BYTES, "a tenant key has 32 bytes");
  assert(nonce.byteLength === NONCE_BYTES, "a nonce has 12 bytes");
  const cipher = createCipheriv("aes-256-gcm", key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(key));
  const ciphertext = Buffer.concat([cipher.update(canonicalText(value), "utf8"), cipher.final()]);
  return canonicalText({
    version: VERSION,
    algorithm: "A256GCM",
    key_id: key.id,
    nonce: base64(nonce),
    tag: base64(cipher.getAuthTag()),
    ciphertext: base64(ciphertext),
  });
}

function decrypt(text: string, key: TenantKey): Json {
  assert(key.secret.byteLength === KEY_BYTES, "a tenant key has 32 bytes");
  const envelope = parseJson(text);
  if (!envelope.ok || !isObject(envelope.value)) throw unreadable(key);
  const { version, key_id, nonce, tag, ciphertext } = envelope.value;
  if (version !== VERSION || key_id !== key.id) throw unreadable(key);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.secret, bytes(nonce), { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(key));
    decipher.setAuthTag(bytes(tag));
    const plain = Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]).toString("utf8");
    const value: Json = JSON.parse(plain);
    return value;
  } catch (cause) {
    throw unreadable(key, cause);
  }
}

const boundTo = ({ tenant, id }: TenantKey): Buffer =>
  Buffer.from(canonicalText({ tenant, key_id: id, version: VERSION }));

const unreadable = (key: TenantKey, cause?: unknown): Fault =>
  new Fault("SEAL_UNREADABLE", `the sealed value does not open with the key \`${key.id}\``, { retry: "never", cause });

const base64 = (content: Uint8Array): string => Buffer.from(content).toString("base64");

const bytes = (text: Json | undefined): Buffer => Buffer.from(typeof text === "string" ? text : "", "base64");

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
