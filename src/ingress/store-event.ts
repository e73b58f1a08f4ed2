import { assert, type Code, type Instant, type Refusal } from "../contracts/index.ts";
import { keepSealed, type SealedValue } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { applyWaiting, entityStanding } from "./apply.ts";
import { actorOf, audit } from "./audit.ts";
import { type InternalEvent, isQuarantined, type NormalisedEvent } from "./normalise/event.ts";
import { ORDERING_TIMEOUT_MS, orderingVerdict } from "./ordering.ts";
import { ORDERING_RULES } from "./ordering-rules.ts";
import { sealPersonal } from "./personal.ts";
import type { TenantAt } from "./ports.ts";
import {
  countDuplicate,
  type EventOutcome,
  eventOutcome,
  findEvent,
  heldCount,
  insertEvent,
  type KnownEvent,
  lockEntity,
  type NewEvent,
} from "./queries.ts";
import { bodyText, contentText, storedContent } from "./stored-content.ts";

/** What became of one event of a delivery. */
export type Intake =
  | { readonly kind: "stored" | "duplicate"; readonly event: EventOutcome }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * Stores one event once and applies it at once where the ordering gate lets it, all in the caller's transaction. Refused,
 * with nothing stored, only when too many events wait: `ORDERING_QUEUE_FULL`.
 */
export function storeEvent(
  sql: TenantQuery,
  tenant: TenantAt,
  event: NormalisedEvent,
  receivedAt: Instant,
): Promise<Intake> {
  if (event.kind === "unusable") return storeRejected(sql, tenant, { event, receivedAt, code: event.refusal.code });
  if (isQuarantined(tenant.control.mode, event)) {
    return storeRejected(sql, tenant, { event, receivedAt, code: "EVENT_QUARANTINED" });
  }
  const { references, values } = sealPersonal(tenant, event);
  const stored = storedContent(event, tenant.control.secrets.tokenKey, references);
  if (!stored.ok) return storeRejected(sql, tenant, { event, receivedAt, code: stored.stub.code });
  return storeMeaning(sql, tenant, { event, receivedAt, text: contentText(stored.content), sealed: values });
}

interface Rejection {
  readonly event: NormalisedEvent;
  readonly receivedAt: Instant;
  readonly code: Code;
}

async function storeRejected(
  sql: TenantQuery,
  tenant: TenantAt,
  { event, receivedAt, code }: Rejection,
): Promise<Intake> {
  const row: NewEvent = {
    ...rowOf(tenant, event, { receivedAt, text: bodyText(event, tenant.control.secrets.tokenKey) }),
    ...NO_MEANING,
    processing_status: "REJECTED",
    status_reason: code,
  };
  if (!(await insertEvent(sql, row))) return duplicateOf(sql, tenant, event);
  if (code === "EVENT_QUARANTINED") {
    await audit(sql, tenant, actorOf(event.source), {
      type: "webhook.quarantined",
      severity: "warning",
      correlation: row.event_id,
      payload: {
        event_id: row.event_id,
        source: event.source,
        event_type: event.event_type,
        mode: tenant.control.mode,
      },
    });
  }
  const { event_id, processing_status, status_reason } = row;
  return { kind: "stored", event: { event_id, processing_status, status_reason, run_id: null } };
}

const NO_MEANING = { type: "", entity_type: "", entity_id: "" } as const;

interface Meaningful {
  readonly event: InternalEvent;
  readonly receivedAt: Instant;
  readonly text: string;
  /** What the text refers to. */
  readonly sealed: readonly SealedValue[];
}

async function storeMeaning(sql: TenantQuery, tenant: TenantAt, meaningful: Meaningful): Promise<Intake> {
  const { event } = meaningful;
  await lockEntity(sql, event.entity_id);
  if (await isOneTooMany(sql, event)) return QUEUE_FULL;
  const row = rowOf(tenant, event, meaningful);
  if (!(await insertEvent(sql, row))) return duplicateOf(sql, tenant, event);
  await keepSealed(sql, tenant.artifacts, meaningful.sealed); // only now: a repeated delivery leaves nothing behind
  await applyWaiting(sql, tenant, event);
  const outcome = await eventOutcome(sql, row.event_id);
  assert(outcome !== undefined, "an event is there once it is inserted");
  return { kind: "stored", event: outcome };
}

function rowOf(
  { host }: TenantAt,
  event: NormalisedEvent,
  { receivedAt, text }: Pick<Meaningful, "receivedAt" | "text">,
): NewEvent {
  return {
    event_id: host.ids.next(),
    source: event.source,
    source_event_id: event.source_event_id,
    event_type: event.event_type,
    ...(event.kind === "event"
      ? { type: event.type, entity_type: event.entity_type, entity_id: event.entity_id }
      : NO_MEANING),
    predecessor_source_event_id: event.kind === "event" ? event.predecessor_source_event_id : null,
    received_at: receivedAt,
    payload_json: text,
    payload_sha256: event.payload_sha256,
    processing_status: "RECEIVED",
    status_reason: null,
  };
}

/** Half of the queue's depth of 10,000 (commerce-kernel 15.1): one tenant may use no more. */
const HELD_MAX = 5_000;

const QUEUE_FULL: Intake = {
  kind: "refused",
  refusal: {
    code: "ORDERING_QUEUE_FULL",
    message: "too many events wait for their predecessors",
    details: { retry_after_seconds: ORDERING_TIMEOUT_MS / 1000 },
  },
};

/** Whether the event would have to wait where no more may. A delivery of one that is stored already always passes. */
async function isOneTooMany(sql: TenantQuery, event: InternalEvent): Promise<boolean> {
  const mayWait = event.predecessor_source_event_id !== null || (ORDERING_RULES[event.type]?.after ?? []).length > 0;
  if (!mayWait || (await heldCount(sql, HELD_MAX)) < HELD_MAX) return false;
  if (orderingVerdict(event, await entityStanding(sql, event, [event])).kind !== "hold") return false;
  return (await findEvent(sql, event.source, event.source_event_id)) === undefined;
}

/** Answers a repeated delivery with what is stored. Another body under the same id is written down, and not applied. */
async function duplicateOf(sql: TenantQuery, tenant: TenantAt, event: NormalisedEvent): Promise<Intake> {
  const known = await findEvent(sql, event.source, event.source_event_id);
  assert(known !== undefined, "an event that cannot be inserted is stored already");
  await countDuplicate(sql, known.event_id);
  if (known.payload_sha256 !== event.payload_sha256) return mismatchOf(sql, tenant, event, known);
  return { kind: "duplicate", event: known };
}

async function mismatchOf(
  sql: TenantQuery,
  tenant: TenantAt,
  event: NormalisedEvent,
  known: KnownEvent,
): Promise<Intake> {
  const code: Code = "EVENT_PAYLOAD_MISMATCH";
  await audit(sql, tenant, actorOf(event.source), {
    type: "webhook.payload_mismatch",
    severity: "warning",
    correlation: known.event_id,
    payload: {
      code,
      event_id: known.event_id,
      source_event_id: event.source_event_id,
      stored_sha256: known.payload_sha256,
      received_sha256: event.payload_sha256,
    },
  });
  return { kind: "duplicate", event: { ...known, status_reason: code } };
}
