import { assert, type Host } from "../contracts/index.ts";
import type { TenantKey } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { findWrappedKey, insertWrappedKey } from "./queries.ts";
import { derivedKey, KEY_BYTES, openText, sealText } from "./vault.ts";

/** What one tenant's secrets are sealed and its approval tokens are made with. Destroying the stored key erases them. */
export interface TenantSecrets {
  /** Opens a stored credential. */
  open(sealed: string, purpose: string): string;
  seal(text: string, purpose: string): string;
  /** Secret of approval tokens. */
  readonly tokenKey: Uint8Array;
  /** Key of sealed artifacts. */
  readonly artifactKey: TenantKey;
}

/**
 * The current tenant's secrets; its random key is made at the first call and stored wrapped under the installation's key.
 *
 * @param installationKey 32 bytes, kept outside the database
 */
export async function tenantSecrets(
  sql: TenantQuery,
  host: Pick<Host, "clock" | "ids" | "random">,
  tenantId: string,
  installationKey: Uint8Array,
): Promise<TenantSecrets> {
  const purpose = `tenant ${tenantId} key`;
  if ((await findWrappedKey(sql)) === undefined) {
    const made = Buffer.from(host.random.bytes(KEY_BYTES)).toString("base64url");
    await insertWrappedKey(sql, {
      keyId: host.ids.next(),
      wrapped: sealText(made, installationKey, purpose, host.random),
      at: host.clock.now(),
    });
  }
  // Read back: of two processes that made one at the same time, both use the first.
  const stored = await findWrappedKey(sql);
  assert(stored !== undefined, "a tenant's key is there once it is made");
  const key = new Uint8Array(Buffer.from(openText(stored.wrapped_key, installationKey, purpose), "base64url"));
  const credentials = derivedKey(key, "credentials");
  return {
    open: (sealed, what) => openText(sealed, credentials, what),
    seal: (text, what) => sealText(text, credentials, what, host.random),
    tokenKey: derivedKey(key, "approval tokens"),
    artifactKey: { tenant: tenantId, id: stored.key_id, secret: derivedKey(key, "artifacts") },
  };
}
