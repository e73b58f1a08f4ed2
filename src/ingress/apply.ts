import {
  assert,
  canonicalText,
  createPatch,
  digestOf,
  type Instant,
  isJsonObject,
  isSameJson,
  type Json,
  type JsonObject,
} from "../contracts/index.ts";
import { entitiesById, writeEntity } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { type AuditEntry, actorOf, audit } from "./audit.ts";
import { confirmReceiptsOf } from "./confirm.ts";
import { isRecorded, recordedState, standingOf } from "./lifecycle.ts";
import type { OrderedEvent } from "./ordering.ts";
import { type Decision, planOf } from "./plan.ts";
import type { TenantAt } from "./ports.ts";
import { appliedAmong, type EntityRef, endWait, holdEvent, lockEntity, parkEvent, waitingEvents } from "./queries.ts";
import { APPLIED_WITH_WARNING, BUSINESS_PAUSED, RECEIPT_AWAITED, ROUTED_TO_RECONCILIATION } from "./reason.ts";
import { type Telling, tell, tellingsOf } from "./signal.ts";
import { isParked, pausedPacks, startRuns } from "./start.ts";
import { type StoredEvent, storedEvent } from "./waiting.ts";

/*
 * Carries out what the ordering gate decides about one entity, in one transaction.
 *
 * I1  One transaction at a time works on an entity's events: the first statement takes the entity's lock.
 * I2  Rows are locked in the order entity lock, due rows by run id, entity rows, audit head; the committer keeps the same.
 * I3  An event's status, the runs it starts and tells, its entity version and its evidence commit together.
 */

/** Applies, holds or reconciles whatever waits for the entity. Harmless to repeat: what was decided waits no longer. */
export async function applyWaiting(sql: TenantQuery, tenant: TenantAt, entity: EntityRef): Promise<void> {
  await lockEntity(sql, entity.entity_id); // I1
  const waiting = (await waitingEvents(sql, entity.entity_type, entity.entity_id)).map(storedEvent);
  const { packs } = tenant.control;
  const paused = await pausedPacks(sql, packs, waiting);
  const [parked, open] = split(waiting, (event) => isParked(packs, paused, event));
  const now = tenant.host.clock.now();

  const plan = planOf(open, await entityStanding(sql, entity, open), now);
  for (const event of parked) await parkEvent(sql, event.event_id, BUSINESS_PAUSED);
  for (const event of plan.held) await holdEvent(sql, event.event_id, now);
  await carryOut(sql, tenant, plan.decisions, now);
}

async function carryOut(
  sql: TenantQuery,
  tenant: TenantAt,
  decisions: readonly Decision<StoredEvent>[],
  now: Instant,
): Promise<void> {
  const tellings: Telling[] = [];
  for (const { kind, event } of decisions) {
    if (kind === "reconcile") continue;
    // Runs that the event itself starts have it as their trigger; they are not told of it.
    tellings.push(...(await tellingsOf(sql, tenant, event)));
    await startRuns(sql, tenant, event);
  }
  await tell(sql, tellings, now); // I2: due rows
  const applied = decisions.filter(({ kind }) => kind === "apply").map(({ event }) => event);
  for (const event of applied.filter(isRecorded)) await recordEvent(sql, event, now); // I2: entity rows
  for (const decision of decisions) await conclude(sql, tenant, decision, now);
}

/** Ends the event's wait, records its evidence, and says where it went other than the straight way. */
async function conclude(
  sql: TenantQuery,
  tenant: TenantAt,
  decision: Decision<StoredEvent>,
  now: Instant,
): Promise<void> {
  const { event, kind, released } = decision;
  const isApplied = kind === "apply";
  const evidence =
    isApplied && event.confirms !== null
      ? await confirmReceiptsOf(sql, event.confirms, { sourceEventId: event.source_event_id, at: now })
      : undefined;
  await endWait(sql, {
    eventId: event.event_id,
    status: isApplied ? "APPLIED" : "RECONCILE_QUEUED",
    reason: reasonOf(decision, evidence?.receipts),
    at: now,
    isTimeout: released !== null,
  });
  const contradicted = evidence?.contradicted ?? [];
  if (contradicted.length > 0) await audit(sql, tenant, actorOf(event.source), contradiction(event, contradicted));
  if (released !== null || !isApplied) await audit(sql, tenant, actorOf(event.source), alertOf(decision));
}

function reasonOf({ kind, released }: Decision<StoredEvent>, receipts: readonly string[] | undefined): string | null {
  if (kind === "reconcile") return ROUTED_TO_RECONCILIATION;
  if (receipts?.length === 0) return RECEIPT_AWAITED;
  return released === null ? null : APPLIED_WITH_WARNING;
}

export const contradiction = (
  event: Pick<StoredEvent, "event_id" | "source_event_id">,
  receipts: readonly string[],
): AuditEntry => ({
  type: "receipt.contradicted",
  severity: "error",
  correlation: event.event_id,
  payload: { event_id: event.event_id, source_event_id: event.source_event_id, receipt_ids: receipts },
});

/** The TimeoutReleasedEvent of commerce-kernel 14.6; for an event that never waited, the fields that it has. */
function alertOf({ kind, event, released }: Decision<StoredEvent>): AuditEntry {
  const isApplied = kind === "apply";
  const release: JsonObject =
    released === null
      ? {}
      : {
          held_for_seconds: released.held_for_ms / 1000,
          missing_predecessor: typeof released.missing === "string" ? released.missing : [...released.missing],
          preconditions_checked: [...released.expected],
          state_before: released.status_before,
          state_after: released.status_after,
        };
  return {
    type: isApplied ? "event.applied_with_warning" : "event.routed_to_reconciliation",
    severity: "warning",
    correlation: event.event_id,
    payload: {
      event_id: event.event_id,
      event_type: event.type,
      entity_type: event.entity_type,
      entity_id: event.entity_id,
      preconditions_passed: isApplied,
      resolution: isApplied ? APPLIED_WITH_WARNING : ROUTED_TO_RECONCILIATION,
      ...release,
    },
  };
}

export async function entityStanding(sql: TenantQuery, entity: EntityRef, events: readonly OrderedEvent[]) {
  const named = events.flatMap(({ predecessor_source_event_id: id }) => (id === null ? [] : [id]));
  const applied = named.length === 0 ? [] : await appliedAmong(sql, named);
  return standingOf((await readEntity(sql, entity))?.state, applied);
}

/** A run's commit may move the entity between our reading and writing; nobody moves it so often in one breath. */
const WRITE_ATTEMPTS_MAX = 10;

/** Writes what the event leaves on its entity as the next version; nothing where it tells nothing new. */
async function recordEvent(sql: TenantQuery, event: StoredEvent, now: Instant): Promise<void> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt++) {
    const before = await readEntity(sql, event);
    const state = recordedState(before?.state ?? {}, event);
    if (before !== undefined && isSameJson(before.state, state)) return;
    const isWritten = await writeEntity(sql, {
      entityType: event.entity_type,
      entityId: event.entity_id,
      version: (before?.version ?? 0) + 1,
      state: canonicalText(state),
      stateSha256: digestOf(state),
      patch: JSON.stringify(createPatch(before?.state ?? {}, state)),
      correlationId: event.event_id,
      by: null,
      at: now,
    });
    if (isWritten) return;
  }
  assert(false, "an entity's version stands still long enough to be written");
}

async function readEntity(sql: TenantQuery, { entity_type, entity_id }: EntityRef) {
  const rows = await entitiesById(sql, [entity_id]);
  const row = rows.find((candidate) => candidate.entity_type === entity_type);
  if (row === undefined) return undefined;
  const state: Json = JSON.parse(row.state);
  assert(isJsonObject(state), "an entity's state is an object");
  return { version: row.version, state };
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
