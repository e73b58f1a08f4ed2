import type { CredentialVerdict } from "../wire/journal.ts";

export interface StripeKeys {
  /** Must begin with `sk_test_` or `rk_test_`. */
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** The secret before a rotation, accepted by receivers for a while. */
  readonly previousWebhookSecret?: string;
}

const LIVE = /^(sk|rk|pk)_live_|^sk_org_/;

/** Whether a key could open a real account. */
export const isLiveStripeKey = (key: string): boolean => LIVE.test(key);

/** Reads Bearer, or Basic with the key as user name. */
export function stripeCredential(keys: StripeKeys, authorization: string | null): CredentialVerdict {
  const [scheme, value] = (authorization ?? "").split(" ");
  if (value === undefined || value === "") return "absent";
  const basic = scheme?.toLowerCase() === "basic";
  const key = basic ? (Buffer.from(value, "base64").toString("utf8").split(":")[0] ?? "") : value;
  if (isLiveStripeKey(key)) return "live";
  return key === keys.secretKey ? "accepted" : "wrong";
}
