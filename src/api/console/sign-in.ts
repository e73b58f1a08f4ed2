import type { Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { accepted, after, isJsonObject, type JsonObject, type Result, rejected } from "../../contracts/index.ts";
import { readJsonBody } from "../http/body.ts";
import { type Caller, callerOf, keySha256Of, SESSION_TENANT_HEADER } from "../http/caller.ts";
import type { Served } from "../http/dispatch.ts";
import { problemResponse } from "../http/problem.ts";
import { openSession, SESSION_COOKIE, SESSION_MS, type Session, sealSession } from "./session.ts";

/** Signing in: a key, or a link that stands for one, becomes a session that no script can read. */
export function signInRoutes(app: Pick<Hono, "get" | "post" | "delete">, served: Served): void {
  app.get("/session", async (context) => Response.json({ grants: await grantsOf(served, sessionIn(served, context)) }));
  app.post("/session", (context) => signIn(served, context));
  app.delete("/session", (context) => {
    if (context.req.header(SESSION_TENANT_HEADER) === undefined) return problemResponse(FOREIGN_PAGE);
    deleteCookie(context, SESSION_COOKIE, { path: "/" });
    return context.json({ grants: [] });
  });
}

/** A form or a link of another site cannot set the header, so it can neither sign anybody in nor out. */
const FOREIGN_PAGE = {
  code: "REQUEST_INVALID",
  message: `the header \`${SESSION_TENANT_HEADER}\` is missing: only a page of this server signs in`,
} as const;

async function signIn(served: Served, context: Context): Promise<Response> {
  if (context.req.header(SESSION_TENANT_HEADER) === undefined) return problemResponse(FOREIGN_PAGE);
  const body = await readJsonBody(context.req.raw);
  if (!body.ok) return problemResponse(body.refusal);
  const shown = shownKey(served, isJsonObject(body.value) ? body.value : {});
  if (!shown.ok) return problemResponse(shown.refusal);
  const caller = await callerOf(served.installation, shown.value);
  if (!caller.ok) return problemResponse(caller.refusal);
  const { host, installationKey } = served.installation;
  const held = sessionIn(served, context)?.grants ?? {};
  const endsAt = after(host.clock.now(), SESSION_MS);
  const session: Session = { grants: { ...held, [caller.value.tenantId]: shown.value }, endsAt };
  setCookie(context, SESSION_COOKIE, sealSession(session, installationKey), {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: new URL(context.req.url).protocol === "https:",
    maxAge: SESSION_MS / 1_000,
  });
  return context.json({ grants: await grantsOf(served, session), tenant_id: caller.value.tenantId });
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
