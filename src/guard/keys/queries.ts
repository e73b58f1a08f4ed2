import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { PrincipalKind, Role } from "../principal.ts";

/** A key and whose it is; the key itself is stored nowhere. */
export interface KeyRow {
  readonly key_id: string;
  readonly principal_id: string;
  readonly kind: PrincipalKind;
  readonly role: Role;
  readonly key_sha256: string;
  readonly created_at: Instant;
  readonly revoked_at: Instant | null;
  /** The binding by which its holder signs in; null for a key that was handed out. */
  readonly binding_id: string | null;
}

/** The tenant's keys by principal, the newest of each first; a binding that ended has ended the keys that it made. */
export const listKeys = (sql: TenantQuery) => sql<KeyRow[]>`
  select k.key_id, k.principal_id, p.kind, k.role, k.key_sha256, k.created_at, k.binding_id, coalesce(k.revoked_at, b.revoked_at) as revoked_at
    from api_key k
    join principal p using (tenant_id, principal_id)
    left join sign_in_binding b using (tenant_id, binding_id)
   where k.tenant_id = require_tenant_context()
   order by k.principal_id, k.created_at desc, k.key_id
   limit 1000`;

/** Keys handed out that count, locked until the transaction ends: of two that are revoked at once, the second sees the first gone. */
export const lockKeys = (sql: TenantQuery) => sql<Pick<KeyRow, "key_id" | "role">[]>`
  select key_id, role
    from api_key
   where tenant_id = require_tenant_context() and revoked_at is null and binding_id is null
   order by key_id
   limit 1000
     for update`;

/** Ends a key at once and for ever; one that has ended stays as it is. */
export const revokeKey = (sql: TenantQuery, keyId: string, at: Instant) => sql`
  update api_key set revoked_at = ${at}::timestamptz
   where tenant_id = require_tenant_context() and key_id = ${keyId} and revoked_at is null`;
