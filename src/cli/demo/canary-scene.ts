import { after, assert, type Host, isJsonObject, type Json } from "../../contracts/index.ts";
import { takesCanary } from "../../guard/index.ts";
import { listOf } from "./client.ts";
import type { ReleaseShop } from "./release-steps.ts";
import { orderIdOf, placeOrder, quiet, textOf } from "./scenario.ts";

/** What became of a version that came into production on a share of the new orders. */
export interface CanaryReport {
  readonly version: string;
  /** Of the new orders. */
  readonly share_percent: number;
  /** Orders that fell to it, and to the version beside it, until it was over. */
  readonly tried: number;
  readonly others: number;
  /** How its last look ended, and what was said. */
  readonly end: string;
  readonly why: string;
  /** The evaluation that the look rests on, and what production holds since. */
  readonly evaluation: string;
  readonly holds: string;
}

/** Half of the new orders at first: a day of five in a hundred would be long to watch. */
export const CANARY_STEPS = [
  { share_percent: 50, dwell_seconds: 0, runs_min: 5 },
  { share_percent: 100, dwell_seconds: 0, runs_min: 10 },
];

/** More orders than a canary of half of them ever needed to come to its end. */
const ORDERS_MAX = 40;

interface CanaryScene {
  readonly production: ReleaseShop;
  readonly random: Host["random"];
  readonly clock: Host["clock"];
}

/** Refusals that its supplier has for orders of a canary: with those before and after it too few for the shop to stop asking. */
const REFUSALS_MAX = 5;

/**
 * Sends production orders until the canary is over; nobody but the looks ends it. The supplier refuses once each order that falls to
 * the version that is tried.
 */
export async function tryOut(
  scene: CanaryScene,
  { version, digest, rootDigest }: { readonly version: string; readonly digest: string; readonly rootDigest: string },
): Promise<CanaryReport> {
  const { production, random, clock } = scene;
  const { printful } = production.simulators;
  const began = await newestOf(production, 1);
  let refused = 0;
  for (let order = 0; order < ORDERS_MAX; order++) {
    const sharePercent = await triedShare(production);
    if (sharePercent === null) break;
    const placed = placeOrder({ simulators: production.simulators, random });
    // Its webhook has not left yet.
    const occasion = `SHOPIFY:order.paid:${orderIdOf(production.tenantId, placed)}`;
    if (refused < REFUSALS_MAX && takesCanary({ salt: rootDigest, sharePercent }, occasion)) {
      printful.fault({ method: "POST", path: "/v2/orders", count: 1, action: { kind: "status", status: 503 } });
      refused += 1;
    }
    await quiet(production);
    printful.clearFaults();
    // A run counts from the second after its end.
    await clock.wake(after(clock.now(), MS_BETWEEN_LOOKS), new AbortController().signal);
    await production.admin.post("/v1/environments/prod/canary/look", {});
  }
  assert((await triedShare(production)) === null, "a canary comes to its end within so many orders");
  const moves = listOf(await production.admin.get("/v1/environments/prod/history?limit=200"), "moves");
  const last = moves.map(payloadOf).findLast(({ end }) => end === "abort" || end === "pass");
  assert(last !== undefined, "a canary that is over ended somehow");
  const since = (await newestOf(production, ORDERS_MAX)).filter((run) => textOf(run, "run_id") > runIdOf(began));
  const tried = since.filter((run) => textOf(run, "pack_digest") === digest).length;
  return {
    version,
    share_percent: Number(last.share_percent),
    tried,
    others: since.length - tried,
    end: String(last.end),
    why: String(last.why),
    evaluation: String(last.evaluation_id),
    holds: textOf(await current(production), "bundle_id"),
  };
}

const MS_BETWEEN_LOOKS = 300;

const payloadOf = (move: Json) => {
  const payload = isJsonObject(move) ? move.payload : undefined;
  return payload !== undefined && isJsonObject(payload) ? payload : {};
};

const newestOf = async ({ operator }: ReleaseShop, count: number): Promise<readonly Json[]> =>
  listOf(await operator.get(`/v1/runs?workflow=P1-WF01&limit=${count}`), "runs");

const runIdOf = ([run]: readonly Json[]): string => (run === undefined ? "" : textOf(run, "run_id"));

async function prod({ admin }: ReleaseShop) {
  const environments = listOf(await admin.get("/v1/environments"), "environments");
  const [found] = environments.filter(isJsonObject).filter(({ environment }) => environment === "prod");
  assert(found !== undefined, "there is a production");
  return found;
}

const current = async (production: ReleaseShop): Promise<Json> => (await prod(production)).bundle ?? null;

/** The share of new runs that a version is tried on; null where none is. */
async function triedShare(production: ReleaseShop): Promise<number | null> {
  const { canary } = await prod(production);
  return isJsonObject(canary) ? Number(canary.share_percent) : null;
}
