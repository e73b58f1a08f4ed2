import { assert, type Instant, instant } from "../contracts/index.ts";
import type { Query, TenantQuery, TenantReads } from "../store/index.ts";
import type { BreakerRecord, BreakerState, IdempotencyRecord, IdempotencyStatus, Mode } from "./call.ts";
import type { PrincipalKind, Role } from "./principal.ts";

/** The stored facts of one call. */
export interface StoredFacts {
  /** The database's clock, which stamped what was read: guards judge by no other. */
  readonly now: Instant;
  readonly record: IdempotencyRecord | null;
  readonly breaker: BreakerRecord | null;
  readonly rateHits: readonly Instant[];
}

interface FactsRow {
  readonly now: Instant;
  readonly internal_key: string | null;
  readonly generation: number;
  readonly status: IdempotencyStatus;
  readonly params_sha256: string;
  readonly external_key: string | null;
  readonly run_id: string;
  readonly step_id: string;
  readonly epoch: number;
  readonly first_seen_at: Instant;
  readonly heartbeat_at: Instant;
  readonly result: string | null;
  readonly receipt_id: string | null;
  readonly breaker_id: string | null;
  readonly state: BreakerState;
  readonly failure_times: readonly number[];
  readonly success_count: number;
  readonly probe_count: number;
  readonly opened_at: Instant | null;
  readonly expires_at: Instant;
  readonly revision: number;
  readonly hits: readonly number[] | null;
}

const RATE_WINDOW_MS = 60_000;

/** Whose facts are asked for: of the key's record, the dependency's breaker and the tool's window. */
export interface AskedFacts {
  readonly internalKey: string | null;
  readonly breakerId: string | null;
  readonly tool: string;
}

/**
 * What is stored about calls' keys (newest generation), their dependencies' breakers and their tools' last minute: one for each, in
 * their order.
 */
export async function loadFacts(sql: TenantReads, calls: readonly AskedFacts[]): Promise<readonly StoredFacts[]> {
  const keys = calls.map(({ internalKey }) => internalKey);
  const breakers = calls.map(({ breakerId }) => breakerId);
  const tools = calls.map(({ tool }) => tool);
  const rows = await sql<FactsRow[]>`
    select clock() as now, i.internal_key, i.generation, i.status, i.params_sha256, i.external_key, i.run_id, i.step_id, i.epoch, i.first_seen_at,
           i.heartbeat_at, i.result, i.receipt_id, b.breaker_id, b.state, b.failure_times, b.success_count, b.probe_count,
           b.opened_at, b.expires_at, b.revision, w.hits
      from unnest(${keys}::text[], ${breakers}::text[], ${tools}::text[]) with ordinality as call(internal_key, breaker_id, tool_name, nth)
      left join lateral (
        select * from idempotency
         where tenant_id = require_tenant_context() and internal_key = call.internal_key
         order by generation desc
         limit 1
      ) i on true
      left join breaker b on b.tenant_id = require_tenant_context() and b.breaker_id = call.breaker_id
      left join rate_window w on w.tenant_id = require_tenant_context() and w.tool_name = call.tool_name
     order by call.nth`.execute();
  assert(rows.length === calls.length, "the facts of a call are one row");
  return rows.map((row) => ({
    now: row.now,
    record: recordOf(row),
    breaker: breakerOf(row),
    rateHits: (row.hits ?? []).filter((hit) => hit > row.now - RATE_WINDOW_MS).map(instant),
  }));
}

/** What names a record and its receipt. */
export type OpenRecord = Pick<IdempotencyRecord, "internal_key" | "generation" | "receipt_id">;

/** The open record of a step, whatever its key; undefined when no effect of the step is open. */
export async function openRecordOf(
  sql: TenantQuery,
  { runId, stepId }: { readonly runId: string; readonly stepId: string },
): Promise<OpenRecord | undefined> {
  const rows = await sql<OpenRecord[]>`
    select internal_key, generation, receipt_id
      from idempotency
     where tenant_id = require_tenant_context() and run_id = ${runId} and step_id = ${stepId}
       and status in ('IN_PROGRESS', 'UNKNOWN')
     order by heartbeat_at desc, internal_key
     limit 1`;
  return rows[0];
}

export interface UnknownEffect {
  readonly run_id: string;
  readonly step_id: string;
  readonly since: Instant;
}

/** Effects of which nobody knows whether they happened, the oldest first. */
export const unknownEffects = (sql: TenantQuery, limit: number) => sql<UnknownEffect[]>`
  select run_id, step_id, heartbeat_at as since
    from idempotency
   where tenant_id = require_tenant_context() and status = 'UNKNOWN'
   order by heartbeat_at, run_id, step_id
   limit ${limit}`;

/** Circuits that are not closed, by name. */
export const breakersAstray = (sql: TenantQuery) => sql<
  { breaker_id: string; state: "OPEN" | "HALF_OPEN"; opened_at: Instant | null }[]
>`
  select breaker_id, state, opened_at
    from breaker
   where tenant_id = require_tenant_context() and state <> 'CLOSED'
   order by breaker_id`;

const recordOf = (row: FactsRow): IdempotencyRecord | null =>
  row.internal_key === null
    ? null
    : {
        internal_key: row.internal_key,
        generation: row.generation,
        status: row.status,
        params_sha256: row.params_sha256,
        external_key: row.external_key,
        run_id: row.run_id,
        step_id: row.step_id,
        epoch: row.epoch,
        first_seen_at: row.first_seen_at,
        heartbeat_at: row.heartbeat_at,
        result: row.result === null ? null : JSON.parse(row.result),
        receipt_id: row.receipt_id,
      };

const breakerOf = (row: FactsRow): BreakerRecord | null =>
  row.breaker_id === null
    ? null
    : {
        breaker_id: row.breaker_id,
        state: row.state,
        failure_times: row.failure_times.map((at) => instant(Number(at))),
        success_count: row.success_count,
        probe_count: row.probe_count,
        opened_at: row.opened_at,
        expires_at: row.expires_at,
        revision: row.revision,
      };

/** What guards must see at once when it changes; `control_revision` rises with every such change. */
export interface TenantControlRow {
  readonly tenant_id: string;
  readonly name: string;
  readonly status: "ACTIVE" | "PAUSED" | "CLOSED";
  readonly mode: Mode;
  readonly control_revision: number;
}

/** The current tenant, or undefined. */
export async function findTenant(sql: TenantReads): Promise<TenantControlRow | undefined> {
  const rows = await sql<TenantControlRow[]>`
    select tenant_id, name, status, mode, control_revision from tenant where tenant_id = require_tenant_context()`.execute();
  return rows[0];
}

export const revokedTools = (sql: TenantQuery) => sql<{ tool_name: string }[]>`
  select tool_name from revocation where tenant_id = require_tenant_context() order by tool_name limit 1000`;

export interface CredentialRow {
  readonly service: string;
  readonly slot: "current" | "previous";
  readonly origin: string;
  readonly sealed_secret: string;
  readonly settings: string;
}

/** Credentials that are valid at `now`, the current one of each service first. */
export const validCredentials = (sql: TenantQuery, now: Instant) => sql<CredentialRow[]>`
  select service, slot, origin, sealed_secret, settings
    from credential
   where tenant_id = require_tenant_context() and (valid_until is null or valid_until > ${now}::timestamptz)
   order by service, slot
   limit 1000`;

/** Raises the tenant's control revision: every guard judges the next call by the new facts. */
export const touchControl = (sql: TenantQuery, now: Instant) => sql`
  update tenant set control_revision = control_revision + 1, updated_at = ${now}::timestamptz
   where tenant_id = require_tenant_context()`;

/** Writes a credential; the one it replaces stays valid as `previous` until `overlapUntil`. */
export async function upsertCredential(
  sql: TenantQuery,
  credential: {
    readonly service: string;
    readonly origin: string;
    readonly sealedSecret: string;
    readonly settings: string;
    readonly now: Instant;
    readonly overlapUntil: Instant;
  },
): Promise<void> {
  await sql`
    delete from credential where tenant_id = require_tenant_context() and service = ${credential.service} and slot = 'previous'`;
  await sql`
    update credential set slot = 'previous', valid_until = ${credential.overlapUntil}::timestamptz
     where tenant_id = require_tenant_context() and service = ${credential.service} and slot = 'current'`;
  await sql`
    insert into credential (tenant_id, service, slot, origin, sealed_secret, settings, created_at)
    values (require_tenant_context(), ${credential.service}, 'current', ${credential.origin}, ${credential.sealedSecret},
           ${credential.settings}, ${credential.now}::timestamptz)`;
  await touchControl(sql, credential.now);
}

/** Withdraws a tool from the tenant, or gives it back; in force for the next call. */
export async function revokeTool(
  sql: TenantQuery,
  revocation: { readonly tool: string; readonly by: string; readonly reason: string; readonly at: Instant },
): Promise<void> {
  await sql`
    insert into revocation (tenant_id, tool_name, revoked_by, reason, revoked_at)
    values (require_tenant_context(), ${revocation.tool}, ${revocation.by}, ${revocation.reason}, ${revocation.at}::timestamptz)
        on conflict do nothing`;
  await touchControl(sql, revocation.at);
}

export async function restoreTool(sql: TenantQuery, tool: string, at: Instant): Promise<void> {
  await sql`delete from revocation where tenant_id = require_tenant_context() and tool_name = ${tool}`;
  await touchControl(sql, at);
}

/** False: the tenant exists already. */
export async function insertTenant(
  sql: TenantQuery,
  tenant: { readonly name: string; readonly mode: Mode; readonly at: Instant },
): Promise<boolean> {
  const rows = await sql`
    insert into tenant (tenant_id, name, mode, created_at, updated_at)
    values (require_tenant_context(), ${tenant.name}, ${tenant.mode}, ${tenant.at}::timestamptz, ${tenant.at}::timestamptz)
        on conflict do nothing
    returning tenant_id`;
  return rows.length === 1;
}

export const insertPrincipal = (
  sql: TenantQuery,
  principal: {
    readonly principalId: string;
    readonly kind: PrincipalKind;
    readonly name: string;
    readonly at: Instant;
  },
) => sql`
  insert into principal (tenant_id, principal_id, kind, name, created_at)
  values (require_tenant_context(), ${principal.principalId}, ${principal.kind}, ${principal.name}, ${principal.at}::timestamptz)
      on conflict do nothing`;

export async function principalKind(sql: TenantQuery, principalId: string): Promise<PrincipalKind | undefined> {
  const rows = await sql<{ kind: PrincipalKind }[]>`
    select kind from principal where tenant_id = require_tenant_context() and principal_id = ${principalId}`;
  return rows[0]?.kind;
}

export const insertKey = (
  sql: TenantQuery,
  key: {
    readonly keyId: string;
    readonly principalId: string;
    readonly sha256: string;
    readonly role: Role;
    readonly at: Instant;
  },
) => sql`
  insert into api_key (tenant_id, key_id, principal_id, key_sha256, role, created_at)
  values (require_tenant_context(), ${key.keyId}, ${key.principalId}, ${key.sha256}, ${key.role}, ${key.at}::timestamptz)`;

export interface KeyOwner {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly principal_id: string;
  readonly role: Role;
}

/** Whose key this is, across tenants; undefined for an unknown or revoked one. */
export async function resolveKey(sql: Query, sha256: string): Promise<KeyOwner | undefined> {
  const rows = await sql<KeyOwner[]>`select tenant_id, key_id, principal_id, role from resolve_api_key(${sha256})`;
  return rows[0];
}

export const insertEndpoint = (
  sql: TenantQuery,
  endpoint: {
    readonly endpointId: string;
    readonly tokenSha256: string;
    readonly provider: string;
    readonly at: Instant;
  },
) => sql`
  insert into webhook_endpoint (tenant_id, endpoint_id, token_sha256, provider, created_at)
  values (require_tenant_context(), ${endpoint.endpointId}, ${endpoint.tokenSha256}, ${endpoint.provider}, ${endpoint.at}::timestamptz)`;

export interface EndpointOwner {
  readonly tenant_id: string;
  readonly endpoint_id: string;
  readonly provider: string;
}

/** Whose webhook endpoint this is, across tenants; undefined for an unknown or disabled one. */
export async function resolveEndpoint(sql: Query, sha256: string): Promise<EndpointOwner | undefined> {
  const rows = await sql<EndpointOwner[]>`select tenant_id, endpoint_id, provider from resolve_endpoint(${sha256})`;
  return rows[0];
}

/** Every tenant, for installers. */
export const listTenants = (sql: Query) =>
  sql<
    { tenant_id: string; name: string; status: string; mode: Mode; created_at: Instant }[]
  >`select tenant_id, name, status, mode, created_at from list_tenants()`;

/** The tenant's wrapped key that seals new values, or undefined when it has none yet. */
export async function findWrappedKey(
  sql: TenantQuery,
): Promise<{ readonly key_id: string; readonly wrapped_key: string } | undefined> {
  const rows = await sql<{ key_id: string; wrapped_key: string }[]>`
    select key_id, wrapped_key from tenant_key
     where tenant_id = require_tenant_context()
     order by created_at, key_id
     limit 1`;
  return rows[0];
}

export const insertWrappedKey = (
  sql: TenantQuery,
  key: { readonly keyId: string; readonly wrapped: string; readonly at: Instant },
) => sql`
  insert into tenant_key (tenant_id, key_id, wrapped_key, created_at)
  values (require_tenant_context(), ${key.keyId}, ${key.wrapped}, ${key.at}::timestamptz)
      on conflict do nothing`;
