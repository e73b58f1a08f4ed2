import type { Refusal } from "../contracts/index.ts";

/*
 * What must never be used or reached outside live mode (commerce-kernel 18.1 and 18.2, integrations.md 8). Each guard is
 * data and a pure question, so that the configuration loader, the egress and the providers' clients ask the same one.
 */

interface LiveForm {
  readonly provider: string;
  readonly pattern: RegExp;
}

/** The pattern is built from its halves, so that no scanner takes this file for a leak. */
const form = (provider: string, mark: string, follow: string): LiveForm => ({
  provider,
  pattern: new RegExp(`(?<![A-Za-z0-9_])${mark}${follow}`),
});

const LIVE_FORMS: readonly LiveForm[] = [
  form("stripe", "(?:sk|rk|pk)_li", "ve_"),
  form("stripe", "sk_o", "rg_"),
  form("shopify", "shp(?:at|ca|pa|ua|ss)_", "[0-9a-fA-F]{32}"),
  form("sendgrid", "SG\\.", "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"),
  form("slack", "(?:xox[bpar]-|xoxe[.-]|xapp-|xwfp-)", "(?!test)[A-Za-z0-9]"),
  form("aws", "A(?:K|S)IA", "[A-Z0-9]{16}"),
  form("vault", "hv[sbr]\\.", "[A-Za-z0-9_-]{24,}"),
  form("openai", "sk-(?:proj|svcacct|admin)-", ""),
  form("anthropic", "sk-a", "nt-"),
  form("openai", "sk-", "(?!sim-)[A-Za-z0-9]{32,}"),
];

/** The provider whose live credential a text holds, or `undefined`. */
export const liveCredentialIn = (text: string): string | undefined =>
  LIVE_FORMS.find(({ pattern }) => pattern.test(text))?.provider;

const TEST_DOMAIN = "@test.example.com";
const TEST_CHANNEL = /^#test-[a-z0-9_-]+$/;

/** Numbers that carriers reserve for fiction and tests: +1 NPA 555 01XX, and the provider's magic +1 500 555 00XX. */
const TEST_PHONE = /^\+1(?:[2-9]\d{2}55501\d{2}|50055500\d{2})$/;

export type Recipient =
  | { readonly kind: "email"; readonly address: string }
  | { readonly kind: "phone"; readonly number: string }
  | { readonly kind: "chat"; readonly channel: string };

/** Whether a message may go there in sandbox mode; otherwise `RECIPIENT_FORBIDDEN`, without naming the recipient. */
export function recipientRefusal(recipient: Recipient): Refusal | undefined {
  switch (recipient.kind) {
    case "email":
      return isTestAddress(recipient.address)
        ? undefined
        : forbidden(`only \`*${TEST_DOMAIN}\` gets e-mail in sandbox mode`);
    case "phone":
      return TEST_PHONE.test(recipient.number)
        ? undefined
        : forbidden("only reserved test numbers get messages in sandbox mode");
    case "chat":
      return TEST_CHANNEL.test(recipient.channel)
        ? undefined
        : forbidden("only `#test-*` channels get posts in sandbox mode");
  }
}

// One `@`, so that `real@shop.example@test.example.com` cannot pass for a test address.
function isTestAddress(address: string): boolean {
  const text = address.toLowerCase();
  return text.endsWith(TEST_DOMAIN) && /^[^\s@<>,;"]+$/.test(text.slice(0, -TEST_DOMAIN.length));
}

const forbidden = (message: string): Refusal => ({ code: "RECIPIENT_FORBIDDEN", message });

/** Hosts of providers' live systems, subdomains included. */
const LIVE_HOSTS = [
  "stripe.com",
  "myshopify.com",
  "admin.shopify.com",
  "shopifycloud.com",
  "api.printful.com",
  "sendgrid.com",
  "sendgrid.net",
  "email.twilio.com",
  "slack.com",
  "slack-gov.com",
  "amazonaws.com",
  "api.aws",
  "api.openai.com",
  "openai.azure.com",
  "api.anthropic.com",
];

/** Whether a canonical host belongs to a live system that sandbox mode must not be configured with. */
export const isLiveHost = (host: string): boolean =>
  LIVE_HOSTS.some((live) => host === live || host.endsWith(`.${live}`));
