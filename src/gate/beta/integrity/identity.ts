import type { Row } from "../evidence/row.ts";
import { inOrder, transactions } from "./chain.ts";
import { type Finding, groupBy, hit } from "./finding.ts";

/** IF-2: one attempt is of one channel, and its rollback of one class. */
export const dividedAttempts = (rows: readonly Row[]): readonly Finding[] =>
  [...groupBy(rows, ({ eventKey }) => eventKey)].flatMap(([key, group]) => {
    const isDivided = differ(group, ({ channel }) => channel) || differ(group, ({ eventClass }) => eventClass);
    return isDivided ? group.map(hit("IF-2", `${key} has two channels or two classes`)) : [];
  });

/** IF-3: one `rowId` is one row. Rows with one id here differ: the same row delivered again is one row. */
export const ambiguousRows = (rows: readonly Row[]): readonly Finding[] =>
  [...groupBy(rows, ({ rowId }) => rowId).values()].flatMap((group) =>
    group.length > 1 ? group.map(hit("IF-3", "rows with one `rowId` differ")) : [],
  );

/** IF-10: a transaction stays on its track. */
export const strayTracks = (rows: readonly Row[]): readonly Finding[] =>
  [...groupBy(transactions(rows), ({ event }) => event.txId).values()].flatMap((group) => {
    const [first, ...others] = inOrder(group);
    return others
      .filter(({ row }) => row.track !== first?.row.track)
      .map(({ row }) => hit("IF-10", `the transaction began on the track ${first?.row.track}`)(row));
  });

const differ = (rows: readonly Row[], tagOf: (row: Row) => string | null): boolean =>
  new Set(rows.map(tagOf).filter((tag) => tag !== null)).size > 1;
