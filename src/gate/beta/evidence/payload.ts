import { z } from "zod";
import { issueText, type Json } from "../../../contracts/index.ts";
import {
  type ActionGraph,
  actionGraph,
  type CapabilityEvent,
  capabilityEvent,
  type ImportResult,
  importResult,
  policyViolation,
} from "./heavy-payload.ts";
import {
  type AdaptationReport,
  adaptationReport,
  type CorrectionOutcome,
  correctionOutcome,
  type DryRunReport,
  dryRunReport,
  previewDiff,
} from "./light-payload.ts";
import { type TransactionEvent, transactionEvent } from "./transaction.ts";
import { id, type Kind, moment, track, word } from "./vocabulary.ts";

/** What a row wraps, as far as it is measured. Differences and modes are only checked. */
export type Payload =
  | { readonly type: "dry_run"; readonly report: DryRunReport }
  | { readonly type: "adaptation"; readonly report: AdaptationReport }
  | { readonly type: "correction"; readonly outcome: CorrectionOutcome }
  | { readonly type: "import"; readonly result: ImportResult }
  | { readonly type: "graph"; readonly graph: ActionGraph }
  | { readonly type: "capability"; readonly event: CapabilityEvent }
  | { readonly type: "transaction"; readonly event: TransactionEvent }
  | { readonly type: "other" };

const modeContext = z.object({
  eventId: id,
  timestamp: moment,
  uiSessionId: word,
  actorId: word,
  mode: track,
  prevMode: track.nullable(),
  switchDecision: z.enum(["none", "keep", "discard", "stay"]),
  txId: id.nullable(),
  attemptNo: z.int().positive().nullable(),
  txState: word.nullable(),
  track: track.nullable(),
  heavySessionId: word.nullable(),
});

const ROLLBACK_EVENTS: readonly string[] = ["tx.rollback.started", "tx.rollback.finished", "tx.rollback.failed"];
const EPISODE_EVENTS = [...ROLLBACK_EVENTS, "tx.recovery.entered", "tx.recovery.resolved", "tx.failed"];

/** Each event is wrapped once, by the row of its kind: requests to apply and episodes of rollback have kinds of their own. */
const isWrappedBy = {
  tx_transition: (type: string) => type !== "tx.apply.requested" && !ROLLBACK_EVENTS.includes(type),
  apply_attempt: (type: string) => type === "tx.apply.requested",
  rollback: (type: string) => EPISODE_EVENTS.includes(type),
};

const transactionOf = (kind: keyof typeof isWrappedBy) =>
  transactionEvent
    .refine(({ eventType }) => isWrappedBy[kind](eventType), "the event belongs to a row of another kind")
    .transform((event): Payload => ({ type: "transaction", event }));

const other = (): Payload => ({ type: "other" });

const SHAPES: { readonly [kind in Kind]: z.ZodType<Payload> } = {
  light_dryrun: dryRunReport.transform((report): Payload => ({ type: "dry_run", report })),
  light_diff: previewDiff.transform(other),
  light_adaptation: adaptationReport.transform((report): Payload => ({ type: "adaptation", report })),
  light_correction: correctionOutcome.transform((outcome): Payload => ({ type: "correction", outcome })),
  import_result: importResult.transform((result): Payload => ({ type: "import", result })),
  action_graph: actionGraph.transform((graph): Payload => ({ type: "graph", graph })),
  capability_audit: capabilityEvent.transform((event): Payload => ({ type: "capability", event })),
  policy_violation: policyViolation.transform((event): Payload => ({ type: "capability", event })),
  tx_transition: transactionOf("tx_transition"),
  apply_attempt: transactionOf("apply_attempt"),
  rollback: transactionOf("rollback"),
  mode_context: modeContext.transform(other),
};

export type ReadPayload =
  | { readonly ok: true; readonly payload: Payload }
  | { readonly ok: false; readonly problem: string };

/** Reads what a row of a kind wraps, or says the first thing that is wrong with it. */
export function readPayload(kind: Kind, value: Json | undefined): ReadPayload {
  const parsed = SHAPES[kind].safeParse(value);
  if (parsed.success) return { ok: true, payload: parsed.data };
  return { ok: false, problem: `payload.${issueText(parsed.error)}` };
}
