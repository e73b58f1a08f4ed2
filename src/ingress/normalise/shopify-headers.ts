import type { WebhookHeaders } from "../signature/claim.ts";
import { Name } from "./reading.ts";

/** What Shopify says about a delivery. None of it is signed. Classic headers begin with `x-shopify-`, those of Events with `shopify-`. */
export interface ShopifyHeaders {
  readonly family: "x-shopify" | "shopify";
  readonly topic: string | undefined;
  readonly shop_domain: string | undefined;
  readonly api_version: string | undefined;
  readonly webhook_id: string | undefined;
  readonly event_id: string | undefined;
  readonly triggered_at: string | undefined;
}

/** Reads the family that the signature came in; the other family's headers are not looked at. */
export function readShopifyHeaders(headers: WebhookHeaders): ShopifyHeaders {
  const family = headers["x-shopify-hmac-sha256"] ? "x-shopify" : "shopify";
  const read = (name: string): string | undefined => Name.safeParse(headers[`${family}-${name}`]).data;
  return {
    family,
    topic: read("topic"),
    shop_domain: read("shop-domain"),
    api_version: read("api-version"),
    webhook_id: read("webhook-id"),
    event_id: read("event-id"),
    triggered_at: read("triggered-at"),
  };
}

/** The first header that its family always sends and this delivery lacks. */
export function missingHeader(headers: ShopifyHeaders): string | undefined {
  const always = ["topic", "shop_domain", "api_version", "webhook_id"] as const;
  const required = headers.family === "shopify" ? ([...always, "event_id"] as const) : always;
  const missing = required.find((name) => headers[name] === undefined);
  return missing && `${headers.family}-${missing.replace("_", "-")}`;
}
