import { type ComponentType, lazy, Suspense, useMemo, useState } from "react";
import type { Tone } from "../tone.ts";
import "./graph.css";

/** A node: what is written in it, and all of it in words for those who do not see the picture. */
export interface GraphNode {
  readonly id: string;
  readonly label: string;
  /** A second, smaller line. */
  readonly detail?: string | undefined;
  /** Drawn as a mark and a colour; the words have to say it, too. */
  readonly tone?: Tone | undefined;
  /** Whether it lies on the path that is told; the others stand back. */
  readonly isOnPath?: boolean;
  readonly says: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label?: string | undefined;
  readonly isOnPath?: boolean;
  /** Not the usual way: drawn as dashes. */
  readonly isAside?: boolean;
}

export interface GraphProps {
  /** What the picture shows, for those who do not see it. */
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly chosen?: string | undefined;
  /** Called with a node that was clicked, or on which Enter was pressed. */
  readonly onChoose?: ((id: string) => void) | undefined;
}

/** More than this nobody sees through, and placing them would take seconds. */
const NODES_MAX = 250;

/** What draws. It begins to come with the first screen that has a picture, while what is in the picture is read. */
let come: ComponentType<GraphProps> | null = null;
const coming = import("./drawing.tsx").then(({ GraphDrawing }) => {
  come = GraphDrawing;
  return { default: GraphDrawing };
});
const Coming = lazy(() => coming);

/** A picture of nodes and arrows, and the same in words. */
export function Graph(props: GraphProps) {
  const { name, nodes, edges } = props;
  const isDrawn = nodes.length <= NODES_MAX;
  // Once it is there nothing stands in its place first: what comes beneath would be in sight until the picture is drawn.
  const [Drawing] = useState(() => come ?? Coming);
  const [isTold, setTold] = useState(!isDrawn);
  return (
    <figure className="graph" aria-label={name}>
      {isDrawn ? (
        <Suspense fallback={<p className="soft loading">drawing …</p>}>
          <Drawing {...props} />
        </Suspense>
      ) : null}
      <details open={isTold} onToggle={({ currentTarget }) => setTold(currentTarget.open)}>
        <summary>the same in words</summary>
        {isTold ? <InWords nodes={nodes} edges={edges} /> : null}
      </details>
    </figure>
  );
}

function InWords({ nodes, edges }: Pick<GraphProps, "nodes" | "edges">) {
  const labels = useMemo(() => new Map(nodes.map(({ id, label }) => [id, label])), [nodes]);
  const ways = (id: string): string =>
    edges
      .filter(({ from }) => from === id)
      .map(({ to, label }) => `${labels.get(to) ?? to}${label === undefined ? "" : ` (${label})`}`)
      .join(", ");
  return (
    <ol>
      {nodes.map(({ id, says }) => (
        <li key={id}>
          {says}
          {ways(id) === "" ? "" : ` → ${ways(id)}`}
        </li>
      ))}
    </ol>
  );
}
