import { instant, seededRandom } from "../../src/contracts/index.ts";
import type { Installation } from "../../src/index.ts";
import { setCredential } from "../../src/index.ts";
import { simulatorKeys, startSimulators } from "../../src/packs/commerce/simulators/index.ts";

/**
 * Simulated providers in which everything is the same at each start: chance is seeded, and it is always the same morning. So
 * the model is asked the same questions, and its recorded answers fit.
 */
export async function startShop(installation: Installation, tenantId: string) {
  const random = seededRandom(1);
  const clock = { ...installation.host.clock, now: () => MORNING };
  const keys = simulatorKeys(random);
  const simulators = await startSimulators({ host: { ...installation.host, clock, random }, keys });
  const { shopify, stripe, printful, sendgrid } = simulators;
  const credentials = [
    { service: "stripe", origin: stripe.origin, secret: keys.stripe.secretKey, settings: {} },
    {
      service: "shopify",
      origin: shopify.origin,
      secret: keys.shopify.accessToken,
      settings: { shop_domain: keys.shopify.shopDomain },
    },
    {
      service: "printful",
      origin: printful.origin,
      secret: keys.printful.token,
      settings: { store_id: String(keys.printful.storeId), variants: "TEE-BLK-M=4012" },
    },
    { service: "sendgrid", origin: sendgrid.origin, secret: keys.sendgrid.apiKey, settings: { from: SENDER } },
  ];
  for (const credential of credentials) await setCredential(installation, { tenantId, by: "setup", ...credential });
  return {
    /** A customer orders and pays. */
    placeOrder: () => simulators.placePaidOrder(SHIRTS).orderId.split("/").at(-1) ?? "",
    /** The supplier hands the parcel to a carrier. */
    ship: () => {
      for (const { id } of printful.state().orders)
        printful.progress(String(id), { to: "shipped", carrier: "USPS", trackingNumber: "9400111899223197428490" });
    },
    close: () => simulators.close(),
  };
}

const MORNING = instant(Date.UTC(2026, 2, 2, 9));
const SENDER = "shop@test.example.com";

const SHIRTS = {
  email: "ada.buyer@test.example.com",
  lines: [{ sku: "TEE-BLK-M", quantity: 2, unitPriceMinor: 2_400 }],
  address: {
    first_name: "Ada",
    last_name: "Buyer",
    address1: "1 Main St",
    city: "Springfield",
    province_code: "IL",
    zip: "62701",
    country_code: "US",
  },
  shippingMinor: 500,
} as const;
