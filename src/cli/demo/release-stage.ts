import { activatePack, addKey, type createApp, type Installation } from "../../api/index.ts";
import { assert, type Host, seededRandom } from "../../contracts/index.ts";
import { simulatorKeys, startSimulators } from "../../packs/commerce/simulators/index.ts";
import { type DemoClient, demoClient } from "./client.ts";
import { demoPack } from "./demo-pack.ts";
import { furnish } from "./furnish.ts";
import type { ReleaseShop, ReleaseStage } from "./releases.ts";

export interface ReleaseStageOptions {
  readonly host: Host;
  readonly seed: number;
  readonly tell: (what: string) => void;
  readonly installation: Installation;
  readonly directory: string;
  readonly app: ReturnType<typeof createApp>;
  readonly origin: string;
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
  const shops = await Promise.all([openShop(options, "preview", packOf), openShop(options, "production", packOf)]);
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

/** A tenant whose providers are its own; the simulators' keys follow the seed, so that both shops take one version. */
async function openShop(
  { host, seed, installation, app, origin }: ReleaseStageOptions,
  tenantId: string,
  packOf: ReleaseStage["packOf"],
): Promise<ReleaseShop> {
  const random = seededRandom(seed);
  const keys = simulatorKeys(random);
  const simulators = await startSimulators({ host: { ...host, random }, keys });
  const pack = packOf((same) => same);
  const demoKeys = await furnish({ installation, simulators, simulatorKeys: keys, tenantId, pack, origin });
  const admin = await addKey(installation, {
    tenantId,
    principalId: "olga",
    kind: "person",
    role: "admin",
    by: "demo",
  });
  const clientOf = (key: string): DemoClient =>
    demoClient({ fetch: (request) => app.fetch(request), origin, key, clock: host.clock });
  return { tenantId, simulators, operator: clientOf(demoKeys.operator), admin: clientOf(admin.key) };
}
