import type { Digest, Instant } from "../../contracts/index.ts";
import { assert } from "../../contracts/index.ts";
import { findTenant } from "../../guard/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Compat } from "../bundle/manifest.ts";
import type { PromotionApproval } from "./approvals.ts";
import type { Environment, Health, HeldBundle, Hold } from "./environment.ts";
import { type EnvironmentSettings, SETTINGS, type SetSettings, settingsOf } from "./settings.ts";

/** Takes an environment for this transaction without waiting. False: another move of it is under way. */
export async function lockEnvironment(sql: TenantQuery, environment: Environment): Promise<boolean> {
  const rows = await sql<{ locked: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended('environment:' || ${environment} || ':' || require_tenant_context(), 0)) as locked`;
  return rows[0]?.locked === true;
}

/** Bundles that environments hold or held; more than anybody promotes. */
const HELD_MAX = 10_000;

/** Every bundle in every environment of the tenant: those that are held now, then newest move first. */
export async function heldBundles(sql: TenantQuery): Promise<readonly HeldBundle[]> {
  const rows = await sql<(Omit<HeldBundle, "compat"> & { readonly compat: string | null })[]>`
  select h.environment, h.bundle_id, b.root_digest, b.label, b.artifact_digest, b.pack_digest, b.contract_digests, b.added_at, h.health,
         h.last_seq, e.bundle_id is not null as is_current, e.moved_at as held_since, b.compat
    from environment_bundle h
    join bundle b on b.tenant_id = h.tenant_id and b.bundle_id = h.bundle_id
    left join environment e on e.tenant_id = h.tenant_id and e.environment = h.environment and e.bundle_id = h.bundle_id
   where h.tenant_id = require_tenant_context()
   order by is_current desc, h.environment, h.last_seq desc
   limit ${HELD_MAX}`;
  return rows.map((row) => ({ ...row, compat: row.compat === null ? null : JSON.parse(row.compat) }));
}

/** A bundle that was promoted, wherever it is now. */
export interface PromotedBundle {
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly label: string;
  readonly artifact_digest: Digest;
  readonly pack_id: string;
  readonly pack_digest: string;
  readonly built_by: string;
  readonly added_by: string;
  readonly added_at: Instant;
}

/** Whose a bundle is: who built it, and who brought it in. */
export const authorsOf = ({ built_by, added_by }: PromotedBundle): readonly string[] => [built_by, added_by];

/** Every bundle that was promoted, newest first; `before` is the last of the page before. */
export const listBundles = (
  sql: TenantQuery,
  { before, limit }: { readonly before: string | null; readonly limit: number },
) => sql<PromotedBundle[]>`
  select bundle_id, root_digest, label, artifact_digest, pack_id, pack_digest, built_by, added_by, added_at
    from bundle
   where tenant_id = require_tenant_context()
     and (${before}::text is null
          or (added_at, bundle_id) < (select added_at, bundle_id from bundle
                                       where tenant_id = require_tenant_context() and bundle_id = ${before}))
   order by added_at desc, bundle_id desc
   limit ${limit}`;

/** One of them, by its id or its root digest; the newest of several builds of one root. Undefined: none was promoted. */
export async function findBundle(sql: TenantQuery, idOrRoot: string): Promise<PromotedBundle | undefined> {
  const rows = await sql<PromotedBundle[]>`
    select bundle_id, root_digest, label, artifact_digest, pack_id, pack_digest, built_by, added_by, added_at
      from bundle
     where tenant_id = require_tenant_context() and (bundle_id = ${idOrRoot} or root_digest = ${idOrRoot})
     order by added_at desc, bundle_id desc
     limit 1`;
  return rows[0];
}

/** Writes a bundle once. One of this id that is there stays as it is. */
export const insertBundle = (
  sql: TenantQuery,
  bundle: {
    readonly bundleId: string;
    readonly rootDigest: string;
    readonly label: string;
    readonly artifactDigest: string;
    readonly packId: string;
    readonly packDigest: string;
    readonly contractDigests: readonly string[];
    readonly builtBy: string;
    readonly compat: Compat | null;
    readonly by: string;
    readonly at: Instant;
  },
) => sql`
  insert into bundle (tenant_id, bundle_id, root_digest, label, artifact_digest, pack_id, pack_digest, contract_digests, built_by, compat,
         added_by, added_at)
  values (require_tenant_context(), ${bundle.bundleId}, ${bundle.rootDigest}, ${bundle.label}, ${bundle.artifactDigest},
         ${bundle.packId}, ${bundle.packDigest}, ${[...bundle.contractDigests]}::text[], ${bundle.builtBy},
         ${bundle.compat === null ? null : JSON.stringify(bundle.compat)}, ${bundle.by}, ${bundle.at}::timestamptz)
      on conflict do nothing`;

/** Puts an environment onto a bundle, as of an entry of its stream. The caller holds the environment's lock. */
export async function moveEnvironment(
  sql: TenantQuery,
  move: {
    readonly environment: Environment;
    readonly bundleId: string;
    readonly health: Health;
    readonly seq: number;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into environment_bundle (tenant_id, environment, bundle_id, health, last_seq)
    values (require_tenant_context(), ${move.environment}, ${move.bundleId}, ${move.health}, ${move.seq})
        on conflict (tenant_id, environment, bundle_id) do update set health = excluded.health, last_seq = excluded.last_seq`;
  await sql`
    insert into environment (tenant_id, environment, bundle_id, seq, moved_at)
    values (require_tenant_context(), ${move.environment}, ${move.bundleId}, ${move.seq}, ${move.at}::timestamptz)
        on conflict (tenant_id, environment) do update
        set bundle_id = excluded.bundle_id, seq = excluded.seq, moved_at = excluded.moved_at`;
}

/** Says how a bundle does in an environment. */
export const setHealth = (
  sql: TenantQuery,
  {
    environment,
    bundleId,
    health,
  }: { readonly environment: Environment; readonly bundleId: string; readonly health: Health },
) => sql`
  update environment_bundle set health = ${health}
   where tenant_id = require_tenant_context() and environment = ${environment} and bundle_id = ${bundleId}`;

/** Holds in force, the oldest first. */
export const activeHolds = (sql: TenantQuery) => sql<Hold[]>`
  select hold_id, scope, reason, placed_by, placed_at, basis
    from hold
   where tenant_id = require_tenant_context() and lifted_at is null
   order by placed_at, hold_id
   limit 1000`;

export const insertHold = (sql: TenantQuery, hold: Hold) => sql`
  insert into hold (tenant_id, hold_id, scope, reason, placed_by, placed_at, basis)
  values (require_tenant_context(), ${hold.hold_id}, ${hold.scope}, ${hold.reason}, ${hold.placed_by}, ${hold.placed_at}::timestamptz,
         ${hold.basis})`;

/** Ends a hold. False: there is none of this id in force. */
export async function liftHold(
  sql: TenantQuery,
  hold: { readonly holdId: string; readonly by: string; readonly reason: string; readonly at: Instant },
): Promise<boolean> {
  const rows = await sql`
    update hold set lifted_by = ${hold.by}, lifted_at = ${hold.at}::timestamptz, lift_reason = ${hold.reason}
     where tenant_id = require_tenant_context() and hold_id = ${hold.holdId} and lifted_at is null
    returning hold_id`;
  return rows.length === 1;
}

/** What an environment asks of those who move it. */
export async function readSettings(sql: TenantQuery, environment: Environment): Promise<EnvironmentSettings> {
  const tenant = await findTenant(sql);
  assert(tenant !== undefined, "whoever acts has a tenant");
  return settingsOf(environment, tenant.mode, await findSettings(sql, environment));
}

/** What was set of each environment of which anything was. */
export async function allSettings(sql: TenantQuery): Promise<ReadonlyMap<string, SetSettings>> {
  const rows = await sql<{ environment: string; settings: string }[]>`
    select environment, settings
      from environment_setting where tenant_id = require_tenant_context() order by environment limit 10`;
  return new Map(rows.map(({ environment, settings }) => [environment, SETTINGS.parse(JSON.parse(settings))]));
}

/** What was set of an environment. */
export async function findSettings(sql: TenantQuery, environment: Environment): Promise<SetSettings> {
  const rows = await sql<{ settings: string }[]>`
    select settings from environment_setting where tenant_id = require_tenant_context() and environment = ${environment}`;
  return SETTINGS.parse(JSON.parse(rows[0]?.settings ?? "{}"));
}

/** Sets what an environment asks, in place of what was set before. */
export const upsertSettings = (
  sql: TenantQuery,
  set: { readonly environment: Environment; readonly settings: SetSettings; readonly by: string; readonly at: Instant },
) => sql`
  insert into environment_setting (tenant_id, environment, settings, set_by, set_at)
  values (require_tenant_context(), ${set.environment}, ${JSON.stringify(set.settings)}, ${set.by}, ${set.at}::timestamptz)
      on conflict (tenant_id, environment) do update
      set settings = excluded.settings, set_by = excluded.set_by, set_at = excluded.set_at`;

export const insertApproval = (sql: TenantQuery, approval: PromotionApproval) => sql`
  insert into promotion_approval (tenant_id, approval_id, environment, bundle_id, root_digest, approver, role, statement, approved_at,
         expires_at)
  values (require_tenant_context(), ${approval.approval_id}, ${approval.environment}, ${approval.bundle_id}, ${approval.root_digest},
         ${approval.approver}, ${approval.role}, ${approval.statement}, ${approval.approved_at}::timestamptz,
         ${approval.expires_at}::timestamptz)`;

/** Everybody's word about a root digest in an environment, the oldest first. */
export const approvalsOf = (
  sql: TenantQuery,
  { environment, rootDigest }: { readonly environment: Environment; readonly rootDigest: string },
) => sql<PromotionApproval[]>`
  select approval_id, environment, bundle_id, root_digest, approver, role, statement, approved_at, expires_at
    from promotion_approval
   where tenant_id = require_tenant_context() and root_digest = ${rootDigest} and environment = ${environment}
   order by approved_at, approval_id
   limit 1000`;
