import { formatInstant, type Instant, type JsonObject } from "../contracts/index.ts";
import { type OpenRecord, openRecordOf } from "../guard/index.ts";
import type { RunState, Stimulus } from "../run/index.ts";
import { type Database, inTenant } from "../store/index.ts";
import type { Told } from "./approvals.ts";

type Resolution = Extract<Stimulus, { readonly kind: "effect_resolved" }>;

/**
 * What a person found out about an unknown effect, with the rows that close it: the record says completed or no effect, and
 * its receipt confirmed or contradicted. Resolving what is not unknown (any more) changes no row.
 */
export async function resolved(
  database: Pick<Database, "app">,
  state: RunState,
  { resolution, now }: { readonly resolution: Resolution; readonly now: Instant },
): Promise<Told> {
  const lane = state.lanes[resolution.lane];
  const step = lane?.phase.kind === "unknown" ? lane.step : null;
  const record =
    step === null
      ? undefined
      : await inTenant(database, state.tenant_id, (sql) => openRecordOf(sql, { runId: state.run_id, stepId: step }));
  if (record === undefined) return { stimulus: resolution, extras: {} };
  const receiptId = resolution.applied ? (resolution.receipt_id ?? record.receipt_id) : record.receipt_id;
  return {
    stimulus: resolution.applied ? { ...resolution, receipt_id: receiptId } : resolution,
    extras: {
      settle: [closedRow(record, resolution, receiptId)],
      receipt_events: record.receipt_id === null ? [] : [saidRow(record.receipt_id, resolution, now)],
    },
  };
}

const closedRow = (record: OpenRecord, resolution: Resolution, receiptId: string | null): JsonObject => ({
  internal_key: record.internal_key,
  generation: record.generation,
  status: resolution.applied ? "COMPLETED" : "FAILED_NO_EFFECT",
  result: resolution.applied ? JSON.stringify(resolution.output) : null,
  receipt_id: receiptId,
});

const saidRow = (receiptId: string, { applied, by }: Resolution, now: Instant): JsonObject => ({
  receipt_id: receiptId,
  status: applied ? "confirmed" : "contradicted",
  at: formatInstant(now),
  source: `person:${by}`,
  detail: null,
});
