import type { Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { accepted, after, isJsonObject, type JsonObject, type Result, rejected } from "../../contracts/index.ts";
import { readJsonBody } from "../http/body.ts";
import { type Caller, callerOf, keySha256Of, SESSION_TENANT_HEADER } from "../http/caller.ts";
import type { Served } from "../http/dispatch.ts";
import { problemResponse } from "../http/problem.ts";
import { enter } from "./entrances.ts";
import { beginPending, findPending, PENDING_COOKIE, PENDING_MS } from "./pending-sign-in.ts";
import { grantsWith, openSession, SESSION_COOKIE, SESSION_MS, type Session, sealSession } from "./session.ts";

/** Signing in: a key, a link that stands for one, or what an issuer vouches for becomes a session that no script can read. */
export function signInRoutes(app: Pick<Hono, "get" | "post" | "delete">, served: Served): void {
  app.get("/session", async (context) =>
    Response.json({
      grants: await grantsOf(served, sessionIn(served, context)),
      issuer: served.issuer?.settings.issuer ?? null,
    }),
  );
  app.post("/session", (context) => ownPage(context) ?? signIn(served, context));
  app.post("/session/oidc", (context) => ownPage(context) ?? leaveForIssuer(served, context));
  app.delete("/session", (context) => {
    const foreign = ownPage(context);
    if (foreign !== null) return foreign;
    deleteCookie(context, SESSION_COOKIE, { path: "/" });
    return context.json({ grants: [] });
  });
}

/** A form or a link of another site cannot set the header, so it can neither sign anybody in nor out. Null: it is ours. */
const ownPage = (context: Context): Response | null =>
  context.req.header(SESSION_TENANT_HEADER) !== undefined
    ? null
    : problemResponse({
        code: "REQUEST_INVALID",
        message: `the header \`${SESSION_TENANT_HEADER}\` is missing: only a page of this server signs in`,
      });

async function signIn(served: Served, context: Context): Promise<Response> {
  const body = await readJsonBody(context.req.raw);
  if (!body.ok) return problemResponse(body.refusal);
  const given = await givenGrants(served, context, isJsonObject(body.value) ? body.value : {});
  if (!given.ok) return problemResponse(given.refusal);
  const { host, installationKey } = served.installation;
  const held = sessionIn(served, context)?.grants ?? {};
  const session: Session = { grants: grantsWith(given.value, held), endsAt: after(host.clock.now(), SESSION_MS) };
  setCookie(context, SESSION_COOKIE, sealSession(session, installationKey), {
    ...cookieOf(context, "/"),
    maxAge: SESSION_MS / 1_000,
  });
  const [tenant_id] = Object.keys(given.value);
  return context.json({ grants: await grantsOf(served, session), tenant_id });
}

/** Sends the browser to the issuer, and has it remember which answer is its own. */
async function leaveForIssuer({ issuer, installation }: Served, context: Context): Promise<Response> {
  if (issuer === null) return problemResponse(NOT_CONFIGURED);
  const pending = beginPending(installation.host, installation.installationKey);
  const location = await issuer.location(pending);
  setCookie(context, PENDING_COOKIE, pending.cookie, {
    ...cookieOf(context, "/session"),
    maxAge: PENDING_MS / 1_000,
  });
  return context.json({ location });
}

const NOT_CONFIGURED = { code: "OIDC_NOT_CONFIGURED", message: "this server knows no issuer" } as const;

const cookieOf = (context: Context, path: string) => ({
  path,
  httpOnly: true,
  sameSite: "Strict" as const,
  secure: isEncrypted(context),
});

/** Whether the browser came by TLS, as the proxy before the server says. Whoever says so wrongly bars only the own browser. */
const isEncrypted = ({ req }: Context): boolean =>
  new URL(req.url).protocol === "https:" || /^https\b/i.test(req.header("x-forwarded-proto") ?? "");

/** What was shown, as grants: of one tenant by a key, of each that lets somebody in by an issuer. */
async function givenGrants(served: Served, context: Context, shown: JsonObject): Promise<Result<Session["grants"]>> {
  if (typeof shown.oidc === "string") return oidcGrants(served, context, shown.oidc);
  const key = shownKey(served, shown);
  if (!key.ok) return key;
  const caller = await callerOf(served.installation, key.value);
  return caller.ok ? accepted({ [caller.value.tenantId]: key.value }) : caller;
}

async function oidcGrants(served: Served, context: Context, search: string): Promise<Result<Session["grants"]>> {
  const { issuer, installation } = served;
  if (issuer === null) return rejected(NOT_CONFIGURED);
  const { installationKey, host } = installation;
  const pending = findPending(getCookie(context, PENDING_COOKIE), installationKey, host.clock.now());
  const claimed = await issuer.claims(search, pending);
  if (!claimed.ok) return claimed;
  deleteCookie(context, PENDING_COOKIE, { path: "/session" });
  return enter(installation, claimed.value);
}

function shownKey({ signInCodes }: Served, { key, code }: JsonObject): Result<string> {
  if (typeof code === "string") {
    const redeemed = signInCodes.redeem(code);
    return redeemed === undefined
      ? rejected({ code: "SIGN_IN_LINK_SPENT", message: "this link signs nobody in any more" })
      : accepted(redeemed);
  }
  const sha256 = typeof key === "string" ? keySha256Of(key.trim()) : undefined;
  return sha256 === undefined
    ? rejected({ code: "UNAUTHENTICATED", message: "no valid key was given" })
    : accepted(sha256);
}

const sessionIn = ({ installation: { host, installationKey } }: Served, context: Context): Session | undefined =>
  openSession(getCookie(context, SESSION_COOKIE), installationKey, host.clock.now());

/** Who a session is, in each tenant whose key still counts. */
async function grantsOf({ installation }: Served, session: Session | undefined) {
  const callers: Caller[] = [];
  for (const sha256 of Object.values(session?.grants ?? {})) {
    const caller = await callerOf(installation, sha256);
    if (caller.ok) callers.push(caller.value);
  }
  return callers.map(({ tenantId, principalId, kind, role }) => ({
    tenant_id: tenantId,
    principal_id: principalId,
    kind,
    role,
  }));
}
