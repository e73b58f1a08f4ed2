import type { Unit } from "../../unit.ts";
import type { Row } from "../evidence/row.ts";
import { enters } from "../evidence/transaction.ts";
import { type TransactionRow, transactions } from "../integrity/chain.ts";
import { groupBy } from "../integrity/finding.ts";
import { earliest, triggerOf, unitOf } from "./fold.ts";

/** Rollbacks, one of an attempt however often it was begun. One that was begun before the window is not of it. */
export function rollbackEpisodes(valid: readonly Row[], older: readonly Row[]): readonly Unit[] {
  const earlier = new Set(
    transactions(older)
      .filter(isStart)
      .map(({ row }) => row.eventKey),
  );
  return [...groupBy(transactions(valid), ({ row }) => row.eventKey)].flatMap(([key, events]) => {
    const starts = events.filter(isStart).map(({ row }) => row);
    const [first] = starts;
    if (first === undefined || earlier.has(key)) return [];
    const isRolledBack = events.some(({ event }) => enters(event, "ROLLED_BACK"));
    const rows = events.filter(({ row }) => row.kind === "rollback").map(({ row }) => row);
    const unit = unitOf(key, rows, { class: first.eventClass, rolled_back: isRolledBack });
    return [{ ...unit, at: earliest(starts) }];
  });
}

const isStart = ({ row, event }: TransactionRow): boolean =>
  row.kind === "rollback" && enters(event, "ROLLBACK_PENDING");

export const rollbackTriggers = (valid: readonly Row[]): readonly Unit[] =>
  valid.flatMap((row) => {
    const code = codeOf(row);
    return code === undefined ? [] : [triggerOf("S-SLO-2", code, { subject: row.rowId, rows: [row] })];
  });

/** How a rollback went wrong, by a row of any class and channel. */
function codeOf({ kind, payload }: Row): string | undefined {
  if (payload?.type === "capability")
    return payload.event.eventName === "capability.rollback.failed" ? "rollback_failed" : undefined;
  if (payload?.type !== "transaction" || kind !== "rollback") return undefined;
  const { event } = payload;
  if (event.eventType === "tx.rollback.failed") return "rollback_failed";
  if (!enters(event, "FAILED_TERMINAL")) return undefined;
  return event.eventType === "tx.failed" && event.errorCode === "TX_RECOVERY_TIMEOUT"
    ? "recovery_timeout"
    : "failed_terminal";
}
