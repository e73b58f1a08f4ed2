import { carriesPrefix, isTenantId, type Json, type JsonObject, type Refusal } from "../../contracts/index.ts";
import { recordAct } from "../../ledger/index.ts";
import { inTenant } from "../../store/index.ts";
import type { Installation } from "../installation.ts";
import type { Caller } from "./caller.ts";

/** `{tenant}_{kind}_{external id}`: what an entity id looks like whoever owns it; see `entity-id.ts` in contracts. */
const ENTITY_ID = /^([a-z0-9][a-z0-9-]*(?:_[a-z0-9-]+)*?)_(?:ord|pay|ref|ful|cus|tkt|msg)_[A-Za-z0-9._-]+$/;

/** Headers by which requests to other systems choose a tenant; here they choose nothing. */
const TENANT_HEADERS = ["x-tenant-id", "x-tenant", "tenant-id", "x-countermark-tenant"] as const;

/** The first text that names an entity of another tenant, wherever in a request it stands; undefined when none does. */
export function foreignId(tenantId: string, value: Json): string | undefined {
  if (typeof value === "string") return ENTITY_ID.test(value) && !carriesPrefix(tenantId, value) ? value : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const part of Object.values(value)) {
    const found = foreignId(tenantId, part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The tenant that an entity id says it belongs to. */
export const ownerOfId = (id: string): string | null => ENTITY_ID.exec(id)?.[1] ?? null;

/** The tenant that a header claims and the key denies; undefined when none does. */
export const claimedTenant = (tenantId: string, header: (name: string) => string | undefined): string | undefined =>
  TENANT_HEADERS.map(header).find((claimed) => claimed !== undefined && claimed !== tenantId);

export const CROSS_TENANT: Refusal = {
  code: "CROSS_TENANT_ATTEMPT",
  message: "the request names what belongs to another tenant",
};

/** Writes a security incident into the audit stream of the tenant whose key was used. */
export async function auditAttempt(
  { database, host }: Installation,
  { tenantId, principalId }: Caller,
  attempt: { readonly type: string; readonly target: string | null; readonly request: string },
): Promise<void> {
  const { type, target, request } = attempt;
  const payload: JsonObject = {
    code: CROSS_TENANT.code,
    source_tenant: tenantId,
    target_tenant: target !== null && isTenantId(target) ? target : null,
    severity: "HIGH",
    request,
  };
  await inTenant(database, tenantId, (sql) =>
    recordAct(sql, host, {
      tenantId,
      by: principalId,
      type,
      payload,
      correlation: host.ids.next(),
      severity: "error",
    }),
  );
}
