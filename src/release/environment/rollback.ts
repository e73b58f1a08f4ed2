import { accepted, formatInstant, type Result, rejected, transitionOf } from "../../contracts/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { Verification } from "../bundle/verify.ts";
import { endCanary, runningCanaries } from "../canary/queries.ts";
import { type Act, acting, empty, type ReleasePorts, record } from "./act.ts";
import { currentOf, type Environment, HEALTH_MACHINE, type Health, type HeldBundle } from "./environment.ts";
import { type Move, move, underWay } from "./move.ts";
import { heldBundles, setHealth } from "./queries.ts";
import { noTarget, rollbackTargets } from "./rollback-targets.ts";
import { verifyHeld } from "./verify-held.ts";

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
  if (target === undefined) return rejected(noTarget(environment, bundleId));
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
  return accepted({ ...moved, checks: [], warning: null, canary: null });
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
