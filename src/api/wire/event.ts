import { z } from "@hono/zod-openapi";
import type { Json } from "../../contracts/index.ts";
import type { StoredEvent } from "../../ledger/index.ts";
import { digest, json, time, timeOf } from "./parts.ts";

/** An entry of a stream with its hash and payload, so that whoever reads it can check the chain. */
export const ledgerEvent = z
  .strictObject({
    stream: z.string(),
    seq: z.int(),
    event_id: z.string(),
    type: z.string(),
    at: time,
    recorded_at: time,
    correlation: z.string(),
    causation: z.string().nullable(),
    actor: z.string(),
    channel: z.enum(["prod_traffic", "controlled_fixture", "ci"]),
    epoch: z.int(),
    step: z.string().nullable(),
    severity: z.enum(["info", "warning", "error"]),
    dedup_key: z.string().nullable(),
    payload_sha256: digest,
    prev_hash: digest,
    hash: digest,
    /** Null once erased. */
    payload: json,
  })
  .openapi("LedgerEvent");

export type LedgerEvent = z.output<typeof ledgerEvent>;

export function eventView({ payload, at, recorded_at, ...entry }: StoredEvent): LedgerEvent {
  const stored: Json = payload === null ? null : JSON.parse(payload);
  return { ...entry, at: timeOf(at), recorded_at: timeOf(recorded_at), payload: stored };
}
