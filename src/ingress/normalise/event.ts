import type { Digest, EntityId, EntityKind, Instant, Json, JsonObject, Refusal } from "../../contracts/index.ts";
import type { EventType } from "./event-type.ts";

export type EventSource = "STRIPE" | "SHOPIFY" | "PRINTFUL" | "SENDGRID";

/** An event as its provider names it: what deduplication and the event store need, whatever it means. */
export interface InboundEvent {
  readonly source: EventSource;
  /** Unique per tenant and source, equal for every retry of one delivery; `body-{digest}` where the event has no id. */
  readonly source_event_id: string;
  /** The provider's own type or topic; empty where the event names none. */
  readonly event_type: string;
  /** The event's part of the body. Integers beyond 2^53-1 are strings here, because JSON numbers would round them. */
  readonly body: Json;
  /** Over the RFC 8785 text of `body` without what retries change; two of them for one id are a payload mismatch. */
  readonly payload_sha256: Digest;
}

/** Which of our effects an event proves or disproves, found again by provider, effect and the provider's id. */
export interface Confirmation {
  readonly provider: "stripe" | "shopify" | "printful" | "sendgrid";
  readonly effect: "authorize" | "capture" | "void" | "refund" | "fulfil" | "cancel" | "send";
  /** The provider's id for what the effect made, as the receipt stores it. */
  readonly external_transaction_id: string;
  /** Our own reference that the provider echoes, where it does; it settles receipts that never learnt the provider's id. */
  readonly external_reference: string | null;
  readonly outcome: "confirmed" | "contradicted";
}

/** What an event means here. */
export interface EventMeaning {
  readonly type: EventType;
  readonly entity_type: EntityKind;
  readonly entity_id: EntityId;
  /** When it happened by the provider's clock: a hint for people, never an order. */
  readonly occurred_at: Instant;
  /** Whether real money or customers are involved; null where the provider does not say. */
  readonly livemode: boolean | null;
  /** What a workflow is triggered with; nothing in it identifies a person. */
  readonly payload: JsonObject;
  /** What does, by the member under which a workflow may ask for it sealed. It is stored in no other form. */
  readonly personal?: JsonObject;
  readonly confirms?: Confirmation;
}

export interface InternalEvent extends InboundEvent, EventMeaning {
  readonly kind: "event";
  /** The provider's id of the event that must be applied first; null where the provider names none, as all four do today. */
  readonly predecessor_source_event_id: string | null;
}

/** An authentic event that cannot be used: stored as REJECTED with its reason, `EVENT_UNUSABLE`. */
export interface UnusableEvent extends InboundEvent {
  readonly kind: "unusable";
  readonly refusal: Refusal;
}

export type NormalisedEvent = InternalEvent | UnusableEvent;

/**
 * Whether an event must be set aside unprocessed because it belongs to the other world: live money reaching a sandbox.
 * Test events in live mode are set aside as well: they would move real fulfilments.
 */
export const isQuarantined = (mode: "sandbox" | "live", { livemode }: Pick<EventMeaning, "livemode">): boolean =>
  livemode !== null && livemode !== (mode === "live");
