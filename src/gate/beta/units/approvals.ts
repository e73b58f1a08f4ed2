import type { Instant } from "../../../contracts/index.ts";
import type { Unit } from "../../unit.ts";
import type { Row } from "../evidence/row.ts";
import { enters, type TransactionEvent } from "../evidence/transaction.ts";
import { isInWindow, type SignoffWindow } from "../evidence/window.ts";
import { type TransactionRow, transactions } from "../integrity/chain.ts";
import { groupBy } from "../integrity/finding.ts";
import { isFixture, triggerOf, unitOf } from "./fold.ts";

type Requested = Extract<TransactionEvent, { eventType: "tx.apply.requested" }>;
type Decided = Extract<TransactionEvent, { eventType: "tx.approval.decided" }>;
type Started = Extract<TransactionEvent, { eventType: "tx.apply.started" }>;

interface At<E> {
  readonly row: Row;
  readonly at: Instant;
  readonly event: E;
}

/** What happened to one attempt around its approval. */
interface Attempt {
  readonly key: string;
  readonly requests: readonly At<Requested>[];
  readonly entries: readonly At<Started>[];
  readonly approvals: readonly At<Decided>[];
  /** What people could see before they decided; empty where it is not in range. */
  readonly previews: readonly string[];
}

/** Attempts with a request to apply that counts, or that began to apply without one that may. */
export const applyAttempts = (valid: readonly Row[], older: readonly Row[], window: SignoffWindow): readonly Unit[] =>
  attemptsOf(valid, older).flatMap((attempt) => {
    const requests = attempt.requests.filter((request) => isCounted(request, window));
    const bypasses = bypassesOf(attempt).filter(({ at }) => isInWindow(at, window));
    const counted = [...requests, ...bypasses].map(({ row }) => row);
    if (counted.length === 0) return [];
    const compliant = bypasses.length === 0 && requests.every((request) => isCompliant(attempt, request));
    return [unitOf(attempt.key, counted, { compliant })];
  });

export const approvalTriggers = (
  valid: readonly Row[],
  older: readonly Row[],
  window: SignoffWindow,
): readonly Unit[] =>
  attemptsOf(valid, older).flatMap((attempt) => {
    const requests = attempt.requests.filter((request) => isCounted(request, window));
    const unapproved = requests.filter(
      (request) => request.event.tokenStatus === "valid" && !isCompliant(attempt, request),
    );
    const mismatched = requests.filter(({ event }) => event.tokenStatus === "mismatch");
    const pull =
      (code: string) =>
      ({ row }: At<unknown>) =>
        triggerOf("S-SLO-1", code, { subject: row.rowId, rows: [row] });
    return [
      ...bypassesOf(attempt).map(pull("approval_bypass")),
      ...unapproved.map(pull("approval_missing")),
      ...mismatched.map(pull("token_mismatch")),
    ];
  });

function attemptsOf(valid: readonly Row[], older: readonly Row[]): readonly Attempt[] {
  const earlier = groupBy(decisionsIn(older), ({ row }) => row.eventKey);
  return [...groupBy(transactions(valid), ({ row }) => row.eventKey)].map(([key, events]) => ({
    key,
    requests: events.flatMap(({ row, event }) => (event.eventType === "tx.apply.requested" ? placed(row, event) : [])),
    entries: events.flatMap(({ row, event }) =>
      event.eventType === "tx.apply.started" && enters(event, "APPLYING") ? placed(row, event) : [],
    ),
    approvals: [...(earlier.get(key) ?? []), ...decisionsIn(events.map(({ row }) => row))],
    previews: events.flatMap(({ event }) => (event.eventType === "tx.preview.ready" ? [event.previewHash] : [])),
  }));
}

const decisionsIn = (rows: readonly Row[]): readonly At<Decided>[] =>
  transactions(rows).flatMap(({ row, event }: TransactionRow) =>
    event.eventType === "tx.approval.decided" ? placed(row, event) : [],
  );

const placed = <E>(row: Row, event: E): readonly At<E>[] =>
  row.observedAt === null ? [] : [{ row, at: row.observedAt, event }];

/** Requests of the window, but for a refused one whose token was too old, and one that a fixture makes to see it refused. */
function isCounted({ row, at, event }: At<Requested>, window: SignoffWindow): boolean {
  if (!isInWindow(at, window)) return false;
  if (event.accepted) return true;
  return event.tokenStatus !== "expired" && !(isFixture(row) && row.expectedOutcome === "approval_reject_expected");
}

const isCompliant = (attempt: Attempt, { at, event }: At<Requested>): boolean =>
  event.tokenStatus === "valid" && isApproved(attempt, event.approvalTokenId, at);

/** Whether a person had approved exactly this, under this token, and the token had not run out. */
const isApproved = ({ approvals, previews }: Attempt, tokenId: string | null, at: Instant): boolean =>
  approvals.some(
    ({ at: decidedAt, event }) =>
      event.decision === "approve" &&
      event.approvalTokenId === tokenId &&
      decidedAt <= at &&
      event.expiresAt !== null &&
      at < event.expiresAt &&
      previews.every((previewHash) => previewHash === event.approvedPreviewHash),
  );

/** Entries to APPLYING without an approval of their token, or after requests of which none was let through for it. */
const bypassesOf = (attempt: Attempt): readonly At<Started>[] =>
  attempt.entries.filter(({ at, event }) => {
    const asked = attempt.requests.filter((request) => request.at <= at);
    const isLetThrough =
      asked.length === 0 || asked.some((request) => request.event.accepted && request.event.tokenStatus === "valid");
    return !isLetThrough || !isApproved(attempt, event.approvalTokenId, at);
  });
