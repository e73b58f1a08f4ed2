import { z } from "@hono/zod-openapi";
import type { ReceiptRow } from "../../ledger/index.ts";
import { time, timeOf } from "./parts.ts";

/** The durable proof of a side effect, with what is known of it by now. */
export const receipt = z
  .strictObject({
    receipt_id: z.string(),
    status: z.enum(["claimed", "confirmed", "contradicted", "unknown"]),
    status_at: time,
    status_source: z.string(),
    step_id: z.string(),
    tool_name: z.string(),
    tool_version: z.string(),
    internal_key: z.string(),
    external_key: z.string().nullable(),
    external_provider: z.string().nullable(),
    external_transaction_id: z.string().nullable(),
    /** Minor units, as text: they may be beyond what a JSON number holds. */
    amount_minor: z.string().nullable(),
    currency: z.string().nullable(),
    result_sha256: z.string(),
    created_at: time,
  })
  .openapi("Receipt");

export const receiptView = (row: ReceiptRow): z.output<typeof receipt> => ({
  receipt_id: row.receipt_id,
  status: row.status,
  status_at: timeOf(row.status_at),
  status_source: row.status_source,
  step_id: row.step_id,
  tool_name: row.tool_name,
  tool_version: row.tool_version,
  internal_key: row.internal_key,
  external_key: row.external_key,
  external_provider: row.external_provider,
  external_transaction_id: row.external_transaction_id,
  amount_minor: row.amount_minor,
  currency: row.currency,
  result_sha256: row.result_sha256,
  created_at: timeOf(row.created_at),
});
