import { z } from "zod";
import { attemptNo, count, digest, EVENT_CLASSES, id, moment, track, word } from "./vocabulary.ts";

const STATES = [
  "RECEIVED",
  "PREVIEWING",
  "PREVIEW_READY",
  "APPROVAL_PENDING",
  "APPROVED",
  "APPLYING",
  "APPLIED",
  "ROLLBACK_PENDING",
  "ROLLED_BACK",
  "REJECTED",
  "FAILED_PRE_APPLY",
  "RECOVERY_PENDING",
  "FAILED_TERMINAL",
] as const;
const state = z.enum(STATES);

const envelope = {
  eventId: id,
  timestamp: moment,
  txId: id,
  attemptNo,
  track,
  mode: track,
  prevState: state.nullable(),
  nextState: state,
  actorId: word,
  actorRole: word,
  requestId: word,
  idempotencyKey: word.nullable(),
  /** Of the transaction's events, from 1. */
  seq: z.int().positive(),
  /** Of the whole event before; null for the first. */
  prevEventHash: digest.nullable(),
};
const failure = {
  errorCode: word.nullable(),
  errorClass: z.enum(["recoverable", "terminal"]),
  message: z.string(),
  safeToRetry: z.boolean(),
  recoveryAction: z.string(),
};
const apply = {
  approvalTokenId: word,
  writeSetHash: word,
  commitId: word.nullable(),
  commitSequence: count.nullable(),
  durationMs: count,
};
const rollback = {
  rollbackReason: z.string(),
  eventClass: z.enum(EVENT_CLASSES),
  drillId: word.nullable(),
  inverseWriteSetHash: word,
  rollbackCommitId: word.nullable(),
  durationMs: count,
};
const recovery = { operation: z.enum(["apply", "rollback"]), elapsedMs: count, replayCount: count };
const preview = {
  baseRevision: word,
  candidateRevision: word,
  previewHash: digest,
  entryCount: count,
  summary: z.object({ add: count, move: count, remove: count, replace: count }),
};
const decided = {
  decision: z.enum(["approve", "reject", "expired"]),
  approverId: word.nullable(),
  approverRole: word.nullable(),
  approvedPreviewHash: digest.nullable(),
  approvalTokenId: word.nullable(),
  expiresAt: moment.nullable(),
};

const of = <Type extends string, Extra extends z.core.$ZodLooseShape>(
  eventType: Type,
  stage: z.ZodType<string>,
  extra: Extra,
) => z.object({ ...envelope, eventType: z.literal(eventType), stage, ...extra });

const event = z.discriminatedUnion("eventType", [
  of("tx.received", z.literal("received"), {}),
  of("tx.preview.started", z.literal("preview"), {}),
  of("tx.preview.ready", z.literal("preview"), preview),
  of("tx.approval.pending", z.literal("approval"), {
    pendingDeadline: moment,
    approvalLevel: z.enum(["none", "soft", "hard"]),
  }),
  of("tx.approval.decided", z.literal("approval"), decided),
  of("tx.apply.requested", z.literal("apply"), {
    tokenStatus: z.enum(["valid", "missing", "mismatch", "expired"]),
    approvalTokenId: word.nullable(),
    accepted: z.boolean(),
  }),
  of("tx.apply.started", z.literal("apply"), apply),
  of("tx.apply.finished", z.literal("apply"), apply),
  of("tx.rollback.started", z.literal("rollback"), rollback),
  of("tx.rollback.finished", z.literal("rollback"), rollback),
  of("tx.rollback.failed", z.literal("rollback"), { ...rollback, ...failure }),
  of("tx.recovery.entered", z.literal("recovery"), recovery),
  of("tx.recovery.resolved", z.literal("recovery"), recovery),
  of("tx.failed", z.literal("failure"), failure),
  of("tx.refused", word, failure),
]);

export type TransactionEvent = z.infer<typeof event>;
export type TransactionState = (typeof STATES)[number];

/** Events that say what was asked, and leave the transaction where it was. */
const STILL: readonly string[] = ["tx.apply.requested", "tx.refused"];

export const isTransition = ({ eventType }: TransactionEvent): boolean => !STILL.includes(eventType);

/** Whether an event takes its transaction into a state. */
export const enters = (tx: TransactionEvent, next: TransactionState): boolean =>
  isTransition(tx) && tx.nextState === next;

export const eventKeyOf = (tx: { readonly txId: string; readonly attemptNo: number }): string =>
  `${tx.txId}:${tx.attemptNo}`;

/** An approval names token, expiry and what it approves; any other decision has none of them to give. */
function isWhole(tx: TransactionEvent): boolean {
  if (!isTransition(tx)) return tx.prevState === tx.nextState;
  if (tx.eventType !== "tx.approval.decided") return true;
  const { decision, approvedPreviewHash, approvalTokenId, expiresAt } = tx;
  return decision === "approve"
    ? approvedPreviewHash !== null && approvalTokenId !== null && expiresAt !== null
    : approvalTokenId === null && expiresAt === null;
}

export const transactionEvent = event.refine(isWhole, "the members of the event contradict each other");

/** Event, state before (`-` for none), state after, and of a decision which: the transitions that the protocol has. */
const LEGAL = new Set([
  "tx.received - RECEIVED",
  "tx.preview.started RECEIVED PREVIEWING",
  "tx.preview.ready PREVIEWING PREVIEW_READY",
  "tx.failed PREVIEWING FAILED_PRE_APPLY",
  "tx.approval.pending PREVIEW_READY APPROVAL_PENDING",
  "tx.approval.decided APPROVAL_PENDING APPROVED approve",
  "tx.approval.decided APPROVAL_PENDING REJECTED reject",
  "tx.approval.decided APPROVAL_PENDING REJECTED expired",
  "tx.failed APPROVAL_PENDING FAILED_PRE_APPLY",
  "tx.apply.started APPROVED APPLYING",
  "tx.failed APPROVED FAILED_PRE_APPLY",
  "tx.apply.finished APPLYING APPLIED",
  "tx.failed APPLYING FAILED_PRE_APPLY",
  "tx.recovery.entered APPLYING RECOVERY_PENDING",
  "tx.rollback.started APPLYING ROLLBACK_PENDING",
  "tx.rollback.started APPLIED ROLLBACK_PENDING",
  "tx.rollback.finished ROLLBACK_PENDING ROLLED_BACK",
  "tx.recovery.entered ROLLBACK_PENDING RECOVERY_PENDING",
  "tx.rollback.failed ROLLBACK_PENDING FAILED_TERMINAL",
  "tx.preview.started FAILED_PRE_APPLY PREVIEWING",
  "tx.failed FAILED_PRE_APPLY REJECTED",
  "tx.recovery.resolved RECOVERY_PENDING APPLIED",
  "tx.recovery.resolved RECOVERY_PENDING ROLLED_BACK",
  "tx.recovery.resolved RECOVERY_PENDING APPROVED",
  "tx.failed RECOVERY_PENDING FAILED_TERMINAL",
]);

export function isLegal(tx: TransactionEvent): boolean {
  const move = `${tx.eventType} ${tx.prevState ?? "-"} ${tx.nextState}`;
  return LEGAL.has(tx.eventType === "tx.approval.decided" ? `${move} ${tx.decision}` : move);
}
