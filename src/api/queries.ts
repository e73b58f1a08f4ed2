import type { Instant } from "../contracts/index.ts";
import type { TenantQuery } from "../store/index.ts";

/** A request under an Idempotency-Key. `status` null: it is being served, or whoever served it died. */
export interface RequestRecord {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly body: string | null;
  readonly created_at: Instant;
}

/** Names a record: keys belong to principals, so nobody is answered with what another asked. */
export interface RequestName {
  readonly principalId: string;
  readonly key: string;
}

/** Claims a key for a request. False: it is taken. */
export async function insertRequest(
  sql: TenantQuery,
  { principalId, key }: RequestName,
  request: { readonly fingerprint: string; readonly at: Instant },
): Promise<boolean> {
  const rows = await sql`
    insert into request_record (tenant_id, principal_id, request_key, fingerprint, created_at)
    values (require_tenant_context(), ${principalId}, ${key}, ${request.fingerprint}, ${request.at}::timestamptz)
        on conflict do nothing
    returning request_key`;
  return rows.length === 1;
}

/** The record of a key, or undefined. */
export async function findRequest(
  sql: TenantQuery,
  { principalId, key }: RequestName,
): Promise<RequestRecord | undefined> {
  const rows = await sql<RequestRecord[]>`
    select fingerprint, status, body, created_at
      from request_record
     where tenant_id = require_tenant_context() and principal_id = ${principalId} and request_key = ${key}`;
  return rows[0];
}

/** Takes over a request that nobody has finished since `seenAt`. False: somebody else did, or it is finished. */
export async function takeOverRequest(
  sql: TenantQuery,
  { principalId, key }: RequestName,
  { seenAt, at }: { readonly seenAt: Instant; readonly at: Instant },
): Promise<boolean> {
  const rows = await sql`
    update request_record set created_at = ${at}::timestamptz
     where tenant_id = require_tenant_context() and principal_id = ${principalId} and request_key = ${key}
       and status is null and created_at = ${seenAt}::timestamptz
    returning request_key`;
  return rows.length === 1;
}

/** Stores the answer of a request that did what it was asked. */
export const finishRequest = (
  sql: TenantQuery,
  { principalId, key }: RequestName,
  answer: { readonly status: number; readonly body: string },
) => sql`
  update request_record set status = ${answer.status}, body = ${answer.body}
   where tenant_id = require_tenant_context() and principal_id = ${principalId} and request_key = ${key} and status is null`;

/** Gives the key back: the request was refused and changed nothing. */
export const forgetRequest = (sql: TenantQuery, { principalId, key }: RequestName) => sql`
  delete from request_record
   where tenant_id = require_tenant_context() and principal_id = ${principalId} and request_key = ${key} and status is null`;
