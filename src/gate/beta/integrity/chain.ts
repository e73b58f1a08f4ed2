import type { Row } from "../evidence/row.ts";
import { isLegal, isTransition, type TransactionEvent, type TransactionState } from "../evidence/transaction.ts";
import { type Finding, groupBy, hit } from "./finding.ts";

/** A row and the event of a transaction that it wraps. */
export interface TransactionRow {
  readonly row: Row;
  readonly event: TransactionEvent;
}

export const transactions = (rows: readonly Row[]): readonly TransactionRow[] =>
  rows.flatMap((row) => (row.payload?.type === "transaction" ? [{ row, event: row.payload.event }] : []));

/** By their numbers; rows that claim one number, by id and content. */
export const inOrder = (rows: readonly TransactionRow[]): readonly TransactionRow[] =>
  [...rows].sort(
    (left, right) =>
      left.event.seq - right.event.seq ||
      byText(left.row.rowId, right.row.rowId) ||
      byText(left.row.text, right.row.text),
  );

export const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/**
 * IF-7: the events of a transaction follow one another: numbers without gap, each naming the hash of the one before, each a
 * legal transition from where that one led. What lies before the first row in range is not asked for.
 */
export const brokenChains = (rows: readonly Row[]): readonly Finding[] => {
  const whole = transactions(rows).filter(({ row }) => row.payloadProblem === null);
  return [...groupBy(whole, ({ event }) => event.txId).values()].flatMap((group) => {
    const chain = inOrder(group);
    const states = statesBefore(chain);
    return chain.flatMap((link, index) => {
      const problem = problemOf(link, chain[index - 1], states[index]);
      return problem === undefined ? [] : [hit("IF-7", problem)(link.row)];
    });
  });
};

/** Where each event finds its transaction; undefined until a transition says. */
function statesBefore(chain: readonly TransactionRow[]): readonly (TransactionState | undefined)[] {
  const states: (TransactionState | undefined)[] = [];
  let state: TransactionState | undefined;
  for (const { event } of chain) {
    states.push(state);
    if (isTransition(event)) state = event.nextState;
  }
  return states;
}

function problemOf(
  { event }: TransactionRow,
  before: TransactionRow | undefined,
  state: TransactionState | undefined,
): string | undefined {
  if (before === undefined) {
    if ((event.seq === 1) !== (event.prevEventHash === null)) return "only the first event has none before it";
  } else {
    if (event.seq !== before.event.seq + 1) return `\`seq\` ${event.seq} follows ${before.event.seq}`;
    if (event.prevEventHash !== before.row.payloadHash) return "`prevEventHash` is not that of the event before";
    if (event.attemptNo !== before.event.attemptNo + (isRetry(event) ? 1 : 0)) return "the attempt is not the next one";
  }
  if (!isTransition(event)) return undefined;
  const isContinued = state === undefined || event.prevState === state;
  return isLegal(event) && isContinued ? undefined : `${event.eventType} is illegal from ${state ?? event.prevState}`;
}

/** A corrected attempt begins where the last one failed. */
const isRetry = ({ eventType, prevState }: TransactionEvent): boolean =>
  eventType === "tx.preview.started" && prevState === "FAILED_PRE_APPLY";
