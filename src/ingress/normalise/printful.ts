import { z } from "zod";
import type { Json, JsonObject, Result } from "../../contracts/index.ts";
import { accepted, parseInstant } from "../../contracts/index.ts";
import type { Confirmation, EventMeaning, InboundEvent } from "./event.ts";
import type { EventType } from "./event-type.ts";
import type { DecodedDelivery, Reader } from "./reading.ts";
import {
  concluded,
  digestWithout,
  Name,
  NumericId,
  nameOf,
  readBy,
  readEntityId,
  unusable,
  unused,
} from "./reading.ts";

/** Printful numbers the attempts in the body; everything else of a retry is the same. */
const RETRY_MEMBERS = ["retries"];

const Envelope = z.object({
  occurred_at: z.string(),
  store_id: NumericId,
  data: z.object({ order: z.unknown().optional(), shipment: z.unknown().optional(), reason: z.string().nullish() }),
});

const Order = z.object({ id: NumericId, external_id: Name.nullish(), status: Name.nullish() });

const Shipment = z.object({
  id: NumericId,
  order_id: NumericId,
  shipment_status: Name.nullish(),
  carrier: Name.nullish(),
  tracking_number: Name.nullish(),
  tracking_url: z.string().max(2_000).nullish(),
});

/** Where the fulfilment's id is found, and what the event proves about an effect of ours. */
interface PrintfulType {
  readonly type: EventType;
  readonly about: "order" | "shipment";
  readonly proves?: Pick<Confirmation, "effect" | "outcome">;
}

const FULFILLED = { effect: "fulfil", outcome: "confirmed" } as const;
const NOT_FULFILLED = { effect: "fulfil", outcome: "contradicted" } as const;
const CANCELLED = { effect: "cancel", outcome: "confirmed" } as const;

/** `order_refunded` is Printful's charge to the shop, not the customer's money; catalogue and mockup types are not about orders. */
const TYPES: ReadonlyMap<string, PrintfulType> = new Map<string, PrintfulType>([
  ["order_created", { type: "fulfillment.created", about: "order", proves: FULFILLED }],
  ["order_updated", { type: "fulfillment.updated", about: "order" }],
  ["order_failed", { type: "fulfillment.failed", about: "order", proves: NOT_FULFILLED }],
  ["order_canceled", { type: "fulfillment.cancelled", about: "order", proves: CANCELLED }],
  ["order_put_hold", { type: "fulfillment.held", about: "order" }],
  ["order_put_hold_approval", { type: "fulfillment.held", about: "order" }],
  ["order_remove_hold", { type: "fulfillment.resumed", about: "order" }],
  ["shipment_sent", { type: "fulfillment.shipped", about: "shipment", proves: FULFILLED }],
  ["shipment_returned", { type: "fulfillment.returned", about: "shipment" }],
  ["shipment_out_of_stock", { type: "fulfillment.out_of_stock", about: "shipment" }],
  ["shipment_put_hold", { type: "fulfillment.held", about: "shipment" }],
  ["shipment_put_hold_approval", { type: "fulfillment.held", about: "shipment" }],
  ["shipment_remove_hold", { type: "fulfillment.resumed", about: "shipment" }],
]);

/** Printful's version 2 events. They carry no id: an event is known by the digest of its body without `retries`. */
export const readPrintful: Reader = (delivery) => {
  const digest = digestWithout(delivery.body, RETRY_MEMBERS);
  const inbound: InboundEvent = {
    source: "PRINTFUL",
    source_event_id: digest,
    event_type: nameOf(delivery.body, "type") ?? "",
    body: delivery.body,
    payload_sha256: digest,
  };
  return [concluded(inbound, meaningOf(inbound.event_type, delivery))];
};

function meaningOf(eventType: string, delivery: DecodedDelivery): Result<EventMeaning> {
  const known = TYPES.get(eventType);
  if (known === undefined) return unused("events of this type are not used", "$.type");
  const envelope = readBy(Envelope, delivery.body);
  if (!envelope.ok) return envelope;
  const { occurred_at, store_id, data } = envelope.value;
  if (delivery.account !== null && store_id !== delivery.account)
    return unusable("another store sent this", "$.store_id");
  const occurredAt = parseInstant(occurred_at);
  if (occurredAt === undefined) return unusable("the text is not a date-time", "$.occurred_at");
  const subject = readSubject(known.about, data);
  if (!subject.ok) return subject;
  const { orderId, externalId, details } = subject.value;
  const entityId = readEntityId(delivery.tenant, "fulfillment", orderId);
  if (!entityId.ok) return entityId;
  return accepted({
    type: known.type,
    entity_type: "fulfillment",
    entity_id: entityId.value,
    occurred_at: occurredAt,
    livemode: null,
    payload: { fulfillment_id: entityId.value, printful_order_id: orderId, external_id: externalId, ...details },
    ...(known.proves === undefined
      ? {}
      : {
          confirms: {
            provider: "printful",
            ...known.proves,
            external_transaction_id: orderId,
            external_reference: externalId,
          },
        }),
  });
}

interface Subject {
  readonly orderId: string;
  readonly externalId: string | null;
  readonly details: JsonObject;
}

type Data = z.infer<typeof Envelope>["data"];

const readSubject = (about: PrintfulType["about"], data: Data): Result<Subject> =>
  about === "order" ? readOrder(data) : readShipment(data);

function readOrder({ order, reason }: Data): Result<Subject> {
  const read = readBy(Order, order);
  if (!read.ok) return read;
  const { id, external_id, status } = read.value;
  const details: Json = { status: status ?? null, reason: reason ?? null };
  return accepted({ orderId: id, externalId: external_id ?? null, details });
}

/** The order beside a shipment is optional; where it is there, it must be the shipment's. */
function readShipment({ order, shipment, reason }: Data): Result<Subject> {
  const read = readBy(Shipment, shipment);
  if (!read.ok) return read;
  const { id, order_id, shipment_status, carrier, tracking_number, tracking_url } = read.value;
  const beside = order == null ? undefined : readBy(Order, order);
  if (beside !== undefined && !beside.ok) return beside;
  if (beside !== undefined && beside.value.id !== order_id)
    return unusable("shipment and order differ", "$.data.order.id");
  const details: Json = {
    shipment_id: id,
    status: shipment_status ?? null,
    carrier: carrier ?? null,
    tracking_number: tracking_number ?? null,
    tracking_url: tracking_url ?? null,
    reason: reason ?? null,
  };
  return accepted({ orderId: order_id, externalId: beside?.value.external_id ?? null, details });
}
