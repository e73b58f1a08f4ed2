import type { CredentialVerdict } from "../wire/journal.ts";

export interface PrintfulKeys {
  /** Ours begin with `pf_sim_`: Printful's own tokens have no prefix, so any other long one is taken for real. */
  readonly token: string;
  readonly storeId: number;
  /** The pair that signs until `POST /v2/webhooks` makes a new one. */
  readonly webhook: {
    /** Base64. */
    readonly publicKey: string;
    /** Hex. */
    readonly secretKey: string;
  };
}

const LIVE = /^[A-Za-z0-9]{32,}$/;

/** Whether a token looks like one of Printful's. */
export const isLivePrintfulKey = (token: string): boolean => LIVE.test(token);

export function printfulCredential(keys: PrintfulKeys, authorization: string | null): CredentialVerdict {
  const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return "absent";
  if (isLivePrintfulKey(token)) return "live";
  return token === keys.token ? "accepted" : "wrong";
}
