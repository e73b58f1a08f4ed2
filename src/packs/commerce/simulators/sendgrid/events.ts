import { assert, type Clock } from "../../../../contracts/index.ts";
import type { SimIds } from "../wire/sim-ids.ts";
import type { WebhookEmitter } from "../wire/webhook-emitter.ts";
import type { Mail } from "./mail.ts";

/** What may become of a message. */
export type MailEventType =
  | "processed"
  | "deferred"
  | "delivered"
  | "bounce"
  | "dropped"
  | "open"
  | "click"
  | "spamreport"
  | "unsubscribe";

export interface MailEvent {
  readonly email: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly event: MailEventType;
  readonly sg_event_id: string;
  /** Begins with the `X-Message-Id`. */
  readonly sg_message_id: string;
  readonly [custom: string]: unknown;
}

const REASONS: Readonly<Partial<Record<MailEventType, object>>> = {
  delivered: { response: "250 OK" },
  deferred: { response: "400 try again later", attempt: "1" },
  bounce: { reason: "500 unknown recipient", status: "5.0.0", type: "bounce" },
  dropped: { reason: "Bounced Address", status: "5.0.0" },
};

/** One event for each recipient; custom arguments are members of the event itself. */
function eventsOf(
  mail: Mail,
  type: MailEventType,
  { ids, clock }: { readonly ids: SimIds; readonly clock: Clock },
): readonly MailEvent[] {
  assert(mail.message_id !== null, "a sandboxed message has no events");
  const filter = `.filter0001.${ids.digits(5)}.${ids.hex(8).toUpperCase()}-0`;
  return mail.recipients.map(({ email }) => ({
    ...mail.custom_args,
    email,
    timestamp: Math.floor(clock.now() / 1000),
    "smtp-id": `<${ids.token("", 22)}@ismtpd-sim>`,
    ...(mail.categories.length === 0 ? {} : { category: mail.categories }),
    ...REASONS[type],
    event: type,
    sg_event_id: ids.token("", 22),
    sg_message_id: `${mail.message_id}${filter}`,
  }));
}

/** The batch as SendGrid prints it: one event a line, CR LF between and at the end. */
const printed = (events: readonly MailEvent[]): string =>
  `[${events.map((event) => JSON.stringify(event)).join(",\r\n")}]\r\n`;

/** Tells what became of a message, one webhook for all its recipients. */
export function emitMailEvent(
  parts: { readonly ids: SimIds; readonly clock: Clock; readonly webhooks: WebhookEmitter },
  mail: Mail,
  type: MailEventType,
): readonly MailEvent[] {
  const events = eventsOf(mail, type, parts);
  const body = printed(events);
  parts.webhooks.emit({ topic: type, body: () => body, headers: {} });
  return events;
}
