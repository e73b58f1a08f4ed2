import { isSameJson } from "../../contracts/index.ts";
import { edgeKey, type Lineage, type LineageEdge, type LineageNode } from "./model.ts";

/** A part of a lineage. */
export interface Part {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** What a node came from: the node, and everything that leads to it, missing edges with it. */
export const why = (lineage: Lineage, id: string): Part => reach(lineage, [id], "target", "source");

/** What would be touched if a node were not what it is: the checks, decisions, bundles and deployments that it leads to. */
export const impact = (lineage: Lineage, id: string): Part => reach(lineage, [id], "source", "target");

function reach(
  { lineage: { nodes, edges } }: Lineage,
  from: readonly string[],
  near: "source" | "target",
  far: "source" | "target",
): Part {
  const reached = new Set(from);
  const passed = new Set<LineageEdge>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const edge of edges) {
      if (edge[near] !== id || passed.has(edge)) continue;
      passed.add(edge);
      if (reached.has(edge[far])) continue;
      reached.add(edge[far]);
      open.push(edge[far]);
    }
  return { nodes: nodes.filter(({ id }) => reached.has(id)), edges: edges.filter((edge) => passed.has(edge)) };
}

/** The node that somebody means: by its id, or by a digest that it has, with or without its prefix. */
export function findNode({ lineage: { nodes } }: Lineage, named: string): LineageNode | undefined {
  const digest = named.startsWith("sha256:") ? named : `sha256:${named}`;
  const digests = ["report_digest", "digest", "file_sha256", "sha256", "root_digest"];
  return (
    nodes.find(({ id, bundle_id }) => id === named || bundle_id === named) ??
    nodes.find((node) => digests.some((attribute) => node[attribute] === digest))
  );
}

/** How one lineage differs from another. */
export interface LineageDiff {
  readonly nodes: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly ChangedNode[];
  };
  readonly edges: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
  readonly checks: readonly string[];
}

export interface ChangedNode {
  readonly id: string;
  readonly attributes: readonly string[];
}

/** What is in `b` and not in `a`, what is not there any more, and what is there as something else. */
export function diff(a: Lineage, b: Lineage): LineageDiff {
  const nodes = [byId(a), byId(b)] as const;
  const edges = [byEdge(a), byEdge(b)] as const;
  return {
    nodes: {
      added: lacking(nodes[1], nodes[0]),
      removed: lacking(nodes[0], nodes[1]),
      changed: [...nodes[0]].flatMap(([id, node]) => {
        const other = nodes[1].get(id);
        const attributes = other === undefined ? [] : changedAttributes(node, other);
        return attributes.length === 0 ? [] : [{ id, attributes }];
      }),
    },
    edges: {
      added: lacking(edges[1], edges[0]),
      removed: lacking(edges[0], edges[1]),
      changed: [...edges[0]].flatMap(([key, { status }]) => {
        const other = edges[1].get(key);
        return other === undefined || other.status === status ? [] : [`${key}: ${status}, then ${other.status}`];
      }),
    },
    checks: changedChecks(a, b),
  };
}

const byId = ({ lineage: { nodes } }: Lineage): ReadonlyMap<string, LineageNode> =>
  new Map(nodes.map((node) => [node.id, node]));
const byEdge = ({ lineage: { edges } }: Lineage): ReadonlyMap<string, LineageEdge> =>
  new Map(edges.map((edge) => [edgeKey(edge), edge]));

const lacking = (all: ReadonlyMap<string, unknown>, from: ReadonlyMap<string, unknown>): readonly string[] =>
  [...all.keys()].filter((key) => !from.has(key));

function changedAttributes(a: LineageNode, b: LineageNode): readonly string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names.filter((name) => !isSameJson(a[name] ?? null, b[name] ?? null));
}

function changedChecks(a: Lineage, b: Lineage): readonly string[] {
  return b.completeness_checks.flatMap(({ check_id, passed, detail }) => {
    const before = a.completeness_checks.find((one) => one.check_id === check_id);
    if (before === undefined || before.passed === passed) return [];
    return [passed ? `${check_id} passes now` : `${check_id} fails now: ${detail}`];
  });
}
