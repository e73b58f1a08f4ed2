import type { Lineage, LineageEdge, LineageNode } from "./model.ts";
import { inOrder } from "./summary.ts";

/*
 * Where everything of a lineage's picture stands: a column for each kind of thing, in the order in which one leads to the next.
 *
 * P1 No two boxes overlap, and no text leaves its box or its gutter: text is measured by characters of one width.
 * P2 The same lineage gives the same picture, to the byte.
 */

export const BOX_WIDTH = 184;
export const BOX_HEIGHT = 38;
/** Between boxes of a column; between columns, where labels of missing edges stand. */
const GAP = 12;
export const GUTTER = 136;
export const MARGIN = 24;
/** Above the boxes: the title, and the columns' names. */
export const HEAD = 84;
/** Of one character at the size that pictures are written in. */
export const CHARACTER_WIDTH = 6.7;
const PADDING = 12;

export interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** Null where an edge names it and there is no such node. */
  readonly node: LineageNode | null;
}

export interface Column {
  readonly title: string;
  readonly x: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly Column[];
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly LineageEdge[];
}

const TITLES = ["source", "job", "artifact", "check", "decision", "bundle", "deployment"] as const;

/** The column of a node, by its id, since of what is missing there is no more than that. */
export function columnOf(id: string, node: LineageNode | null): number {
  if (/^artifact\.(?:canary\.|.*\bpacket$)/.test(id) || node?.contract === "countermark.packet.v1") return 5;
  if (/^(?:source|input)\./.test(id)) return 0;
  if (id.startsWith("job.")) return 1;
  if (id.startsWith("check.")) return 3;
  if (id.startsWith("decision.")) return 4;
  if (id.startsWith("bundle.")) return 5;
  return id.startsWith("deployment.") ? 6 : 2;
}

/** Passes in which boxes are put beside what they are joined with. */
const SWEEPS = 6;

export function layoutOf({ lineage: { nodes, edges } }: Pick<Lineage, "lineage">): Layout {
  const all = new Map<string, LineageNode | null>(nodes.map((node) => [node.id, node]));
  for (const { source, target } of edges) for (const id of [source, target]) if (!all.has(id)) all.set(id, null);
  const used = TITLES.map((_, column) => [...all].filter(([id, node]) => columnOf(id, node) === column));
  const columns = used.map((entries) => entries.map(([id]) => id).sort(inOrder)).filter((ids) => ids.length > 0);
  const ordered = untangled(columns, edges);
  const tallest = Math.max(1, ...ordered.map((ids) => ids.length));
  const boxes = new Map<string, Box>();
  ordered.forEach((ids, column) => {
    const top = HEAD + ((tallest - ids.length) * (BOX_HEIGHT + GAP)) / 2;
    ids.forEach((id, row) => {
      boxes.set(id, { id, x: xOf(column), y: top + row * (BOX_HEIGHT + GAP), node: all.get(id) ?? null });
    });
  });
  return {
    width: xOf(ordered.length - 1) + BOX_WIDTH + MARGIN + ARC,
    height: HEAD + tallest * (BOX_HEIGHT + GAP) + MARGIN,
    columns: used
      .flatMap((entries, index) => (entries.length === 0 ? [] : [TITLES[index] ?? ""]))
      .map((title, column) => ({ title, x: xOf(column) })),
    boxes,
    edges,
  };
}

/** Right of the last column, for edges that end in it and begin there. */
export const ARC = 44;

const xOf = (column: number): number => MARGIN + column * (BOX_WIDTH + GUTTER);

/** Each column in the order of the middles of what its boxes are joined with, forwards and back again a few times. */
function untangled(
  columns: readonly (readonly string[])[],
  edges: readonly LineageEdge[],
): readonly (readonly string[])[] {
  const neighbours = new Map<string, string[]>();
  for (const { source, target } of edges) {
    neighbours.set(source, [...(neighbours.get(source) ?? []), target]);
    neighbours.set(target, [...(neighbours.get(target) ?? []), source]);
  }
  let current = columns;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const places = new Map(current.flatMap((ids) => ids.map((id, row) => [id, row - ids.length / 2] as const)));
    const middle = (id: string): number => {
      const joined = (neighbours.get(id) ?? []).map((other) => places.get(other) ?? 0);
      return joined.length === 0
        ? (places.get(id) ?? 0)
        : joined.reduce((sum, place) => sum + place, 0) / joined.length;
    };
    current = current.map((ids, column) =>
      column % 2 === sweep % 2 ? ids : ids.toSorted((a, b) => middle(a) - middle(b) || inOrder(a, b)),
    );
  }
  return current;
}

/** What fits into a width: the end is kept, since that is what tells nodes of one kind apart. */
export function fitted(text: string, width: number): string {
  const room = Math.floor(width / CHARACTER_WIDTH);
  const characters = [...text];
  return characters.length <= room ? text : `…${characters.slice(characters.length - room + 1).join("")}`;
}

export const TEXT_WIDTH = BOX_WIDTH - 2 * PADDING;
