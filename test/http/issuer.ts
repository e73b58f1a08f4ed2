import { createPrivateKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { assert, isJsonObject, type JsonObject, parseJson } from "../../src/contracts/index.ts";

/** What the issuer says of somebody. */
export interface Account {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly groups?: readonly string[];
}

/** A certified implementation of OpenID Connect on a port of its own, where anybody signs in by giving a name. */
export interface Issuer {
  readonly issuer: string;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
  readonly accounts: Map<string, Account>;
  /** Changes the claims of the tokens that are given out, and signs them again; null leaves them. */
  forge: ((claims: JsonObject) => JsonObject) | null;
  /** Signs with a key that the issuer does not publish. */
  foreignKey: boolean;
  close(): Promise<void>;
}

const SECRET = "the client's secret, of more than 32 bytes";

/** @param redirectUris where it sends people back to */
export async function startIssuer(redirectUris: readonly string[]): Promise<Issuer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a TCP server has an address");
  const origin = `http://127.0.0.1:${address.port}`;
  const [own, foreign] = [newKey(), newKey()];
  const accounts = new Map<string, Account>();
  const provider = await quietly(async () => {
    const { Provider } = await import("oidc-provider");
    return new Provider(origin, {
      clients: [
        {
          client_id: "console",
          client_secret: SECRET,
          redirect_uris: [...redirectUris],
          token_endpoint_auth_method: "client_secret_post",
        },
      ],
      jwks: { keys: [{ ...own, kid: "own", use: "sig", alg: "RS256" }] },
      claims: { openid: ["sub"], email: ["email", "email_verified", "groups"] },
      cookies: { keys: ["of the issuer's own cookies"] },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...claimsOf(accounts.get(sub)) }) }),
      async loadExistingGrant({ oidc }) {
        assert(oidc.client !== undefined && oidc.session !== undefined, "somebody signs in at a client");
        const grant = new oidc.provider.Grant({
          clientId: oidc.client.clientId,
          ...(oidc.session.accountId === undefined ? {} : { accountId: oidc.session.accountId }),
        });
        grant.addOIDCScope("openid email");
        await grant.save();
        return grant;
      },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    });
  });
  const issuer: Issuer = {
    issuer: origin,
    client: { clientId: "console", clientSecret: SECRET },
    accounts,
    forge: null,
    foreignKey: false,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  provider.use(async (context, next) => {
    await next();
    if (context.path !== "/token" || !isJsonObject(context.body) || typeof context.body.id_token !== "string") return;
    if (issuer.forge === null && !issuer.foreignKey) return;
    const claims = claimsIn(context.body.id_token);
    const key = issuer.foreignKey ? foreign : own;
    context.body = { ...context.body, id_token: signed(issuer.forge?.(claims) ?? claims, key) };
  });
  server.on("request", provider.callback());
  return issuer;
}

const newKey = (): JsonWebKey =>
  generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ format: "jwk" });

const claimsOf = ({ groups, ...claims }: Account = {}) => ({ ...claims, groups: [...(groups ?? [])] });

function claimsIn(token: string): JsonObject {
  const claims = parseJson(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  assert(claims.ok && isJsonObject(claims.value), "a token has claims");
  return claims.value;
}

function signed(claims: JsonObject, key: JsonWebKey): string {
  const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", kid: "own", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), createPrivateKey({ key, format: "jwk" })).toString("base64url")}`;
}

/** It warns on the console that it keeps all in memory, which is what it is here for, and of Node 20, on which it works. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

const TURNS_MAX = 8;

/** A person's browser at the issuer: gives the name it asks for, and follows until it is sent back; the query with which it is. */
export async function passIssuer(location: string, name: string): Promise<string> {
  const jar = new Map<string, string>();
  const from = new URL(location).origin;
  let next: { readonly url: URL; readonly form?: URLSearchParams } = { url: new URL(location) };
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (next.url.origin !== from) return next.url.search;
    const response = await fetch(next.url, {
      redirect: "manual",
      headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join("; ") },
      ...(next.form === undefined ? {} : { method: "POST", body: next.form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [key = "", value = ""] = (cookie.split(";")[0] ?? "").split(/=(.*)/s);
      jar.set(key, value);
    }
    const target = response.headers.get("location");
    const page = await response.text();
    const action = page.match(/<form[^>]* action="([^"]+)"/)?.[1] ?? next.url.href;
    next =
      target === null
        ? { url: new URL(action, from), form: new URLSearchParams({ prompt: "login", login: name, password: "any" }) }
        : { url: new URL(target, from) };
  }
  throw new Error("the issuer never sent the browser back");
}
