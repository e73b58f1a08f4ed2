import { formatInstant, instant, isSameJson } from "../../contracts/index.ts";
import { decidedChecks, type Food, plannedChecks } from "./checks.ts";
import { collectedTraces, collector } from "./collected.ts";
import { type LineageFacts, requiredBy, type StageFacts } from "./facts.ts";
import {
  artifactId,
  decisionId,
  isPipeline,
  type Judged,
  joined,
  packetId,
  policyId,
  stemOf,
  type Traces,
} from "./judged.ts";
import { type Candidate, type Lineage, type LineageNode, sha256 } from "./model.ts";
import { type Pipeline, readPipeline, requiredJobs, requiredReports } from "./pipeline.ts";

/** A candidate with everything that was said of it. */
export interface TracedCandidate {
  readonly candidate: Candidate;
  /** Of the source: where it is kept, and as what. */
  readonly repository: string;
  readonly ref: string;
  readonly judged: readonly Judged[];
  /** Policies that have to have said something, and said nothing. */
  readonly unheard: readonly Pick<Judged, "name" | "scope">[];
  /** What the candidate is made of beside its source, such as a pack, by digest. */
  readonly parts: readonly LineageNode[];
  /** The bundle with its deployments; null before there is one. */
  readonly released: Traces | null;
  readonly releasedAt: string | null;
  readonly carried: Lineage | null;
}

/** The facts of a candidate, stage by stage. Pure. */
export function traceCandidate(traced: TracedCandidate): LineageFacts {
  const read = traced.judged.map((judged) => readEvidence(judged));
  const pre = stageOf(traced, read, "pre");
  const final = stageOf(traced, read, "final");
  return {
    candidate: traced.candidate,
    workflow: read.some(({ pipeline }) => pipeline !== null) ? "verify" : "countermark",
    pre,
    final,
    deployment: traced.released === null ? final : withReleased(final, traced.released, traced.releasedAt),
    carried: traced.carried,
  };
}

/** The evidence of one policy as nodes. */
interface Read {
  readonly judged: Judged;
  readonly pipeline: Pipeline | null;
  readonly traces: Traces;
  readonly food: Food;
}

function readEvidence(judged: Judged): Read {
  if (isPipeline(judged)) {
    const pipeline = readPipeline(judged);
    const { traces, inputs } = pipeline;
    const ids = new Set(inputs);
    return { judged, pipeline, traces, food: foodOf(judged, traces, ({ id }) => ids.has(id)) };
  }
  const { decided } = judged;
  const traces = decided === null ? NOTHING : collectedTraces(judged, decided);
  const named = new Set(judged.policy.text.sources.map((source) => artifactId(judged, source)));
  return {
    judged,
    pipeline: null,
    traces,
    food: foodOf(judged, traces, ({ id, type }) => type === "artifact" && !named.has(id)),
  };
}

const NOTHING: Traces = { nodes: [], claims: [], required: [], stored: [] };

function foodOf({ scope }: Judged, { nodes, stored }: Traces, isOther: (node: LineageNode) => boolean): Food {
  const artifacts = nodes.filter(({ type }) => type === "artifact");
  const jobs = nodes.filter(({ type }) => type === "job");
  return {
    bySource: new Map(artifacts.map((node) => [node.id.slice(`artifact.${scope}`.length), node])),
    others: nodes.filter(isOther),
    waivers: [],
    jobs: new Map(jobs.map((node) => [String(node.job_id), node])),
    stored: new Map([
      ...stored,
      ...jobs.flatMap(({ id, digest }) => (typeof digest === "string" ? [[id, digest] as const] : [])),
    ]),
  };
}

function stageOf(traced: TracedCandidate, read: readonly Read[], stage: "pre" | "final"): StageFacts {
  const { candidate, repository, ref, judged, unheard, parts } = traced;
  const source: LineageNode = {
    id: `source.commit.${candidate.commit}`,
    type: "source",
    repository,
    ref,
    commit: candidate.commit,
  };
  const checked = read.map(({ judged: one, food, pipeline }) => {
    if (stage === "pre")
      return governedBy(pipeline, plannedChecks(one, food, pipeline === null ? [] : requiredReports));
    return one.decided === null ? NOTHING : decidedChecks(one, food, one.decided);
  });
  const silent = unheard.map((one) => ({
    source: decisionId(one),
    target: packetId(one),
    relation: "records" as const,
  }));
  const all = joined([...read.map(({ traces }) => traces), ...checked, partsOf(parts, read)]);
  const policies = judged.map((one): LineageNode => {
    const { version } = one.policy.text;
    return { id: policyId(one), type: "input", version, digest: sha256(one.policyDigest) };
  });
  return {
    nodes: unique([source, ...policies, ...all.nodes]),
    claims: all.claims,
    required: [...all.required, ...silent],
    reports: read.flatMap(reportsOf),
    ...jobsOf(read),
    stored: Object.fromEntries([
      ...all.stored,
      ...judged.map((one) => [policyId(one), sha256(one.policy.digest)] as const),
    ]),
    at: newest(judged.map(({ decidedAt }) => decidedAt)),
  };
}

/** In a pipeline it is the context that says by which policy is to be judged. */
function governedBy(pipeline: Pipeline | null, checks: Traces): Traces {
  if (pipeline === null) return checks;
  const { policyDigest } = pipeline;
  const stated = policyDigest === null ? {} : { digest: policyDigest };
  return {
    ...checks,
    claims: checks.claims.map((claim) =>
      claim.relation === "governs" ? { ...claim, stated, evidence: stated } : claim,
    ),
  };
}

/** What the candidate is made of, as the jobs that looked at it say: those that were recorded about the bundle with it. */
function partsOf(parts: readonly LineageNode[], read: readonly Read[]): Traces {
  const claims = read.flatMap(({ judged, pipeline }) => {
    const { decided } = judged;
    if (pipeline !== null || decided === null) return [];
    const target = `job.${collector(judged, decided)}`;
    return parts.map(({ id, digest }) => ({
      source: id,
      target,
      relation: "consumes" as const,
      stated: decided.commit === null ? {} : { digest: String(digest) },
      evidence: { run_id: decided.evaluationId },
    }));
  });
  return {
    nodes: claims.length === 0 ? [] : parts,
    claims,
    required: requiredBy(claims),
    stored: [],
  };
}

/** Nodes that several policies share are there once; of two that differ both stay, and the rules say so. */
const unique = (nodes: readonly LineageNode[]): readonly LineageNode[] =>
  nodes.filter((node, index) => nodes.findIndex((other) => other.id === node.id && isSameJson(other, node)) === index);

function reportsOf({ judged, pipeline }: Read): readonly string[] {
  if (pipeline !== null) return requiredReports.map((id) => artifactId(judged, id));
  return judged.files.length === 0
    ? [artifactId(judged, "evidence")]
    : judged.files.map(({ name }) => artifactId(judged, stemOf(name)));
}

function jobsOf(read: readonly Read[]): Pick<StageFacts, "requiredJobs" | "jobResults"> {
  const results: Record<string, string> = {};
  const required: string[] = [];
  for (const { judged, pipeline } of read) {
    if (pipeline?.jobs === null) return { requiredJobs: requiredJobs, jobResults: null };
    if (pipeline !== null) {
      const asked = isAskedForJobs(judged) ? requiredJobs : [];
      for (const job of asked) required.push(`${judged.scope}${job}`);
      for (const [job, result] of Object.entries(pipeline.jobs)) results[`${judged.scope}${job}`] = result;
    } else if (judged.decided !== null) {
      const job = collector(judged, judged.decided);
      required.push(job);
      results[job] = "success";
    }
  }
  return { requiredJobs: required, jobResults: results };
}

/** Whether the profile asks how the jobs ended. */
function isAskedForJobs({ policy, profile }: Judged): boolean {
  const excluded = profile === null ? [] : (policy.text.profiles[profile]?.excluded ?? []);
  return !excluded.includes("job_result");
}

const EPOCH = "1970-01-01T00:00:00.000Z";

const newest = (instants: readonly number[]): string =>
  instants.length === 0 ? EPOCH : formatInstant(instant(Math.max(...instants)));

const withReleased = (final: StageFacts, released: Traces, at: string | null): StageFacts => ({
  ...final,
  nodes: unique([...final.nodes, ...released.nodes]),
  claims: [...final.claims, ...released.claims],
  required: [...final.required, ...released.required],
  stored: { ...final.stored, ...Object.fromEntries(released.stored) },
  at: at === null || at < final.at ? final.at : at,
});
