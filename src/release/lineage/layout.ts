import type { Lineage, LineageEdge, LineageNode } from "./model.ts";
import { inOrder } from "./summary.ts";

/*
 * Where everything of a lineage's picture stands: a column for each kind of thing, in the order in which one leads to the next.
 *
 * P1 No two boxes overlap, no line runs through a box, and no text leaves its box or its gutter: text is measured by characters of
 *    one width, and what passes by a column has a lane in it.
 * P2 The same lineage gives the same picture, to the byte.
 */

export const BOX_WIDTH = 184;
export const BOX_HEIGHT = 38;
const LANE_HEIGHT = 6;
const GAP = 12;
/** Between columns; wider where labels of missing edges stand there. */
const GUTTER = 76;
const GUTTER_LABELLED = 140;
export const MARGIN = 24;
/** Above the boxes: the title, and the columns' names. */
export const HEAD = 84;
/** Right of the last column, for edges that begin and end in it. */
export const ARC = 44;
/** Of one character at the size that pictures are written in. */
const CHARACTER_WIDTH = 6.7;
const PADDING = 12;
export const TEXT_WIDTH = BOX_WIDTH - 2 * PADDING;

export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** Null where an edge names it and there is no such node. */
  readonly node: LineageNode | null;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly edge: LineageEdge;
  /** From box to box, by the lanes that it takes: two points a lane. */
  readonly points: readonly Point[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly columns: readonly { readonly title: string; readonly x: number }[];
  readonly boxes: ReadonlyMap<string, Box>;
  readonly lines: readonly Line[];
}

const TITLES = ["source", "job", "artifact", "check", "decision", "bundle", "deployment"] as const;

/** The column of a node, by its id, since of what is missing there is no more than that. */
function columnOf(id: string, node: LineageNode | null): number {
  if (node?.contract === "countermark.packet.v1" || /^artifact\.(?:canary\..*|.*\.packet)$/.test(id)) return 5;
  if (/^(?:source|input)\./.test(id)) return 0;
  if (id.startsWith("job.")) return 1;
  if (id.startsWith("check.")) return 3;
  if (id.startsWith("decision.")) return 4;
  if (id.startsWith("bundle.")) return 5;
  return id.startsWith("deployment.") ? 6 : 2;
}

/** What a column holds: a box, or the lane in which the edges of a box further left pass by. */
interface Slot {
  readonly id: string;
  readonly isLane: boolean;
}

const heightOf = ({ isLane }: Slot): number => (isLane ? LANE_HEIGHT : BOX_HEIGHT);
const laneId = (source: string, column: number): string => `${column} ${source}`;

export function layoutOf({ lineage: { nodes, edges } }: Pick<Lineage, "lineage">): Layout {
  const all = new Map<string, LineageNode | null>(nodes.map((node) => [node.id, node]));
  for (const { source, target } of edges) for (const id of [source, target]) if (!all.has(id)) all.set(id, null);
  const used = [...new Set([...all].map(([id, node]) => columnOf(id, node)))].sort((a, b) => a - b);
  const places = new Map([...all].map(([id, node]) => [id, used.indexOf(columnOf(id, node))]));
  const chains = edges.map((edge) => chainOf(edge, places));
  const columns = untangled(slotsOf(places, chains, used.length), chains);
  const gutter = edges.some(({ status }) => status === "missing") ? GUTTER_LABELLED : GUTTER;
  const xOf = (column: number): number => MARGIN + column * (BOX_WIDTH + gutter);
  const { tops, height } = stacked(columns);
  const boxes = new Map(
    [...all].map(([id, node]) => [id, { id, x: xOf(places.get(id) ?? 0), y: tops.get(id) ?? HEAD, node }]),
  );
  return {
    width: xOf(used.length - 1) + BOX_WIDTH + ARC + MARGIN,
    height: HEAD + height + MARGIN,
    gutter,
    columns: used.map((column, index) => ({ title: TITLES[column] ?? "", x: xOf(index) })),
    boxes,
    lines: edges.map((edge, index) => ({ edge, points: pointsOf(edge, chains[index] ?? [], { boxes, tops, xOf }) })),
  };
}

/** The slots that an edge passes from its source to its target, a lane in each column between. */
function chainOf({ source, target }: LineageEdge, places: ReadonlyMap<string, number>): readonly string[] {
  const [from, to] = [places.get(source) ?? 0, places.get(target) ?? 0];
  const between = Array.from({ length: Math.max(0, to - from - 1) }, (_, step) => laneId(source, from + step + 1));
  return [source, ...between, target];
}

function slotsOf(
  places: ReadonlyMap<string, number>,
  chains: readonly (readonly string[])[],
  count: number,
): readonly (readonly Slot[])[] {
  const lanes = [...new Set(chains.flatMap((chain) => chain.slice(1, -1)))];
  const slots = Array.from({ length: count }, (): Slot[] => []);
  for (const [id, column] of places) slots[column]?.push({ id, isLane: false });
  for (const id of lanes) slots[Number(id.split(" ")[0])]?.push({ id, isLane: true });
  return slots.map((column) => column.sort((a, b) => inOrder(a.id, b.id)));
}

/** Passes in which slots are put beside what they are joined with. */
const SWEEPS = 8;

/** Each column in the order of the middles of what its slots are joined with, forwards and back again a few times. */
function untangled(
  columns: readonly (readonly Slot[])[],
  chains: readonly (readonly string[])[],
): readonly (readonly Slot[])[] {
  const neighbours = new Map<string, string[]>();
  const join = (id: string, other: string) => neighbours.set(id, [...(neighbours.get(id) ?? []), other]);
  for (const chain of chains)
    chain.forEach((id, at) => {
      const next = chain[at + 1];
      if (next === undefined) return;
      join(id, next);
      join(next, id);
    });
  let current = columns;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const rows = new Map(current.flatMap((slots) => slots.map(({ id }, row) => [id, row - slots.length / 2] as const)));
    const middle = ({ id }: Slot): number =>
      meanOf(
        (neighbours.get(id) ?? []).map((one) => rows.get(one) ?? 0),
        rows.get(id) ?? 0,
      );
    current = current.map((slots, column) =>
      column % 2 === sweep % 2 ? slots : slots.toSorted((a, b) => middle(a) - middle(b) || inOrder(a.id, b.id)),
    );
  }
  return current;
}

const meanOf = (values: readonly number[], otherwise: number): number =>
  values.length === 0 ? otherwise : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Columns one under the other from the top, each in the middle of the tallest. */
function stacked(columns: readonly (readonly Slot[])[]) {
  const heights = columns.map((slots) => slots.reduce((sum, slot) => sum + heightOf(slot) + GAP, -GAP));
  const height = Math.max(BOX_HEIGHT, ...heights);
  const tops = new Map<string, number>();
  columns.forEach((slots, column) => {
    let y = HEAD + Math.floor((height - (heights[column] ?? 0)) / 2);
    for (const slot of slots) {
      tops.set(slot.id, y);
      y += heightOf(slot) + GAP;
    }
  });
  return { tops, height };
}

interface Placed {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly tops: ReadonlyMap<string, number>;
  readonly xOf: (column: number) => number;
}

/** A line leaves its source on the right and comes in on the left of its target; on the right too, where that is in its column. */
function pointsOf(
  { source, target }: LineageEdge,
  chain: readonly string[],
  { boxes, tops, xOf }: Placed,
): readonly Point[] {
  const [from, to] = [boxes.get(source), boxes.get(target)];
  if (from === undefined || to === undefined) return [];
  const lanes = chain.slice(1, -1).flatMap((id): readonly Point[] => {
    const [x, y] = [xOf(Number(id.split(" ")[0])), (tops.get(id) ?? HEAD) + LANE_HEIGHT / 2];
    return [
      { x, y },
      { x: x + BOX_WIDTH, y },
    ];
  });
  const end = from.x < to.x ? to.x : to.x + BOX_WIDTH;
  return [{ x: from.x + BOX_WIDTH, y: from.y + BOX_HEIGHT / 2 }, ...lanes, { x: end, y: to.y + BOX_HEIGHT / 2 }];
}

/** What fits into a width: the end is kept, since that is what tells nodes of one kind apart. */
export function fitted(text: string, width: number): string {
  const room = Math.floor(width / CHARACTER_WIDTH);
  const characters = [...text];
  return characters.length <= room ? text : `…${characters.slice(characters.length - room + 1).join("")}`;
}
