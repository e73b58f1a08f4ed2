import type { Json } from "../../contracts/index.ts";
import type { Claim } from "./facts.ts";
import {
  artifactId,
  type Decided,
  fileDigest,
  type Judged,
  jobId,
  membersOf,
  objectIn,
  sourceId,
  stemOf,
  type Traces,
} from "./judged.ts";
import type { LineageNode } from "./model.ts";

/** The job that brought a recorded evaluation its evidence: it read the ledger, or took in what somebody gave. */
export const collector = ({ name }: Pick<Judged, "name">, { source }: Decided): string =>
  `${source === "ledger" ? "ledger" : "import"}.${name}`;

/**
 * Evidence that names no job of its own, as what the recorded evaluation collected: which files these were, its packet says; of
 * which commit, the bundle that it was recorded about.
 */
export function collectedTraces(judged: Judged, decided: Decided): Traces {
  const job = collector(judged, decided);
  const run_id = decided.evaluationId;
  const node: LineageNode = {
    id: jobId({ scope: "" }, job),
    type: "job",
    job_id: job,
    run_id,
    attempt: 1,
    result: "success",
    started_at: decided.recordedAt,
    finished_at: decided.recordedAt,
    by: decided.recordedBy,
  };
  const triggered: Claim = {
    source: sourceId(judged),
    target: node.id,
    relation: "triggers",
    stated: decided.commit === null ? {} : { commit: decided.commit, run_id },
    evidence: { run_id },
  };
  const artifacts = judged.files.map(({ name, text }) => artifactOf(judged, run_id, { name, text }));
  const made = artifacts.map((artifact): Claim => {
    const digest = String(artifact.digest);
    return {
      source: node.id,
      target: artifact.id,
      relation: "produces",
      stated: decided.isDecidedAgain ? { job_id: job, run_id, digest } : {},
      evidence: { digest, run_id },
    };
  });
  return {
    nodes: [node, ...artifacts],
    claims: [triggered, ...made],
    required: [triggered, ...made].map(({ source, target, relation }) => ({ source, target, relation })),
    stored: artifacts.map(({ id, digest }) => [id, String(digest)]),
  };
}

function artifactOf(
  judged: Judged,
  run_id: string,
  { name, text }: { readonly name: string; readonly text: string },
): LineageNode {
  const { fn, version } = judged.policy.text.derive;
  const digest = fileDigest(text);
  return {
    id: artifactId(judged, stemOf(name)),
    type: "artifact",
    path: name,
    digest,
    file_sha256: digest,
    contract: `${fn}/${version}`,
    status: "passed",
    run_id,
    ...statedCommit(text),
  };
}

/** The commit that a report says it is about, whoever brought it. */
function statedCommit(text: string): { readonly subject_commit?: Json } {
  const { commit } = membersOf(objectIn(text)?.subject);
  return commit === undefined ? {} : { subject_commit: commit };
}
