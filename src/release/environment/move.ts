import type { JsonObject, Refusal } from "../../contracts/index.ts";
import { touchControl } from "../../guard/index.ts";
import { type CompiledPack, installPack } from "../../run/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { CanaryPlan } from "../canary/plan.ts";
import { type Act, type ReleasePorts, record } from "./act.ts";
import { currentOf, type Environment, type Health, type HeldBundle, willServe } from "./environment.ts";
import type { PromotionCheck } from "./promotion.ts";
import { heldBundles, moveEnvironment } from "./queries.ts";
import { rollbackTargets } from "./rollback-targets.ts";

/*
 * What every move of an environment is made by: promotion and rollback alike.
 *
 * E1 A move is one transaction: the entry in the environment's stream, the pointer, the pack that new runs start on, and the
 *    revision by which every process sees it, or none of these.
 * E2 and E3 stand in `act.ts`.
 */

/** Where a move came to. Wire form. */
export interface Move {
  readonly environment: Environment;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly previous_bundle_id: string | null;
  /** What a rollback would go to by now; null where nothing did well there before. */
  readonly rollback_target: string | null;
  /** Of the move in the environment's stream. */
  readonly seq: number;
  readonly checks: readonly PromotionCheck[];
  /** What the bundle's notes say that is not so here; null where nothing is. */
  readonly warning: string | null;
  /** Null where every new run starts on it at once. */
  readonly canary: CanaryPlan | null;
}

interface Planned {
  readonly to: Pick<Manifest, "bundle_id" | "root_digest">;
  readonly pack: CompiledPack;
  readonly health: Health;
  readonly held: readonly HeldBundle[];
  readonly event: { readonly type: string; readonly payload: JsonObject };
}

/** Makes a move (E1). */
export async function move(
  ports: ReleasePorts,
  sql: TenantQuery,
  act: Act,
  { to, pack, health, held, event }: Planned,
) {
  const { environment, by } = act;
  const { bundle_id, root_digest } = to;
  const at = ports.host.clock.now();
  const previous_bundle_id = currentOf(held, environment)?.bundle_id ?? null;
  const payload = { environment, bundle_id, root_digest, previous_bundle_id, operator: by, health, ...event.payload };
  const { entry } = await record(ports, sql, act, { type: event.type, payload });
  await moveEnvironment(sql, { environment, bundleId: bundle_id, health, seq: entry.seq, at });
  if (willServe(held, environment)) await installPack(sql, { ...packRow(pack), state: "ACTIVE", at });
  await touchControl(sql, at);
  const back = rollbackTargets(await heldBundles(sql), environment, null);
  const rollback_target = back.ok ? (back.value[0]?.bundle_id ?? null) : null;
  return { environment, bundle_id, root_digest, previous_bundle_id, rollback_target, seq: entry.seq };
}

export const packRow = ({ pack, config_hash }: CompiledPack) => ({
  packId: pack.id,
  digest: config_hash,
  version: pack.version,
  document: JSON.stringify(pack),
});

export const underWay = (environment: Environment): Refusal => ({
  code: "CANARY_UNDER_WAY",
  message: `the bundle that ${environment} holds is being tried`,
});
