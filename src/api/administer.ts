import { after, isSameJson, isTenantId, prefixesCollide, type Refusal, sha256Hex } from "../contracts/index.ts";
import {
  type CredentialRow,
  insertEndpoint,
  insertKey,
  insertPrincipal,
  insertTenant,
  listTenants,
  type Mode,
  type PrincipalKind,
  type Role,
  sandboxConfigurationRefusals,
  type TenantSecrets,
  tenantSecrets,
  touchControl,
  upsertCredential,
  validCredentials,
} from "../guard/index.ts";
import { recordAct } from "../ledger/index.ts";
import { readPromoted } from "../release/index.ts";
import { type CompiledPack, installPack } from "../run/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import { type Installation, PLATFORM } from "./installation.ts";
import { notPromoted } from "./start-run.ts";

/** What only administrators do; each act is one transaction and one entry of the tenant's audit stream. */

type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** Bytes of chance in a key or an endpoint's address. */
const SECRET_BYTES = 24;

const secretText = ({ host }: Installation): string =>
  Buffer.from(host.random.bytes(SECRET_BYTES)).toString("base64url");

/** Adds a tenant. Refused: REQUEST_INVALID for an id that is none, or whose prefix another tenant's ids could carry. */
export async function addTenant(
  installation: Installation,
  tenant: { readonly tenantId: string; readonly name: string; readonly mode: Mode; readonly by: string },
): Promise<Done<{ readonly tenant_id: string; readonly mode: Mode }>> {
  const { tenantId, name, mode, by } = tenant;
  if (!isTenantId(tenantId)) return invalid(`\`${tenantId}\` is not a tenant id: use a-z, 0-9, - and _`, "$.tenant_id");
  const others = (await listTenants(installation.database.worker)).map((row) => row.tenant_id);
  if (others.includes(tenantId))
    return { ok: false, refusal: { code: "DATABASE_CONFLICT", message: `tenant \`${tenantId}\` exists already` } };
  const collision = others.find((other) => other !== PLATFORM && prefixesCollide(other, tenantId));
  if (collision !== undefined)
    return invalid(`ids of \`${tenantId}\` could be taken for ids of \`${collision}\``, "$.tenant_id");
  await inTenant(installation.database, tenantId, async (sql) => {
    await insertTenant(sql, { name, mode, at: installation.host.clock.now() });
    await audit(installation, sql, { tenantId, by, type: "tenant.added", payload: { name, mode } });
  });
  return { ok: true, value: { tenant_id: tenantId, mode } };
}

const invalid = (message: string, field_path: string) => ({
  ok: false as const,
  refusal: { code: "REQUEST_INVALID" as const, message, field_path },
});

/** Makes a key for a principal, adding the principal if it is new. The key is shown once: only its SHA-256 is stored. */
export async function addKey(
  installation: Installation,
  asked: {
    readonly tenantId: string;
    readonly principalId: string;
    readonly kind: PrincipalKind;
    readonly role: Role;
    readonly by: string;
  },
): Promise<{ readonly key_id: string; readonly key: string }> {
  const { tenantId, principalId, kind, role, by } = asked;
  const { clock, ids } = installation.host;
  const key = `cmk_${secretText(installation)}`;
  const keyId = ids.next();
  await inTenant(installation.database, tenantId, async (sql) => {
    await insertPrincipal(sql, { principalId, kind, name: principalId, at: clock.now() });
    await insertKey(sql, { keyId, principalId, sha256: sha256Hex(key), role, at: clock.now() });
    await audit(installation, sql, {
      tenantId,
      by,
      type: "key.added",
      payload: { key_id: keyId, principal_id: principalId, role },
    });
  });
  return { key_id: keyId, key };
}

/** How long a replaced credential is still taken, in milliseconds. */
const OVERLAP_MS = 24 * 3_600_000;

/** Where and with which secret a service is reached, and what else it takes. */
interface ServiceAccess {
  readonly service: string;
  readonly origin: string;
  readonly secret: string;
  readonly settings: { readonly [name: string]: string };
}

/**
 * Sets where and with which secret a service is reached. In sandbox mode a live host or key is refused (LIVE_FORBIDDEN),
 * whatever else is configured. What is set already stays as it is (`changed` false), so that asking twice does not take the
 * place of the one before it, whose webhooks are still taken.
 */
export async function setCredential(
  installation: Installation,
  credential: ServiceAccess & { readonly tenantId: string; readonly by: string },
): Promise<Done<{ readonly service: string; readonly changed: boolean }>> {
  const { tenantId, service, origin, secret, settings, by } = credential;
  const control = await installation.control.find(tenantId);
  if (control === undefined)
    return { ok: false, refusal: { code: "TENANT_NOT_FOUND", message: `there is no tenant \`${tenantId}\`` } };
  const refusal = control.mode === "sandbox" ? liveRefusal(service, origin, secret, settings) : undefined;
  if (refusal !== undefined) return { ok: false, refusal };
  const changed = await inTenant(installation.database, tenantId, async (sql) => {
    const { clock } = installation.host;
    const now = clock.now();
    const secrets = await tenantSecrets(sql, installation.host, tenantId, installation.installationKey);
    const rows = await validCredentials(sql, now);
    const current = rows.find((row) => row.service === service && row.slot === "current");
    if (current !== undefined && isSameAccess(current, credential, secrets)) return false;
    await upsertCredential(sql, {
      service,
      origin,
      sealedSecret: secrets.seal(secret, `credential ${service}`),
      settings: secrets.seal(JSON.stringify(settings), `settings ${service}`),
      now,
      overlapUntil: after(now, OVERLAP_MS),
    });
    await audit(installation, sql, { tenantId, by, type: "credential.set", payload: { service, origin } });
    return true;
  });
  return { ok: true, value: { service, changed } };
}

const isSameAccess = (
  row: CredentialRow,
  { service, origin, secret, settings }: ServiceAccess,
  secrets: TenantSecrets,
) =>
  row.origin === origin &&
  secrets.open(row.sealed_secret, `credential ${service}`) === secret &&
  isSameJson(JSON.parse(secrets.open(row.settings, `settings ${service}`)), settings);

function liveRefusal(
  service: string,
  origin: string,
  secret: string,
  settings: { readonly [name: string]: string },
): Refusal | undefined {
  const secrets = { [service]: secret, ...settings };
  return sandboxConfigurationRefusals({ secrets, origins: { [service]: origin } })[0];
}

/** Opens an address at which a provider delivers webhooks. The token in it is shown once. */
export async function addEndpoint(
  installation: Installation,
  endpoint: { readonly tenantId: string; readonly provider: string; readonly by: string },
): Promise<{ readonly endpoint_id: string; readonly path: string }> {
  const { tenantId, provider, by } = endpoint;
  const token = secretText(installation);
  const endpointId = installation.host.ids.next();
  await inTenant(installation.database, tenantId, async (sql) => {
    await insertEndpoint(sql, {
      endpointId,
      tokenSha256: sha256Hex(token),
      provider,
      at: installation.host.clock.now(),
    });
    await audit(installation, sql, {
      tenantId,
      by,
      type: "endpoint.added",
      payload: { endpoint_id: endpointId, provider },
    });
  });
  return { endpoint_id: endpointId, path: `/webhooks/${provider}/${token}` };
}

/**
 * Makes a compiled pack the version that new runs of the tenant start on; in force for the next run. Refused with
 * CONTRACT_NOT_PROMOTED where an environment of the tenant holds a bundle, and the pack is not its.
 */
export async function activatePack(
  installation: Installation,
  asked: { readonly tenantId: string; readonly pack: CompiledPack; readonly by: string },
): Promise<Done<{ readonly digest: string }>> {
  const { tenantId, pack, by } = asked;
  const refusal = await inTenant(installation.database, tenantId, async (sql) => {
    const promoted = await readPromoted(sql);
    if (promoted !== null && promoted.packDigest !== pack.config_hash) return notPromoted(promoted, pack.pack.id);
    const at = installation.host.clock.now();
    const { id: packId, version } = pack.pack;
    await installPack(sql, {
      packId,
      digest: pack.config_hash,
      version,
      state: "ACTIVE",
      document: JSON.stringify(pack.pack),
      at,
    });
    await touchControl(sql, at);
    await audit(installation, sql, {
      tenantId,
      by,
      type: "pack.activated",
      payload: { pack_id: packId, version, digest: pack.config_hash },
    });
    return null;
  });
  if (refusal !== null) return { ok: false, refusal };
  await installation.control.reread(tenantId);
  return { ok: true, value: { digest: pack.config_hash } };
}

/** One entry of a tenant's audit stream, in the caller's transaction. */
export const audit = (
  { host }: Pick<Installation, "host">,
  sql: TenantQuery,
  entry: {
    readonly tenantId: string;
    readonly by: string;
    readonly type: string;
    readonly payload: { readonly [name: string]: string | number | null };
  },
) => recordAct(sql, host, entry);
