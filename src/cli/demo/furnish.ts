import { activatePack, addEndpoint, addKey, addTenant, type Installation, setCredential } from "../../api/index.ts";
import { assert } from "../../contracts/index.ts";
import type { SimulatorKeys, Simulators } from "../../packs/commerce/simulators/index.ts";
import type { CompiledPack } from "../../run/index.ts";

/** SKUs that the demo shop sells, with the supplier's variants. */
export const CATALOGUE = [
  { sku: "TEE-BLK-M", variant: 4012, unitPriceMinor: 2_400 },
  { sku: "TEE-BLK-L", variant: 4013, unitPriceMinor: 2_400 },
  { sku: "TEE-WHT-S", variant: 4021, unitPriceMinor: 2_200 },
  { sku: "HOOD-GRY-L", variant: 5104, unitPriceMinor: 4_900 },
] as const;

/** The keys of the people and programs of the demo shop; none is stored in clear anywhere else. */
export interface DemoKeys {
  readonly operator: string;
  readonly approver: string;
  /** May start calls, but no scope of the pack grants it anything but reading. */
  readonly intern: string;
}

export interface Furnishing {
  readonly installation: Installation;
  readonly simulators: Simulators;
  readonly simulatorKeys: SimulatorKeys;
  readonly tenantId: string;
  readonly pack: CompiledPack;
  /** Where webhooks are received, such as `http://127.0.0.1:4000`. */
  readonly origin: string;
}

const BY = "demo";

/** Makes the demo's tenant ready for business: pack, credentials of the simulators, and their webhooks pointed at us. */
export async function furnish(furnishing: Furnishing): Promise<DemoKeys> {
  const { installation, tenantId, pack } = furnishing;
  if ((await installation.control.find(tenantId)) === undefined) {
    const added = await addTenant(installation, { tenantId, name: "Demo shop", mode: "sandbox", by: BY });
    assert(added.ok, "the demo's tenant id is one");
  }
  const activated = await activatePack(installation, { tenantId, pack, by: BY });
  assert(
    activated.ok || activated.refusal.code === "CONTRACT_NOT_PROMOTED",
    "a demo runs its pack, or what was promoted",
  );
  await connectProviders(furnishing);
  const key = async (principalId: string, kind: "person" | "service", role: "operator" | "approver"): Promise<string> =>
    (await addKey(installation, { tenantId, principalId, kind, role, by: BY })).key;
  return {
    operator: await key("shop-automation", "service", "operator"),
    approver: await key("grace", "person", "approver"),
    intern: await key("intern", "service", "operator"),
  };
}

/** Gives a tenant the simulators' credentials, and points their webhooks at it. */
export async function connectProviders({
  installation,
  simulators,
  simulatorKeys: keys,
  tenantId,
  origin,
}: Omit<Furnishing, "pack">): Promise<void> {
  const { stripe, shopify, printful, sendgrid } = simulators;
  const credentials = [
    {
      service: "stripe",
      simulator: stripe,
      secret: keys.stripe.secretKey,
      settings: { webhook_secret: keys.stripe.webhookSecret },
    },
    {
      service: "shopify",
      simulator: shopify,
      secret: keys.shopify.accessToken,
      settings: { webhook_secret: keys.shopify.clientSecret, shop_domain: keys.shopify.shopDomain },
    },
    {
      service: "printful",
      simulator: printful,
      secret: keys.printful.token,
      settings: {
        webhook_secret: keys.printful.webhook.secretKey,
        store_id: String(keys.printful.storeId),
        variants: CATALOGUE.map(({ sku, variant }) => `${sku}=${variant}`).join(","),
      },
    },
    {
      service: "sendgrid",
      simulator: sendgrid,
      secret: keys.sendgrid.apiKey,
      settings: { webhook_public_key: sendgrid.eventPublicKey, from: "shop@test.example.com" },
    },
  ];
  for (const { service, simulator, secret, settings } of credentials) {
    const set = await setCredential(installation, {
      tenantId,
      service,
      origin: simulator.origin,
      secret,
      settings,
      by: BY,
    });
    assert(set.ok, `the ${service} simulator has a test key and a local address`);
    const { path } = await addEndpoint(installation, { tenantId, provider: service, by: BY });
    simulator.webhooks.configure({ target: `${origin}${path}` });
  }
}
