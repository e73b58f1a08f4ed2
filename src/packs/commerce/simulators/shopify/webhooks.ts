import { type Clock, formatInstant } from "../../../../contracts/index.ts";
import { hmacSha256 } from "../wire/digest.ts";
import type { SimIds } from "../wire/sim-ids.ts";
import type { Signer, WebhookEmitter } from "../wire/webhook-emitter.ts";
import type { ShopifyKeys } from "./keys.ts";
import type { ShopOrder } from "./order.ts";
import { webhookBody } from "./order-payload.ts";
import type { OrderTopic } from "./store.ts";

/** The version that the simulator speaks by itself; webhooks carry it. */
export const SHOPIFY_API_VERSION = "2026-07";

/** `X-Shopify-Hmac-Sha256`: base64 over the raw body. No header and no time is signed. */
export const shopifySigner =
  (keys: ShopifyKeys): Signer =>
  ({ body, secret }) => {
    const previous = keys.previousClientSecret ?? keys.clientSecret;
    const key = { current: keys.clientSecret, both: keys.clientSecret, previous, wrong: `${keys.clientSecret}_forged` };
    return { "x-shopify-hmac-sha256": hmacSha256(key[secret], body, "base64") };
  };

/**
 * Emits one business event. The webhook id stays the same in every attempt and copy of this delivery; the event id would
 * be shared with other subscriptions to the same event.
 */
export function announceOrder(
  {
    webhooks,
    ids,
    clock,
    domain,
  }: {
    readonly webhooks: WebhookEmitter;
    readonly ids: SimIds;
    readonly clock: Clock;
    readonly domain: string;
  },
  topic: OrderTopic,
  order: ShopOrder,
): void {
  const body = webhookBody(topic, order);
  webhooks.emit({
    topic,
    body: () => body,
    headers: {
      "x-shopify-topic": topic,
      "x-shopify-shop-domain": domain,
      "x-shopify-api-version": SHOPIFY_API_VERSION,
      "x-shopify-webhook-id": ids.uuid(),
      "x-shopify-event-id": ids.uuid(),
      "x-shopify-triggered-at": formatInstant(clock.now()),
    },
  });
}
