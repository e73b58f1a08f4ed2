import type { Lineage, LineageEdge, LineageNode } from "./model.ts";

export type Counts = Pick<
  Lineage["summary"],
  "nodes_total" | "edges_total" | "node_type_counts" | "edge_relation_counts"
>;

/** How many nodes and edges there are, by kind. */
export const countsOf = (nodes: readonly LineageNode[], edges: readonly LineageEdge[]): Counts => ({
  nodes_total: nodes.length,
  edges_total: edges.length,
  node_type_counts: tally(nodes.map(({ type }) => type)),
  edge_relation_counts: tally(edges.map(({ relation }) => relation)),
});

export const checkCounts = (checks: Lineage["completeness_checks"]) => ({
  total_checks: checks.length,
  passed_checks: checks.filter(({ passed }) => passed).length,
  failed_checks: checks.filter(({ passed }) => !passed).length,
});

function tally(words: readonly string[]): { [word: string]: number } {
  const counts: { [word: string]: number } = {};
  for (const word of [...words].sort(inOrder)) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** By code unit, so that it is the same everywhere. */
export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
