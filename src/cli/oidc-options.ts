import type { OidcSettings } from "../api/index.ts";
import type { Result } from "../contracts/index.ts";
import type { ConfigOption, Setting } from "./config.ts";

const SCOPE = "openid email";
const GROUPS_CLAIM = "groups";

const SERVING = { flags: null, commands: ["dev"] } as const;

/** Where people sign in without a key. */
export const OIDC_OPTIONS: readonly ConfigOption[] = [
  {
    ...SERVING,
    name: "oidcIssuer",
    env: "COUNTERMARK_OIDC_ISSUER",
    unit: "URL",
    default: "none: people sign in by keys and links",
    bound: "`https://`, exactly as the issuer calls itself; `http://` on this machine only",
    effect: "the OpenID issuer that people may sign in at; who is let in, and as whom, say the bindings alone",
  },
  {
    ...SERVING,
    name: "oidcClientId",
    env: "COUNTERMARK_OIDC_CLIENT_ID",
    unit: "text",
    default: "none",
    bound: "needed with an issuer",
    effect: "who this server is at the issuer",
  },
  {
    ...SERVING,
    name: "oidcClientSecret",
    env: "COUNTERMARK_OIDC_CLIENT_SECRET",
    unit: "text",
    default: "none: a public client",
    bound: "sent to the issuer's token endpoint only",
    effect:
      "shows the issuer that it is this server; the code is bound to the browser's sign-in by PKCE with and without",
  },
  {
    ...SERVING,
    name: "oidcRedirectBase",
    env: "COUNTERMARK_OIDC_REDIRECT_BASE",
    unit: "URL",
    default: "`http://` with the address and port on which the server listens",
    bound: "an origin without a path: `https://`, or `http://` on this machine",
    effect: "where browsers reach this server; the issuer has to know this with `/sign-in` behind it as a redirect URI",
  },
  {
    ...SERVING,
    name: "oidcScope",
    env: "COUNTERMARK_OIDC_SCOPE",
    unit: "words",
    default: `\`${SCOPE}\``,
    bound: "holds `openid`",
    effect: "what the issuer is asked to tell of somebody; some tell groups for a scope of their own only",
  },
  {
    ...SERVING,
    name: "oidcGroupsClaim",
    env: "COUNTERMARK_OIDC_GROUPS_CLAIM",
    unit: "name",
    default: `\`${GROUPS_CLAIM}\``,
    bound: "a claim whose value is a list of texts",
    effect: "the claim in which the issuer lists somebody's groups",
  },
];

/** The issuer that is configured, if one is. Refused with CONFIG_INVALID. */
export function oidcOf(
  settingOf: (name: ConfigOption["name"]) => Setting | null,
  listen: { readonly host: string; readonly port: number },
): Result<OidcSettings | null> {
  const issuer = settingOf("oidcIssuer");
  const clientId = settingOf("oidcClientId");
  if (issuer === null) return { ok: true, value: null };
  if (!isGuarded(issuer.text)) return invalid(`${issuer.from} is not an \`https://\` address`);
  if (clientId === null) return invalid("an OpenID issuer needs `COUNTERMARK_OIDC_CLIENT_ID`");
  const base = settingOf("oidcRedirectBase") ?? {
    text: `http://${listen.host}:${listen.port}`,
    from: "the address on which the server listens: `COUNTERMARK_OIDC_REDIRECT_BASE`",
  };
  if (!isGuarded(base.text) || new URL(base.text).origin !== base.text || listenedAtRandom(base.text))
    return invalid(`${base.from} is not an \`https://\` origin without a path`);
  const scope = settingOf("oidcScope")?.text ?? SCOPE;
  if (!scope.split(" ").includes("openid")) return invalid("`COUNTERMARK_OIDC_SCOPE` does not hold `openid`");
  return {
    ok: true,
    value: Object.freeze({
      issuer: issuer.text,
      clientId: clientId.text,
      clientSecret: settingOf("oidcClientSecret")?.text ?? null,
      redirectBase: base.text,
      scope,
      groupsClaim: settingOf("oidcGroupsClaim")?.text ?? GROUPS_CLAIM,
    }),
  };
}

const LOOPBACK: readonly string[] = ["127.0.0.1", "[::1]", "localhost"];

/** Nobody can listen on the way: it is encrypted, or does not leave this machine. */
function isGuarded(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.includes(hostname));
}

/** A port that is chosen when the server listens cannot be known to the issuer. */
const listenedAtRandom = (origin: string): boolean => new URL(origin).port === "0";

const invalid = (message: string) => ({
  ok: false as const,
  refusal: { code: "CONFIG_INVALID" as const, message },
});
