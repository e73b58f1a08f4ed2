import { z } from "@hono/zod-openapi";
import type { TenantQuery } from "../../store/index.ts";
import {
  type EffectOutcome,
  effectOutcomes,
  epochViolations,
  type HeldLease,
  type RecordedTakeover,
  takeoversOf,
} from "../../worker/index.ts";
import { leaseOf } from "../diagnosed-run.ts";
import { time, timeOf, timeOrNull } from "./parts.ts";

const effect = z.strictObject({
  internal_key: z.string(),
  generation: z.int(),
  step_id: z.string(),
  status_then: z.enum(["IN_PROGRESS", "UNKNOWN"]),
  epoch: z.int(),
  /** As of now: whether it happened. */
  became: z.enum(["applied", "not_applied", "unknown", "open"]),
  receipt_id: z.string().nullable(),
  receipt_status: z.enum(["claimed", "confirmed", "contradicted", "unknown"]).nullable(),
});

export const takeover = z
  .strictObject({
    epoch_before: z.int(),
    epoch_after: z.int(),
    previous_holder: z.string(),
    /** Null where it was taken from its holder and left to the next worker. */
    holder: z.string().nullable(),
    stale_since: time,
    detected_at: time,
    /** The event that reports it; null until its successor has written that. */
    seq: z.int().nullable(),
    /** What was in flight then, and what became of it. */
    effects: z.array(effect).readonly(),
  })
  .openapi("Takeover");

const lease = z.strictObject({
  /** Null: nobody holds the run. */
  holder: z.string().nullable(),
  epoch: z.int(),
  expires_at: time.nullable(),
  expired: z.boolean(),
});

/** What a run says of its holders. */
export const takeoversSchema = {
  lease,
  takeovers: z.array(takeover).readonly(),
  /** Where one thing was done under two epochs; none, unless a guarantee was broken. */
  epoch_violations: z
    .array(
      z.strictObject({
        kind: z.enum(["effect", "transaction", "outcome", "stale_write"]),
        subject: z.string(),
        epochs: z.array(z.int()).readonly(),
      }),
    )
    .readonly(),
};

/** Who holds a run, who held it before, and whether that shows in anything twice. */
export async function takeoverReports(sql: TenantQuery, runId: string) {
  const held = await leaseOf(sql, runId);
  const taken = await takeoversOf(sql, runId);
  const effects = taken.length === 0 ? [] : await effectOutcomes(sql, runId);
  return {
    lease: leaseView(held),
    takeovers: taken.map((row) => takeoverView(row, effects)),
    epoch_violations: taken.length === 0 ? [] : [...(await epochViolations(sql, runId))],
  };
}

/** Takeovers of several runs, each with what became of what was in flight, and how often its run shows one thing under two epochs. */
export async function takeoverProofs<
  Row extends RecordedTakeover & { readonly run_id: string; readonly workflow_id: string },
>(sql: TenantQuery, rows: readonly Row[]) {
  const proofs = new Map<string, { readonly effects: readonly EffectOutcome[]; readonly violations: number }>();
  for (const run of new Set(rows.map(({ run_id }) => run_id))) {
    const effects = [...(await effectOutcomes(sql, run))];
    proofs.set(run, { effects, violations: (await epochViolations(sql, run)).length });
  }
  return rows.map((row) => {
    const { run_id, workflow_id } = row;
    const { effects, violations } = proofs.get(run_id) ?? { effects: [], violations: 0 };
    return { run_id, workflow_id, ...takeoverView(row, effects), violations };
  });
}

const leaseView = ({ worker_id: holder, epoch, due_at, now }: HeldLease): z.output<typeof lease> => ({
  holder,
  epoch,
  expires_at: holder === null ? null : timeOrNull(due_at),
  expired: holder !== null && (due_at === null || due_at <= now),
});

const takeoverView = (row: RecordedTakeover, effects: readonly EffectOutcome[]) => ({
  epoch_before: row.previous_epoch,
  epoch_after: row.epoch,
  previous_holder: row.previous_holder,
  holder: row.holder,
  stale_since: timeOf(row.stale_since),
  detected_at: timeOf(row.detected_at),
  seq: row.seq,
  effects: effects.filter(({ epoch }) => epoch === row.epoch).map(effectView),
});

const effectView = ({ epoch: _takeover, effect_epoch: epoch, ...effect }: EffectOutcome) => ({ ...effect, epoch });
