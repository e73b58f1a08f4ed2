import { digestOf, type JsonObject, sha256Hex } from "../../contracts/index.ts";
import { CONTEXT_FILE, type GateDocuments, REPORTS, REQUIRED_JOBS, readGateDocuments } from "../../gate/index.ts";
import type { Claim } from "./facts.ts";
import {
  artifactId,
  fileDigest,
  isOwn,
  type Judged,
  jobId,
  membersOf,
  objectIn,
  sourceId,
  statedCommit,
  stemOf,
  type Traces,
  textIn,
} from "./judged.ts";
import { type LineageNode, sha256 } from "./model.ts";

/** The job that makes the lineage is no part of it, and neither is what it makes (L3). */
const OWN_JOB = "release_lineage";

/** A pipeline's reports as nodes: jobs by how they ended, reports by what they say of the job that made them. */
export interface Pipeline {
  readonly traces: Traces;
  /** Ids of reports that are there. */
  readonly reports: readonly string[];
  readonly jobs: { readonly [job: string]: string } | null;
  readonly inputs: readonly string[];
  /** What the context says of the policy that is meant. */
  readonly policyDigest: string | null;
  readonly branch: string;
  readonly registryRef: string;
}

export const requiredReports: readonly string[] = REPORTS.map(({ id }) => id);
export const requiredJobs: readonly string[] = REQUIRED_JOBS.filter((job) => job !== OWN_JOB);

/** Reads a pipeline's folder; what cannot be read is not there, and the rules say so. */
export function readPipeline(judged: Judged): Pipeline {
  const documents = readGateDocuments(judged.files, judged.decidedAt);
  const reports = [...documents.reports].filter(([id]) => !isOwn(id));
  const jobs = jobsOf(judged, documents);
  const parts = reports.flatMap(([id, text]) => reportTraces(judged, documents, { id, text }));
  const inputs = inputsOf(judged, documents);
  return {
    traces: {
      nodes: [...jobs.nodes, ...inputs.nodes, ...parts.map(({ node }) => node)],
      claims: [...jobs.claims, ...parts.flatMap(({ claims }) => claims)],
      required: requiredOf(judged),
      stored: [...inputs.stored, ...parts.map(({ node, stored }) => [node.id, stored] as const)],
    },
    reports: parts.map(({ id }) => id),
    jobs: documents.jobs === null ? null : resultsOf(documents.jobs),
    inputs: inputs.nodes.filter(({ id }) => id.startsWith("input.config.")).map(({ id }) => id),
    policyDigest: documents.context.policy.digest,
    branch: documents.context.context.branch,
    registryRef: documents.context.context.registry_ref,
  };
}

const resultsOf = (jobs: JsonObject): { [job: string]: string } =>
  Object.fromEntries(
    Object.entries(jobs).flatMap(([job, entry]) =>
      job === OWN_JOB ? [] : [[job, textIn(membersOf(entry).result) ?? "unknown"]],
    ),
  );

/** Every job of the map, as part of the run that the context names; the context says of which commit that run was. */
function jobsOf(judged: Judged, { context, jobs }: GateDocuments): Pick<Traces, "nodes" | "claims"> {
  const { run_id, commit } = context.context;
  const entries = Object.entries(jobs ?? {}).filter(([job]) => job !== OWN_JOB);
  const nodes = entries.map(([job, entry]): LineageNode => {
    const { attempt = 1, started_at = null, finished_at = null } = membersOf(entry);
    const result = textIn(membersOf(entry).result) ?? "unknown";
    const digest = sha256(digestOf(entry));
    return {
      id: jobId(judged, job),
      type: "job",
      job_id: job,
      run_id,
      attempt,
      result,
      started_at,
      finished_at,
      digest,
    };
  });
  const claims = nodes.map(
    ({ id }): Claim => ({
      source: sourceId(judged),
      target: id,
      relation: "triggers",
      stated: { commit, run_id },
      evidence: { run_id },
    }),
  );
  return { nodes, claims };
}

/** A job is asked for each report of the catalogue, and for each that the gate asks for. */
function requiredOf(judged: Judged): Traces["required"] {
  const jobs = new Set([...REPORTS.map(({ job }) => job), ...requiredJobs]);
  return [
    ...[...jobs].map((job) => ({
      source: sourceId(judged),
      target: jobId(judged, job),
      relation: "triggers" as const,
    })),
    ...REPORTS.map(({ id, job }) => ({
      source: jobId(judged, job),
      target: artifactId(judged, id),
      relation: "produces" as const,
    })),
  ];
}

interface ReportTraces {
  readonly id: string;
  readonly node: LineageNode;
  readonly claims: readonly Claim[];
  /** The digest of what is there. */
  readonly stored: string;
}

/** A report by its envelope; nothing where there is none. */
function reportTraces(
  judged: Judged,
  { context }: GateDocuments,
  { id, text }: { readonly id: string; readonly text: string },
): readonly ReportTraces[] {
  const body = objectIn(text);
  if (body === undefined) return [];
  const { digest: stated, ...document } = body;
  const stored = sha256(digestOf(document));
  const digest = textIn(stated) ?? stored;
  const producer = membersOf(body.producer);
  const [job, run_id] = [textIn(producer.job_id) ?? "", textIn(producer.run_id) ?? ""];
  const subject = membersOf(body.subject);
  const node: LineageNode = {
    id: artifactId(judged, id),
    type: "artifact",
    path: `${id}.json`,
    digest,
    file_sha256: fileDigest(text),
    contract: textIn(body.contract) ?? "unknown",
    status: textIn(body.status) ?? textIn(body.slo_status) ?? "unknown",
    run_id,
    ...statedCommit(body),
  };
  const made: Claim = {
    source: jobId(judged, job),
    target: node.id,
    relation: "produces",
    stated: { job_id: job, run_id, digest },
    evidence: { digest, run_id },
  };
  const ref = textIn(subject.registry_ref);
  const used: Claim = {
    source: registryId(context.context.registry_ref),
    target: jobId(judged, job),
    relation: "consumes",
    stated: ref === undefined ? {} : { digest: sha256(sha256Hex(ref)) },
    evidence: { digest, run_id },
  };
  return [{ id, node, claims: [made, used], stored }];
}

const registryId = (ref: string): string => `input.registry_ref.${ref}`;

/** The files that are no reports, and the registry that the run was pinned to. */
function inputsOf(judged: Judged, { context }: GateDocuments): Pick<Traces, "nodes" | "stored"> {
  const ref = context.context.registry_ref;
  const files = judged.files.filter(({ name }) => INPUT_FILES.includes(name));
  const nodes = files.map(
    ({ name, text }): LineageNode => ({
      id: `input.config.${judged.scope}${stemOf(name)}`,
      type: "input",
      path: name,
      digest: fileDigest(text),
      file_sha256: fileDigest(text),
    }),
  );
  return {
    nodes: [...nodes, { id: registryId(ref), type: "input", digest: sha256(sha256Hex(ref)), ref }],
    stored: nodes.map((node) => [node.id, String(node.digest)]),
  };
}

const INPUT_FILES: readonly string[] = [CONTEXT_FILE, "jobs.json", "slo_history.json"];
