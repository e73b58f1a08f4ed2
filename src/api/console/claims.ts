import type { BoundClaims } from "../../guard/index.ts";
import type { OidcSettings } from "./oidc.ts";

/** What an issuer says of somebody, as far as it counts here. */
export interface Claimed extends BoundClaims {
  /** Whether there is an address that the issuer does not vouch for: it counts for nothing. */
  readonly isEmailUnverified: boolean;
}

/** Groups that are looked at, of one person; further ones give nothing. */
const GROUPS_MAX = 500;

/** Claims of a verified token. What has not the form of its claim is as if it were not there. */
export function claimedBy(
  claims: { readonly sub: string; readonly [claim: string]: unknown },
  { issuer, groupsClaim }: Pick<OidcSettings, "issuer" | "groupsClaim">,
): Claimed {
  const { sub: subject, email, email_verified } = claims;
  const groups = claims[groupsClaim];
  const hasEmail = typeof email === "string" && email !== "";
  return {
    issuer,
    subject,
    email: hasEmail && email_verified === true ? email.toLowerCase() : null,
    isEmailUnverified: hasEmail && email_verified !== true,
    groups: Array.isArray(groups) ? groups.filter((one) => typeof one === "string").slice(0, GROUPS_MAX) : [],
  };
}
