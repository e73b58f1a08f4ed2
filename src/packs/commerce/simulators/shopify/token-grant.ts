import { isObject, jsonResponse, parseJson, textAt } from "../wire/wire-json.ts";
import type { ShopifyKeys } from "./keys.ts";
import type { Shop } from "./store.ts";

const TOKEN_SECONDS = 24 * 3_600;
const SCOPES = "read_orders,write_orders,write_merchant_managed_fulfillment_orders";

const refused = (status: number, error: string): Response => jsonResponse(status, { error });

/** `POST /admin/oauth/access_token`, the client-credentials grant; takes JSON or a form. The token lives a day. */
export function grantToken({ store, clock, ids }: Shop, keys: ShopifyKeys, text: string): Response {
  const json = parseJson(text);
  const params = isObject(json) ? json : Object.fromEntries(new URLSearchParams(text));
  if (textAt(params, "grant_type") !== "client_credentials") return refused(400, "unsupported_grant_type");
  if (textAt(params, "client_id") !== keys.clientId || textAt(params, "client_secret") !== keys.clientSecret)
    return refused(401, "invalid_client");
  const access_token = ids.token("shpat_test_", 16);
  store.granted_tokens.set(access_token, clock.now() + TOKEN_SECONDS * 1000);
  return jsonResponse(200, { access_token, scope: SCOPES, expires_in: TOKEN_SECONDS - 1 });
}
