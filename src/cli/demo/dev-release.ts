import { activatePack } from "../../api/index.ts";
import { assert } from "../../contracts/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import { listOf } from "./client.ts";
import { openShop, type ShopPlace } from "./release-stage.ts";
import { memberOf, openScene, produce, type ReleaseShop, release } from "./release-steps.ts";
import { textOf } from "./scenario.ts";

/** What production holds, and the last evaluation about it; null where none was recorded. */
export interface DevRelease {
  readonly bundleId: string;
  readonly evaluationId: string | null;
}

/** The tenant in which the shop's versions are put to their golden cases. */
const PREVIEW = "shop-preview";

/**
 * Sees to it that the shop's production holds a bundle: where it holds none, its pack is released as anybody would release it, from dev to
 * prod, by decisions about its golden cases in a shop beside it, and then judged by its own first orders. Null where a gate or a check
 * said no, which the console shows too; `told` is given what was said.
 */
export async function releaseShop(
  place: ShopPlace,
  shop: ReleaseShop,
  version: FirstVersion,
): Promise<DevRelease | null> {
  const held = await heldIn(shop);
  if (held !== null) return held;
  await releaseFirst(place, shop, version);
  return heldIn(shop);
}

interface FirstVersion {
  readonly pack: CompiledPack;
  readonly told: (what: string) => void;
}

async function releaseFirst(place: ShopPlace, production: ReleaseShop, { pack, told }: FirstVersion): Promise<void> {
  const { host, installation, directory } = place;
  const preview = await openShop(place, { tenantId: PREVIEW, pack, random: host.random });
  try {
    const activate = async (version: CompiledPack): Promise<void> => {
      const activated = await activatePack(installation, { tenantId: PREVIEW, pack: version, by: "demo" });
      assert(activated.ok, "a preview runs whatever is to be previewed");
    };
    const scene = await openScene({ host, preview, production, directory, activate, random: host.random });
    const version = await release(scene, pack.pack.version, pack);
    const [blocked] = scene.record.blocked;
    if (blocked !== undefined) told(`${blocked.environment} does not take it: ${blocked.code}: ${blocked.reason}`);
    else await produce(scene, version, 0);
  } finally {
    await preview.simulators.close();
  }
}

/** Null where production holds no bundle. */
async function heldIn({ admin }: ReleaseShop): Promise<DevRelease | null> {
  const environments = listOf(await admin.get("/v1/environments"), "environments");
  const prod = environments.find((one) => memberOf(one, "environment") === "prod");
  const bundle = memberOf(prod ?? null, "bundle");
  if (bundle === null) return null;
  const evaluations = listOf(await admin.get("/v1/gates/evaluations?limit=200"), "evaluations");
  const about = evaluations.find((one) => memberOf(one, "subject") === memberOf(bundle, "root_digest"));
  return {
    bundleId: textOf(bundle, "bundle_id"),
    evaluationId: about === undefined ? null : textOf(about, "evaluation_id"),
  };
}
