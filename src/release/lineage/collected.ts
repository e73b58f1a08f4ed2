import { type Claim, requiredBy } from "./facts.ts";
import {
  artifactId,
  type Decided,
  fileDigest,
  type Judged,
  jobId,
  objectIn,
  sourceId,
  statedCommit,
  stemOf,
  type Traces,
} from "./judged.ts";
import { type LineageNode, sha256 } from "./model.ts";

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
  const ran = packsOf(judged, node.id, run_id);
  return {
    nodes: [node, ...artifacts, ...ran.nodes],
    claims: [triggered, ...made, ...ran.claims],
    required: requiredBy([triggered, ...made]),
    stored: artifacts.map(({ id, digest }) => [id, String(digest)]),
  };
}

/** The packs whose runs are evidence, as the rows themselves say: a decision may rest on runs of another version, and shows it. */
function packsOf({ files }: Judged, job: string, run_id: string): Pick<Traces, "nodes" | "claims"> {
  const stated = new Map(
    files.flatMap(({ text }) =>
      [...text.matchAll(/"pack_digest":"([0-9a-f]{64})"/g)].map(
        ([, digest = ""]) => [digest, fileDigest(text)] as const,
      ),
    ),
  );
  const nodes = [...stated.keys()].sort().map(
    (digest): LineageNode => ({
      id: `input.pack_of_runs.${digest.slice(0, 12)}`,
      type: "input",
      digest: sha256(digest),
    }),
  );
  const claims = [...stated].map(
    ([digest, file]): Claim => ({
      source: `input.pack_of_runs.${digest.slice(0, 12)}`,
      target: job,
      relation: "consumes",
      stated: { digest: sha256(digest) },
      evidence: { digest: file, run_id },
    }),
  );
  return { nodes, claims };
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
    ...statedCommit(objectIn(text) ?? {}),
  };
}
