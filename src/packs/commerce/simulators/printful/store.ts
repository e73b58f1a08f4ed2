import { type Clock, formatInstant, type JsonObject } from "../../../../contracts/index.ts";
import type { SimIds } from "../wire/sim-ids.ts";
import type { WebhookEmitter } from "../wire/webhook-emitter.ts";
import type { PrintfulKeys } from "./keys.ts";
import { orderResource, type PrintfulOrder, type Shipment } from "./order.ts";

/** What `POST /v2/webhooks` set; a new configuration makes a new pair of keys at once, without overlap. */
export interface WebhookConfiguration {
  readonly default_url: string | null;
  readonly expires_at: string | null;
  readonly events: readonly { readonly type: string; readonly url: string | null }[];
  readonly public_key: string;
  readonly secret_key: string;
}

/** The supplier's books. The lone members are replaced as a whole. */
export interface PrintfulStore {
  readonly orders: Map<number, PrintfulOrder>;
  readonly shipments: Map<number, Shipment>;
  configuration: WebhookConfiguration;
  /** The key that signed before the last change of configuration. */
  previous_secret_key: string;
  last_id: number;
}

const FIRST_ID = 10_000_000;

const originalConfiguration = ({ webhook }: PrintfulKeys): WebhookConfiguration => ({
  default_url: null,
  expires_at: null,
  events: [],
  public_key: webhook.publicKey,
  secret_key: webhook.secretKey,
});

export const emptyPrintful = (keys: PrintfulKeys): PrintfulStore => ({
  orders: new Map(),
  shipments: new Map(),
  configuration: originalConfiguration(keys),
  previous_secret_key: keys.webhook.secretKey,
  last_id: FIRST_ID,
});

export function clearPrintful(store: PrintfulStore, keys: PrintfulKeys): void {
  store.orders.clear();
  store.shipments.clear();
  store.configuration = originalConfiguration(keys);
  store.previous_secret_key = keys.webhook.secretKey;
  store.last_id = FIRST_ID;
}

/** What the supplier's operations work with. */
export interface Supplier {
  readonly store: PrintfulStore;
  readonly clock: Clock;
  readonly ids: SimIds;
  readonly webhooks: WebhookEmitter;
  readonly storeId: number;
  /** The base of links; set once the server listens. */
  origin: string;
}

export const nextId = ({ store }: Supplier): number => {
  store.last_id += 1;
  return store.last_id;
};

export const printfulTime = (clock: Clock): string => formatInstant(clock.now()).replace(/\.\d{3}Z$/, "Z");

/** By number, or by the client's own id after an `@`. */
export function findOrder({ store }: Supplier, reference: string): PrintfulOrder | undefined {
  if (!reference.startsWith("@")) return store.orders.get(Number(reference));
  return [...store.orders.values()].find(({ external_id }) => external_id === reference.slice(1));
}

/** Stores an order whose state changed, and tells. */
export function moveOrder(supplier: Supplier, order: PrintfulOrder, type: string): PrintfulOrder {
  const moved = { ...order, updated_at: printfulTime(supplier.clock) };
  supplier.store.orders.set(moved.id, moved);
  tell(supplier, type, { order: orderResource(moved, supplier.origin) });
  return moved;
}

/** Emits a version 2 webhook. There is no event id: `retries` is the only member that differs between attempts. */
export function tell({ clock, webhooks, storeId }: Supplier, type: string, data: JsonObject): void {
  const occurred_at = printfulTime(clock);
  webhooks.emit({
    topic: type,
    body: (retries) => JSON.stringify({ type, occurred_at, retries, store_id: storeId, data }),
    headers: {},
  });
}
