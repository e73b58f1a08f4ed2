import { Hono } from "hono";
import { type Clock, formatInstant, type Random } from "../../../../contracts/index.ts";
import { asRequest, type Exchange, type Vendor } from "../wire/exchange.ts";
import { type SimIds, simIds } from "../wire/sim-ids.ts";
import { type Simulator, startSimulator } from "../wire/simulator.ts";
import { WebhookEmitter } from "../wire/webhook-emitter.ts";
import { isObject, jsonResponse, parseJson } from "../wire/wire-json.ts";
import { emitMailEvent, type MailEvent, type MailEventType } from "./events.ts";
import { eventKeys, publicKeyText, type SendGridKeys, sendGridCredential, sendGridSigner } from "./keys.ts";
import { isSandbox, type Mail, type MailError, mailErrors, mailOf } from "./mail.ts";

/** Everything the simulated SendGrid account took, oldest first. */
export interface SendGridState {
  readonly messages: readonly Mail[];
}

export interface SendGridSimulator extends Simulator {
  state(): SendGridState;
  /** Tells a later event of a message, such as a bounce. Empty: no such message, or it was sandboxed. */
  emit(messageId: string, type: MailEventType): readonly MailEvent[];
  /** Base64 SPKI DER, what a receiver verifies events with. */
  readonly eventPublicKey: string;
  /** The key that signed before a rotation. */
  readonly previousEventPublicKey: string;
}

interface Post {
  readonly clock: Clock;
  readonly ids: SimIds;
  readonly webhooks: WebhookEmitter;
  readonly messages: Mail[];
}

export async function startSendGrid(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: SendGridKeys;
  readonly port: number;
  readonly target: string | undefined;
}): Promise<SendGridSimulator> {
  const { clock, random, keys, target, port } = options;
  const closing = new AbortController();
  const signing = eventKeys(keys, random);
  const sign = sendGridSigner(signing);
  const webhooks = new WebhookEmitter({ name: "sendgrid", clock, closing: closing.signal, sign, target });
  const post: Post = { clock, ids: simIds(random), webhooks, messages: [] };
  const simulator = await startSimulator({ vendor: sendGridVendor(keys, post), webhooks, clock, closing, port });
  return {
    ...simulator,
    state: () => ({ messages: [...post.messages] }),
    emit(messageId, type) {
      const mail = post.messages.find(({ message_id }) => message_id === messageId);
      return mail === undefined ? [] : emitMailEvent(post, mail, type);
    },
    eventPublicKey: publicKeyText(signing.current),
    previousEventPublicKey: publicKeyText(signing.previous),
  };
}

const refused = (status: number, ...errors: readonly MailError[]): Response => jsonResponse(status, { errors });

const complaint = (message: string): MailError => ({ message, field: null, help: null });

const MESSAGES: Readonly<Record<number, string>> = {
  401: "The provided authorization grant is invalid, expired, or revoked",
  403: "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
  404: "Not Found",
  413: "The JSON payload you have included in your request is too large.",
  415: "Your request must have a Content-Type of application/json.",
  429: "too many requests",
};

const failure = (status: number): Response => refused(status, complaint(MESSAGES[status] ?? "Internal Server Error"));

const RATE_LIMIT = "600";

function throttled({ clock }: Post): Response {
  const response = failure(429);
  response.headers.set("x-ratelimit-limit", RATE_LIMIT);
  response.headers.set("x-ratelimit-remaining", "0");
  response.headers.set("x-ratelimit-reset", String(Math.floor(clock.now() / 1000) + 60));
  return response;
}

/** SendGrid takes at most 30 MB. */
const MESSAGE_BYTES_MAX = 30 * 1024 * 1024;

function sendGridVendor(keys: SendGridKeys, post: Post): Vendor {
  const app = new Hono<{ Bindings: { readonly exchange: Exchange } }>();
  app.post("/v3/mail/send", ({ env: { exchange } }) => exchange.perform(() => send(post, exchange)));
  app.all("*", () => failure(404));
  return {
    name: "sendgrid",
    credential: ({ headers }) => sendGridCredential(keys, headers.get("authorization")),
    unauthorized: () => failure(401),
    failure,
    throttled: () => throttled(post),
    idempotencyKey: () => undefined,
    operations: () => [],
    handle: (exchange) => app.fetch(asRequest(exchange.received), { exchange }),
    state: () => ({ messages: [...post.messages] }),
    reset: () => {
      post.messages.length = 0;
    },
  };
}

/** Takes a message: 202 and a message id, or 200 in sandbox mode. Two equal requests are two messages. */
function send(post: Post, { received }: Exchange): Response {
  const { clock, ids, messages } = post;
  if (!(received.headers.get("content-type") ?? "").startsWith("application/json")) return failure(415);
  if (received.body.length > MESSAGE_BYTES_MAX) return failure(413);
  const body = parseJson(received.text);
  const errors = mailErrors(body);
  if (!isObject(body) || errors.length > 0) return refused(400, ...errors);
  const message_id = isSandbox(body) ? null : ids.token("", 22);
  const mail = mailOf(body, { message_id, accepted_at: formatInstant(clock.now()) });
  messages.push(mail);
  if (message_id === null) return new Response(null, { status: 200 });
  emitMailEvent(post, mail, "processed");
  emitMailEvent(post, mail, "delivered");
  return new Response(null, { status: 202, headers: { "x-message-id": message_id } });
}
