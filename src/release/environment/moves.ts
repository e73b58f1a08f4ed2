import {
  assert,
  type Host,
  type Instant,
  type Json,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
  transitionOf,
} from "../../contracts/index.ts";
import { latestEvaluations } from "../../gate/index.ts";
import { touchControl } from "../../guard/index.ts";
import { type ArtifactStore, AUDIT_STREAM, appendOutside } from "../../ledger/index.ts";
import { type CompiledPack, installPack, keepPack } from "../../run/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { KeyRole, Roster } from "../bundle/trust.ts";
import { type Verification, verifyBundle } from "../bundle/verify.ts";
import type { Lineage } from "../lineage/model.ts";
import { openBundle, recordedLineage } from "../lineage/record.ts";
import { waiversNamed } from "../waiver/queries.ts";
import { type RestingOn, restingOn } from "../waiver/standing.ts";
import {
  currentOf,
  ENVIRONMENTS,
  type Environment,
  HEALTH_MACHINE,
  type Health,
  type HeldBundle,
  servedOf,
  sourceOf,
  streamOf,
} from "./environment.ts";
import { type EvaluationFact, type PromotionCheck, promotionChecks, refusalOf } from "./promotion.ts";
import {
  activeHolds,
  findBundle,
  heldBundles,
  insertBundle,
  lockEnvironment,
  moveEnvironment,
  setHealth,
} from "./queries.ts";
import { lastKnownGood } from "./rollback.ts";

/*
 * Moves of environments: promotion, rollback, word of how a bundle does.
 *
 * E1 A move is one transaction: the entry in the environment's stream, the pointer, the pack that new runs start on, and the
 *    revision by which every process sees it, or none of these.
 * E2 Who moves an environment has it alone, and its source too, for as long as it takes to decide and to move; whoever finds it
 *    taken is told so and changes nothing.
 * E3 A move that is refused leaves the environment as it was, and is recorded.
 */

/** What moves reach the world through. */
export interface ReleasePorts {
  readonly database: Pick<Database, "app">;
  readonly host: Pick<Host, "clock" | "ids">;
  readonly artifacts: ArtifactStore;
  /** Whose signatures count; never from a bundle. */
  readonly roster: Roster;
}

interface Act {
  readonly tenantId: string;
  readonly environment: Environment;
  /** The principal who acts. */
  readonly by: string;
}

export interface PromotionRequest extends Act {
  /** The file's bytes, or the id of a bundle that was promoted before. */
  readonly bundle: { readonly bytes: Uint8Array } | { readonly id: string };
}

/** Where a move came to. Wire form. */
export interface Move {
  readonly environment: Environment;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly previous_bundle_id: string | null;
  /** Of the move in the environment's stream. */
  readonly seq: number;
  readonly checks: readonly PromotionCheck[];
}

const ROLES: { readonly [environment in Environment]: readonly KeyRole[] } = {
  dev: ["ci", "release"],
  staging: ["release"],
  prod: ["release"],
};

/**
 * Puts an environment onto a bundle, if every check passes. Refused: ENVIRONMENT_LOCKED, BUNDLE_NOT_FOUND, BUNDLE_EXISTS, what
 * verification found, and the code of the first check that fails, all checks in `details.checks`.
 */
export const promote = (ports: ReleasePorts, request: PromotionRequest): Promise<Result<Move>> =>
  acting(ports, request, "promote", async (sql) => {
    const { environment, by } = request;
    const bytes = await bytesOf(ports, sql, request.bundle);
    if (!bytes.ok) return bytes;
    const now = ports.host.clock.now();
    const verification = verifyBundle(bytes.value, { roster: ports.roster, at: now, roles: ROLES[environment] });
    const { manifest, pack, report } = verification;
    if (manifest === null) return rejected(report.errors[0] ?? NO_MANIFEST);
    const [held, holds] = [await heldBundles(sql), await activeHolds(sql)];
    const policies = manifest.policies.map(({ id }) => id);
    const evaluations = await latestEvaluations(sql, { subject: manifest.root_digest, policies, until: now });
    const waivers = await restedOn(sql, evaluations, { roster: ports.roster, at: now });
    const lineage = await lineageFor(ports, sql, environment, bytes.value);
    const checks = promotionChecks({
      to: environment,
      manifest,
      report,
      held,
      evaluations,
      waivers,
      holds,
      lineage,
      now,
    });
    const refusal = refusalOf(checks);
    if (refusal !== null) return rejected(refusal);
    assert(pack !== null, "a bundle that verifies holds its pack");
    const kept = await keep(ports, sql, { manifest, pack, bytes: bytes.value, by });
    if (!kept.ok) return kept;
    const event = {
      type: "environment.promoted",
      payload: {
        source_environment: sourceOf(environment),
        evaluations: evaluations.map(
          ({ evaluation_id, policy_id, profile, verdict, decision_sha256, waivers: ids }) => ({
            evaluation_id,
            policy_id,
            profile,
            verdict,
            decision_sha256,
            waivers: ids,
          }),
        ),
        checks: checks.map(({ check }) => check),
        lineage_digest: lineage?.digest ?? null,
      },
    };
    const moved = await move(ports, sql, request, { to: manifest, pack, health: "pending", held, event });
    return { ok: true, value: { ...moved, checks } };
  });

/** The waivers that evaluations rest on, looked at now. */
async function restedOn(
  sql: TenantQuery,
  evaluations: readonly EvaluationFact[],
  trust: { readonly roster: Roster; readonly at: Instant },
): Promise<readonly RestingOn[]> {
  const ids = evaluations.flatMap(({ waivers }) => waivers);
  if (ids.length === 0) return [];
  return (await waiversNamed(sql, ids)).map((stored) => restingOn(stored, trust));
}

/** What the bundle came from and where it has been, by the record of this moment. Dev asks for none. */
async function lineageFor(
  ports: ReleasePorts,
  sql: TenantQuery,
  environment: Environment,
  bytes: Uint8Array,
): Promise<Lineage | null> {
  const opened = openBundle(bytes);
  if (environment === "dev" || !opened.ok) return null;
  return recordedLineage(ports, sql, { opened: opened.value, environment, stage: "deployment" });
}

export interface RollbackRequest extends Act {
  readonly reason: string;
  /** Which of the bundles that did well; null for the last. */
  readonly bundleId: string | null;
}

/**
 * Puts an environment back onto a bundle that did well there and still verifies, the last such unless one is named, and marks the
 * one it leaves as bad.
 * Refused: ENVIRONMENT_LOCKED, ENVIRONMENT_EMPTY, ROLLBACK_TARGET_MISSING. No hold keeps a rollback.
 */
export const rollBack = (ports: ReleasePorts, request: RollbackRequest): Promise<Result<Move>> =>
  acting(ports, request, "roll back", async (sql) => {
    const { environment, reason, bundleId } = request;
    const held = await heldBundles(sql);
    const current = currentOf(held, environment);
    if (current === undefined) return rejected(empty(environment));
    const good = lastKnownGood(held, environment).filter(
      ({ bundle_id }) => bundleId === null || bundle_id === bundleId,
    );
    const target = await firstVerified(ports, sql, good, environment);
    if (target === undefined) return rejected(noTarget(environment));
    const { manifest, pack } = target;
    await setHealth(sql, { environment, bundleId: current.bundle_id, health: "bad" });
    const event = { type: "environment.rolled_back", payload: { reason, marked_bad: current.bundle_id } };
    const moved = await move(ports, sql, request, { to: manifest, pack, health: "good", held, event });
    return { ok: true, value: { ...moved, checks: [] } };
  });

export interface HealthRequest extends Act {
  readonly health: Exclude<Health, "pending">;
  readonly reason: string;
}

/**
 * Says how the bundle that an environment holds does there. Refused: ENVIRONMENT_LOCKED, ENVIRONMENT_EMPTY, and
 * STATE_TRANSITION_ILLEGAL: what is bad stays bad.
 */
export const judgeHealth = (
  ports: ReleasePorts,
  request: HealthRequest,
): Promise<Result<{ readonly bundle_id: string; readonly health: Health }>> =>
  acting(ports, request, "judge", async (sql) => {
    const { environment, health, reason } = request;
    const current = currentOf(await heldBundles(sql), environment);
    if (current === undefined) return rejected(empty(environment));
    const { bundle_id } = current;
    const moved = transitionOf(HEALTH_MACHINE, current.health, health);
    if (!moved.ok) return moved;
    await setHealth(sql, { environment, bundleId: bundle_id, health });
    await record(ports, sql, request, { type: "environment.health", payload: { bundle_id, health, reason } });
    return { ok: true, value: { bundle_id, health } };
  });

/** One act on an environment, alone (E2); a refusal is recorded in the audit stream (E3). */
function acting<T>(
  ports: ReleasePorts,
  act: Act,
  what: string,
  work: (sql: TenantQuery) => Promise<Result<T>>,
): Promise<Result<T>> {
  return inTenant(ports.database, act.tenantId, async (sql) => {
    const isAlone = await lockAll(sql, act.environment);
    const done = isAlone ? await work(sql) : rejected(locked(act.environment));
    if (!done.ok) {
      const { code, message } = done.refusal;
      const payload = { environment: act.environment, act: what, code, message };
      await append(ports, sql, act, { stream: AUDIT_STREAM, type: "environment.refused", payload });
    }
    return done;
  });
}

/** The source too, so that what was judged by still holds when the move is made. */
async function lockAll(sql: TenantQuery, environment: Environment): Promise<boolean> {
  const source = sourceOf(environment);
  return (source === null || (await lockEnvironment(sql, source))) && (await lockEnvironment(sql, environment));
}

async function bytesOf(
  { artifacts }: ReleasePorts,
  sql: TenantQuery,
  bundle: PromotionRequest["bundle"],
): Promise<Result<Uint8Array>> {
  if ("bytes" in bundle) return { ok: true, value: bundle.bytes };
  const stored = await findBundle(sql, bundle.id);
  if (stored === undefined)
    return rejected({ code: "BUNDLE_NOT_FOUND", message: `no bundle \`${bundle.id}\` was promoted before` });
  return { ok: true, value: await artifacts.get(sql, stored.artifact_digest) };
}

interface Kept {
  readonly manifest: Manifest;
  readonly pack: CompiledPack;
  readonly bytes: Uint8Array;
  readonly by: string;
}

/** Stores a bundle with its pack, once. Refused with BUNDLE_EXISTS where its id is another file's. */
async function keep(
  { artifacts, host }: ReleasePorts,
  sql: TenantQuery,
  { manifest, pack, bytes, by }: Kept,
): Promise<Result<null>> {
  const at = host.clock.now();
  const known = await findBundle(sql, manifest.bundle_id);
  const { digest } = await artifacts.put(sql, { content: bytes, mediaType: "application/vnd.countermark.bundle" });
  if (known !== undefined && known.artifact_digest !== digest)
    return rejected({ code: "BUNDLE_EXISTS", message: `\`${manifest.bundle_id}\` is another file already` });
  await keepPack(sql, { ...packRow(pack), state: "VALIDATING", at });
  await insertBundle(sql, {
    bundleId: manifest.bundle_id,
    rootDigest: manifest.root_digest,
    label: manifest.label,
    artifactDigest: digest,
    packId: manifest.pack.id,
    packDigest: manifest.pack.digest,
    contractDigests: [...new Set(manifest.tools.map(({ contract_digest }) => contract_digest))].sort(),
    by,
    at,
  });
  return { ok: true, value: null };
}

const packRow = ({ pack, config_hash }: CompiledPack) => ({
  packId: pack.id,
  digest: config_hash,
  version: pack.version,
  document: JSON.stringify(pack),
});

interface Planned {
  readonly to: Pick<Manifest, "bundle_id" | "root_digest">;
  readonly pack: CompiledPack;
  readonly health: Health;
  readonly held: readonly HeldBundle[];
  readonly event: { readonly type: string; readonly payload: JsonObject };
}

/** Makes a move (E1). */
async function move(ports: ReleasePorts, sql: TenantQuery, act: Act, { to, pack, health, held, event }: Planned) {
  const { environment, by } = act;
  const { bundle_id, root_digest } = to;
  const at = ports.host.clock.now();
  const previous_bundle_id = currentOf(held, environment)?.bundle_id ?? null;
  const payload = { environment, bundle_id, root_digest, previous_bundle_id, operator: by, health, ...event.payload };
  const { entry } = await record(ports, sql, act, { type: event.type, payload });
  await moveEnvironment(sql, { environment, bundleId: bundle_id, health, seq: entry.seq, at });
  if (isServed(held, environment)) await installPack(sql, { ...packRow(pack), state: "ACTIVE", at });
  await touchControl(sql, at);
  return { environment, bundle_id, root_digest, previous_bundle_id, seq: entry.seq };
}

/** Whether the tenant's runtime runs what is moved into an environment: nothing further on holds a bundle. */
function isServed(held: readonly HeldBundle[], environment: Environment): boolean {
  const furthest = servedOf(held);
  return furthest === undefined || ENVIRONMENTS.indexOf(environment) >= ENVIRONMENTS.indexOf(furthest);
}

/**
 * The first of some bundles whose stored file verifies, under keys that may sign for the environment: valid when the bundle was
 * promoted first, since a key that has merely expired must not keep anybody from going back, and not revoked by now.
 */
async function firstVerified(
  { artifacts, roster, host }: ReleasePorts,
  sql: TenantQuery,
  candidates: readonly HeldBundle[],
  environment: Environment,
) {
  for (const { artifact_digest, added_at: validAt } of candidates) {
    const bytes = await artifacts.get(sql, artifact_digest);
    const options = { roster, at: host.clock.now(), validAt, roles: ROLES[environment] };
    const verified = verifyBundle(bytes, options);
    if (isWhole(verified)) return verified;
  }
  return undefined;
}

interface Whole extends Verification {
  readonly manifest: Manifest;
  readonly pack: CompiledPack;
}

const isWhole = (verification: Verification): verification is Whole =>
  verification.report.ok && verification.manifest !== null && verification.pack !== null;

const record = (
  ports: ReleasePorts,
  sql: TenantQuery,
  act: Act,
  { type, payload }: { readonly type: string; readonly payload: Json },
) => append(ports, sql, act, { stream: streamOf(act.environment), type, payload });

const append = (
  { host }: ReleasePorts,
  sql: TenantQuery,
  { tenantId, by }: Act,
  event: { readonly stream: string; readonly type: string; readonly payload: Json },
) =>
  appendOutside(sql, host, {
    tenantId,
    actor: by,
    correlation: tenantId,
    channel: "prod_traffic",
    severity: "info",
    ...event,
  });

const NO_MANIFEST: Refusal = { code: "BUNDLE_MISSING_MANIFEST", message: "the bundle holds no manifest" };

const locked = (environment: Environment): Refusal => ({
  code: "ENVIRONMENT_LOCKED",
  message: `another move of ${environment} is under way`,
});

const empty = (environment: Environment): Refusal => ({
  code: "ENVIRONMENT_EMPTY",
  message: `${environment} holds no bundle`,
});

const noTarget = (environment: Environment): Refusal => ({
  code: "ROLLBACK_TARGET_MISSING",
  message: `no bundle that did well in ${environment} before still verifies`,
});
