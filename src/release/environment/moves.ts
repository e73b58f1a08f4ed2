import {
  accepted,
  assert,
  formatInstant,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
  sha256Hex,
  transitionOf,
} from "../../contracts/index.ts";
import type { Policy } from "../../gate/index.ts";
import { touchControl } from "../../guard/index.ts";
import { type CompiledPack, installPack, keepPack } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { type Verification, verifyBundle } from "../bundle/verify.ts";
import { nextLooks, stepOf } from "../canary/canary.ts";
import { type CanaryPlan, canaryPlan } from "../canary/plan.ts";
import { endCanary, insertCanary, runningCanaries } from "../canary/queries.ts";
import { recordDecision } from "../packet/record-decision.ts";
import { type Act, acting, empty, type ReleasePorts, record } from "./act.ts";
import {
  currentOf,
  type Environment,
  HEALTH_MACHINE,
  type Health,
  type HeldBundle,
  sourceOf,
  willServe,
} from "./environment.ts";
import { type PromotionCheck, type PromotionFacts, promotionChecks, refusalOf } from "./promotion.ts";
import { factsFor } from "./promotion-facts.ts";
import { decidePromotion, type JudgedReport, promotionReport } from "./promotion-report.ts";
import type { PromotionSource } from "./promotion-source.ts";
import { findBundle, heldBundles, insertBundle, moveEnvironment, setHealth } from "./queries.ts";
import { noTarget, rollbackTargets } from "./rollback.ts";
import { KEY_ROLES, verifyHeld } from "./verify-held.ts";

/*
 * Moves of environments: promotion, rollback, word of how a bundle does.
 *
 * E1 A move is one transaction: the entry in the environment's stream, the pointer, the pack that new runs start on, and the
 *    revision by which every process sees it, or none of these.
 * E2 and E3 stand in `act.ts`.
 */

export interface PromotionRequest extends Act {
  /** The policy that decides on the promotion's report, and as it is written. */
  readonly policy: { readonly read: Policy; readonly text: string };
  /** Which run built it; null where nobody says. */
  readonly source: PromotionSource | null;
  /** The file's bytes, or the id of a bundle that was promoted before. */
  readonly bundle: { readonly bytes: Uint8Array } | { readonly id: string };
  /** The policy by which it is judged while it is tried on a share of the new runs, and whether that was asked for. */
  readonly canary: { readonly policy: string; readonly isAsked: boolean };
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
  /** Null where every new run starts on it at once. */
  readonly canary: CanaryPlan | null;
}

/**
 * Puts an environment onto a bundle, if every check passes. Refused: ENVIRONMENT_LOCKED, BUNDLE_NOT_FOUND, BUNDLE_EXISTS, what
 * verification found, and the code of the first check that fails, all checks in `details.checks`.
 */
export const promote = (ports: ReleasePorts, request: PromotionRequest): Promise<Result<Move>> =>
  acting(ports, request, "promote", async (sql) => {
    const { environment, source } = request;
    const bytes = await bytesOf(ports, sql, request.bundle);
    if (!bytes.ok) return bytes;
    const weighed = await weigh(ports, sql, { environment, source }, bytes.value);
    if (!weighed.ok) return weighed;
    const { manifest, facts, checks, now } = weighed.value;
    const judged = decidePromotion(request.policy.read, promotionReport(facts, checks), now);
    const entry = await promotedEntry(ports, sql, request, { facts, judged });
    const refusal = refusalOf(checks, judged.decision);
    assert((refusal === null) === (judged.decision.verdict === "GO"), "what keeps a bundle back is one of the checks");
    const weight = { ...weighed.value, bytes: bytes.value, entry };
    const done = refusal === null ? await carryOut(ports, sql, request, weight) : rejected(refusal);
    const { bundle_id, root_digest } = manifest;
    return done.ok ? done : { ...done, about: { bundle_id, root_digest, ...entry } };
  });

/** Does what was decided to be done. Refused: BUNDLE_EXISTS, and what keeps a canary from being begun. */
async function carryOut(
  ports: ReleasePorts,
  sql: TenantQuery,
  request: PromotionRequest,
  { manifest, pack, facts, checks, bytes, entry }: Weight,
): Promise<Result<Move>> {
  assert(pack !== null, "a bundle that verifies holds its pack");
  const { environment, by, canary } = request;
  const { held, settings } = facts;
  const plan = canaryPlan({ environment, settings, held, isAsked: canary.isAsked });
  if (!plan.ok) return plan;
  const kept = await keep(ports, sql, { manifest, pack, bytes, by });
  if (!kept.ok) return kept;
  const payload = { ...entry, canary: plan.value === null ? null : canaryEntry(plan.value, canary.policy) };
  const event = { type: "environment.promoted", payload };
  const moved = await move(ports, sql, request, { to: manifest, pack, health: "pending", held, event });
  if (plan.value !== null) await beginCanary(ports, sql, moved, { plan: plan.value, policy: canary.policy });
  return accepted({ ...moved, checks, canary: plan.value });
}

/** What a promotion would come to now. Wire form. */
export interface PromotionPreview {
  readonly environment: Environment;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly previous_bundle_id: string | null;
  readonly checks: readonly PromotionCheck[];
  /** How it would be tried, where the environment always does that. */
  readonly canary: CanaryPlan | null;
}

/** Looks at every check of a promotion; nothing moves, nothing is recorded. Refused as `promote` is, but for what checks find. */
export const previewPromotion = (
  ports: ReleasePorts,
  asked: Pick<PromotionRequest, "tenantId" | "environment" | "source"> & { readonly bundleId: string },
): Promise<Result<PromotionPreview>> =>
  inTenant(ports.database, asked.tenantId, async (sql) => {
    const { environment } = asked;
    const bytes = await bytesOf(ports, sql, { id: asked.bundleId });
    if (!bytes.ok) return bytes;
    const weighed = await weigh(ports, sql, asked, bytes.value);
    if (!weighed.ok) return weighed;
    const { manifest, facts, checks } = weighed.value;
    const plan = canaryPlan({ environment, settings: facts.settings, held: facts.held, isAsked: false });
    return {
      ok: true,
      value: {
        environment,
        bundle_id: manifest.bundle_id,
        root_digest: manifest.root_digest,
        previous_bundle_id: currentOf(facts.held, environment)?.bundle_id ?? null,
        checks,
        canary: plan.ok ? plan.value : null,
      },
    };
  });

/** Every check of a promotion with the facts behind it, as of now. */
async function weigh(
  ports: ReleasePorts,
  sql: TenantQuery,
  { environment, source }: Pick<PromotionRequest, "environment" | "source">,
  bytes: Uint8Array,
) {
  const now = ports.host.clock.now();
  const verification = verifyBundle(bytes, { roster: ports.roster, at: now, roles: KEY_ROLES[environment] });
  const { manifest, pack, report } = verification;
  if (manifest === null) return rejected(report.errors[0] ?? NO_MANIFEST);
  if ((await runningCanaries(sql)).some((canary) => canary.environment === environment))
    return rejected(underWay(environment));
  const facts = await factsFor(ports, sql, { environment, verification: { manifest, report }, bytes, source, now });
  return accepted({ manifest, pack, facts, checks: promotionChecks(facts), now });
}

/** A bundle with all that a promotion of it is judged by, and what its entry will say. */
interface Weight extends Pick<Verification, "pack"> {
  readonly manifest: Manifest;
  readonly facts: PromotionFacts;
  readonly checks: readonly PromotionCheck[];
  readonly bytes: Uint8Array;
  readonly entry: JsonObject;
}

/**
 * Records the decision on a promotion, and says what it rested on: whoever has the report and the policy decides on it again. It is
 * about the bundle's id: about its root digest speak the policies that it pins.
 */
async function promotedEntry(
  ports: ReleasePorts,
  sql: TenantQuery,
  { tenantId, by, policy }: PromotionRequest,
  { facts, judged }: { readonly facts: PromotionFacts; readonly judged: JudgedReport },
) {
  const { to, evaluations, lineage, manifest } = facts;
  const { report, ...made } = judged;
  const about = { tenantId, by, policy: policy.text, subject: manifest.bundle_id, source: "ledger" } as const;
  const { evaluation_id } = await recordDecision(ports, sql, { ...made, ...about });
  return {
    source_environment: sourceOf(to),
    evaluations: evaluations.map(
      ({ evaluation_id, policy_id, profile, verdict, decision_sha256, waivers, replaces }) => ({
        evaluation_id,
        policy_id,
        profile,
        verdict,
        decision_sha256,
        waivers,
        replaces,
      }),
    ),
    checks: report.checks.map(({ check_id }) => check_id),
    report: JSON.parse(JSON.stringify(report)),
    evaluation_id,
    policy_sha256: made.decision.policy.digest,
    decision_sha256: made.decision.digest,
    lineage_digest: lineage?.digest ?? null,
  };
}

const canaryEntry = ({ baseline_bundle_id, steps }: CanaryPlan, policy: string) => ({
  baseline_bundle_id,
  steps: steps.map((step) => ({ ...step })),
  policy_sha256: sha256Hex(policy),
});

async function beginCanary(
  { host }: ReleasePorts,
  sql: TenantQuery,
  { environment, bundle_id, seq }: Pick<Move, "environment" | "bundle_id" | "seq">,
  { plan, policy }: { readonly plan: CanaryPlan; readonly policy: string },
): Promise<void> {
  const at = host.clock.now();
  const { baseline_bundle_id, steps } = plan;
  const looks = nextLooks(stepOf({ steps, step: 0 }), at);
  await insertCanary(sql, {
    environment,
    seq,
    bundle_id,
    baseline_bundle_id,
    policy,
    steps,
    started_at: at,
    ...looks,
  });
}

export interface RollbackRequest extends Act {
  readonly reason: string;
  /** The bundle that the environment was seen to hold; null where nobody looked. */
  readonly seen: string | null;
  /** Which of the bundles that did well; null for the last. */
  readonly bundleId: string | null;
  /** Of what happened, elsewhere. */
  readonly incidentRef: string | null;
}

/**
 * Puts an environment back onto a bundle that did well there and still verifies, the last such unless one is named, and marks the
 * one it leaves as bad.
 * Refused: ENVIRONMENT_LOCKED, ENVIRONMENT_EMPTY, ENVIRONMENT_MOVED, ROLLBACK_TARGET_MISSING, ROLLBACK_INCOMPATIBLE. No hold keeps a
 * rollback.
 */
export const rollBack = (ports: ReleasePorts, request: RollbackRequest): Promise<Result<Move>> =>
  acting(ports, request, "roll back", (sql) => goBack(ports, sql, request, "ended"));

/** The same, of who has the environment. A canary that runs there ends so. */
export async function goBack(
  ports: ReleasePorts,
  sql: TenantQuery,
  request: RollbackRequest,
  canary: "aborted" | "ended",
): Promise<Result<Move>> {
  const { environment, reason, seen, bundleId, incidentRef } = request;
  const startedAt = ports.host.clock.now();
  const held = await heldBundles(sql);
  const holding = stillHolding(held, environment, seen);
  if (!holding.ok) return holding;
  const current = holding.value;
  const targets = rollbackTargets(held, environment, bundleId);
  if (!targets.ok) return targets;
  const target = await firstVerified(ports, sql, targets.value);
  if (target === undefined) return rejected(noTarget(environment));
  const { manifest, pack } = target;
  await setHealth(sql, { environment, bundleId: current.bundle_id, health: "bad" });
  await endCanary(sql, { environment, status: canary, at: ports.host.clock.now() });
  const event = {
    type: "environment.rolled_back",
    payload: {
      reason,
      marked_bad: current.bundle_id,
      incident_ref: incidentRef,
      selection_rule: bundleId === null ? "last_known_good" : "named",
      started_at: formatInstant(startedAt),
    },
  };
  const moved = await move(ports, sql, request, { to: manifest, pack, health: "good", held, event });
  return accepted({ ...moved, checks: [], canary: null });
}

/** What an environment holds. Refused: ENVIRONMENT_EMPTY, ENVIRONMENT_MOVED where another bundle was seen there. */
function stillHolding(held: readonly HeldBundle[], environment: Environment, seen: string | null): Result<HeldBundle> {
  const current = currentOf(held, environment);
  if (current === undefined) return rejected(empty(environment));
  return seen === null || seen === current.bundle_id
    ? accepted(current)
    : rejected({ code: "ENVIRONMENT_MOVED", message: `${environment} holds \`${current.bundle_id}\` by now` });
}

export interface HealthRequest extends Act {
  readonly health: Exclude<Health, "pending">;
  /** As of a rollback. */
  readonly seen: string | null;
  readonly reason: string;
}

/**
 * Says how the bundle that an environment holds does there. Refused: ENVIRONMENT_LOCKED, ENVIRONMENT_EMPTY, ENVIRONMENT_MOVED, and
 * STATE_TRANSITION_ILLEGAL: what is bad stays bad.
 */
export const judgeHealth = (
  ports: ReleasePorts,
  request: HealthRequest,
): Promise<Result<{ readonly bundle_id: string; readonly health: Health }>> =>
  acting(ports, request, "judge", async (sql) => {
    const { environment, health, reason, seen } = request;
    const current = stillHolding(await heldBundles(sql), environment, seen);
    if (!current.ok) return current;
    const { bundle_id } = current.value;
    const isTried = (await runningCanaries(sql)).some((canary) => canary.environment === environment);
    if (isTried) return rejected(underWay(environment));
    const moved = transitionOf(HEALTH_MACHINE, current.value.health, health);
    if (!moved.ok) return moved;
    await setHealth(sql, { environment, bundleId: bundle_id, health });
    await record(ports, sql, request, { type: "environment.health", payload: { bundle_id, health, reason } });
    return { ok: true, value: { bundle_id, health } };
  });

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
    builtBy: manifest.builder.identity,
    compat: manifest.compat ?? null,
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
  if (willServe(held, environment)) await installPack(sql, { ...packRow(pack), state: "ACTIVE", at });
  await touchControl(sql, at);
  return { environment, bundle_id, root_digest, previous_bundle_id, seq: entry.seq };
}

/** The first of some bundles whose stored file verifies. */
async function firstVerified(ports: ReleasePorts, sql: TenantQuery, candidates: readonly HeldBundle[]) {
  for (const bundle of candidates) {
    const verified = await verifyHeld(ports, sql, bundle);
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

const NO_MANIFEST: Refusal = { code: "BUNDLE_MISSING_MANIFEST", message: "the bundle holds no manifest" };

const underWay = (environment: Environment): Refusal => ({
  code: "CANARY_UNDER_WAY",
  message: `the bundle that ${environment} holds is being tried`,
});
