import { assert, Fault, type Host, type Instant } from "../contracts/index.ts";
import {
  type ApplyHold,
  type CanaryShare,
  type Credential,
  findTenant,
  type Mode,
  type Promoted,
  revokedTools,
  type TenantSecrets,
  takesCanary,
  tenantSecrets,
  validCredentials,
} from "../guard/index.ts";
import { activePacks, type CompiledPack, compilePack, findPack, parsePack } from "../run/index.ts";
import { type Database, inTenant, type TenantQuery } from "../store/index.ts";

/** What guards judge a tenant's calls by, as of one control revision. */
export interface TenantControl {
  readonly tenantId: string;
  readonly name: string;
  readonly mode: Mode;
  readonly status: "ACTIVE" | "PAUSED" | "CLOSED";
  readonly revision: number;
  readonly revoked: ReadonlySet<string>;
  /** By service. */
  readonly credentials: ReadonlyMap<string, Credential>;
  /** Origins of simulators that sandbox mode may reach; none in live mode. */
  readonly sandboxOrigins: readonly string[];
  /** Those replaced less than their overlap ago; webhooks signed with them are still taken. */
  readonly previousCredentials: ReadonlyMap<string, Credential>;
  readonly secrets: TenantSecrets;
  /** The versions that take new runs; while a version is tried on a share of them, that one. */
  readonly packs: readonly CompiledPack[];
  /** Null where no version is tried. */
  readonly canary: (CanaryShare & { readonly baseline: CompiledPack }) | null;
  /** Active versions that take none, since they are not what was promoted. */
  readonly unpromoted: readonly CompiledPack[];
  /** Null where no environment of the tenant holds a bundle. */
  readonly promoted: Promoted | null;
  /** Keeps extensions from applying changes; null where nothing does. */
  readonly hold: ApplyHold | null;
}

/** A tenant's facts, and since when nobody who asked the database found newer ones. */
export interface HeardControl {
  readonly control: TenantControl;
  readonly asOf: Instant;
}

/**
 * The tenants' control facts, cached by revision: a commit tells the revision it saw, and whoever sees a newer one asks
 * again, so a revocation holds from the next call on without a query per call. What one run hears, all of this process know.
 */
export class ControlRoom {
  readonly #database: Pick<Database, "app">;
  readonly #host: Host;
  readonly #installationKey: Uint8Array;
  readonly #readPromoted: ReadPromoted;
  readonly #readApplyHold: ReadApplyHold;
  readonly #tenants = new Map<string, HeardControl>();
  readonly #compile: typeof installedPack;
  readonly #packs = new Map<string, CompiledPack>();

  constructor(options: {
    readonly database: Pick<Database, "app">;
    readonly host: Host;
    readonly installationKey: Uint8Array;
    readonly readPromoted: ReadPromoted;
    readonly readApplyHold: ReadApplyHold;
    /** Asked once for each version; by default compiles it. */
    readonly compile?: typeof installedPack;
  }) {
    this.#database = options.database;
    this.#host = options.host;
    this.#installationKey = options.installationKey;
    this.#readPromoted = options.readPromoted;
    this.#readApplyHold = options.readApplyHold;
    this.#compile = options.compile ?? installedPack;
  }

  /** The facts as last read; undefined for a tenant that does not exist. */
  async find(tenantId: string): Promise<TenantControl | undefined> {
    return this.#tenants.get(tenantId)?.control ?? (await this.reread(tenantId));
  }

  /** The facts as this process knows them; undefined where it knows none. */
  heard(tenantId: string): HeardControl | undefined {
    return this.#tenants.get(tenantId);
  }

  /**
   * The facts at `revision` or later, which the database told when it was asked at `askedAt`; null where that is not noted.
   * Faults: TENANT_NOT_FOUND.
   */
  async at(tenantId: string, revision: number, askedAt: Instant | null = null): Promise<TenantControl> {
    const known = this.#tenants.get(tenantId);
    if (known !== undefined && known.control.revision >= revision) {
      if (askedAt !== null && askedAt > known.asOf) this.#tenants.set(tenantId, { ...known, asOf: askedAt });
      return known.control;
    }
    const control = await this.reread(tenantId);
    if (control === undefined)
      throw new Fault("TENANT_NOT_FOUND", `there is no tenant \`${tenantId}\``, { retry: "never" });
    return control;
  }

  /** Reads the facts from the database and keeps them, unless newer ones were read meanwhile. */
  async reread(tenantId: string): Promise<TenantControl | undefined> {
    const asOf = this.#host.clock.now();
    const control = await inTenant(this.#database, tenantId, (sql) => this.#read(sql));
    const known = this.#tenants.get(tenantId);
    if (control === undefined) this.#tenants.delete(tenantId);
    else if (known === undefined || known.control.revision <= control.revision)
      this.#tenants.set(tenantId, { control, asOf });
    return control;
  }

  /** One installed version of a pack, to which runs stay pinned. Faults: CONFIG_NOT_COMPILED. */
  async pack(tenantId: string, digest: string): Promise<CompiledPack> {
    const known = this.#packs.get(digest);
    if (known !== undefined) return known;
    const stored = await inTenant(this.#database, tenantId, (sql) => findPack(sql, digest));
    if (stored === undefined)
      throw new Fault("CONFIG_NOT_COMPILED", `pack version \`${digest}\` is not installed`, { retry: "never" });
    return this.#compiled(digest, stored.document);
  }

  async #read(sql: TenantQuery): Promise<TenantControl | undefined> {
    const tenant = await findTenant(sql);
    if (tenant === undefined) return undefined;
    const secrets = await tenantSecrets(sql, this.#host, tenant.tenant_id, this.#installationKey);
    const credentials = new Map<string, Credential>();
    const previousCredentials = new Map<string, Credential>();
    for (const stored of await validCredentials(sql, this.#host.clock.now())) {
      const secret = secrets.open(stored.sealed_secret, `credential ${stored.service}`);
      const settings = JSON.parse(secrets.open(stored.settings, `settings ${stored.service}`));
      // The tenant's mode is the only one: no setting of a credential can say otherwise.
      const credential = {
        service: stored.service,
        origin: stored.origin,
        secret,
        settings: { ...settings, mode: tenant.mode },
      };
      (stored.slot === "current" ? credentials : previousCredentials).set(stored.service, credential);
    }
    const promoted = await this.#readPromoted(sql);
    const active = (await activePacks(sql)).map(({ digest, document }) => this.#compiled(digest, document));
    const canary = await this.#canaryOf(sql, promoted);
    return {
      tenantId: tenant.tenant_id,
      name: tenant.name,
      mode: tenant.mode,
      status: tenant.status,
      revision: tenant.control_revision,
      revoked: new Set((await revokedTools(sql)).map(({ tool_name }) => tool_name)),
      credentials,
      sandboxOrigins: tenant.mode === "sandbox" ? [...credentials.values()].map(({ origin }) => origin) : [],
      previousCredentials,
      secrets,
      packs: active.filter((pack) => isReleased(promoted, pack)),
      canary,
      unpromoted: active.filter((pack) => !isReleased(promoted, pack)),
      promoted,
      hold: await this.#readApplyHold(sql),
    };
  }

  async #canaryOf(sql: TenantQuery, promoted: Promoted | null): Promise<TenantControl["canary"]> {
    if (promoted?.canary == null) return null;
    const stored = await findPack(sql, promoted.canary.baselineDigest);
    assert(stored !== undefined, "the pack of a bundle that was promoted is kept");
    return { ...promoted.canary, baseline: this.#compiled(stored.digest, stored.document) };
  }

  #compiled(digest: string, document: string): CompiledPack {
    const known = this.#packs.get(digest);
    if (known !== undefined) return known;
    const compiled = this.#compile(digest, document);
    this.#packs.set(digest, compiled);
    return compiled;
  }
}

/** The versions that one new run may start on: those of everybody, or the one beside that is tried on a share of them. */
export const packsFor = (
  { packs, canary }: Pick<TenantControl, "packs" | "canary">,
  startKey: string,
): readonly CompiledPack[] => (canary === null || takesCanary(canary, startKey) ? packs : [canary.baseline]);

/** How the current tenant's promoted bundle is read: releases lie above, so whoever opens the room brings it. */
export type ReadPromoted = (sql: TenantQuery) => Promise<Promoted | null>;

/** How a hold on what the current tenant's extensions apply is read, likewise. */
export type ReadApplyHold = (sql: TenantQuery) => Promise<ApplyHold | null>;

const isReleased = (promoted: Promoted | null, { config_hash }: CompiledPack): boolean =>
  promoted === null || promoted.packDigest === config_hash;

/** A pack as it is installed: it was parsed, and passed its compile checks, before it was. */
export function installedPack(digest: string, document: string): CompiledPack {
  const parsed = parsePack(document);
  assert(parsed.ok, "an installed pack was parsed before it was installed");
  const compiled = compilePack(parsed.pack);
  assert(compiled.ok, "an installed pack passed its compile checks");
  assert(compiled.compiled.config_hash === digest, "an installed pack has the digest it is installed under");
  return compiled.compiled;
}
