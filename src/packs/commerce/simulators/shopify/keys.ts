import type { ReceivedRequest } from "../wire/exchange.ts";
import type { CredentialVerdict } from "../wire/journal.ts";
import type { Shop } from "./store.ts";

export interface ShopifyKeys {
  /** Such as `countermark-demo.myshopify.com`: a name only, nothing is resolved. */
  readonly shopDomain: string;
  /** A permanent token, sent as `X-Shopify-Access-Token`. */
  readonly accessToken: string;
  /** For the client-credentials grant. */
  readonly clientId: string;
  /** Also signs the webhooks. */
  readonly clientSecret: string;
  /** The secret before a rotation. */
  readonly previousClientSecret?: string;
}

export const TOKEN_PATH = "/admin/oauth/access_token";

const LIVE = /^shp(at|ca|pa|ua|ss)_[0-9a-f]{32}$/;

/** Whether a token or secret has the form of a real one. */
export const isLiveShopifyKey = (key: string): boolean => LIVE.test(key);

export function shopifyCredential(
  keys: ShopifyKeys,
  { store, clock }: Pick<Shop, "store" | "clock">,
  { path, headers }: ReceivedRequest,
): CredentialVerdict {
  if (path === TOKEN_PATH) return "accepted"; // the grant checks its own credentials
  const token = headers.get("x-shopify-access-token");
  if (token === null || token === "") return "absent";
  if (isLiveShopifyKey(token)) return "live";
  const until = store.granted_tokens.get(token);
  return token === keys.accessToken || (until !== undefined && clock.now() < until) ? "accepted" : "wrong";
}
