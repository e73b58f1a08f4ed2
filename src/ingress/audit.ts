import type { Json, JsonObject, Severity } from "../contracts/index.ts";
import { AUDIT_STREAM, appendOutside } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";
import type { TenantAt } from "./ports.ts";

export interface AuditEntry {
  readonly type:
    | "webhook.refused"
    | "webhook.previous_secret"
    | "webhook.payload_mismatch"
    | "webhook.tenant_header_ignored"
    | "webhook.quarantined"
    | "event.applied_with_warning"
    | "event.routed_to_reconciliation"
    | "receipt.contradicted";
  readonly severity: Severity;
  readonly correlation: string;
  readonly payload: JsonObject;
}

/** Who acts when nobody of ours does: the provider, through its webhook. */
export const actorOf = (provider: string): string => `webhook.${provider.toLowerCase()}`;

/** Appends to the tenant's audit stream. Its head stays locked until the transaction ends, so this comes last. */
export async function audit(sql: TenantQuery, { host, control }: TenantAt, actor: string, entry: AuditEntry) {
  const payload: Json = { ...entry.payload };
  await appendOutside(sql, host, {
    tenantId: control.tenantId,
    stream: AUDIT_STREAM,
    type: entry.type,
    actor,
    correlation: entry.correlation,
    channel: channelOf(control.mode),
    severity: entry.severity,
    payload,
  });
}

/** What a sandbox sees comes from simulators and test shops: it is no evidence of production. */
export const channelOf = (mode: TenantAt["control"]["mode"]) =>
  mode === "live" ? "prod_traffic" : "controlled_fixture";
