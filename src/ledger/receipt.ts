import { assert, type Instant, type Json, type JsonObject, type Refusal } from "../contracts/index.ts";

/**
 * Receipts of side effects (commerce-kernel 10.6). A receipt never changes; its status is the fold of its events.
 *
 * C1 Evidence only grows: a claim or a doubt never replaces a confirmation or a contradiction.
 * C2 A contradiction is never lost: after one, only a person who looked can confirm.
 * C3 The fold accepts every recorded history, of any age; what is illegal is refused before it is recorded.
 */

/**
 * `claimed`: the provider answered that it did it; `confirmed`: a webhook or read-back proved it; `contradicted`: the
 * provider shows otherwise; `unknown`: it may or may not have happened.
 */
export type ReceiptStatus = "claimed" | "confirmed" | "contradicted" | "unknown";

/** Who says so. A `lookup` is the read-back of the tool itself, `reconciliation` a sweep over many. */
export type ReceiptSource = "response" | "lookup" | "webhook" | "reconciliation" | "person";

/** One appended statement about a receipt's effect. Wire form. */
export interface ReceiptEvent {
  readonly status: ReceiptStatus;
  readonly source: ReceiptSource;
  /** RFC 3339. */
  readonly at: string;
  /** The provider's event or request that shows it; null where there is none. */
  readonly evidence: string | null;
}

type Standing = ReceiptStatus | "none";

/** To where each status may go; a status may always be stated again. A person may also settle a contradiction (C2). */
const NEXT: { readonly [From in Standing]: readonly ReceiptStatus[] } = {
  none: ["claimed", "confirmed", "unknown"],
  // A retry under the same external key, or a look-up, can turn a doubt into the provider's answer.
  unknown: ["claimed", "confirmed", "contradicted"],
  claimed: ["confirmed", "contradicted", "unknown"],
  confirmed: ["contradicted"],
  contradicted: [],
};

/** Whether the event may follow; `from` is `none` for the first. */
export const isLegalNext = (from: Standing, { status, source }: Pick<ReceiptEvent, "status" | "source">): boolean =>
  from === status || NEXT[from].includes(status) || (from === "contradicted" && isSettledByPerson(status, source));

const isSettledByPerson = (status: ReceiptStatus, source: ReceiptSource): boolean =>
  status === "confirmed" && source === "person";

/** Why the event may not be recorded, or `undefined` when it may. */
export const transitionRefusal = (from: Standing, event: ReceiptEvent): Refusal | undefined =>
  isLegalNext(from, event)
    ? undefined
    : {
        code: "RECEIPT_TRANSITION_ILLEGAL",
        message: `a receipt that is ${from} cannot become ${event.status} by ${event.source}`,
      };

/** The status after all events in the order recorded; `none` without any. What is not legal is passed over (C3). */
export const receiptStatus = (events: readonly ReceiptEvent[]): Standing =>
  events.reduce<Standing>((status, event) => (isLegalNext(status, event) ? event.status : status), "none");

/**
 * The status as gates see it at a moment: a claim whose confirmation is overdue is unknown. `confirmBy` is exclusive; null
 * for a tool whose contract asks for no confirmation.
 */
export const statusAt = (status: ReceiptStatus, confirmBy: Instant | null, now: Instant): ReceiptStatus =>
  status === "claimed" && confirmBy !== null && now >= confirmBy ? "unknown" : status;

/** Whether gates count the effect as done: confirmed, or claimed and not yet overdue. */
export function countsAsDone(status: ReceiptStatus, confirmBy: Instant | null, now: Instant): boolean {
  const present = statusAt(status, confirmBy, now);
  return present === "confirmed" || present === "claimed";
}

/** The durable proof of one side effect, as it is stored. Times are RFC 3339. */
export interface Receipt {
  readonly receipt_id: string;
  readonly tenant_id: string;
  readonly tool_name: string;
  readonly tool_version: string;
  /** Unique per tenant together with the generation. */
  readonly internal_idempotency_key: string;
  readonly generation: number;
  readonly execution_id: string;
  readonly correlation_id: string;
  readonly external_idempotency_key: string | null;
  readonly external_provider: string | null;
  /** The provider's id of the effect, such as a charge's. */
  readonly external_transaction_id: string | null;
  readonly provider_request_id: string | null;
  /** Minor units of `currency`; both are present for FINANCIAL tools. */
  readonly amount_cents: bigint | null;
  /** ISO 4217, upper case. */
  readonly currency: string | null;
  /** The redacted result. */
  readonly result_json: Json;
  /** Over the canonical text of the result before redaction. */
  readonly result_sha256: string;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly first_seen_at: string;
  readonly ttl_expires_at: string;
  /** When a claim becomes unknown; null when no confirmation is asked for. */
  readonly confirm_by: string | null;
}

/** A receipt with its present status as it is sent: the amount is a JSON integer. */
export function receiptJson(receipt: Receipt, status: ReceiptStatus): JsonObject {
  const { amount_cents, ...rest } = receipt;
  assert((amount_cents === null) === (rest.currency === null), "an amount has a currency, and a currency an amount");
  const amount = amount_cents === null ? null : Number(amount_cents);
  assert(amount === null || Number.isSafeInteger(amount), "an amount in minor units is a safe integer");
  return { ...rest, status, amount_cents: amount };
}
