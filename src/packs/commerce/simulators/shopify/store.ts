import { type Clock, formatInstant } from "../../../../contracts/index.ts";
import type { SimIds } from "../wire/sim-ids.ts";
import type { ShopOrder } from "./order.ts";

/** An `orderCancel` under way. */
export interface CancelJob {
  readonly id: string;
  readonly order_id: string;
  readonly reason: string;
  readonly refund: boolean;
  /** Epoch milliseconds. */
  readonly due_at: number;
  readonly done: boolean;
}

/** What an `@idempotent` key stands for. */
export interface KeptKey {
  readonly key: string;
  readonly arguments_sha256: string;
  readonly kept_at: number;
  readonly outcome: "running" | "failed" | { readonly order_id: string; readonly refund_id: string };
}

export interface ShopStore {
  readonly orders: Map<string, ShopOrder>;
  readonly jobs: Map<string, CancelJob>;
  readonly keys: Map<string, KeptKey>;
  /** Tokens of the client-credentials grant, with the epoch milliseconds of their end. */
  readonly granted_tokens: Map<string, number>;
}

export const emptyShop = (): ShopStore => ({
  orders: new Map(),
  jobs: new Map(),
  keys: new Map(),
  granted_tokens: new Map(),
});

export function clearShop(store: ShopStore): void {
  for (const map of Object.values(store)) map.clear();
}

/** What the shop's operations work with. */
export interface Shop {
  readonly domain: string;
  readonly currency: string;
  readonly store: ShopStore;
  readonly clock: Clock;
  readonly ids: SimIds;
  /** How long `orderCancel` takes, on the injected clock. */
  readonly cancelTakesMs: number;
  /** Runs `work` when `ms` have passed on the injected clock, or when the simulator closes. */
  later(ms: number, work: () => void): void;
  /** Emits a webhook about an order. */
  announce(topic: OrderTopic, order: ShopOrder): void;
}

export type OrderTopic = "orders/create" | "orders/paid" | "orders/updated" | "orders/cancelled" | "refunds/create";

/** Shopify prints times to the second. */
export const shopTime = (clock: Clock): string => formatInstant(clock.now()).replace(/\.\d{3}Z$/, "Z");

/** Beyond the safe integers: a client that reads ids as numbers loses their last digits. */
export const shopId = (ids: SimIds): string => `8209829${ids.digits(11)}`;

/** Stores a changed order and dates the change. */
export function saveOrder({ store, clock }: Shop, order: ShopOrder): ShopOrder {
  const saved = { ...order, updated_at: shopTime(clock) };
  store.orders.set(saved.id, saved);
  return saved;
}
