import type { Code } from "../../../contracts/index.ts";
import type { Credential } from "../../../guard/index.ts";
import { failed, type ProviderFailure } from "./answer.ts";

/** Live credentials act on live accounts only where the tenant's settings say so; anything else is sandbox. */
export const isLive = (credential: Credential): boolean => credential.settings.mode === "live";

const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

const TEST_KEY = /^(sk|rk)_test_/;

/**
 * Why a client may not use its credential, or null. In sandbox every provider is a simulator on this machine, except for
 * development stores that the settings list; Stripe takes test keys only (P1-H01, P1-H03, P1-H04).
 */
export function forbidden(credential: Credential): { readonly ok: false; readonly failure: ProviderFailure } | null {
  if (isLive(credential)) return null;
  const code = sandboxRefusal(credential);
  return code === null ? null : failed("forbidden", { refusedWith: code });
}

function sandboxRefusal(credential: Credential): Code | null {
  if (credential.service === "stripe" && !TEST_KEY.test(credential.secret)) return "LIVE_FORBIDDEN";
  const origin = URL.canParse(credential.origin) ? new URL(credential.origin) : null;
  if (origin === null || origin.username !== "" || origin.password !== "") return "NETWORK_DENIED";
  if (LOOPBACK.has(origin.hostname)) return null;
  return credential.service === "shopify" && developmentStores(credential).includes(origin.hostname)
    ? null
    : "NETWORK_DENIED";
}

const developmentStores = (credential: Credential): readonly string[] =>
  (credential.settings.development_stores ?? "").split(",").map((host) => host.trim().toLowerCase());
