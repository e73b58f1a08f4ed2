import type { Credential } from "../guard/index.ts";
import type { EventSource } from "./normalise/event.ts";
import type { WebhookSecrets } from "./signature/verify.ts";

/** Providers whose events are taken in. */
export const PROVIDERS = ["stripe", "shopify", "printful", "sendgrid"] as const;
export type Provider = (typeof PROVIDERS)[number];

interface Intake {
  readonly source: EventSource;
  /** Setting of the provider's credential that verifies its webhooks. */
  readonly secret: string;
  /** Setting that names the account whose events the endpoint takes; null where the provider's events name none. */
  readonly account: string | null;
}

const INTAKES: Readonly<Record<Provider, Intake>> = {
  stripe: { source: "STRIPE", secret: "webhook_secret", account: null },
  shopify: { source: "SHOPIFY", secret: "webhook_secret", account: "shop_domain" },
  printful: { source: "PRINTFUL", secret: "webhook_secret", account: "store_id" },
  sendgrid: { source: "SENDGRID", secret: "webhook_public_key", account: null },
};

export const isProvider = (text: string): text is Provider => Object.hasOwn(INTAKES, text);

export const sourceOf = (provider: Provider): EventSource => INTAKES[provider].source;

type Credentials = ReadonlyMap<string, Credential>;

interface Configured {
  readonly credentials: Credentials;
  readonly previousCredentials: Credentials;
}

/** Signs nothing, so a provider without a configured secret is refused like a wrong signature. */
const NO_SECRET = "";

/** The secrets that verify a provider's webhooks: of the present credential, and of the one before while rotations overlap. */
export function secretsOf(provider: Provider, { credentials, previousCredentials }: Configured): WebhookSecrets {
  const { secret } = INTAKES[provider];
  const current = credentials.get(provider)?.settings[secret] ?? NO_SECRET;
  const previous = previousCredentials.get(provider)?.settings[secret];
  return previous === undefined ? { current } : { current, previous };
}

/** The setting of its credential without which every delivery of a provider is refused; null where it is there. */
export const missingSetting = (provider: Provider, configured: Configured): string | null =>
  secretsOf(provider, configured).current === NO_SECRET ? INTAKES[provider].secret : null;

/** The account that an endpoint belongs to; null leaves it unchecked. */
export function accountOf(provider: Provider, { credentials }: Configured): string | null {
  const { account } = INTAKES[provider];
  return account === null ? null : (credentials.get(provider)?.settings[account] ?? null);
}
