import { edgeText, type LineageEdge, type LineageNode, type NodeType, type Stage } from "./model.ts";

/** Nodes and edges, as rules look at them. */
export interface Graph {
  readonly stage: Stage;
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** What is wrong, in words that name the node or the edge; empty where nothing is. */
export type Problems = readonly string[];

export const ofType = ({ nodes }: Pick<Graph, "nodes">, type: NodeType): readonly LineageNode[] =>
  nodes.filter((node) => node.type === type);

export const observedIn = ({ edges }: Pick<Graph, "edges">): readonly LineageEdge[] =>
  edges.filter(({ status }) => status === "observed");

/** LC-04: ids are unique, every edge that was seen joins two nodes, nothing is its own origin, and nothing stands alone. */
export function shapeProblems(graph: Graph): Problems {
  const ids = new Set<string>();
  const twice = graph.nodes.flatMap(({ id }) => (ids.size === ids.add(id).size ? [`${id} is there twice`] : []));
  const seen = observedIn(graph);
  const loose = seen
    .filter(({ source, target }) => !ids.has(source) || !ids.has(target))
    .map((edge) => `${edgeText(edge)} has an end that is no node`);
  const joined = new Set(seen.flatMap(({ source, target }) => [source, target]));
  const orphans = [...ids].filter((id) => !joined.has(id)).map((id) => `${id} belongs to nothing`);
  const circle = circleIn(graph.nodes, seen);
  return [...twice, ...loose, ...(circle === null ? [] : [`${circle} comes from itself`]), ...orphans];
}

/** A node that comes from itself; null where none does. Takes away what comes from nothing until nothing is left. */
function circleIn(nodes: readonly LineageNode[], edges: readonly LineageEdge[]): string | null {
  const incoming = new Map(nodes.map(({ id }) => [id, 0]));
  const outgoing = new Map<string, string[]>();
  for (const { source, target } of edges) {
    incoming.set(target, (incoming.get(target) ?? 0) + 1);
    outgoing.set(source, [...(outgoing.get(source) ?? []), target]);
  }
  const free = [...incoming].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    incoming.delete(id);
    for (const target of outgoing.get(id) ?? []) {
      const left = (incoming.get(target) ?? 0) - 1;
      incoming.set(target, left);
      if (left === 0) free.push(target);
    }
  }
  return [...incoming.keys()][0] ?? null;
}

const PRE: readonly NodeType[] = ["source", "input", "job", "artifact", "check"];
const MANDATORY: { readonly [stage in Stage]: readonly NodeType[] } = {
  pre: PRE,
  final: [...PRE, "decision"],
  deployment: [...PRE, "decision", "bundle", "deployment"],
};

/** LC-05: every type of node that a stage has to have is there. */
export const typeProblems = (graph: Graph): Problems =>
  MANDATORY[graph.stage].filter((type) => ofType(graph, type).length === 0).map((type) => `there is no ${type}`);

const VALUES = ["go", "conditional-go", "no-go"];

/** LC-08: what decisions of gates say is one of the words, and fits the checks that drive them. */
export function decisionProblems(graph: Graph): Problems {
  if (graph.stage === "pre") return [];
  const gates = ofType(graph, "decision").filter(({ kind }) => kind === "gate");
  return gates.flatMap((decision) => {
    const { id, contract, value, status } = decision;
    if (typeof contract !== "string" || !CONTRACTS.includes(contract)) return [`${id} keeps no known contract`];
    if (!VALUES.includes(String(value))) return [`${id} says ${String(value)}`];
    if (status !== (value === "go" ? "passed" : "failed")) return [`${id} is ${String(value)} and ${String(status)}`];
    const against = standingAgainst(graph, id);
    const allowed = value === "no-go" || against.length === 0 || (value === "conditional-go" && !isCritical(against));
    return allowed ? [] : [`${id} is ${String(value)} in spite of ${against.map((check) => check.id).join(", ")}`];
  });
}

const CONTRACTS = ["countermark.decision.v1", "release_readiness_gate_v2"];

const isCritical = (checks: readonly LineageNode[]): boolean =>
  checks.some(({ outcome, severity }) => outcome === "fail" && severity === "critical");

/** Checks that keep a decision from being a plain go. */
function standingAgainst(graph: Graph, decision: string): readonly LineageNode[] {
  const driving = new Set(
    observedIn(graph)
      .filter(({ target, relation }) => target === decision && relation === "drives")
      .map(({ source }) => source),
  );
  return ofType(graph, "check").filter(
    ({ id, outcome, severity }) =>
      driving.has(id) && (outcome === "waived" || (outcome === "fail" && severity !== "low" && severity !== "info")),
  );
}
