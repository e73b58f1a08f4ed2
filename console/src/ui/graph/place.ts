import { Graph as Dag, layout } from "@dagrejs/dagre";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node before it has a place, by the size of what is written in it. */
export interface Sized {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Room is left for it. */
  readonly label?: string | undefined;
}

/** Where everything stands. A node's place is its middle; an arrow is the points that it passes. */
export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Point>;
  /** In the order of the arrows given. */
  readonly arrows: readonly (readonly Point[])[];
  /** The middle of each arrow's label, in the same order; null for one that has none, or is not drawn. */
  readonly labels: readonly (Point | null)[];
}

const MARGIN_PX = 6;
const LAYER_GAP_PX = 44;
const LABEL_LETTER_PX = 6;
const LABEL_HEIGHT_PX = 14;

/** Which way arrows lead. */
export type Direction = "right" | "down";

/** Places nodes in layers, so that arrows lead one way wherever they can. An arrow to or from no node has no points. */
export function placed(nodes: readonly Sized[], arrows: readonly Arrow[], direction: Direction): Placed {
  const dag = new Dag({ multigraph: true });
  const rankdir = direction === "right" ? "LR" : "TB";
  dag.setGraph({ rankdir, nodesep: 18, edgesep: 14, ranksep: LAYER_GAP_PX, marginx: MARGIN_PX, marginy: MARGIN_PX });
  for (const { id, width, height } of nodes) dag.setNode(id, { width, height });
  const isDrawn = ({ from, to }: Arrow): boolean => dag.hasNode(from) && dag.hasNode(to) && from !== to;
  for (const [index, arrow] of arrows.entries()) if (isDrawn(arrow)) dag.setEdge(named(arrow, index), labelSize(arrow));
  layout(dag);
  const { width = 0, height = 0 } = dag.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: new Map(nodes.map(({ id }) => [id, pointOf(dag.node(id))])),
    arrows: arrows.map((arrow, index) =>
      isDrawn(arrow) ? (dag.edge(named(arrow, index)).points ?? []).map(pointOf) : [],
    ),
    labels: arrows.map((arrow, index) =>
      isDrawn(arrow) && arrow.label !== undefined ? pointOf(dag.edge(named(arrow, index))) : null,
    ),
  };
}

/**
 * What nodes take at least from left to right, without placing them: the longest way along the arrows. 0 where arrows lead
 * back to where they came from, since nobody knows then which of them will point to the left.
 */
export function widthMinOf(nodes: readonly Sized[], arrows: readonly Arrow[]): number {
  const widths = new Map(nodes.map(({ id, width }) => [id, width]));
  const found = new Map<string, number>();
  const widthFrom = (id: string): number => {
    const known = found.get(id);
    if (known !== undefined) return known;
    found.set(id, Number.POSITIVE_INFINITY); // met again before it is known, it leads back
    const next = arrows.filter(({ from, to }) => from === id && to !== id && widths.has(to));
    const width = (widths.get(id) ?? 0) + Math.max(0, ...next.map(({ to }) => LAYER_GAP_PX + widthFrom(to)));
    found.set(id, width);
    return width;
  };
  const width = Math.max(0, ...nodes.map(({ id }) => widthFrom(id)));
  return width === Number.POSITIVE_INFINITY ? 0 : width + 2 * MARGIN_PX;
}

/** Two arrows between the same nodes are told apart by their place among all. */
const named = ({ from, to }: Arrow, index: number) => ({ v: from, w: to, name: String(index) });

const labelSize = ({ label }: Arrow) =>
  label === undefined ? {} : { width: label.length * LABEL_LETTER_PX, height: LABEL_HEIGHT_PX, labelpos: "c" as const };

const pointOf = ({ x = 0, y = 0 }: { readonly x?: number; readonly y?: number }): Point => ({ x, y });

/** An arrow's points as the `d` of a path: straight to its first bend and from its last, round between. */
export function lineOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (first === undefined || last === undefined) return "";
  const bends = rest.map((bend, index) => {
    const next = rest[index + 1] ?? last;
    const to = index === rest.length - 1 ? last : { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 };
    return `Q${at(bend)} ${at(to)}`;
  });
  return `M${at(first)} ${bends.length === 0 ? `L${at(last)}` : bends.join(" ")}`;
}

const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`;
const round = (value: number): number => Math.round(value * 10) / 10;

const ARROW_KEYS: { readonly [key: string]: Point } = {
  ArrowRight: { x: 1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowDown: { x: 0, y: 1 },
  ArrowUp: { x: 0, y: -1 },
};

/** The node that an arrow key leads to: the nearest that lies that way; null where none does or the key is another. */
export function neighbour(nodes: ReadonlyMap<string, Point>, from: string, key: string): string | null {
  const way = ARROW_KEYS[key];
  const here = nodes.get(from);
  if (way === undefined || here === undefined) return null;
  let nearest: { readonly id: string; readonly distance: number } | null = null;
  for (const [id, { x, y }] of nodes) {
    const ahead = (x - here.x) * way.x + (y - here.y) * way.y;
    const aside = Math.abs((x - here.x) * way.y) + Math.abs((y - here.y) * way.x);
    const distance = ahead + 2 * aside;
    if (ahead > 0 && (nearest === null || distance < nearest.distance)) nearest = { id, distance };
  }
  return nearest?.id ?? null;
}
