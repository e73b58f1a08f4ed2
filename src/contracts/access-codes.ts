import { entry } from "./code-entry.ts";

/** Codes of who asks, and whether they may; part of the one table. */
export const ACCESS_CODES = {
  UNAUTHENTICATED: entry(
    401,
    "no valid key was given",
    "give a key: COUNTERMARK_KEY for a command, `Authorization: Bearer KEY` over HTTP; `countermark key add` makes one",
  ),
  ROLE_REQUIRED: entry(403, "the key's role may not do this", "use a key with the role named"),
  SIGN_IN_LINK_SPENT: entry(
    401,
    "the link was used, is older than ten minutes, or was made by another process",
    "make a new one with `countermark console`",
  ),
  OIDC_NOT_CONFIGURED: entry(
    404,
    "no OpenID issuer is configured",
    "start the server with COUNTERMARK_OIDC_ISSUER and COUNTERMARK_OIDC_CLIENT_ID, or sign in with a key",
  ),
  OIDC_ISSUER_UNAVAILABLE: entry(
    502,
    "the OpenID issuer does not answer, or not as one does",
    "try again, or sign in with a key; if it lasts, open ISSUER/.well-known/openid-configuration from the server's machine",
  ),
  OIDC_STATE_MISMATCH: entry(
    401,
    "the answer belongs to no sign-in that this browser began within ten minutes",
    "begin again at the page to sign in, and stay in one browser",
  ),
  OIDC_DENIED: entry(
    401,
    "the issuer let the person not in",
    "begin again and agree there; ask whoever runs the issuer if you may not use this application",
  ),
  OIDC_CODE_REFUSED: entry(
    401,
    "the issuer does not take the code: it was used, is too old, or is for another client",
    "begin again at the page to sign in; each code is good once",
  ),
  OIDC_CLIENT_REFUSED: entry(
    502,
    "the issuer does not know this server as its client",
    "compare COUNTERMARK_OIDC_CLIENT_ID and COUNTERMARK_OIDC_CLIENT_SECRET with what the issuer has",
  ),
  OIDC_NONCE_MISMATCH: entry(
    401,
    "the token was made for another sign-in",
    "begin again at the page to sign in; if you did not begin this one, tell whoever runs the issuer",
  ),
  OIDC_AUDIENCE_WRONG: entry(
    401,
    "the token was made for another client",
    "have the issuer put COUNTERMARK_OIDC_CLIENT_ID into `aud`",
  ),
  OIDC_TOKEN_EXPIRED: entry(
    401,
    "the token has expired, or does not count yet, by this machine's clock and 30 seconds",
    "begin again; if it happens each time, set the clocks of this machine and the issuer",
  ),
  OIDC_TOKEN_INVALID: entry(
    401,
    "the token is not signed by the issuer, not the issuer's, or not whole",
    "begin again; if it happens each time, the issuer signs with keys that its `jwks_uri` does not have",
  ),
  OIDC_UNBOUND: entry(
    403,
    "no tenant has bound the person's subject, verified address or groups",
    "ask an admin for `countermark binding add SUBJECT --by subject --principal NAME --role ROLE`",
  ),
  OIDC_EMAIL_UNVERIFIED: entry(
    403,
    "the issuer does not vouch for the e-mail address, so it counts for nothing",
    "have the address verified at the issuer, or ask an admin to bind your subject",
  ),
  OIDC_IDENTITY_TAKEN: entry(
    409,
    "the subject is another principal here already, or the principal another subject: both would count as two people, or as one",
    "name the principal that the subject is known as, or another one; `countermark binding list` and the audit stream's `identity.known` say who is known",
  ),
  BINDING_EXISTS: entry(
    409,
    "this claim is bound already",
    "remove the binding first, `countermark binding remove`: what it gives ends with it",
  ),
  BINDING_NOT_FOUND: entry(404, "no such binding", "list them with `countermark binding list`"),
  SERVER_NOT_RUNNING: entry(
    409,
    "no server is running here",
    "start one with `countermark dev`, or name one with --url",
  ),
  CONSOLE_NOT_BUILT: entry(404, "this program was built without its console", "build it with `npm run build`"),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
