import { type Instant, isTenantId, type JsonObject, type Refusal, sha256Hex } from "../contracts/index.ts";
import { type EndpointOwner, resolveEndpoint } from "../guard/index.ts";
import { asFault, inTenant } from "../store/index.ts";
import { type AuditEntry, actorOf, audit } from "./audit.ts";
import type { NormalisedEvent } from "./normalise/event.ts";
import { normalise } from "./normalise/normalise.ts";
import { currentControl, type IngressPorts, type TenantAt } from "./ports.ts";
import type { EventOutcome } from "./queries.ts";
import type { WebhookHeaders } from "./signature/claim.ts";
import { SIGNATURE_TOLERANCE_MS, type SignatureVerdict, verifySignature } from "./signature/verify.ts";
import { accountOf, isProvider, type Provider, secretsOf, sourceOf } from "./signing.ts";
import { storeEvent } from "./store-event.ts";

/** An HTTP request to `/webhooks/{provider}/{endpoint_token}`. Nothing in it is believed before its signature is verified. */
export interface WebhookDelivery {
  readonly endpointToken: string;
  readonly provider: string;
  readonly headers: WebhookHeaders;
  /** Exactly as received. */
  readonly rawBody: Uint8Array;
  readonly receivedAt: Instant;
}

/** `duplicate`: every event of the delivery was stored before. A refusal's code has its HTTP status in the codes table. */
export type WebhookAnswer =
  | { readonly status: "accepted" | "duplicate"; readonly events: readonly EventOutcome[] }
  | { readonly status: "refused"; readonly refusal: Refusal };

/** Bytes. The largest honest bodies are mail events in batches of about this size. */
export const WEBHOOK_BODY_BYTES_MAX = 1_048_576;

/**
 * Takes in a provider's delivery: endpoint, signature over the raw bytes, meaning; then each event is stored once and applied
 * in the same transaction, or held, reconciled, rejected. When this returns, what it says is committed.
 *
 * The tenant is the endpoint's, whatever the request says. Refuses with BODY_TOO_LARGE, ENDPOINT_NOT_FOUND, SIGNATURE_MISSING,
 * SIGNATURE_INVALID, SIGNATURE_STALE, BODY_NOT_UTF8, SCHEMA_PARSE_ERROR: nothing is stored but an audit entry, where the
 * endpoint is known; and with ORDERING_QUEUE_FULL: the provider sends the delivery again, what was stored of it is then a
 * duplicate. Faults: DATABASE_UNAVAILABLE and whatever the database throws.
 */
export async function acceptWebhook(ports: IngressPorts, delivery: WebhookDelivery): Promise<WebhookAnswer> {
  if (delivery.rawBody.byteLength > WEBHOOK_BODY_BYTES_MAX) {
    return refused({ code: "BODY_TOO_LARGE", message: `the body is larger than ${WEBHOOK_BODY_BYTES_MAX} bytes` });
  }
  const endpoint = await findEndpoint(ports, delivery);
  const control = endpoint === undefined ? undefined : await currentControl(ports, endpoint.tenant_id);
  if (endpoint === undefined || control === undefined) {
    return refused({ code: "ENDPOINT_NOT_FOUND", message: "there is no such webhook endpoint" });
  }
  const { provider } = endpoint;
  const tenant: TenantAt = { host: ports.host, artifacts: ports.artifacts, control };
  const { headers, rawBody, receivedAt: now } = delivery;
  const secrets = secretsOf(provider, control);
  const verdict = verifySignature(provider, { headers, rawBody, secrets, now, toleranceMs: SIGNATURE_TOLERANCE_MS });
  if (!verdict.ok) return refuseAudited(ports, tenant, endpoint, verdict.refusal);

  await auditOddities(ports, tenant, endpoint, { headers, verdict });
  const account = accountOf(provider, control);
  const events = normalise(sourceOf(provider), { tenant: endpoint.tenant_id, account, headers, rawBody });
  if (!events.ok) return refuseAudited(ports, tenant, endpoint, events.refusal);
  return storeAll(ports, tenant, events.value, now);
}

const refused = (refusal: Refusal): WebhookAnswer => ({ status: "refused", refusal });

type Endpoint = EndpointOwner & { readonly provider: Provider };

/** The endpoint that the token names, if it is one of this provider. Endpoints of paused tenants are not found either. */
async function findEndpoint(
  { database }: IngressPorts,
  { endpointToken, provider }: WebhookDelivery,
): Promise<Endpoint | undefined> {
  if (!isProvider(provider)) return undefined;
  try {
    const owner = await resolveEndpoint(database.app, sha256Hex(endpointToken));
    return owner?.provider === provider ? { ...owner, provider } : undefined;
  } catch (error) {
    throw asFault(error);
  }
}

/** Each event has its own transaction: a batch that fails in the middle is sent again, and what is stored is a duplicate. */
async function storeAll(
  ports: IngressPorts,
  tenant: TenantAt,
  events: readonly NormalisedEvent[],
  receivedAt: Instant,
): Promise<WebhookAnswer> {
  const { tenantId } = tenant.control;
  const outcomes: EventOutcome[] = [];
  let isNew = events.length === 0;
  for (const event of events) {
    const intake = await inTenant(ports.database, tenantId, (sql) => storeEvent(sql, tenant, event, receivedAt));
    if (intake.kind === "refused") return refused(intake.refusal);
    isNew ||= intake.kind === "stored";
    const { event_id, processing_status, status_reason, run_id } = intake.event;
    outcomes.push({ event_id, processing_status, status_reason, run_id });
  }
  return { status: isNew ? "accepted" : "duplicate", events: outcomes };
}

/** Refused deliveries are counted by their audit entries; nothing of what was sent is kept. */
async function refuseAudited(
  ports: IngressPorts,
  tenant: TenantAt,
  endpoint: Endpoint,
  refusal: Refusal,
): Promise<WebhookAnswer> {
  await auditAlone(ports, tenant, endpoint, "webhook.refused", { code: refusal.code });
  return refused(refusal);
}

/** Headers by which requests to other systems choose a tenant; here they choose nothing. */
const TENANT_HEADERS = ["x-tenant-id", "x-tenant", "tenant-id", "x-countermark-tenant"];

/** Writes down what an authentic delivery has no reason to show: another tenant's name, or a secret that was replaced. */
async function auditOddities(
  ports: IngressPorts,
  tenant: TenantAt,
  endpoint: Endpoint,
  seen: { readonly headers: WebhookHeaders; readonly verdict: SignatureVerdict & { readonly ok: true } },
): Promise<void> {
  const claimed = TENANT_HEADERS.map((name) => seen.headers[name]).find(
    (value) => value !== undefined && value !== endpoint.tenant_id,
  );
  if (claimed !== undefined) {
    const target = isTenantId(claimed) ? claimed : null;
    await auditAlone(ports, tenant, endpoint, "webhook.tenant_header_ignored", {
      code: "CROSS_TENANT_ATTEMPT",
      source_tenant: endpoint.tenant_id,
      target_tenant: target,
    });
  }
  if (seen.verdict.secret === "previous") await auditAlone(ports, tenant, endpoint, "webhook.previous_secret", {});
}

async function auditAlone(
  { database, host }: IngressPorts,
  tenant: TenantAt,
  { provider, endpoint_id }: Endpoint,
  type: AuditEntry["type"],
  payload: JsonObject,
): Promise<void> {
  await inTenant(database, tenant.control.tenantId, (sql) =>
    audit(sql, tenant, actorOf(provider), {
      type,
      severity: "warning",
      correlation: host.ids.next(),
      payload: { provider, endpoint_id, ...payload },
    }),
  );
}
