import type { Unit } from "../../unit.ts";
import type { Row } from "../evidence/row.ts";
import { enters } from "../evidence/transaction.ts";
import type { SignoffWindow } from "../evidence/window.ts";
import { type TransactionRow, transactions } from "../integrity/chain.ts";
import { groupBy } from "../integrity/finding.ts";
import { isProduction, triggerOf, unitOf, within } from "./fold.ts";

/** Attempts that asked for approval, when they asked, by what became of them until the cutoff. */
export const attempts = (valid: readonly Row[]): readonly Unit[] =>
  [...groupBy(transactions(valid), ({ row }) => row.eventKey)].flatMap(([key, events]) => {
    const entry = entryOf(events);
    if (entry === undefined) return [];
    const rows = events.map(({ row }) => row);
    return [
      {
        ...unitOf(key, rows, {
          track: entry.row.track,
          sensitive: entry.event.eventType === "tx.approval.pending" && entry.event.approvalLevel !== "none",
          healthy: isHealthy(events),
        }),
        at: entry.row.observedAt,
      },
    ];
  });

const entryOf = (events: readonly TransactionRow[]): TransactionRow | undefined =>
  events
    .filter(({ event }) => enters(event, "APPROVAL_PENDING"))
    .sort((left, right) => left.event.seq - right.event.seq)[0];

/** Applied or rejected once, whatever came after; but never lost. */
const isHealthy = (events: readonly TransactionRow[]): boolean =>
  events.some(({ event }) => enters(event, "APPLIED") || enters(event, "REJECTED")) && !events.some(isTerminalFailure);

const isTerminalFailure = ({ event }: TransactionRow): boolean => enters(event, "FAILED_TERMINAL");

export const terminalFailures = (valid: readonly Row[]): readonly Unit[] =>
  transactions(valid)
    .filter(isTerminalFailure)
    .map(({ row }) => unitOf(row.rowId, [row], { track: row.track }));

export const attemptTriggers = (valid: readonly Row[]): readonly Unit[] =>
  transactions(valid)
    .filter(isTerminalFailure)
    .map(({ row }) =>
      triggerOf(row.track === "light" ? "L-SLO-4" : "H-SLO-4", "failed_terminal", { subject: row.rowId, rows: [row] }),
    );

/** Sessions of people building modules, which imported something or had a transaction. */
export const heavySessions = (valid: readonly Row[], window: SignoffWindow): readonly Unit[] =>
  [...groupBy(within(valid, window).filter(isSessionRow), ({ heavySessionId }) => heavySessionId)].map(([id, rows]) =>
    unitOf(id, rows, {}),
  );

const isSessionRow = (row: Row): boolean =>
  isProduction(row) && (row.kind === "import_result" || (row.payload?.type === "transaction" && row.track === "heavy"));
