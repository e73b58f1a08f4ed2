import { z } from "zod";
import type { Json, JsonObject, Result } from "../../contracts/index.ts";
import { accepted, carriesPrefix, digestOf, instant } from "../../contracts/index.ts";
import type { Confirmation, EventMeaning, InboundEvent } from "./event.ts";
import type { EventType } from "./event-type.ts";
import {
  concluded,
  digestWithout,
  Name,
  nameOf,
  type Reader,
  readBy,
  readEntityId,
  unusable,
  unused,
} from "./reading.ts";
import { Charge, Dispute, PaymentIntent, Refund } from "./stripe-objects.ts";

/** Falls as endpoints acknowledge, so it differs between the retries of one event. */
const RETRY_MEMBERS = ["pending_webhooks"];

const Envelope = z.object({
  object: z.literal("event"),
  created: z.int().nonnegative(),
  livemode: z.boolean(),
  data: z.object({ object: z.unknown() }),
  request: z.object({ idempotency_key: Name.nullish() }).nullish(),
});

/** What a reader needs besides the object; `key` is the idempotency key of the request that caused the event. */
interface Cause {
  readonly tenant: string;
  readonly key: string | null;
}

type ObjectMeaning = Omit<EventMeaning, "occurred_at" | "livemode">;
type ObjectReader = (object: unknown, cause: Cause) => Result<ObjectMeaning>;

const READERS: ReadonlyMap<string, ObjectReader> = new Map([
  ["payment_intent.created", readPayment("payment.created")],
  ["payment_intent.amount_capturable_updated", readPayment("payment.authorized", "authorize")],
  ["payment_intent.succeeded", readPayment("payment.captured", "capture")],
  ["payment_intent.payment_failed", readPayment("payment.failed")],
  ["payment_intent.canceled", readPayment("payment.cancelled", "void")],
  ["charge.refunded", readRefundedCharge],
  ["charge.dispute.created", readDispute("payment.disputed")],
  ["charge.dispute.closed", readDispute("payment.dispute_closed")],
  ["refund.created", readRefund("refund.created")],
  ["refund.updated", readRefund("refund.updated")],
  ["refund.failed", readRefund("refund.failed")],
]);

/** Stripe's snapshot events. The newer thin events carry no object, so they are unusable here. */
export const readStripe: Reader = ({ tenant, body }) => {
  const id = nameOf(body, "id");
  const inbound: InboundEvent = {
    source: "STRIPE",
    source_event_id: id ?? `body-${digestOf(body)}`,
    event_type: nameOf(body, "type") ?? "",
    body,
    payload_sha256: digestWithout(body, RETRY_MEMBERS),
  };
  const meaning =
    id === undefined ? unusable("the event has no id", "$.id") : meaningOf(inbound.event_type, tenant, body);
  return [concluded(inbound, meaning)];
};

function meaningOf(type: string, tenant: string, body: Json): Result<EventMeaning> {
  const envelope = readBy(Envelope, body);
  if (!envelope.ok) return envelope;
  const reader = READERS.get(type);
  if (reader === undefined) return unused("events of this type are not used", "$.type");
  const { created, livemode, data, request } = envelope.value;
  const read = reader(data.object, { tenant, key: request?.idempotency_key ?? null });
  return read.ok ? accepted({ ...read.value, occurred_at: instant(created * 1000), livemode }) : read;
}

function readPayment(type: EventType, effect?: Confirmation["effect"]): ObjectReader {
  return (object, cause) => {
    const intent = readBy(PaymentIntent, object);
    if (!intent.ok) return intent;
    const { id, amount, currency, status, last_payment_error: failure } = intent.value;
    const entityId = readEntityId(cause.tenant, "payment", id);
    if (!entityId.ok) return entityId;
    const payload = {
      payment_id: entityId.value,
      payment_intent: id,
      order_id: orderIdIn(intent.value.metadata, cause.tenant),
      amount_cents: amount,
      amount_capturable_cents: intent.value.amount_capturable ?? 0,
      amount_received_cents: intent.value.amount_received ?? 0,
      currency,
      status,
      email: intent.value.receipt_email ?? null,
      failure_code: failure?.code ?? null,
      decline_code: failure?.decline_code ?? null,
      failure_type: failure?.type ?? null,
    };
    return accepted({
      ...ofPayment(type, entityId.value, payload),
      ...(effect === undefined ? {} : { confirms: confirmation(effect, id, cause.key, "confirmed") }),
    });
  };
}

/** One type at Stripe, two meanings: only a full refund ends the payment's life. */
function readRefundedCharge(object: unknown, { tenant }: Cause): Result<ObjectMeaning> {
  const charge = readBy(Charge, object);
  if (!charge.ok) return charge;
  const { id, payment_intent, amount, amount_refunded, refunded, currency, metadata } = charge.value;
  const entityId = readEntityId(tenant, "payment", payment_intent);
  if (!entityId.ok) return entityId;
  const payload = {
    payment_id: entityId.value,
    payment_intent,
    charge: id,
    order_id: orderIdIn(metadata, tenant),
    amount_cents: amount,
    amount_refunded_cents: amount_refunded,
    currency,
  };
  return accepted(ofPayment(refunded ? "payment.refunded" : "payment.partially_refunded", entityId.value, payload));
}

function readDispute(type: EventType): ObjectReader {
  return (object, { tenant }) => {
    const dispute = readBy(Dispute, object);
    if (!dispute.ok) return dispute;
    const { id, payment_intent, amount, currency, reason, status } = dispute.value;
    const entityId = readEntityId(tenant, "payment", payment_intent);
    if (!entityId.ok) return entityId;
    const payload = { payment_id: entityId.value, payment_intent, dispute: id, amount_cents: amount };
    return accepted(ofPayment(type, entityId.value, { ...payload, currency, reason, status }));
  };
}

function readRefund(type: EventType): ObjectReader {
  return (object, { tenant, key }) => {
    const refund = readBy(Refund, object);
    if (!refund.ok) return refund;
    const { id, payment_intent, charge, amount, currency, status, reason, failure_reason, metadata } = refund.value;
    const entityId = readEntityId(tenant, "refund", id);
    if (!entityId.ok) return entityId;
    const outcome = REFUND_OUTCOMES[status];
    const payload = {
      refund_id: entityId.value,
      refund: id,
      payment_intent: payment_intent ?? null,
      charge: charge ?? null,
      order_id: orderIdIn(metadata, tenant),
      amount_cents: amount,
      currency,
      status,
      reason: reason ?? null,
      failure_reason: failure_reason ?? null,
    };
    return accepted({
      type,
      entity_type: "refund",
      entity_id: entityId.value,
      payload,
      ...(outcome === null ? {} : { confirms: confirmation("refund", id, key, outcome) }),
    });
  };
}

/** A pending refund proves nothing yet; one that failed, even days after it succeeded, moved no money. */
const REFUND_OUTCOMES = {
  pending: null,
  requires_action: null,
  succeeded: "confirmed",
  failed: "contradicted",
  canceled: "contradicted",
} as const;

const ofPayment = (type: EventType, entity_id: EventMeaning["entity_id"], payload: JsonObject): ObjectMeaning => ({
  type,
  entity_type: "payment",
  entity_id,
  payload,
});

const confirmation = (
  effect: Confirmation["effect"],
  external_transaction_id: string,
  external_reference: string | null,
  outcome: Confirmation["outcome"],
): Confirmation => ({ provider: "stripe", effect, external_transaction_id, external_reference, outcome });

/** The order that our own metadata names; anything without the tenant's prefix was written by somebody else. */
function orderIdIn(metadata: Readonly<Record<string, string>> | null | undefined, tenant: string): string | null {
  const orderId = metadata?.order_id;
  return orderId !== undefined && carriesPrefix(tenant, orderId) ? orderId : null;
}
