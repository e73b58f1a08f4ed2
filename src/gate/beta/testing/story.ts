import { after, digestOf, type Instant, type JsonObject, sha256Hex } from "../../../contracts/index.ts";
import { MINUTE_MS, minute, SECOND_MS, written } from "./clock.ts";
import { rowOf, type Tags } from "./rows.ts";

/** One event of a transaction: its name, and what is different about it this time. */
export interface Turn {
  readonly do: Act;
  readonly at?: Instant;
  readonly payload?: JsonObject;
  readonly tags?: Tags;
}

export interface StoryOptions {
  readonly track?: "light" | "heavy";
  /** When the first event happened; the others follow a second apart. */
  readonly at?: Instant;
  /** Of every row. */
  readonly tags?: Tags;
  /** Of rows of a rollback. */
  readonly rollback?: Tags;
}

interface Told {
  readonly seq: number;
  readonly at: Instant;
  readonly state: string | null;
  readonly attemptNo: number;
  readonly operation: "apply" | "rollback";
  readonly prevEventHash: string | null;
  readonly rows: readonly JsonObject[];
}

const failure = (errorCode: string | null, errorClass = "recoverable"): JsonObject => ({
  errorCode,
  errorClass,
  message: "it failed",
  safeToRetry: false,
  recoveryAction: "none",
});
const applying: JsonObject = { writeSetHash: "w", commitId: null, commitSequence: null, durationMs: 0 };
const rolling: JsonObject = {
  rollbackReason: "asked",
  eventClass: "planned_drill",
  drillId: null,
  inverseWriteSetHash: "w",
  rollbackCommitId: null,
  durationMs: 0,
};
const asking = (tokenStatus: string, accepted: boolean): JsonObject => ({ tokenStatus, accepted });

interface Scene {
  readonly type: string;
  readonly stage: string;
  /** Null stays where it is. */
  readonly to: string | null;
  readonly payload?: JsonObject;
}

const scene = (type: string, stage: string, to: string | null, payload: JsonObject = {}): Scene => ({
  type: `tx.${type}`,
  stage,
  to,
  payload,
});

const SCENES = {
  received: scene("received", "received", "RECEIVED"),
  previewing: scene("preview.started", "preview", "PREVIEWING"),
  ready: scene("preview.ready", "preview", "PREVIEW_READY", {
    baseRevision: "r1",
    candidateRevision: "r2",
    entryCount: 1,
    summary: { add: 1, move: 0, remove: 0, replace: 0 },
  }),
  pending: scene("approval.pending", "approval", "APPROVAL_PENDING", { approvalLevel: "soft" }),
  approved: scene("approval.decided", "approval", "APPROVED", { decision: "approve" }),
  rejected: scene("approval.decided", "approval", "REJECTED", { decision: "reject" }),
  lapsed: scene("approval.decided", "approval", "REJECTED", { decision: "expired" }),
  requested: scene("apply.requested", "apply", null, asking("valid", true)),
  refusedMismatch: scene("apply.requested", "apply", null, asking("mismatch", false)),
  refusedMissing: scene("apply.requested", "apply", null, asking("missing", false)),
  refusedExpired: scene("apply.requested", "apply", null, asking("expired", false)),
  applying: scene("apply.started", "apply", "APPLYING", applying),
  applied: scene("apply.finished", "apply", "APPLIED", applying),
  failed: scene("failed", "failure", "FAILED_PRE_APPLY", failure("TX_BASE_REVISION_DRIFT")),
  givenUp: scene("failed", "failure", "REJECTED", failure(null)),
  retried: scene("preview.started", "preview", "PREVIEWING"),
  rollingBack: scene("rollback.started", "rollback", "ROLLBACK_PENDING", rolling),
  rolledBack: scene("rollback.finished", "rollback", "ROLLED_BACK", rolling),
  rollbackFailed: scene("rollback.failed", "rollback", "FAILED_TERMINAL", {
    ...rolling,
    ...failure("TX_ROLLBACK_COMMIT_FAILED", "terminal"),
  }),
  unsure: scene("recovery.entered", "recovery", "RECOVERY_PENDING"),
  foundApplied: scene("recovery.resolved", "recovery", "APPLIED"),
  foundRolledBack: scene("recovery.resolved", "recovery", "ROLLED_BACK"),
  foundApproved: scene("recovery.resolved", "recovery", "APPROVED"),
  lost: scene("failed", "failure", "FAILED_TERMINAL", failure("TX_RECOVERY_TIMEOUT", "terminal")),
  refused: scene("refused", "apply", null, failure("TX_APPLY_LOCKED")),
} satisfies { readonly [act: string]: Scene };

export type Act = keyof typeof SCENES;

/** Rows of one transaction, event by event, each naming the hash of the one before. */
export function story(txId: string, turns: readonly (Act | Turn)[], options: StoryOptions = {}): readonly JsonObject[] {
  const begun: Told = {
    seq: 0,
    at: after(options.at ?? minute(100), -SECOND_MS),
    state: null,
    attemptNo: 1,
    operation: "apply",
    prevEventHash: null,
    rows: [],
  };
  return turns
    .map((turn): Turn => (typeof turn === "string" ? { do: turn } : turn))
    .reduce((told, turn) => next(txId, told, turn, options), begun).rows;
}

function next(txId: string, told: Told, turn: Turn, options: StoryOptions): Told {
  const { type, stage, to, payload } = SCENES[turn.do];
  const at = turn.at ?? after(told.at, SECOND_MS);
  const attemptNo = told.attemptNo + (turn.do === "retried" ? 1 : 0);
  const isBegun = turn.do === "rollingBack";
  const operation = isBegun ? "rollback" : turn.do === "retried" ? "apply" : told.operation;
  const { track = "light" } = options;
  const event: JsonObject = {
    eventId: `${txId}.${told.seq + 1}`,
    timestamp: written(at),
    txId,
    attemptNo,
    track,
    stage,
    prevState: told.state,
    nextState: to ?? told.state,
    actorId: "ann",
    actorRole: "author",
    requestId: "q",
    idempotencyKey: null,
    mode: track,
    eventType: type,
    seq: told.seq + 1,
    prevEventHash: told.prevEventHash,
    ...payload,
    ...known(type, { txId, attemptNo, at, operation, payload: payload ?? {} }),
    ...turn.payload,
  };
  const isRollback = type.startsWith("tx.rollback") || (operation === "rollback" && /recovery|tx.failed/.test(type));
  const tags = {
    source: "T256",
    kind: type === "tx.apply.requested" ? "apply_attempt" : isRollback ? "rollback" : "tx_transition",
    observedAt: written(at),
    track,
    mode: track,
    eventKey: `${txId}:${attemptNo}`,
    ...options.tags,
    ...(isRollback ? { eventClass: "planned_drill", drillId: "d1", ...options.rollback } : {}),
    ...turn.tags,
  };
  const row = rowOf(tags, event);
  const state = typeof event.nextState === "string" ? event.nextState : null;
  return {
    seq: told.seq + 1,
    at,
    state,
    attemptNo,
    operation,
    prevEventHash: digestOf(event),
    rows: [...told.rows, row],
  };
}

interface Known {
  readonly txId: string;
  readonly attemptNo: number;
  readonly at: Instant;
  readonly operation: string;
  readonly payload: JsonObject;
}

export const tokenOf = (txId: string, attemptNo: number): string => `token-${txId}-${attemptNo}`;
export const previewHashOf = (txId: string, attemptNo: number): string => sha256Hex(`preview ${txId}:${attemptNo}`);

/** Members that an event takes from the attempt that it is of. */
function known(type: string, { txId, attemptNo, at, operation, payload }: Known): JsonObject {
  const [token, previewHash] = [tokenOf(txId, attemptNo), previewHashOf(txId, attemptNo)];
  switch (type) {
    case "tx.preview.ready":
      return { previewHash };
    case "tx.approval.pending":
      return { pendingDeadline: written(after(at, 60 * MINUTE_MS)) };
    case "tx.approval.decided": {
      const isApproved = payload.decision === "approve";
      return {
        approverId: "bob",
        approverRole: "reviewer",
        approvedPreviewHash: isApproved ? previewHash : null,
        approvalTokenId: isApproved ? token : null,
        expiresAt: isApproved ? written(after(at, 15 * MINUTE_MS)) : null,
      };
    }
    case "tx.apply.requested":
      return { approvalTokenId: payload.tokenStatus === "missing" ? null : token };
    case "tx.apply.started":
    case "tx.apply.finished":
      return { approvalTokenId: token };
    case "tx.recovery.entered":
    case "tx.recovery.resolved":
      return { operation, elapsedMs: 0, replayCount: 0 };
    default:
      return {};
  }
}

/** The acts up to asking for approval. */
export const ASKED: readonly Act[] = ["received", "previewing", "ready", "pending"];
/** The acts up to the beginning of an apply that a person approved. */
export const BEGUN: readonly Act[] = [...ASKED, "approved", "requested", "applying"];
export const APPLIED: readonly Act[] = [...BEGUN, "applied"];
export const ROLLED_BACK: readonly Act[] = [...APPLIED, "rollingBack", "rolledBack"];

/** The same acts, from one on at another time. */
export const timed = (turns: readonly (Act | Turn)[], act: Act, at: Instant): readonly (Act | Turn)[] =>
  turns.map((turn) => (turn === act ? { do: act, at } : turn));
