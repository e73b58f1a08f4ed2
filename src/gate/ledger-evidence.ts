import { formatInstant, type Instant } from "../contracts/index.ts";
import type { EvidenceFile } from "./derivation.ts";
import type { Policy } from "./policy.ts";
import { missingFact, spanOf, windowOf } from "./window.ts";

/** A run that ended, as evidence. */
export interface EndedRun {
  readonly run_id: string;
  readonly workflow_id: string;
  readonly pack_id: string;
  readonly pack_digest: string;
  readonly channel: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly cost_micros: number;
  readonly started_at: Instant;
  readonly ended_at: Instant;
}

/** The proof of an effect, as evidence. */
export interface EvidenceReceipt {
  readonly receipt_id: string;
  readonly execution_id: string;
  readonly tool_name: string;
  readonly status: string;
  readonly created_at: Instant;
}

/**
 * What the ledger holds, as the files of evidence that the derivation `units` reads: units of the kind `run` by when they ended
 * (`workflow`, `pack`, `pack_digest`, `outcome`, `code`, `ms`, `cost_micros`) and of the kind `receipt` by when they were made (`tool`,
 * `status`, `run`). They are kept with the decision, so it is decided again without the database.
 */
export const ledgerEvidence = (
  runs: readonly EndedRun[],
  receipts: readonly EvidenceReceipt[],
): readonly EvidenceFile[] => [
  { name: "runs.ndjson", text: [declared("run", runs.length), ...runs.map(runLine)].join("\n") },
  { name: "receipts.ndjson", text: [declared("receipt", receipts.length), ...receipts.map(receiptLine)].join("\n") },
];

const declared = (kind: string, units: number): string => JSON.stringify({ kind, units });

const runLine = (run: EndedRun): string =>
  JSON.stringify({
    kind: "run",
    id: run.run_id,
    at: formatInstant(run.ended_at),
    channel: run.channel,
    columns: {
      workflow: run.workflow_id,
      pack: run.pack_id,
      pack_digest: run.pack_digest,
      outcome: run.outcome,
      code: run.code,
      ms: run.ended_at - run.started_at,
      cost_micros: run.cost_micros,
    },
  });

const receiptLine = (receipt: EvidenceReceipt): string =>
  JSON.stringify({
    kind: "receipt",
    id: receipt.receipt_id,
    at: formatInstant(receipt.created_at),
    rows: [receipt.execution_id],
    columns: { tool: receipt.tool_name, status: receipt.status, run: receipt.execution_id },
  });

/**
 * From when on a policy looks at what the ledger holds: the beginning of its widest window; null for everything, which is also what a
 * window comes to that the ledger does not bring the facts of.
 */
export function evidenceSince(policy: Policy, decidedAt: Instant): Instant | null {
  if (missingFact(policy.text.window, {}) !== null) return null;
  const window = windowOf(policy.text.window, {}, decidedAt);
  const spans = [...policy.metrics.values()].map(({ text }) => spanOf(text.window, window, decidedAt));
  return spans.reduce<Instant | null>((earliest, span, index) => {
    if (span === null || (earliest === null && index > 0)) return null;
    return earliest === null || span.from < earliest ? span.from : earliest;
  }, null);
}
