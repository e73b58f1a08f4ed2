import { after, type Clock, type Instant } from "../../../../contracts/index.ts";
import { type DeliveryPlan, PLAIN_DELIVERY, type WebhookSettings } from "./delivery-plan.ts";

/** Something a provider wants to tell. `body` is given the number of earlier attempts (Printful prints it). */
export interface Webhook {
  /** The simulator's own handle, such as `stripe_wh_3`. */
  readonly webhook_id: string;
  readonly topic: string;
  readonly body: (retries: number) => string;
  /** Headers beside the signature that stay the same in each attempt. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SigningRequest {
  readonly topic: string;
  readonly body: string;
  /** The time to be signed; in the past for a stale delivery. */
  readonly at: Instant;
  readonly secret: DeliveryPlan["secret"];
}

export type Signer = (request: SigningRequest) => Readonly<Record<string, string>>;

/** One attempt to deliver, and what became of it. */
export interface Delivery {
  readonly webhook_id: string;
  readonly topic: string;
  /** 0 for the first. */
  readonly retries: number;
  /** `refused` is an answer outside 2xx; `unreachable`, none in 5 s; `untargeted`, no address was configured. */
  readonly outcome: "delivered" | "refused" | "unreachable" | "dropped" | "untargeted";
  readonly status: number | null;
}

/** Real providers give up after about this; measured on the injected clock. */
const DELIVERY_TIMEOUT_MS = 5_000;
/** Held, sent and logged webhooks are kept for redelivery, up to this many; beyond it the oldest go. */
const REMEMBERED_MAX = 10_000;

/** The order in which held webhooks go out. A list names webhook ids; those it leaves out stay held. */
export type ReleaseOrder = "emitted" | "reversed" | readonly string[];

/**
 * Delivers one provider's webhooks, one after another in the order of emission, so that a test decides what is
 * reordered. A failed delivery is not repeated by itself: `redeliver` is the provider's retry.
 */
export class WebhookEmitter {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #sign: Signer;
  readonly #name: string;
  #settings: WebhookSettings;
  #plan: DeliveryPlan = PLAIN_DELIVERY;
  #made = 0;
  #remembered = new Map<string, { readonly webhook: Webhook; readonly attempts: number }>();
  #held: Webhook[] = [];
  #log: Delivery[] = [];
  #tail: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly name: string;
    readonly clock: Clock;
    readonly closing: AbortSignal;
    readonly sign: Signer;
    readonly target: string | undefined;
  }) {
    this.#name = options.name;
    this.#clock = options.clock;
    this.#closing = options.closing;
    this.#sign = options.sign;
    this.#settings = { mode: "auto", target: options.target ?? null };
  }

  /** Changes mode, target or the plan of all deliveries to come; what is left out stays. */
  configure(change: Partial<WebhookSettings> & Partial<DeliveryPlan>): void {
    const { mode = this.#settings.mode, target = this.#settings.target, ...plan } = change;
    this.#settings = { mode, target };
    this.#plan = { ...this.#plan, ...plan };
  }

  emit(webhook: Omit<Webhook, "webhook_id">): string {
    this.#made += 1;
    const known = { webhook_id: `${this.#name}_wh_${this.#made}`, ...webhook };
    this.#remember(known, 0);
    if (this.#settings.mode === "drop") this.#record(known, { retries: 0, outcome: "dropped", status: null });
    if (this.#settings.mode === "hold") this.#held.push(known);
    if (this.#settings.mode === "auto") this.#enqueue(known, this.#plan);
    return known.webhook_id;
  }

  held(): readonly Pick<Webhook, "webhook_id" | "topic">[] {
    return this.#held.map(({ webhook_id, topic }) => ({ webhook_id, topic }));
  }

  /** Sends what was held, under the standing plan changed by `plan`; resolves when all are settled. */
  async release(order: ReleaseOrder = "emitted", plan: Partial<DeliveryPlan> = {}): Promise<void> {
    const chosen = inOrder(this.#held, order);
    this.#held = this.#held.filter((webhook) => !chosen.includes(webhook));
    for (const webhook of chosen) this.#enqueue(webhook, { ...this.#plan, ...plan });
    await this.settled();
  }

  /** The provider's retry of something emitted before; an unknown id does nothing. */
  async redeliver(webhookId: string, plan: Partial<DeliveryPlan> = {}): Promise<void> {
    const found = this.#remembered.get(webhookId);
    if (found !== undefined) this.#enqueue(found.webhook, { ...this.#plan, ...plan });
    await this.settled();
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    let tail: Promise<void>;
    do {
      tail = this.#tail;
      await tail;
    } while (tail !== this.#tail);
  }

  log(): readonly Delivery[] {
    return [...this.#log];
  }

  reset(): void {
    this.#settings = { ...this.#settings, mode: "auto" };
    this.#plan = PLAIN_DELIVERY;
    this.#remembered = new Map();
    this.#held = [];
    this.#log = [];
  }

  #enqueue(webhook: Webhook, plan: DeliveryPlan): void {
    this.#tail = this.#tail.then(async () => {
      for (let copy = 0; copy < plan.copies; copy += 1) await this.#send(webhook, plan);
    });
  }

  async #send(webhook: Webhook, plan: DeliveryPlan): Promise<void> {
    const retries = this.#remembered.get(webhook.webhook_id)?.attempts ?? 0;
    this.#remember(webhook, retries + 1);
    const target = this.#settings.target;
    if (target === null) return this.#record(webhook, { retries, outcome: "untargeted", status: null });
    const body = webhook.body(retries);
    const at = after(this.#clock.now(), -plan.stale_ms);
    const signature = this.#sign({ topic: webhook.topic, body, at, secret: plan.secret });
    const sentBody = plan.alter === null ? body : body.replace(plan.alter.find, () => plan.alter?.replace ?? "");
    const status = await this.#post(target, sentBody, { ...webhook.headers, ...signature });
    this.#record(webhook, { retries, outcome: outcomeOf(status), status });
  }

  async #post(target: string, body: string, headers: Readonly<Record<string, string>>): Promise<number | null> {
    const giveUp = new AbortController();
    const answered = new AbortController();
    const waiting = AbortSignal.any([answered.signal, this.#closing]);
    const deadline = this.#clock
      .wake(after(this.#clock.now(), DELIVERY_TIMEOUT_MS), waiting)
      .then(() => giveUp.abort());
    try {
      const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
      const response = await fetch(target, { ...init, redirect: "manual", signal: giveUp.signal });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return null; // no answer is an outcome that a provider records, never its failure
    } finally {
      answered.abort();
      await deadline;
    }
  }

  #record(webhook: Webhook, result: Omit<Delivery, "webhook_id" | "topic">): void {
    this.#log.push({ webhook_id: webhook.webhook_id, topic: webhook.topic, ...result });
    if (this.#log.length > REMEMBERED_MAX) this.#log = this.#log.slice(REMEMBERED_MAX / 2);
  }

  #remember(webhook: Webhook, attempts: number): void {
    this.#remembered.set(webhook.webhook_id, { webhook, attempts });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

const outcomeOf = (status: number | null): Delivery["outcome"] => {
  if (status === null) return "unreachable";
  return status >= 200 && status < 300 ? "delivered" : "refused";
};

function inOrder(held: readonly Webhook[], order: ReleaseOrder): readonly Webhook[] {
  if (order === "emitted") return [...held];
  if (order === "reversed") return held.toReversed();
  return order.flatMap((id) => held.find((webhook) => webhook.webhook_id === id) ?? []);
}
