import type { Instant } from "../../contracts/index.ts";
import type { Query, TenantQuery } from "../../store/index.ts";
import type { PrincipalKind, Role } from "../principal.ts";

/** What of somebody's claims a binding asks for. */
export type BoundClaim = "subject" | "email" | "group";

/** By which a tenant lets people of an issuer in; with nothing bound it lets nobody in. */
export interface BindingRow {
  readonly binding_id: string;
  readonly issuer: string;
  readonly claim: BoundClaim;
  readonly value: string;
  /** Null for a group: each of its people is a principal of their own. */
  readonly principal_id: string | null;
  readonly role: Role;
  readonly created_at: Instant;
  readonly created_by: string;
  readonly revoked_at: Instant | null;
}

/** Who an issuer says that somebody is: one subject is one person. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

/** Claims as bindings are looked up by: verified, and by nobody but the issuer. */
export interface BoundClaims extends Identity {
  /** In lower case; null where it is not verified. */
  readonly email: string | null;
  readonly groups: readonly string[];
}

/** The binding by which somebody comes into one tenant. */
export interface Entrance extends Pick<BindingRow, "binding_id" | "claim" | "principal_id" | "role"> {
  readonly tenant_id: string;
}

/** Of what kind the principal is that a key belongs to, and as whom they signed in; no row for an unknown key. */
export const keyHolder = (sql: TenantQuery, keySha256: string) => sql<
  { kind: PrincipalKind; issuer: string | null; subject: string | null }[]
>`
  select p.kind, b.issuer, k.subject
    from api_key k
    join principal p using (tenant_id, principal_id)
    left join sign_in_binding b using (tenant_id, binding_id)
   where k.tenant_id = require_tenant_context() and k.key_sha256 = ${keySha256}`;

/** In each tenant that has one, the binding that counts for these claims; across tenants, as keys are looked up. */
export const resolveIdentity = (sql: Query, { issuer, subject, email, groups }: BoundClaims) => sql<Entrance[]>`
  select tenant_id, binding_id, claim, principal_id, role
    from resolve_identity(${issuer}, ${subject}, ${email}, ${[...groups]}::text[])
   order by tenant_id
   limit 1000`;

/** The tenant's bindings in the order in which they count; those that ended come last. */
export const listBindings = (sql: TenantQuery) => sql<BindingRow[]>`
  select binding_id, issuer, claim, value, principal_id, role, created_at, created_by, revoked_at
    from sign_in_binding
   where tenant_id = require_tenant_context()
   order by revoked_at is not null, array_position(array['subject', 'email', 'group'], claim), created_at, binding_id
   limit 1000`;

/** Makes a binding. No row: the same claim is bound already. */
export const insertBinding = (sql: TenantQuery, row: Omit<BindingRow, "revoked_at">) => sql<{ binding_id: string }[]>`
  insert into sign_in_binding (tenant_id, binding_id, issuer, claim, value, principal_id, role, created_at, created_by)
  values (require_tenant_context(), ${row.binding_id}, ${row.issuer}, ${row.claim}, ${row.value}, ${row.principal_id}, ${row.role},
          ${row.created_at}::timestamptz, ${row.created_by})
      on conflict (issuer, claim, value, tenant_id) where revoked_at is null do nothing
  returning binding_id`;

/** Ends a binding, and so every key that it made, at once and for ever; one that has ended stays as it is. */
export const revokeBinding = (sql: TenantQuery, bindingId: string, at: Instant) => sql`
  update sign_in_binding set revoked_at = ${at}::timestamptz
   where tenant_id = require_tenant_context() and binding_id = ${bindingId} and revoked_at is null`;

/** The subject as whom a principal is known, and the principal that a subject is: at most one row of each. */
export const knownAs = (sql: TenantQuery, { issuer, subject }: Identity, principalId: string | null) => sql<
  { subject: string; principal_id: string }[]
>`
  select subject, principal_id
    from identity
   where tenant_id = require_tenant_context() and issuer = ${issuer} and (subject = ${subject} or principal_id = ${principalId})
   order by subject
   limit 2`;

/** Notes for ever who a subject is. No row: the subject or the principal is known as another already. */
export const insertIdentity = (
  sql: TenantQuery,
  { issuer, subject, principalId, at }: Identity & { readonly principalId: string; readonly at: Instant },
) => sql<{ principal_id: string }[]>`
  insert into identity (tenant_id, issuer, subject, principal_id, known_at)
  values (require_tenant_context(), ${issuer}, ${subject}, ${principalId}, ${at}::timestamptz)
      on conflict do nothing
  returning principal_id`;

/** Makes the key that a subject's browsers stand for, if there is none yet by that binding. */
export const insertSubjectKey = (
  sql: TenantQuery,
  key: {
    readonly keyId: string;
    readonly bindingId: string;
    readonly subject: string;
    readonly principalId: string;
    readonly sha256: string;
    readonly role: Role;
    readonly at: Instant;
  },
) => sql`
  insert into api_key (tenant_id, key_id, principal_id, key_sha256, role, created_at, binding_id, subject)
  values (require_tenant_context(), ${key.keyId}, ${key.principalId}, ${key.sha256}, ${key.role}, ${key.at}::timestamptz,
          ${key.bindingId}, ${key.subject})
      on conflict (tenant_id, binding_id, subject) where binding_id is not null do nothing`;

/** The SHA-256 of a subject's key by a binding; undefined where it was revoked, by itself or with the binding. */
export async function subjectKey(
  sql: TenantQuery,
  { bindingId, subject }: { readonly bindingId: string; readonly subject: string },
): Promise<string | undefined> {
  const rows = await sql<{ key_sha256: string }[]>`
    select k.key_sha256
      from api_key k
      join sign_in_binding b using (tenant_id, binding_id)
     where k.tenant_id = require_tenant_context() and k.binding_id = ${bindingId} and k.subject = ${subject}
       and k.revoked_at is null and b.revoked_at is null`;
  return rows[0]?.key_sha256;
}
