import type { Instant } from "../contracts/index.ts";
import { recordEvidence } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";
import type { Confirmation } from "./normalise/event.ts";

/**
 * The tools that make each effect (commerce-kernel 17.2). A provider names several effects by one id (a payment intent is
 * authorised, captured and voided, a fulfilment made and cancelled), so the id alone would confirm what did not happen.
 */
const EFFECT_TOOLS: Readonly<Record<Confirmation["effect"], readonly string[]>> = {
  authorize: ["authorizePayment"],
  capture: ["capturePayment"],
  void: ["voidAuth"],
  refund: ["executeRefund"],
  fulfil: ["createFulfillment"],
  cancel: ["cancelFulfillment", "cancelOrder"],
  send: ["sendConfirmation", "notifyCustomer", "sendEmail"],
};

export interface Evidence {
  /** Receipts that the event speaks of; empty: none is written, or not yet. */
  readonly receipts: readonly string[];
  /** Those of them that it contradicts for the first time. */
  readonly contradicted: readonly string[];
}

/** Records with our receipts what an event proves about them. Saying it again changes nothing. */
export async function confirmReceiptsOf(
  sql: TenantQuery,
  confirms: Confirmation,
  said: { readonly sourceEventId: string; readonly at: Instant },
): Promise<Evidence> {
  const { external_transaction_id: id, external_reference: reference } = confirms;
  const references = reference === null ? [] : [reference];
  const rows = await recordEvidence(sql, {
    provider: confirms.provider,
    tools: EFFECT_TOOLS[confirms.effect],
    // Where the provider gave no id of its own, the receipt has our reference in its place.
    transactionIds: [id, ...references],
    externalKeys: references,
    status: confirms.outcome,
    at: said.at,
    source: "webhook",
    detail: { evidence: said.sourceEventId },
  });
  return {
    receipts: rows.map(({ receipt_id }) => receipt_id),
    contradicted:
      confirms.outcome === "contradicted" ? rows.filter(({ isNew }) => isNew).map(({ receipt_id }) => receipt_id) : [],
  };
}
