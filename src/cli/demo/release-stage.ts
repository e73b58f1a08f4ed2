import { activatePack, addKey, type createApp, type Installation } from "../../api/index.ts";
import { assert, type Host, type Random, seededRandom } from "../../contracts/index.ts";
import { simulatorKeys, startSimulators } from "../../packs/commerce/simulators/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import { type DemoClient, demoClient } from "./client.ts";
import { demoPack } from "./demo-pack.ts";
import { furnish } from "./furnish.ts";
import type { ReleaseShop } from "./release-steps.ts";
import type { ReleaseStage } from "./releases.ts";

export interface ReleaseStageOptions extends ShopPlace {
  readonly seed: number;
  readonly tell: (what: string) => void;
}

const APPROVAL_SECONDS = 300;

/** Sets up a preview and a production that share nothing but the installation, for as long as `play` takes. */
export async function withReleaseStage<T>(
  options: ReleaseStageOptions,
  play: (stage: ReleaseStage) => Promise<T>,
): Promise<T> {
  const { host, seed, tell, installation, directory } = options;
  const keys = simulatorKeys(seededRandom(seed));
  const packOf: ReleaseStage["packOf"] = (edit) =>
    demoPack({ shopHost: keys.shopify.shopDomain, approvalSeconds: APPROVAL_SECONDS, edit }).pack;
  // The simulators' keys follow the seed, so that both shops take one version.
  const open = (tenantId: string): Promise<ReleaseShop> =>
    openShop(options, { tenantId, pack: packOf((same) => same), random: seededRandom(seed) });
  const shops = await Promise.all([open("preview"), open("production")]);
  try {
    const [preview, production] = shops;
    const activate: ReleaseStage["activate"] = async (pack) => {
      const activated = await activatePack(installation, { tenantId: preview.tenantId, pack, by: "demo" });
      assert(activated.ok, "a preview runs whatever is to be previewed");
    };
    return await play({
      host,
      preview,
      production,
      directory,
      activate,
      packOf,
      random: seededRandom(seed),
      tell,
    });
  } finally {
    for (const { simulators } of shops) await simulators.close();
  }
}

/** Where shops are opened. */
export interface ShopPlace {
  readonly host: Host;
  readonly installation: Installation;
  readonly directory: string;
  readonly app: Pick<ReturnType<typeof createApp>, "fetch">;
  readonly origin: string;
}

/** A tenant whose providers are its own. */
export async function openShop(
  { host, installation, app, origin }: ShopPlace,
  { tenantId, pack, random }: { readonly tenantId: string; readonly pack: CompiledPack; readonly random: Random },
): Promise<ReleaseShop> {
  const keys = simulatorKeys(random);
  const simulators = await startSimulators({ host: { ...host, random }, keys });
  const demoKeys = await furnish({ installation, simulators, simulatorKeys: keys, tenantId, pack, origin });
  const admin = await adminKey(installation, tenantId);
  const clientOf = (key: string): DemoClient =>
    demoClient({ fetch: (request) => app.fetch(request), origin, key, clock: host.clock });
  return { tenantId, simulators, operator: clientOf(demoKeys.operator), admin: clientOf(admin) };
}

/** A key of somebody who may release in a tenant. */
export async function adminKey(installation: Installation, tenantId: string): Promise<string> {
  const { key } = await addKey(installation, {
    tenantId,
    principalId: "olga",
    kind: "person",
    role: "admin",
    by: "demo",
  });
  return key;
}
