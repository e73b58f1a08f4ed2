import { countIn, textIn } from "../../ui/search.ts";

/** What the ledger's URL says: the part that is shown, and what is asked of it. */
export interface LedgerSearch {
  readonly tab?: LedgerTab | undefined;
  readonly stream?: string | undefined;
  readonly type?: string | undefined;
  readonly correlation?: string | undefined;
  readonly severity?: string | undefined;
  /** How far back, as `SPANS` has it. */
  readonly span?: string | undefined;
  readonly status?: string | undefined;
  readonly tool?: string | undefined;
  readonly provider?: string | undefined;
  /** Whose receipts. */
  readonly run?: string | undefined;
  readonly before?: string | undefined;
}

export const LEDGER_TABS = [
  ["events", "Events"],
  ["streams", "Streams"],
  ["receipts", "Receipts"],
] as const;
export type LedgerTab = (typeof LEDGER_TABS)[number][0];

export const ledgerSearch = (search: Record<string, unknown>): LedgerSearch => ({
  tab: LEDGER_TABS.find(([tab]) => tab === search.tab)?.[0],
  stream: textIn(search.stream),
  type: textIn(search.type),
  correlation: textIn(search.correlation),
  severity: textIn(search.severity),
  span: textIn(search.span),
  status: textIn(search.status),
  tool: textIn(search.tool),
  provider: textIn(search.provider),
  run: textIn(search.run),
  before: textIn(search.before),
});

/** What a stream's URL says: the entry that is looked at, or the one after which the page begins. */
export const streamSearch = (
  search: Record<string, unknown>,
): { readonly seq?: number | undefined; readonly after?: number | undefined } => ({
  seq: countIn(search.seq, 0),
  after: countIn(search.after, 0),
});

const HOUR_MS = 3_600_000;

/** How far back events are looked for; a day unless told. */
export const SPANS: readonly (readonly [span: string, says: string, ms: number])[] = [
  ["hour", "the last hour", HOUR_MS],
  ["day", "the last 24 hours", 24 * HOUR_MS],
  ["week", "the last 7 days", 7 * 24 * HOUR_MS],
  ["month", "the last 30 days", 30 * 24 * HOUR_MS],
  ["all", "all time", Number.POSITIVE_INFINITY],
];

/** From when on events are looked for, to the minute, so that what was asked a second ago need not be asked again. */
export function sinceOf(span: string | undefined, now: number): string {
  const ms = SPANS.find(([one]) => one === span)?.[2] ?? 24 * HOUR_MS;
  const from = Number.isFinite(ms) ? Math.floor((now - ms) / 60_000) * 60_000 : 0;
  return new Date(from).toISOString();
}

/** What is asked of events, for a search and for an export. */
export const askedOf = ({ stream, type, correlation, severity, span }: LedgerSearch, now: number) => ({
  stream,
  type,
  correlation,
  severity,
  since: sinceOf(span, now),
});
