import type { Host } from "../../../contracts/index.ts";
import { refuseLiveKeys, type SimulatorKeys } from "./keys.ts";
import { type PrintfulSimulator, startPrintful } from "./printful/printful-simulator.ts";
import { type SendGridSimulator, startSendGrid } from "./sendgrid/sendgrid-simulator.ts";
import { type OrderPlacement, type PlacedOrder, placedOrder } from "./shopify/checkout.ts";
import { totalMinor } from "./shopify/order.ts";
import { type ShopifySimulator, startShopify } from "./shopify/shopify-simulator.ts";
import { type StripeSimulator, startStripe } from "./stripe/stripe-simulator.ts";

export type Provider = "stripe" | "shopify" | "printful" | "sendgrid";

/** The four providers of the demo shop, each on its own port of 127.0.0.1. */
export interface Simulators {
  readonly stripe: StripeSimulator;
  readonly shopify: ShopifySimulator;
  readonly printful: PrintfulSimulator;
  readonly sendgrid: SendGridSimulator;
  /**
   * A customer orders and pays: the payment is captured at Stripe, the order appears in the shop, and both tell
   * (`payment_intent.succeeded`, `orders/create`, `orders/paid`). The order names its payment in the transaction's
   * `authorizationCode` and in the custom attribute `stripe_payment_intent`; the payment names the order in its metadata.
   */
  placePaidOrder(placement: OrderPlacement): PlacedOrder;
  /** The same with a payment that is only held: `orders/create` alone, and an intent in `requires_capture`. */
  placeAuthorizedOrder(placement: OrderPlacement): PlacedOrder;
  /** Resolves when no webhook of any provider is under way. */
  settled(): Promise<void>;
  /** Every simulator forgets everything. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * Starts the simulators. Ids and keys follow `host.random`, times and delays `host.clock`.
 *
 * @param options.ports          a port for each provider; left out or 0 takes a free one
 * @param options.webhookTargets where each provider sends its webhooks; may also be set later by
 *                               `webhooks.configure({ target })`. Without one, webhooks are logged as `untargeted`.
 * Faults with `LIVE_FORBIDDEN` for a key that looks live and `PORT_IN_USE` for a port that is taken.
 */
export async function startSimulators(options: {
  readonly host: Host;
  readonly keys: SimulatorKeys;
  readonly ports?: Partial<Record<Provider, number>>;
  readonly webhookTargets?: Partial<Record<Provider, string>>;
}): Promise<Simulators> {
  const { host, keys, ports = {}, webhookTargets = {} } = options;
  const { clock, random } = host;
  refuseLiveKeys(keys);
  const place = (provider: Provider) => ({
    clock,
    random,
    port: ports[provider] ?? 0,
    target: webhookTargets[provider],
  });
  const started: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((simulator) => simulator.close()));
  };
  const keep = <T extends { close(): Promise<void> }>(simulator: T): T => {
    started.push(simulator);
    return simulator;
  };
  try {
    const stripe = keep(await startStripe({ ...place("stripe"), keys: keys.stripe }));
    const shopify = keep(await startShopify({ ...place("shopify"), keys: keys.shopify }));
    const printful = keep(await startPrintful({ ...place("printful"), keys: keys.printful }));
    const sendgrid = keep(await startSendGrid({ ...place("sendgrid"), keys: keys.sendgrid }));
    return withShop({ stripe, shopify, printful, sendgrid }, close);
  } catch (cause) {
    await close();
    throw cause;
  }
}

function withShop(all: Pick<Simulators, Provider>, close: () => Promise<void>): Simulators {
  const each = [all.stripe, all.shopify, all.printful, all.sendgrid];
  return {
    ...all,
    placePaidOrder: (placement) => placeOrder(all, placement, "automatic"),
    placeAuthorizedOrder: (placement) => placeOrder(all, placement, "manual"),
    async settled() {
      await Promise.all(each.map(({ webhooks }) => webhooks.settled()));
    },
    reset() {
      for (const simulator of each) simulator.reset();
    },
    close,
  };
}

function placeOrder(
  { stripe, shopify }: Pick<Simulators, Provider>,
  placement: OrderPlacement,
  capture_method: "automatic" | "manual",
): PlacedOrder {
  const order = shopify.openOrder(placement);
  const intent = stripe.pay({
    amount: totalMinor(order),
    currency: order.currency,
    capture_method,
    metadata: { shopify_order_id: order.id, order_name: `#${order.number}` },
  });
  const captured = capture_method === "automatic";
  shopify.bookOrder(order, { gateway: "stripe", reference: intent.id, captured });
  return placedOrder(order, intent.id);
}
