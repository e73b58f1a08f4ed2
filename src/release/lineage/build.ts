import { completenessChecks } from "./completeness.ts";
import { type Claim, type LineageFacts, PROOFS, type StageFacts } from "./facts.ts";
import { edgeKey, type Lineage, type LineageEdge, type LineageNode, type Stage, sealLineage } from "./model.ts";
import { checkCounts, countsOf, inOrder } from "./summary.ts";

const GENERATOR = { generator: "countermark", generator_version: "1.0.0" } as const;

const BEFORE: { readonly [stage in Stage]: Stage | null } = { pre: null, final: "pre", deployment: "final" };

/** The lineage of a stage. Pure: equal facts give equal bytes (L2). */
export function buildLineage(facts: LineageFacts, stage: Stage): Lineage {
  const own = facts[stage];
  const nodes = [...own.nodes].sort((a, b) => inOrder(a.id, b.id));
  const edges = edgesOf(own);
  const previous = previousOf(facts, stage);
  const checks = completenessChecks({ stage, candidate: facts.candidate, facts: own, nodes, edges, previous });
  const { requiredJobs } = own;
  const results = own.jobResults ?? {};
  return sealLineage({
    contract: "release_lineage_v2",
    schema_version: "2.0",
    stage,
    generated_at: own.at,
    candidate: facts.candidate,
    provenance: {
      ...GENERATOR,
      source_workflow: facts.workflow,
      required_jobs: {
        total: requiredJobs.length,
        present: requiredJobs.filter((job) => Object.hasOwn(results, job)).length,
        results,
      },
    },
    status: checks.every(({ passed }) => passed) ? "passed" : "failed",
    summary: { ...countsOf(nodes, edges), ...checkCounts(checks) },
    lineage: { nodes, edges },
    completeness_checks: checks,
    prev_digest: previous?.digest ?? null,
  });
}

/** What this stage is chained to (L3): after the decision, the lineage that the bundle carries, where it carries one. */
function previousOf(facts: LineageFacts, stage: Stage): Lineage | null {
  const before = BEFORE[stage];
  if (before === null) return null;
  return stage === "deployment" && facts.carried !== null ? facts.carried : buildLineage(facts, before);
}

/** What is proven; and what has to be there and is not (L1). */
function edgesOf({ nodes, claims, required }: StageFacts): readonly LineageEdge[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const edges = new Map<string, LineageEdge>();
  for (const { source, target, relation } of required) {
    const edge: LineageEdge = { source, target, relation, status: "missing", evidence: {} };
    edges.set(edgeKey(edge), edge);
  }
  for (const claim of claims) {
    if (!isProven(claim, byId)) continue;
    const { source, target, relation, evidence } = claim;
    edges.set(edgeKey(claim), { source, target, relation, status: "observed", evidence });
  }
  return [...edges.values()].sort((a, b) => inOrder(edgeKey(a), edgeKey(b)));
}

function isProven({ source, target, relation, stated }: Claim, byId: ReadonlyMap<string, LineageNode>): boolean {
  const ends = { source: byId.get(source), target: byId.get(target) };
  if (ends.source === undefined || ends.target === undefined) return false;
  return PROOFS[relation].every(([name, end, attribute]) => {
    const said = stated[name];
    return said !== undefined && said === ends[end]?.[attribute];
  });
}
