import { z } from "zod";
import type { Json, Result } from "../../contracts/index.ts";
import { accepted, digestOf, instant } from "../../contracts/index.ts";
import type { Confirmation, EventMeaning, InboundEvent, NormalisedEvent } from "./event.ts";
import type { EventType } from "./event-type.ts";
import { concluded, Name, nameOf, type Reader, readBy, readEntityId, unusable, unused } from "./reading.ts";

const MailEvent = z.object({
  email: z.string().max(320),
  timestamp: z.int().nonnegative(),
  sg_message_id: Name,
  notification_id: Name.nullish(),
  reason: z.string().nullish(),
  response: z.string().nullish(),
  status: z.string().nullish(),
  type: z.string().nullish(),
});

interface MailType {
  readonly type: EventType;
  readonly outcome?: Confirmation["outcome"];
}

/** Only the receiving server's word settles a message: `processed` and `deferred` leave it open. */
const TYPES: ReadonlyMap<string, MailType> = new Map<string, MailType>([
  ["processed", { type: "email.processed" }],
  ["deferred", { type: "email.deferred" }],
  ["delivered", { type: "email.delivered", outcome: "confirmed" }],
  ["bounce", { type: "email.bounced", outcome: "contradicted" }],
  ["dropped", { type: "email.dropped", outcome: "contradicted" }],
  ["open", { type: "email.opened" }],
  ["click", { type: "email.clicked" }],
  ["spamreport", { type: "email.reported_spam" }],
  ["unsubscribe", { type: "email.unsubscribed" }],
]);

/** SendGrid batches events of many messages into one array; each is an event of its own. An empty batch is none. */
export const readSendgrid: Reader = ({ tenant, body }) =>
  Array.isArray(body) ? body.map((event: Json) => readMailEvent(tenant, event)) : [readMailEvent(tenant, body)];

function readMailEvent(tenant: string, body: Json): NormalisedEvent {
  const id = nameOf(body, "sg_event_id");
  const digest = digestOf(body);
  const inbound: InboundEvent = {
    source: "SENDGRID",
    source_event_id: id ?? `body-${digest}`,
    event_type: nameOf(body, "event") ?? "",
    body,
    payload_sha256: digest,
  };
  const meaning =
    id === undefined ? unusable("the event has no id", "$.sg_event_id") : meaningOf(tenant, inbound.event_type, body);
  return concluded(inbound, meaning);
}

function meaningOf(tenant: string, eventType: string, body: Json): Result<EventMeaning> {
  const known = TYPES.get(eventType);
  if (known === undefined) return unused("events of this type are not used", "$.event");
  const event = readBy(MailEvent, body);
  if (!event.ok) return event;
  const { email, timestamp, sg_message_id, notification_id, reason, response, status, type } = event.value;
  const messageId = acceptedMessageId(sg_message_id);
  const entityId = readEntityId(tenant, "message", messageId);
  if (!entityId.ok) return entityId;
  return accepted({
    type: known.type,
    entity_type: "message",
    entity_id: entityId.value,
    occurred_at: instant(timestamp * 1000),
    livemode: null,
    payload: {
      message_id: entityId.value,
      sg_message_id: messageId,
      notification_id: notification_id ?? null,
      email,
      reason: reason ?? response ?? null,
      status: status ?? null,
      bounce_type: type ?? null,
    },
    ...(known.outcome === undefined
      ? {}
      : {
          confirms: {
            provider: "sendgrid",
            effect: "send",
            external_transaction_id: messageId,
            external_reference: notification_id ?? null,
            outcome: known.outcome,
          },
        }),
  });
}

/** What `X-Message-Id` said when the message was accepted: the event's id without the route through SendGrid's filters. */
const acceptedMessageId = (messageId: string): string => messageId.replace(/\.(filter|recvd).*$/s, "");
