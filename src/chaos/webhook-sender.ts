import { createHmac } from "node:crypto";
import { after, type Random } from "../contracts/index.ts";
import { acceptWebhook, type IngressPorts } from "../ingress/index.ts";
import type { Mischief } from "./fault-plan.ts";
import { type Schedule, WORLD } from "./schedule.ts";
import { ENDPOINT_TOKEN, START, WEBHOOK_SECRET } from "./simulation-world.ts";

/** What a payment's events are called where they come from. */
export type PaymentEvent =
  | "payment_intent.created"
  | "payment_intent.amount_capturable_updated"
  | "payment_intent.succeeded";

/** How long a delivery takes; a late one overtakes nothing, and a lost one is sent again. */
const DELIVERY_MS_MAX = 900;
const LATE_MS = 20_000;
const SENT_AGAIN_MS = 5_000;

export interface SenderOptions {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly mischief: Mischief;
  readonly ports: IngressPorts;
  readonly onTrouble: (error: unknown) => void;
}

/** The provider's webhooks: at least once each, in any order. */
export class WebhookSender {
  readonly #options: SenderOptions;
  #sent = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends an event about a payment, until it is taken. */
  send(type: PaymentEvent, reference: string): void {
    this.#sent += 1;
    const body = eventBody(`evt_${this.#sent}_${reference}`, type, reference);
    const fault = this.#options.mischief.atDelivery();
    if (fault !== "lost") this.#deliver(body, fault === "late" ? LATE_MS : 0);
    if (fault === "duplicate" || fault === "lost") this.#deliver(body, SENT_AGAIN_MS);
  }

  #deliver(body: string, laterMs: number): void {
    const { schedule, random } = this.#options;
    const ms = laterMs + Math.ceil(random.next() * DELIVERY_MS_MAX);
    schedule.at(after(schedule.now, ms), {
      actor: WORLD,
      what: "a webhook arrives",
      happen: () => void this.#arrive(body).catch(this.#options.onTrouble),
    });
  }

  async #arrive(body: string): Promise<void> {
    const { ports, schedule } = this.#options;
    const seconds = Math.floor(schedule.now / 1_000);
    const mac = createHmac("sha256", WEBHOOK_SECRET).update(`${seconds}.${body}`).digest("hex");
    const answer = await acceptWebhook(ports, {
      endpointToken: ENDPOINT_TOKEN,
      provider: "stripe",
      headers: { "stripe-signature": `t=${seconds},v1=${mac}` },
      rawBody: Buffer.from(body),
      receivedAt: schedule.now,
    });
    if (answer.status === "refused") this.#options.onTrouble(new Error(answer.refusal.message));
  }
}

const AMOUNT_CENTS = 1_000;

const eventBody = (id: string, type: PaymentEvent, reference: string): string =>
  JSON.stringify({
    id,
    object: "event",
    type,
    created: START / 1_000,
    livemode: false,
    data: { object: { id: reference, amount: AMOUNT_CENTS, currency: "usd", status: "processing" } },
  });
