import { type NodeTone, toneOf } from "../../../../src/release/lineage/tone.ts";
import type { Lineage, LineageEdge, LineageNode } from "../../api/wire.ts";
import type { GraphEdge, GraphNode } from "../../ui/graph/graph.tsx";
import type { Tone } from "../../ui/tone.ts";
import { shortBundle } from "./names.ts";

/** A lineage as a picture: its nodes, and those that are only named because an edge to them is missing. */
export interface LineagePicture {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The picture of a lineage; what leads to the chosen node, and what comes of it, is its path. */
export function pictureOf(
  { lineage: { nodes, edges } }: Pick<Lineage, "lineage">,
  chosen: string | null,
): LineagePicture {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const ids = [...new Set([...known.keys(), ...edges.flatMap(({ source, target }) => [source, target])])];
  // Where nothing is chosen, nothing stands back.
  const path = chosen === null ? new Set(ids) : pathThrough(edges, chosen);
  return {
    nodes: ids.map((id) => nodeOf(id, known.get(id), path.has(id))),
    edges: edges.map(({ source, target, relation, status }) => ({
      from: source,
      to: target,
      ...(status === "missing" ? { label: `missing: ${relation.replaceAll("_", " ")}`, isAside: true } : {}),
      isOnPath: chosen !== null && path.has(source) && path.has(target),
    })),
  };
}

function nodeOf(id: string, node: LineageNode | undefined, isOnPath: boolean): GraphNode {
  const name = nameOf(id);
  if (node === undefined)
    return { id, label: name, detail: "not there", tone: "bad", isOnPath, says: `${id}: named, and not there` };
  const detail = noteOf(node);
  return {
    id,
    label: name,
    detail: `${node.type} ${detail}`.trim(),
    tone: TONES[toneOf(node)],
    isOnPath,
    says: `${node.type} ${name}${detail === "" ? "" : `, ${detail}`}`,
  };
}

/** An id without its kind; what is longer than anybody reads is told by what tells it apart. */
function nameOf(id: string): string {
  const [kind = "", ...rest] = id.split(".");
  const name = rest.join(".");
  if (kind === "source") return name.replace(/^(commit\.[0-9a-f]{10})[0-9a-f]+$/, "$1");
  return kind === "bundle" ? shortBundle(name) : name;
}

/** How a node came out, or the beginning of its digest. */
function noteOf({ type, result, outcome, value, environment, digest, ref }: LineageNode): string {
  const word = { check: outcome, decision: value, job: result, deployment: environment, source: ref }[String(type)];
  return String(word ?? digest ?? "")
    .replace(/^sha256:/, "")
    .slice(0, 14);
}

const TONES: { readonly [T in NodeTone]: Tone | undefined } = {
  good: "good",
  bad: "bad",
  between: "wait",
  plain: undefined,
};

type Ends = Pick<LineageEdge, "source" | "target">;

/** A node, everything that leads to it, and everything that it leads to. */
export function pathThrough(edges: readonly Ends[], chosen: string): ReadonlySet<string> {
  const back = reached(
    edges.map(({ source, target }) => [target, source] as const),
    chosen,
  );
  const on = reached(
    edges.map(({ source, target }) => [source, target] as const),
    chosen,
  );
  return new Set([...back, ...on]);
}

function reached(steps: readonly (readonly [from: string, to: string])[], start: string): ReadonlySet<string> {
  const found = new Set([start]);
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const [from, to] of steps)
      if (from === id && !found.has(to)) {
        found.add(to);
        open.push(to);
      }
  return found;
}

/** Where a node leads outside of its picture. */
export type NodePlace =
  | { readonly kind: "evaluation"; readonly id: string }
  | { readonly kind: "bundle"; readonly id: string }
  | { readonly kind: "environment"; readonly id: string; readonly seq: number };

export function placeOf(node: LineageNode): NodePlace | null {
  const { type, evaluation_id, bundle_id, environment, seq } = node;
  if (typeof evaluation_id === "string") return { kind: "evaluation", id: evaluation_id };
  if (typeof environment === "string" && typeof seq === "number") return { kind: "environment", id: environment, seq };
  return type === "bundle" && typeof bundle_id === "string" ? { kind: "bundle", id: bundle_id } : null;
}
