import { Fault, type Random } from "../../../contracts/index.ts";
import { isLivePrintfulKey, type PrintfulKeys } from "./printful/keys.ts";
import { isLiveSendGridKey, type SendGridKeys } from "./sendgrid/keys.ts";
import { isLiveShopifyKey, type ShopifyKeys } from "./shopify/keys.ts";
import { isLiveStripeKey, type StripeKeys } from "./stripe/keys.ts";
import { simIds } from "./wire/sim-ids.ts";

/** What the simulators accept, and what they sign with. */
export interface SimulatorKeys {
  readonly stripe: StripeKeys;
  readonly shopify: ShopifyKeys;
  readonly printful: PrintfulKeys;
  readonly sendgrid: SendGridKeys;
}

/**
 * A set of keys drawn from `random`: none can open a real account, none can be guessed by a page in a browser. One seed
 * gives the same keys in every run.
 */
export function simulatorKeys(random: Random): SimulatorKeys {
  const ids = simIds(random);
  return {
    stripe: {
      secretKey: ids.token("sk_test_sim", 12),
      webhookSecret: ids.token("whsec_sim", 16),
      previousWebhookSecret: ids.token("whsec_sim", 16),
    },
    shopify: {
      shopDomain: "countermark-demo.myshopify.com",
      accessToken: ids.token("shpat_test_", 12),
      clientId: ids.token("client_test_", 8),
      clientSecret: ids.token("shpss_test_", 16),
      previousClientSecret: ids.token("shpss_test_", 16),
    },
    printful: {
      token: ids.token("pf_sim_", 16),
      storeId: 1,
      webhook: { publicKey: Buffer.from(ids.hex(32)).toString("base64"), secretKey: ids.hex(64) },
    },
    sendgrid: { apiKey: ids.token("SG.test_", 8) },
  };
}

/** A simulator never holds a key that could open a real account. Faults with `LIVE_FORBIDDEN`. */
export function refuseLiveKeys({ stripe, shopify, printful, sendgrid }: SimulatorKeys): void {
  const live = [
    isLiveStripeKey(stripe.secretKey) ? "stripe" : undefined,
    isLiveShopifyKey(shopify.accessToken) || isLiveShopifyKey(shopify.clientSecret) ? "shopify" : undefined,
    isLivePrintfulKey(printful.token) ? "printful" : undefined,
    isLiveSendGridKey(sendgrid.apiKey) ? "sendgrid" : undefined,
  ].find((provider) => provider !== undefined);
  if (live !== undefined)
    throw new Fault("LIVE_FORBIDDEN", `the ${live} key looks like a live one; give the simulator a test key`, {
      retry: "never",
    });
}
