import type { Configuration } from "openid-client";
import { after, type Clock, type Instant, type Result, rejected } from "../../contracts/index.ts";
import { type Claimed, claimedBy } from "./claims.ts";
import { issuerUnavailable, refusalOf } from "./oidc-refusal.ts";
import type { PendingSignIn } from "./pending-sign-in.ts";

/** The OpenID issuer that people may sign in at, and who we are there. */
export interface OidcSettings {
  /** Exactly as it calls itself. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client: the code is worth nothing without its verifier anyway. */
  readonly clientSecret: string | null;
  /** Where browsers reach this server, without a path. */
  readonly redirectBase: string;
  readonly scope: string;
  /** The claim that lists somebody's groups. */
  readonly groupsClaim: string;
}

/** Milliseconds that the issuer may take to answer one request. */
const ANSWER_MS = 10_000;
/** Seconds by which the issuer's clock and this machine's may differ. */
const SKEW_SECONDS = 30;
/** How long what the issuer says of itself is taken as it was. */
const DISCOVERY_MS = 3_600_000;

const library = () => import("openid-client");

/** Signing in at one OpenID issuer: authorization code with PKCE, state and nonce; the token's signature is verified. */
export class OidcIssuer {
  readonly settings: OidcSettings;
  readonly #clock: Pick<Clock, "now">;
  #known: { readonly configuration: Configuration; readonly until: Instant } | null = null;

  constructor(settings: OidcSettings, clock: Pick<Clock, "now">) {
    this.settings = settings;
    this.#clock = clock;
  }

  /** Where the browser has to go. Faults: OIDC_ISSUER_UNAVAILABLE. */
  async location({ state, nonce, verifier }: PendingSignIn): Promise<string> {
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await library();
    const location = buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: `${this.settings.redirectBase}${RETURN_PATH}`,
      scope: this.settings.scope,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    return location.href;
  }

  /**
   * Who came back, by the query with which they did. Refused with an `OIDC_…` code that says what did not fit. Faults:
   * OIDC_ISSUER_UNAVAILABLE.
   */
  async claims(search: string, pending: PendingSignIn | undefined): Promise<Result<Claimed>> {
    const url = new URL(`${this.settings.redirectBase}${RETURN_PATH}`);
    url.search = search;
    if (pending === undefined || url.searchParams.get("state") !== pending.state) return rejected(STATE_MISMATCH);
    const { authorizationCodeGrant, fetchUserInfo } = await library();
    const configuration = await this.#configuration();
    try {
      const tokens = await authorizationCodeGrant(configuration, url, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
      });
      const token = tokens.claims();
      if (token === undefined) return rejected({ code: "OIDC_TOKEN_INVALID", message: "the issuer gave no ID token" });
      const asks = configuration.serverMetadata().userinfo_endpoint !== undefined;
      const more = asks ? await fetchUserInfo(configuration, tokens.access_token, token.sub) : {};
      return { ok: true, value: claimedBy({ ...more, ...token }, this.settings) };
    } catch (error) {
      return rejected(await refusalOf(error));
    }
  }

  async #configuration(): Promise<Configuration> {
    const now = this.#clock.now();
    if (this.#known === null || this.#known.until <= now)
      this.#known = { configuration: await discovered(this.settings), until: after(now, DISCOVERY_MS) };
    return this.#known.configuration;
  }
}

/** The console's own page: its script hands the code on, so nothing of another site's making signs anybody in. */
const RETURN_PATH = "/sign-in";

const STATE_MISMATCH = {
  code: "OIDC_STATE_MISMATCH",
  message: "this answer is not to a sign-in that this browser began within the last ten minutes",
} as const;

async function discovered({ issuer, clientId, clientSecret }: OidcSettings): Promise<Configuration> {
  const { allowInsecureRequests, ClientSecretPost, clockTolerance, discovery, enableNonRepudiationChecks, None } =
    await library();
  const server = new URL(issuer);
  const execute = [enableNonRepudiationChecks, ...(server.protocol === "http:" ? [allowInsecureRequests] : [])];
  const authentication = clientSecret === null ? None() : ClientSecretPost(clientSecret);
  try {
    return await discovery(server, clientId, { [clockTolerance]: SKEW_SECONDS }, authentication, {
      execute,
      timeout: ANSWER_MS / 1_000,
    });
  } catch (error) {
    throw issuerUnavailable(error);
  }
}
