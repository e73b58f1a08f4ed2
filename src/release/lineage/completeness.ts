import type { StageFacts } from "./facts.ts";
import {
  decisionProblems,
  type Graph,
  observedIn,
  ofType,
  type Problems,
  shapeProblems,
  typeProblems,
} from "./graph.ts";
import {
  type Candidate,
  type CompletenessCheck,
  edgeKey,
  edgeText,
  type Lineage,
  type LineageEdge,
  type LineageNode,
  lineageDigest,
  type Relation,
} from "./model.ts";
import { countsOf } from "./summary.ts";

/** What rules look at: the graph, what it was made from, and the stage before. */
export interface Traced extends Graph {
  readonly candidate: Candidate;
  readonly facts: StageFacts;
  readonly previous: Lineage | null;
}

type Rule = (traced: Traced) => Problems;

const RULES: readonly (readonly [id: string, rule: Rule])[] = [
  ["LC-01", jobProblems],
  ["LC-02", reportProblems],
  ["LC-03", topologyProblems],
  ["LC-04", shapeProblems],
  ["LC-05", typeProblems],
  ["LC-06", checkProblems],
  ["LC-07", exceptionProblems],
  ["LC-08", decisionProblems],
  ["LC-09", subjectProblems],
  ["LC-10", storedProblems],
  ["LC-11", carriedProblems],
  ["LC-12", promotionProblems],
  ["LC-13", rollbackProblems],
  ["LC-14", countProblems],
];

/** Every completeness rule with what it found. */
export const completenessChecks = (traced: Traced): CompletenessCheck[] =>
  RULES.map(([check_id, rule]) => {
    const problems = rule(traced);
    return { check_id, passed: problems.length === 0, detail: detailOf(problems) };
  });

/** Of many problems the first are told, and how many there are. */
const TOLD_MAX = 20;

const detailOf = (problems: Problems): string =>
  problems.length <= TOLD_MAX
    ? problems.join("; ")
    : `${problems.slice(0, TOLD_MAX).join("; ")}; and ${problems.length - TOLD_MAX} more`;

const RESULTS = ["success", "failure", "cancelled", "skipped"];

/** LC-01: how the jobs ended can be read, and every required one is there with a result that is known. */
function jobProblems({ facts: { jobResults, requiredJobs } }: Traced): Problems {
  if (jobResults === null) return ["how the jobs ended cannot be read"];
  return requiredJobs.flatMap((job) => {
    const result = Object.hasOwn(jobResults, job) ? jobResults[job] : undefined;
    if (result === undefined) return [`job.${job} is not there`];
    return RESULTS.includes(result) ? [] : [`job.${job} ended as ${result}`];
  });
}

/** LC-02: every report that there has to be is an artifact with a digest. */
function reportProblems({ nodes, facts: { reports } }: Traced): Problems {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return reports.flatMap((id) => {
    const artifact = byId.get(id);
    if (artifact === undefined) return [`${id} is not there`];
    return typeof artifact.digest === "string" ? [] : [`${id} has no digest`];
  });
}

/** Edges that other rules ask for. */
const ELSEWHERE: readonly Relation[] = ["governs", "waives", "attests", "rolls_back_to"];

/** LC-03: every edge that there has to be was seen. */
function topologyProblems({ edges }: Traced): Problems {
  return edges.filter(({ status, relation }) => status === "missing" && !ELSEWHERE.includes(relation)).map(notSeen);
}

const notSeen = (edge: LineageEdge): string => `nobody saw ${edgeText(edge)}`;

/** LC-06: every check that applies was fed, was governed by one policy and, once there is a decision, drove it. */
function checkProblems(traced: Traced): Problems {
  const seen = observedIn(traced);
  const fed = tally(seen, "feeds", "target");
  const governed = tally(seen, "governs", "target");
  const drove = tally(seen, "drives", "source");
  return ofType(traced, "check")
    .filter(({ outcome }) => outcome !== "not_applicable")
    .flatMap(({ id }) => [
      ...(fed.has(id) ? [] : [`nothing feeds ${id}`]),
      ...(governed.get(id) === 1
        ? []
        : [`${governed.has(id) ? "several policies govern" : "no policy governs"} ${id}`]),
      ...(traced.stage === "pre" || drove.get(id) === 1
        ? []
        : [`${id} drives ${drove.has(id) ? "several decisions" : "no decision"}`]),
    ]);
}

/** LC-07: what was waived was waived by exactly one waiver, and what was let through unverified was attested. */
function exceptionProblems(traced: Traced): Problems {
  const seen = observedIn(traced);
  const waived = tally(seen, "waives", "target");
  const attested = tally(seen, "attests", "target");
  return ofType(traced, "check").flatMap(({ id, outcome }) => {
    if (outcome === "waived" && waived.get(id) !== 1)
      return [`${id} is waived by ${waived.has(id) ? "several waivers" : "no waiver that is there"}`];
    return outcome === "allowed_unverified" && !attested.has(id) ? [`nothing attests ${id}`] : [];
  });
}

/** How many edges of a relation each node has at one of their ends. */
function tally(
  edges: readonly LineageEdge[],
  relation: Relation,
  end: "source" | "target",
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const edge of edges) if (edge.relation === relation) counts.set(edge[end], (counts.get(edge[end]) ?? 0) + 1);
  return counts;
}

/** LC-09: whatever names the commit that it is about names the candidate's. */
function subjectProblems({ nodes, candidate }: Traced): Problems {
  return nodes
    .filter(({ subject_commit }) => subject_commit !== undefined && subject_commit !== candidate.commit)
    .map(({ id, subject_commit }) => `${id} is about ${String(subject_commit)}`);
}

/** LC-10: a digest that stands here is that of what is stored. */
function storedProblems({ nodes, facts: { stored } }: Traced): Problems {
  return nodes
    .filter(({ id }) => Object.hasOwn(stored, id))
    .filter((node) => (node.digest ?? node.sha256 ?? node.report_digest) !== stored[node.id])
    .map(({ id }) => `${id} is stored as ${stored[id] ?? ""}`);
}

/** LC-11: the bundle carries the final lineage that this one is chained to. What is no release may carry none. */
function carriedProblems(traced: Traced): Problems {
  if (traced.stage !== "deployment") return [];
  const { previous } = traced;
  if (previous === null || lineageDigest(previous) !== previous.digest)
    return ["the final lineage is not what it says"];
  return ofType(traced, "bundle").flatMap(({ id, label, lineage_digest }) => {
    if (lineage_digest === null)
      return label === "release" || label === "hotfix" ? [`${id} carries no lineage, and is a ${label}`] : [];
    if (lineage_digest !== previous.digest) return [`${id} carries another lineage, ${String(lineage_digest)}`];
    return previous.status === "passed" ? [] : [`${id} carries a lineage that is not complete`];
  });
}

/** LC-12: what came into an environment is what the environment before it held. */
function promotionProblems(traced: Traced): Problems {
  return ofType(traced, "decision")
    .filter(({ kind, source_environment }) => kind === "promotion" && source_environment !== null)
    .filter(({ root_digest, source_root_digest }) => root_digest !== source_root_digest)
    .map(
      ({ id, source_environment, source_root_digest }) =>
        `${id}: ${String(source_environment)} held ${source_root_digest === null ? "nothing" : String(source_root_digest)}`,
    );
}

/** LC-13: what was rolled back names what it went back to, and was looked at afterwards. */
function rollbackProblems(traced: Traced): Problems {
  const seen = observedIn(traced);
  const back = tally(seen, "rolls_back_to", "source");
  const byId = new Map(traced.nodes.map((node) => [node.id, node]));
  const isCanary = (id: string) => byId.get(id)?.canary === true;
  return ofType(traced, "deployment")
    .filter(({ rollback }) => rollback === true)
    .flatMap((deployment) => [
      ...(back.has(deployment.id) ? [] : [`nothing says what ${deployment.id} went back to`]),
      ...(hasCanary(deployment, seen, isCanary) ? [] : [`no canary looked at ${deployment.id}`]),
    ]);
}

/** Whether the decision that authorized a deployment records a canary. */
function hasCanary({ id }: LineageNode, seen: readonly LineageEdge[], isCanary: (id: string) => boolean): boolean {
  const authorizing = seen
    .filter(({ target, relation }) => target === id && relation === "authorizes")
    .map(({ source }) => source);
  return seen.some(
    ({ source, target, relation }) => relation === "records" && authorizing.includes(source) && isCanary(target),
  );
}

/** LC-14: no edge is counted twice, and every one is of the two kinds. The verifier compares the counters that are written. */
function countProblems({ nodes, edges }: Traced): Problems {
  const counts = countsOf(nodes, edges);
  const kinds = new Set(edges.map(edgeKey)).size;
  return kinds === counts.edges_total ? [] : [`${counts.edges_total} edges are ${kinds} different ones`];
}
