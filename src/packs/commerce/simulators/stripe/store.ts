import type { Clock } from "../../../../contracts/index.ts";
import type { SimIds } from "../wire/sim-ids.ts";
import type { Charge, PaymentIntent, Refund, StripeEvent, TaxCalculation, TaxTransaction } from "./objects.ts";

/** A result kept under an Idempotency-Key. */
export interface KeptResult {
  readonly endpoint: string;
  readonly params_sha256: string;
  readonly request_id: string;
  readonly kept_at: number;
  /** Undefined while the first request is still being worked on. */
  readonly result: { readonly status: number; readonly body: string } | undefined;
}

/** Everything the simulated account holds. Entries are replaced, never changed. */
export interface StripeStore {
  readonly payment_intents: Map<string, PaymentIntent>;
  /** The intents in `requires_capture`, whose holds may expire. */
  readonly held: Set<string>;
  readonly charges: Map<string, Charge>;
  readonly refunds: Map<string, Refund>;
  readonly tax_calculations: Map<string, TaxCalculation>;
  readonly tax_transactions: Map<string, TaxTransaction>;
  readonly events: StripeEvent[];
  readonly idempotency: Map<string, KeptResult>;
}

export const emptyStore = (): StripeStore => ({
  payment_intents: new Map(),
  held: new Set(),
  charges: new Map(),
  refunds: new Map(),
  tax_calculations: new Map(),
  tax_transactions: new Map(),
  events: [],
  idempotency: new Map(),
});

export function clearStore({ events, ...collections }: StripeStore): void {
  events.length = 0;
  for (const collection of Object.values(collections)) collection.clear();
}

/** Stores an intent in its new state. */
export function saveIntent({ store }: Account, intent: PaymentIntent): void {
  store.payment_intents.set(intent.id, intent);
  if (intent.status === "requires_capture") store.held.add(intent.id);
  else store.held.delete(intent.id);
}

/** What an operation works with. */
export interface Account {
  readonly store: StripeStore;
  readonly clock: Clock;
  readonly ids: SimIds;
  /** Records an event and hands it to the webhook emitter. */
  announce(type: string, object: object, previous?: object): void;
}

export const unixSeconds = (clock: Clock): number => Math.floor(clock.now() / 1000);
