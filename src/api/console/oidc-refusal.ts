import { Fault, type Refusal } from "../../contracts/index.ts";

/** What of the answer did not fit, for the claims that have a code of their own. */
const BY_CLAIM: { readonly [claim: string]: Refusal } = {
  nonce: { code: "OIDC_NONCE_MISMATCH", message: "the token was made for another sign-in" },
  aud: { code: "OIDC_AUDIENCE_WRONG", message: "the token was made for another client" },
};

/** Errors by which the library says that the issuer did not answer, or not as one does. */
const NO_ANSWER: readonly unknown[] = [
  "OAUTH_TIMEOUT",
  "OAUTH_ABORT",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_PARSE_ERROR",
];

/** Why an issuer's answer signs nobody in, by the library's codes and never by its words. Faults: OIDC_ISSUER_UNAVAILABLE. */
export async function refusalOf(error: unknown): Promise<Refusal> {
  const { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } = await import(
    "openid-client"
  );
  if (error instanceof AuthorizationResponseError)
    return { code: "OIDC_DENIED", message: `the issuer answered \`${error.error.slice(0, WORD_MAX)}\`` };
  if (error instanceof ResponseBodyError && error.error === "invalid_grant")
    return { code: "OIDC_CODE_REFUSED", message: "the issuer does not take this code, or not again" };
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError)
    return { code: "OIDC_CLIENT_REFUSED", message: "the issuer does not take this server for its client" };
  if (!(error instanceof ClientError) || NO_ANSWER.includes(error.code)) throw issuerUnavailable(error);
  if (error.code === "OAUTH_JWT_TIMESTAMP_CHECK_FAILED")
    return { code: "OIDC_TOKEN_EXPIRED", message: "by this machine's clock the token does not count now" };
  return (
    BY_CLAIM[claimIn(error.cause) ?? ""] ?? { code: "OIDC_TOKEN_INVALID", message: "the token cannot be verified" }
  );
}

/** Characters of an issuer's word for what happened. */
const WORD_MAX = 64;

/** The claim that did not compare, as the library names it. */
function claimIn(cause: unknown): string | undefined {
  const about = cause instanceof Error ? cause.cause : undefined;
  const claim = typeof about === "object" && about !== null && "claim" in about ? about.claim : undefined;
  return typeof claim === "string" ? claim : undefined;
}

/** A bug of ours in calling the library stays one. */
export function issuerUnavailable(cause: unknown): unknown {
  const isOurs = cause instanceof TypeError && "code" in cause;
  return isOurs
    ? cause
    : new Fault("OIDC_ISSUER_UNAVAILABLE", "the issuer cannot be reached, or is not one", { retry: "now", cause });
}
