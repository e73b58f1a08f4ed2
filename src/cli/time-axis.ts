/** A stretch of time drawn on so many cells. */
export interface TimeAxis {
  /** Whether long stretches in which nothing begins or ends are drawn shorter than they were. */
  readonly isElastic: boolean;
  /** The cell of a moment, 0 to `cells` inclusive; moments outside are at its ends. */
  cellOf(ms: number): number;
  /** The moment at a cell's left edge. */
  momentOf(cell: number): number;
}

export interface AxisFacts {
  readonly from: number;
  readonly to: number;
  readonly cells: number;
  /** Stretches that are to be told apart, as pairs of moments. */
  readonly spans: readonly { readonly from: number; readonly to: number }[];
  /** Single moments that are drawn as well. */
  readonly moments: readonly number[];
}

/** Where most stretches would be less than a cell wide, an axis true to scale shows nothing but the longest one. */
const THIN_SHARE = 0.5;

/** An axis true to scale, or an elastic one where that would hide most of what is to be seen. */
export function timeAxis(facts: AxisFacts): TimeAxis {
  const { from, to, cells, spans } = facts;
  const cellMs = (to - from) / cells;
  const real = spans.filter((span) => span.to > span.from);
  const thin = real.filter((span) => span.to - span.from < cellMs);
  const isElastic = real.length > 1 && thin.length >= real.length * THIN_SHARE;
  return scaled(
    isElastic ? elasticKnots(facts) : [knot(from, 0), knot(Math.max(to, from + 1), cells)],
    cells,
    isElastic,
  );
}

interface Knot {
  readonly at: number;
  readonly cell: number;
}

const knot = (at: number, cell: number): Knot => ({ at, cell });

/** A tenth of a second counts as one; every doubling beyond adds as much again. */
const UNIT_MS = 100;

/** Every moment at which something begins or ends; what lies between grows with the logarithm of its length. */
function elasticKnots({ from, to, cells, spans, moments }: AxisFacts): readonly Knot[] {
  const all = [from, to, ...moments, ...spans.flatMap((span) => [span.from, span.to])];
  const edges = [...new Set(all)].filter((at) => at >= from && at <= to).toSorted((one, other) => one - other);
  const weights = edges.slice(1).map((at, index) => Math.log2(2 + (at - (edges[index] ?? at)) / UNIT_MS));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return edges.map((at, index) => {
    sum += index === 0 ? 0 : (weights[index - 1] ?? 0);
    return knot(at, total === 0 ? 0 : (sum / total) * cells);
  });
}

function scaled(knots: readonly Knot[], cells: number, isElastic: boolean): TimeAxis {
  return {
    isElastic,
    cellOf: (ms) => Math.min(Math.max(Math.round(between(knots, ms, "at", "cell")), 0), cells),
    momentOf: (cell) => between(knots, cell, "cell", "at"),
  };
}

/** Linear between two knots. */
function between(knots: readonly Knot[], value: number, from: keyof Knot, to: keyof Knot): number {
  const next = Math.max(
    knots.findIndex((candidate) => candidate[from] >= value),
    1,
  );
  const left = knots[next - 1];
  const right = knots[next] ?? knots.at(-1);
  if (left === undefined || right === undefined) return 0;
  const length = right[from] - left[from];
  const share = length === 0 ? 0 : Math.min(Math.max((value - left[from]) / length, 0), 1);
  return left[to] + share * (right[to] - left[to]);
}
