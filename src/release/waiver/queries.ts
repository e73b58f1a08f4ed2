import { assert, type Instant, parseJson } from "../../contracts/index.ts";
import { entryOf, type PastWaiver } from "../../gate/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { StoredWaiver, WaiverState } from "./waiver.ts";

type Row = Omit<StoredWaiver, "waiver"> & { readonly entry: string };

const columns = (sql: TenantQuery) => sql`
  waiver_id, policy_id, gate, subject, state, entry, approvals_needed, roles_needed, created_at, expires_at, in_force_at, ended_at`;

function storedOf({ entry, ...rest }: Row): StoredWaiver {
  const json = parseJson(entry);
  const read = json.ok ? entryOf(json.value, 0) : undefined;
  assert(read?.ok === true, "a waiver that is kept is one");
  return { ...rest, waiver: read.waiver };
}

/** The number of the year's next waiver. Whoever asks holds it until the transaction ends; others wait for it. */
export async function nextWaiverNumber(sql: TenantQuery, year: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended('waiver:' || require_tenant_context(), 0))`;
  const rows = await sql<{ next: number }[]>`
    select coalesce(max(substring(waiver_id from 8)::integer), 0) + 1 as next
      from waiver
     where tenant_id = require_tenant_context() and waiver_id like ${`W-${year}-%`}`;
  return rows[0]?.next ?? 1;
}

/** Inserts only; its number is the caller's alone. */
export const insertWaiver = (sql: TenantQuery, { waiver, ...row }: StoredWaiver) => sql`
  insert into waiver (tenant_id, waiver_id, policy_id, gate, subject, state, entry, approvals_needed, roles_needed, created_at,
         expires_at, in_force_at, ended_at)
  values (require_tenant_context(), ${row.waiver_id}, ${row.policy_id}, ${row.gate}, ${row.subject}, ${row.state},
          ${JSON.stringify(waiver)}, ${row.approvals_needed}, ${[...row.roles_needed]}::text[], ${row.created_at}::timestamptz,
          ${row.expires_at}::timestamptz, null, null)`;

/** A waiver, or undefined. */
export async function findWaiver(sql: TenantQuery, waiverId: string): Promise<StoredWaiver | undefined> {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
      from waiver
     where tenant_id = require_tenant_context() and waiver_id = ${waiverId}`;
  return rows.map(storedOf)[0];
}

/** The same, locked until the transaction ends: of two acts on a waiver the second sees what the first did. */
export async function lockWaiver(sql: TenantQuery, waiverId: string): Promise<StoredWaiver | undefined> {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
      from waiver
     where tenant_id = require_tenant_context() and waiver_id = ${waiverId}
       for update`;
  return rows.map(storedOf)[0];
}

/** Writes what became of a waiver. The caller holds its lock. */
export const updateWaiver = (
  sql: TenantQuery,
  { waiver_id, state, waiver, in_force_at, ended_at }: StoredWaiver,
) => sql`
  update waiver set state = ${state}, entry = ${JSON.stringify(waiver)}, in_force_at = ${in_force_at}::timestamptz,
         ended_at = ${ended_at}::timestamptz
   where tenant_id = require_tenant_context() and waiver_id = ${waiver_id}`;

/** Which waivers are listed; a state is one by the instant. */
export interface WaiverFilter {
  readonly at: Instant;
  readonly state: WaiverState | null;
  readonly policy: string | null;
  readonly gate: string | null;
  readonly subject: string | null;
  /** Only what ends before. */
  readonly endsBefore: Instant | null;
  /** The last of the page before. */
  readonly before: string | null;
  readonly limit: number;
}

/** Newest first. What ends by a certain time is what has not ended yet. */
export async function listWaivers(sql: TenantQuery, filter: WaiverFilter): Promise<readonly StoredWaiver[]> {
  const { at, state, policy, gate, subject, endsBefore, before, limit } = filter;
  const rows = await sql<Row[]>`
    select ${columns(sql)}
      from waiver
     where tenant_id = require_tenant_context()
       and (${state}::text is null
            or ${state} = case when state <> 'revoked' and expires_at <= ${at}::timestamptz then 'expired' else state end)
       and (${policy}::text is null or policy_id = ${policy})
       and (${gate}::text is null or gate = ${gate})
       and (${subject}::text is null or subject = ${subject})
       and (${endsBefore}::timestamptz is null
            or (state in ('requested', 'approved') and expires_at > ${at}::timestamptz and expires_at < ${endsBefore}::timestamptz))
       and (${before}::text is null or (length(waiver_id), waiver_id) < (length(${before}), ${before}))
     order by length(waiver_id) desc, waiver_id desc
     limit ${limit}`;
  return rows.map(storedOf);
}

/** Waivers that one decision may be offered. */
const OFFERED_MAX = 200;

/** What is in force at an instant for decisions of a policy about a subject, and was not revoked since. */
export async function waiversInForce(
  sql: TenantQuery,
  { policy, subject, at }: { readonly policy: string; readonly subject: string | null; readonly at: Instant },
): Promise<readonly StoredWaiver[]> {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
      from waiver
     where tenant_id = require_tenant_context() and policy_id = ${policy} and subject is not distinct from ${subject}
       and state <> 'revoked' and in_force_at <= ${at}::timestamptz and expires_at > ${at}::timestamptz
     order by waiver_id
     limit ${OFFERED_MAX}`;
  return rows.map(storedOf);
}

export async function waiversNamed(sql: TenantQuery, ids: readonly string[]): Promise<readonly StoredWaiver[]> {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
      from waiver
     where tenant_id = require_tenant_context() and waiver_id = any(${[...ids]}::text[])
     order by waiver_id
     limit 1000`;
  return rows.map(storedOf);
}

/** When gates of a policy were waived before an instant, until when each was in force; about whatever subject. */
export const pastWaivers = (sql: TenantQuery, { policy, at }: { readonly policy: string; readonly at: Instant }) => sql<
  PastWaiver[]
>`
  select gate as check_id, created_at as from, coalesce(ended_at, expires_at) as until
    from waiver
   where tenant_id = require_tenant_context() and policy_id = ${policy} and in_force_at is not null
     and created_at <= ${at}::timestamptz
   order by created_at desc, waiver_id desc
   limit 1000`;

/** Waivers whose time is up and of which nobody has recorded that; locked, but for those that another holds. */
export async function lockOverdueWaivers(sql: TenantQuery, at: Instant): Promise<readonly StoredWaiver[]> {
  const rows = await sql<Row[]>`
    select ${columns(sql)}
      from waiver
     where tenant_id = require_tenant_context() and state in ('requested', 'approved') and expires_at <= ${at}::timestamptz
     order by expires_at, waiver_id
     limit ${OFFERED_MAX}
       for update skip locked`;
  return rows.map(storedOf);
}
