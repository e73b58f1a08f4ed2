/** A time that charts are about, as the URL has it: a span up to now, or from one instant to another. */
export interface RangeSearch {
  readonly range?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface Range {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** The span up to now; null where it is from one instant to another. */
  readonly span: Span | null;
}

export const SPANS = { "1h": 1, "6h": 6, "24h": 24, "7d": 168, "30d": 720 } as const;
export type Span = keyof typeof SPANS;
export const SPAN_USUAL: Span = "24h";

const HOUR_MS = 3_600_000;
const PARTS = 60;
/** Shorter than this nothing is to be seen. */
const RANGE_MS_MIN = 60_000;
/** What one answer counts. */
const RANGE_MS_MAX = 31 * 24 * HOUR_MS;

const isSpan = (text: string): text is Span => Object.hasOwn(SPANS, text);

/** What a URL means at a time. A span ends at the next full part, so that looks close together are at one and the same time. */
export function rangeOf({ range = SPAN_USUAL, from, to }: RangeSearch, now: number): Range {
  const [begin, end] = [Date.parse(from ?? ""), Date.parse(to ?? "")];
  const isTime = end - begin >= RANGE_MS_MIN && end - begin <= RANGE_MS_MAX;
  if (isTime) return { from: begin, to: end, span: null };
  const span = isSpan(range) ? range : SPAN_USUAL;
  const lengthMs = SPANS[span] * HOUR_MS;
  const partMs = lengthMs / PARTS;
  const until = Math.ceil(now / partMs) * partMs;
  return { from: until - lengthMs, to: until, span };
}

const instantText = (at: number): string => new Date(at).toISOString();

export const seriesPath = ({ from, to }: Range): string =>
  `/v1/series?${new URLSearchParams({ from: instantText(from), to: instantText(to), parts: String(PARTS) })}`;

/** The URL of a stretch that somebody chose in a chart; null where it is too short to mean anything. */
export function chosenRange(from: number, to: number): RangeSearch | null {
  const [begin, end] = [Math.floor(from / 1_000) * 1_000, Math.ceil(to / 1_000) * 1_000];
  return end - begin < RANGE_MS_MIN ? null : { from: instantText(begin), to: instantText(end) };
}
