import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { accepted, fieldPath, type JsonObject, type Result, rejected, textProblem } from "../../contracts/index.ts";
import { inTenant } from "../../store/index.ts";
import { audit } from "../administer.ts";
import type { OidcIssuer } from "../console/oidc.ts";
import { SESSION_COOKIE } from "../console/session.ts";
import type { SignInCodes } from "../console/sign-in-codes.ts";
import type { Installation } from "../installation.ts";
import { readJsonBody } from "./body.ts";
import { authenticate, type Caller, SESSION_TENANT_HEADER } from "./caller.ts";
import { auditAttempt, CROSS_TENANT, claimedTenant, foreignId, ownerOfId } from "./cross-tenant.ts";
import type { Call, Endpoint, RawInput, Reply } from "./endpoint.ts";
import { streamed } from "./event-stream.ts";
import { problemResponse } from "./problem.ts";
import { claimKey, fingerprintOf, parseRequestKey, requestIdOf, type StoredAnswer, settleKey } from "./request-key.ts";
import { hasRight, roleRefusal } from "./rights.ts";

/** What every request of one app shares. */
export interface Served {
  readonly installation: Installation;
  readonly nudge: () => void;
  readonly signInCodes: SignInCodes;
  readonly issuer: OidcIssuer | null;
}

/** Serves one endpoint: who asks, may they, what do they ask; then its handler, then the answer. */
export async function dispatch(served: Served, endpoint: Endpoint, context: Context): Promise<Response> {
  const { installation } = served;
  const header = (name: string) => context.req.header(name);
  const caller = await authenticate(installation, {
    authorization: header("authorization"),
    session: getCookie(context, SESSION_COOKIE),
    sessionTenant: header(SESSION_TENANT_HEADER),
  });
  if (!caller.ok) return problemResponse(caller.refusal);
  const request = `${endpoint.method.toUpperCase()} ${endpoint.path}`;
  await noteTenantHeader(installation, caller.value, header, request);
  if (!hasRight(caller.value.role, endpoint.needs)) return refuseRole(installation, caller.value, endpoint, request);

  const raw = await rawInput(endpoint, context);
  if (!raw.ok) return problemResponse(raw.refusal);
  const foreign = foreignId(caller.value.tenantId, [raw.value.params, raw.value.query, raw.value.body]);
  if (foreign !== undefined) {
    const target = ownerOfId(foreign);
    await auditAttempt(installation, caller.value, { type: "request.cross_tenant", target, request });
    return problemResponse(CROSS_TENANT);
  }
  const key = endpoint.idempotent ? parseRequestKey(header("idempotency-key")) : accepted(undefined);
  if (!key.ok) return problemResponse(key.refusal);
  const requestId = key.value === undefined ? installation.host.ids.next() : requestIdOf(caller.value, key.value);
  const gone = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, gone.signal]);
  const call: Call = { ...served, caller: caller.value, requestId, signal, header };
  return key.value === undefined
    ? encoded(endpoint, await endpoint.serve(call, raw.value), gone)
    : serveOnce(call, endpoint, raw.value, key.value);
}

async function rawInput(endpoint: Endpoint, context: Context): Promise<Result<RawInput>> {
  const { searchParams } = new URL(context.req.url);
  const query = Object.fromEntries(searchParams);
  if (Object.keys(query).length !== searchParams.size) {
    return rejected({ code: "REQUEST_INVALID", message: "a query parameter is given twice" });
  }
  const params = context.req.param();
  const unusable = Object.entries({ ...params, ...query }).find((parts) => parts.some(textProblem));
  if (unusable !== undefined) {
    return rejected({
      code: "REQUEST_INVALID",
      message: textProblem(unusable.join("")) ?? "",
      field_path: fieldPath(unusable.slice(0, 1)),
    });
  }
  const body = endpoint.method === "get" ? accepted({}) : await readJsonBody(context.req.raw);
  return body.ok ? accepted({ params, query, body: body.value }) : body;
}

async function noteTenantHeader(
  installation: Installation,
  caller: Caller,
  header: (name: string) => string | undefined,
  request: string,
): Promise<void> {
  const target = claimedTenant(caller.tenantId, header);
  if (target !== undefined) {
    await auditAttempt(installation, caller, { type: "request.tenant_header_ignored", target, request });
  }
}

/** Somebody known who reaches for what they may not do is written down, unless it was only to look. */
async function refuseRole(
  installation: Installation,
  caller: Caller,
  { needs, method }: Endpoint,
  request: string,
): Promise<Response> {
  const { tenantId, principalId: by, role } = caller;
  if (method !== "get") {
    await inTenant(installation.database, tenantId, (sql) =>
      audit(installation, sql, {
        tenantId,
        by,
        type: "request.refused",
        payload: { code: "ROLE_REQUIRED", role, request },
      }),
    );
  }
  return problemResponse(roleRefusal(role, needs));
}

/** Serves a request under its key, once; the key is given back where nothing came of it. */
async function serveOnce(call: Call, endpoint: Endpoint, raw: RawInput, key: string): Promise<Response> {
  const { installation, caller } = call;
  const { method, path } = endpoint;
  const asked: JsonObject = { method, path, principal: caller.principalId, ...raw };
  const verdict = await claimKey(installation, caller, { key, fingerprint: fingerprintOf(asked) });
  if (!verdict.ok) return problemResponse(verdict.refusal);
  if (verdict.value.kind === "replayed") return jsonResponse(verdict.value.answer, { "idempotent-replayed": "true" });
  let answer: StoredAnswer | null = null;
  try {
    const reply = await endpoint.serve(call, raw);
    if (!reply.ok) return problemResponse(reply.refusal);
    answer = { status: reply.value.status, body: JSON.stringify(reply.value.body) };
    return jsonResponse(answer);
  } finally {
    await settleKey(installation, caller, key, answer);
  }
}

function encoded({ media }: Endpoint, reply: Reply<unknown>, gone: AbortController): Response {
  if (!reply.ok) return problemResponse(reply.refusal);
  const { status, body } = reply.value;
  if (media !== "application/json") return streamed(body, media, gone);
  return jsonResponse({ status, body: JSON.stringify(body) });
}

const jsonResponse = ({ status, body }: StoredAnswer, headers: { readonly [name: string]: string } = {}): Response =>
  new Response(body, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
