import { after, type Instant } from "../contracts/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import { applyWaiting, contradiction } from "./apply.ts";
import { actorOf, audit } from "./audit.ts";
import { confirmReceiptsOf } from "./confirm.ts";
import { ORDERING_TIMEOUT_MS } from "./ordering.ts";
import { currentControl, type IngressPorts, type TenantAt } from "./ports.ts";
import {
  type EntityRef,
  overdueEntities,
  parkedEntities,
  receiptFound,
  type UnmatchedEvent,
  unmatchedEvents,
} from "./queries.ts";
import { APPLIED_WITH_WARNING, RECEIPT_AWAITED } from "./reason.ts";
import { pausedTriggers } from "./start.ts";
import { readContent } from "./stored-content.ts";

/** Entities, and events, that one sweep takes up; the rest waits for the next one. */
const SWEEP_MAX = 200;
/**
 * How long an event looks for its receipt. Providers tell of an effect within seconds, sometimes before our own commit; what
 * has no receipt by then was not made by us.
 */
const RECEIPT_WINDOW_MS = 15 * 60_000;

/** What a sweep did. */
export interface SweepReport {
  /** Entities whose waiting events were judged again. */
  readonly entities: number;
  /** Events that found their receipts. */
  readonly matched: number;
}

/**
 * Takes up what waits in one tenant: events held for 60 s or whose predecessor is applied, events of packs that were resumed,
 * and evidence that came before its receipt. Call it every second or so; concurrent sweeps do no harm. Each entity
 * has its own transaction, so one that fails does not hold up what was done before.
 */
export async function releaseHeld(ports: IngressPorts, tenantId: string): Promise<SweepReport> {
  const control = await currentControl(ports, tenantId);
  if (control === undefined) return { entities: 0, matched: 0 };
  const tenant: TenantAt = { host: ports.host, artifacts: ports.artifacts, control };
  const now = ports.host.clock.now();
  const due = await inTenant(ports.database, tenantId, (sql) => dueEntities(sql, tenant, now));
  for (const entity of due) await inTenant(ports.database, tenantId, (sql) => applyWaiting(sql, tenant, entity));
  return { entities: due.length, matched: await matchReceipts(ports, tenant, now) };
}

async function dueEntities(sql: TenantQuery, { control }: TenantAt, now: Instant): Promise<readonly EntityRef[]> {
  const overdue = await overdueEntities(sql, after(now, -ORDERING_TIMEOUT_MS), SWEEP_MAX);
  const resumed = await parkedEntities(sql, await pausedTriggers(sql, control.packs), SWEEP_MAX);
  return [...overdue, ...resumed];
}

async function matchReceipts(ports: IngressPorts, tenant: TenantAt, now: Instant): Promise<number> {
  const { tenantId } = tenant.control;
  const since = after(now, -RECEIPT_WINDOW_MS);
  const events = await inTenant(ports.database, tenantId, (sql) =>
    unmatchedEvents(sql, RECEIPT_AWAITED, since, SWEEP_MAX),
  );
  let matched = 0;
  for (const event of events) {
    if (await inTenant(ports.database, tenantId, (sql) => matchReceipt(sql, tenant, event, now))) matched += 1;
  }
  return matched;
}

async function matchReceipt(sql: TenantQuery, tenant: TenantAt, event: UnmatchedEvent, now: Instant): Promise<boolean> {
  const { confirms } = readContent(event.payload_json);
  if (confirms === null) return false;
  const found = await confirmReceiptsOf(sql, confirms, { sourceEventId: event.source_event_id, at: now });
  if (found.receipts.length === 0) return false;
  await receiptFound(sql, event.event_id, APPLIED_WITH_WARNING);
  if (found.contradicted.length > 0) {
    await audit(sql, tenant, actorOf(event.source), contradiction(event, found.contradicted));
  }
  return true;
}
