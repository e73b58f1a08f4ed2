import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import { listTenants, type Role } from "../../guard/index.ts";
import { asFault } from "../../store/index.ts";
import { addKey, addTenant } from "../administer.ts";
import type { Caller } from "../http/caller.ts";
import { auditAttempt, CROSS_TENANT } from "../http/cross-tenant.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { hasRight } from "../http/rights.ts";
import { type Installation, PLATFORM } from "../installation.ts";
import { name, time, timeOf } from "../wire/parts.ts";
import { kind, principalName, role } from "../wire/principal.ts";

const mode = z.enum(["sandbox", "live"]);

export const noInstaller = () =>
  rejected({ code: "ROLE_REQUIRED", message: `only keys of the tenant \`${PLATFORM}\` administer the installation` });

export const meEndpoint = endpoint({
  method: "get",
  path: "/v1/me",
  summary: "Whose key this is",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "tenant, principal and role of the key" },
  answer: z.strictObject({ tenant_id: name, principal_id: name, kind, role, mode: mode.nullable() }).openapi("Me"),
  async handle({ installation, caller }) {
    const control = await installation.control.find(caller.tenantId);
    const { tenantId: tenant_id, principalId: principal_id, kind, role } = caller;
    return reply({ tenant_id, principal_id, kind, role, mode: control?.mode ?? null });
  },
});

export const listTenantsEndpoint = endpoint({
  method: "get",
  path: "/v1/tenants",
  summary: "List the tenants",
  needs: ["install"],
  request: NOTHING,
  statuses: { 200: "every tenant" },
  answer: z.strictObject({
    tenants: z
      .array(z.strictObject({ tenant_id: name, name: z.string(), status: z.string(), mode, created_at: time }))
      .readonly(),
  }),
  async handle({ installation, caller }) {
    if (caller.tenantId !== PLATFORM) return noInstaller();
    try {
      const rows = await listTenants(installation.database.worker);
      return reply({ tenants: rows.map(({ created_at, ...row }) => ({ ...row, created_at: timeOf(created_at) })) });
    } catch (error) {
      throw asFault(error);
    }
  },
});

export const addTenantEndpoint = endpoint({
  method: "post",
  path: "/v1/tenants",
  summary: "Add a tenant",
  needs: ["install"],
  idempotent: true,
  request: {
    ...NOTHING,
    body: z.strictObject({ tenant_id: name, name: name.optional(), mode: mode.default("sandbox") }),
  },
  statuses: { 201: "the tenant exists" },
  answer: z.strictObject({ tenant_id: name, mode }),
  async handle({ installation, caller }, { body }) {
    if (caller.tenantId !== PLATFORM) return noInstaller();
    const { tenant_id: tenantId, name = tenantId, mode } = body;
    const added = await addTenant(installation, { tenantId, name, mode, by: caller.principalId });
    return added.ok ? reply(added.value, 201) : added;
  },
});

/** Why a caller may not give a role in a tenant; null where they may. Reaching into another tenant is written down. */
export async function givingBar(
  installation: Installation,
  caller: Caller,
  { tenantId, role, request }: { readonly tenantId: string; readonly role: Role; readonly request: string },
) {
  const installs = hasRight(caller.role, ["install"]) && caller.tenantId === PLATFORM;
  if (tenantId !== caller.tenantId && !installs) {
    await auditAttempt(installation, caller, { type: "request.cross_tenant", target: tenantId, request });
    return rejected(CROSS_TENANT);
  }
  if (role === "installer" && !(installs && tenantId === PLATFORM)) return noInstaller();
  if ((await installation.control.find(tenantId)) === undefined)
    return rejected({ code: "TENANT_NOT_FOUND", message: `there is no tenant \`${tenantId}\`` });
  return null;
}

export const addKeyEndpoint = endpoint({
  method: "post",
  path: "/v1/keys",
  summary: "Make a key for a principal",
  description: "The key is in this one answer and nowhere else, so an Idempotency-Key does not bring it back.",
  needs: ["administer", "install"],
  request: {
    ...NOTHING,
    body: z.strictObject({
      tenant_id: name.optional(),
      principal_id: principalName,
      kind: kind.default("person"),
      role,
    }),
  },
  statuses: { 201: "the key, shown once" },
  answer: z.strictObject({ key_id: name, key: z.string() }),
  async handle({ installation, caller }, { body }) {
    const { tenant_id: tenantId = caller.tenantId, principal_id: principalId, kind, role } = body;
    const bar = await givingBar(installation, caller, { tenantId, role, request: "POST /v1/keys" });
    if (bar !== null) return bar;
    const made = await addKey(installation, { tenantId, principalId, kind, role, by: caller.principalId });
    return reply(made, 201);
  },
});
