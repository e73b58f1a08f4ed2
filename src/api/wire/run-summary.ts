import { z } from "@hono/zod-openapi";
import { RUN_STATUSES, type RunRow } from "../../run/index.ts";
import { name, time, timeOf, timeOrNull } from "./parts.ts";

export const runStatus = z.enum(RUN_STATUSES);

export const runSummary = z
  .strictObject({
    run_id: name,
    workflow_id: name,
    pack_id: name,
    /** The pack version that the run is pinned to. */
    pack_digest: z.string(),
    status: runStatus,
    outcome: z.enum(["SUCCESS", "EXPECTED_FAILURE", "UNEXPECTED_FAILURE", "CANCELLED"]).nullable(),
    code: z.string().nullable(),
    correlation_id: z.string(),
    principal_id: z.string(),
    cost_micros: z.int(),
    events: z.int(),
    document_sha256: z.string().nullable(),
    started_at: time,
    updated_at: time,
    ended_at: time.nullable(),
  })
  .openapi("RunSummary");

export type RunSummary = z.output<typeof runSummary>;

export const summaryOf = (row: RunRow): RunSummary => ({
  run_id: row.run_id,
  workflow_id: row.workflow_id,
  pack_id: row.pack_id,
  pack_digest: row.pack_digest,
  status: row.status,
  outcome: row.outcome,
  code: row.code,
  correlation_id: row.correlation_id,
  principal_id: row.principal_id,
  cost_micros: row.cost_micros,
  events: row.head_seq,
  document_sha256: row.document_sha256,
  started_at: timeOf(row.started_at),
  updated_at: timeOf(row.updated_at),
  ended_at: timeOrNull(row.ended_at),
});
