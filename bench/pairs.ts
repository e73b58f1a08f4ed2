/** Two rates that are measured one after the other, so that what else the machine does weighs on both alike. */
export interface PairOf {
  ours(): Promise<number>;
  beside(): Promise<number>;
}

/** Medians of the pairs; each pair's own ratio shows how much they spread. */
export interface Comparison {
  /** Per second. */
  readonly ours: number;
  /** Per second. */
  readonly beside: number;
  readonly ratio: number;
  readonly ratios: readonly number[];
}

/** Measures so many pairs, alternately. One more goes before them that does not count: in it the compiler is still at work. */
export async function measurePairs(pairs: number, { ours, beside }: PairOf): Promise<Comparison> {
  const measured: { readonly ours: number; readonly beside: number }[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const rates = { ours: await ours(), beside: await beside() };
    if (pair > 0) measured.push(rates);
  }
  const ratios = measured.map((one) => one.ours / one.beside);
  return {
    ours: Math.round(median(measured.map((one) => one.ours))),
    beside: Math.round(median(measured.map((one) => one.beside))),
    ratio: rounded(median(ratios)),
    ratios: ratios.map(rounded),
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
