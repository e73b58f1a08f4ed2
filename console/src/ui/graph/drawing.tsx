import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { MARKS } from "../tone.ts";
import type { GraphEdge, GraphNode, GraphProps } from "./graph.tsx";
import { type Arrow, lineOf, neighbour, type Placed, type Point, placed, type Sized, widthMinOf } from "./place.ts";

/** Of a letter of the picture's font, on average; a longer text ends in dots. */
const LETTER_PX = 6.9;
const LETTERS_MAX = 30;
const PADDING_PX = 12;
const HEIGHT_PX = 30;
const HEIGHT_WITH_DETAIL_PX = 44;

/** A picture that is wider than its room by no more than this is made smaller instead of being scrolled. */
const SHRINKS = 1.3;

const shortened = (text: string): string => (text.length > LETTERS_MAX ? `${text.slice(0, LETTERS_MAX - 1)}…` : text);

function sizeOf({ id, label, detail = "", tone }: GraphNode): Sized {
  const letters = Math.max(shortened(label).length + (tone === undefined ? 0 : 2), shortened(detail).length * 0.9);
  return {
    id,
    width: Math.round(letters * LETTER_PX) + 2 * PADDING_PX,
    height: detail === "" ? HEIGHT_PX : HEIGHT_WITH_DETAIL_PX,
  };
}

/** Nodes in layers: from left to right where there is room for it, else whichever way takes less of it. */
export function GraphDrawing(props: GraphProps) {
  const box = useRef<HTMLDivElement>(null);
  const room = useWidth(box);
  return (
    <div ref={box} className="scroll">
      {room === 0 ? null : <Picture {...props} room={room} />}
    </div>
  );
}

function Picture({ nodes, edges, name, chosen, onChoose, room }: GraphProps & { readonly room: number }) {
  const { sizes, picture } = usePlaces(nodes, edges, room);
  const id = useId();
  return (
    <svg
      viewBox={`0 0 ${picture.width} ${picture.height}`}
      width={picture.width}
      height={picture.height}
      className={picture.width <= room * SHRINKS ? "fits" : ""}
      aria-label={name}
    >
      <defs>
        <Head id={`${id}-head`} isOnPath={false} />
        <Head id={`${id}-path`} isOnPath />
      </defs>
      {inOrder(edges).map(({ edge, index }) => (
        <ArrowLine
          key={`${edge.from} ${edge.to} ${index}`}
          edge={edge}
          points={picture.arrows[index] ?? []}
          labelAt={picture.labels[index] ?? null}
          head={`url(#${id}-${edge.isOnPath === true ? "path" : "head"})`}
        />
      ))}
      <Nodes nodes={nodes} sizes={sizes} picture={picture} chosen={chosen} onChoose={onChoose} />
    </svg>
  );
}

/** Placing many nodes is dear: a width that changes places none anew, nor does news that changes no size and no arrow. */
function usePlaces(nodes: readonly GraphNode[], edges: readonly GraphEdge[], room: number) {
  const shape = JSON.stringify([nodes.map(sizeOf), edges.map(({ from, to, label }) => ({ from, to, label }))]);
  const [sizes, arrows] = useMemo((): readonly [readonly Sized[], readonly Arrow[]] => JSON.parse(shape), [shape]);
  const widthMin = useMemo(() => widthMinOf(sizes, arrows), [sizes, arrows]);
  const mayFit = widthMin <= room * SHRINKS;
  const first = useMemo(() => placed(sizes, arrows, mayFit ? "right" : "down"), [sizes, arrows, mayFit]);
  const isTooWide = mayFit && first.width > room * SHRINKS;
  const other = useMemo(() => (isTooWide ? placed(sizes, arrows, "down") : first), [sizes, arrows, isTooWide, first]);
  return { sizes, picture: other.width < first.width ? other : first };
}

/** The path's arrows last, so that they lie on top. */
const inOrder = (edges: readonly GraphEdge[]) =>
  edges
    .map((edge, index) => ({ edge, index }))
    .toSorted((a, b) => Number(a.edge.isOnPath ?? false) - Number(b.edge.isOnPath ?? false));

function useWidth(box: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => setWidth(box.current?.clientWidth ?? 0), [box]); // before anything is drawn for another
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (box.current !== null) seen.observe(box.current);
    return () => seen.disconnect();
  }, [box]);
  return width;
}

const Head = ({ id, isOnPath }: { readonly id: string; readonly isOnPath: boolean }) => (
  <marker id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
    <path d="M0 0.5 L8 4 L0 7.5 z" className={isOnPath ? "head path" : "head"} />
  </marker>
);

interface ArrowLineProps {
  readonly edge: GraphEdge;
  readonly points: readonly Point[];
  readonly labelAt: Point | null;
  readonly head: string;
}

function ArrowLine({ edge: { isOnPath = false, isAside = false, label }, points, labelAt, head }: ArrowLineProps) {
  if (points.length === 0) return null;
  const kinds = ["arrow", isOnPath ? "path" : "", isAside ? "aside" : ""].filter((kind) => kind !== "");
  return (
    <g className={kinds.join(" ")}>
      <path d={lineOf(points)} markerEnd={head} />
      {labelAt === null ? null : (
        <text x={labelAt.x} y={labelAt.y + 3.5} textAnchor="middle">
          {label}
        </text>
      )}
    </g>
  );
}

interface NodesProps extends Pick<GraphProps, "nodes" | "chosen" | "onChoose"> {
  readonly sizes: readonly Sized[];
  readonly picture: Placed;
}

/** One stop of the tab key; arrow keys go from node to node, Enter chooses. */
function Nodes({ nodes, sizes, picture, chosen, onChoose }: NodesProps) {
  const [held, setHeld] = useState<string | null>(null);
  const group = useRef<SVGGElement>(null);
  const stop = [held, chosen].find((id) => nodes.some((node) => node.id === id)) ?? nodes[0]?.id;
  const press = (event: KeyboardEvent, id: string): void => {
    if (event.key === "Enter" || event.key === " ") onChoose?.(id);
    const next = neighbour(picture.nodes, id, event.key);
    if (next === null && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (next === null) return;
    setHeld(next);
    group.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <g ref={group}>
      {nodes.map((node, index) => {
        const size = sizes[index];
        const place = picture.nodes.get(node.id);
        return size === undefined || place === undefined ? null : (
          // biome-ignore lint/a11y/useSemanticElements: a picture has no buttons of HTML in it
          <g
            key={node.id}
            data-node={node.id}
            role="button"
            tabIndex={node.id === stop ? 0 : -1}
            aria-pressed={node.id === chosen}
            className={classOf(node, node.id === chosen)}
            transform={`translate(${place.x - size.width / 2} ${place.y - size.height / 2})`}
            onClick={() => onChoose?.(node.id)}
            onFocus={() => setHeld(node.id)}
            onKeyDown={(event) => press(event, node.id)}
          >
            <NodeBox node={node} size={size} />
          </g>
        );
      })}
    </g>
  );
}

const classOf = ({ tone, isOnPath = false }: GraphNode, isChosen: boolean): string =>
  ["node", tone ?? "", isOnPath ? "path" : "", isChosen ? "chosen" : ""].filter((kind) => kind !== "").join(" ");

function NodeBox({
  node: { label, detail = "", tone, says },
  size,
}: {
  readonly node: GraphNode;
  readonly size: Sized;
}) {
  return (
    <>
      <rect width={size.width} height={size.height} rx="6">
        <title>{says}</title>
      </rect>
      <text x={PADDING_PX} y="19">
        {tone === undefined ? null : <tspan className="mark">{MARKS[tone]} </tspan>}
        {shortened(label)}
      </text>
      {detail === "" ? null : (
        <text x={PADDING_PX} y="34" className="detail">
          {shortened(detail)}
        </text>
      )}
    </>
  );
}
