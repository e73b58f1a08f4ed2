import { formatInstant, type Instant, type JsonObject, sha256Hex } from "../../contracts/index.ts";
import type { EvaluationRow } from "../../gate/index.ts";
import type { BundleFile } from "../bundle/container.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { NOTES_FILE } from "../bundle/notes.ts";
import type { Environment } from "../environment/environment.ts";
import { type Claim, requiredBy } from "./facts.ts";
import { decisionId, joined, membersOf, type Traces, textIn } from "./judged.ts";
import { type LineageNode, sha256 } from "./model.ts";

/** A move of an environment, as its stream records it. */
export interface RecordedMove {
  readonly environment: Environment;
  readonly seq: number;
  readonly type: string;
  readonly at: Instant;
  readonly actor: string;
  /** Of the event, by which it is known. */
  readonly hash: string;
  readonly payload: JsonObject;
}

/** A bundle with what the record says of it. */
export interface Released {
  readonly manifest: Manifest;
  readonly keyId: string;
  readonly files: readonly BundleFile[];
  /** Moves of every environment, in the order in which they were made. */
  readonly moves: readonly RecordedMove[];
  /** What policies said about the bundle, newest first. */
  readonly evaluations: readonly EvaluationRow[];
  /** Decisions that are nodes already, by their evaluation. */
  readonly decisions: ReadonlyMap<string, string>;
}

/** Entries by which an environment came to another bundle. */
export const MOVED: readonly string[] = ["environment.promoted", "environment.rolled_back"];

/** The bundle as a node, and what it was deployed as: where, when, by which decisions, and back from where. */
export function releasedTraces(released: Released): Traces {
  const { manifest, moves } = released;
  const own = moves.filter(({ payload }) => payload.root_digest === manifest.root_digest);
  return joined([bundleTraces(released), ...own.map((move) => moveTraces(released, own, move))]);
}

const bundleNodeId = ({ bundle_id }: Pick<Manifest, "bundle_id">): string => `bundle.${bundle_id}`;
const deploymentId = ({ environment, seq }: Pick<RecordedMove, "environment" | "seq">): string =>
  `deployment.${environment}.${seq}`;

function bundleTraces({ manifest, keyId, files }: Released): Traces {
  const { bundle_id, label, lineage, source } = manifest;
  const root_digest = sha256(manifest.root_digest);
  const node: LineageNode = {
    id: bundleNodeId(manifest),
    type: "bundle",
    bundle_id,
    root_digest,
    signature_key_id: keyId,
    label,
    lineage_digest: lineage?.digest ?? null,
    subject_commit: source.commit,
  };
  const notes = manifest.files.filter(({ path }) => path === NOTES_FILE);
  const carried = [...manifest.evidence, ...notes].map(({ path, sha256: digest }) =>
    carriedTraces(node, { path, digest }, files),
  );
  return joined([{ nodes: [node], claims: [], required: [], stored: [] }, ...carried]);
}

/** A file of evidence that the bundle carries, or its notes (REL-03): packaged where the manifest lists what is there. */
function carriedTraces(
  bundle: LineageNode,
  { path, digest }: { readonly path: string; readonly digest: string },
  files: readonly BundleFile[],
): Traces {
  const id = `artifact.${path}`;
  const text = files.find((file) => file.path === path)?.text ?? "";
  const stored = sha256(sha256Hex(text));
  const claim: Claim = {
    source: id,
    target: bundle.id,
    relation: "packaged_in",
    stated: { digest: sha256(digest), root_digest: String(bundle.root_digest) },
    evidence: { digest: sha256(digest) },
  };
  const file_sha256 = stored;
  return {
    nodes: [
      {
        id,
        type: "artifact",
        path,
        digest: sha256(digest),
        file_sha256,
        contract: path === NOTES_FILE ? "release_notes" : "evidence",
        status: "passed",
        run_id: null,
      },
    ],
    claims: [claim],
    required: requiredBy([claim]),
    stored: [[id, stored]],
  };
}

function moveTraces(released: Released, own: readonly RecordedMove[], move: RecordedMove): Traces {
  const { environment, seq, at, actor, hash, payload, type } = move;
  const isRollback = type === "environment.rolled_back";
  const root_digest = rootIn(payload);
  const report_digest = sha256(hash);
  const deployment: LineageNode = {
    id: deploymentId(move),
    type: "deployment",
    environment,
    seq,
    bundle_id: textIn(payload.bundle_id) ?? "",
    root_digest: root_digest ?? null,
    at: formatInstant(at),
    operator: actor,
    rollback: isRollback,
  };
  const decision: LineageNode = {
    id: `decision.${isRollback ? "rollback" : "promotion"}.${environment}.${seq}`,
    type: "decision",
    kind: isRollback ? "rollback" : "promotion",
    environment,
    value: isRollback ? "rolled back" : "promoted",
    report_digest,
    decided_at: formatInstant(at),
    ...(isRollback ? { reason: textIn(payload.reason) ?? "" } : sourceOf(released, move)),
  };
  const deploys: Claim = {
    source: bundleNodeId(released.manifest),
    target: deployment.id,
    relation: "deploys",
    stated: root_digest === undefined ? {} : { root_digest },
    evidence: { digest: report_digest },
  };
  const claims = [
    deploys,
    authorizes({ source: decision.id, target: deployment.id, digest: report_digest, by: report_digest }),
  ];
  const traces = { nodes: [decision, deployment], claims, required: requiredBy(claims), stored: [] };
  const more = isRollback ? rollbackTraces(released, own, { move, deployment, decision }) : gateTraces(released, move);
  return joined([traces, more]);
}

const rootIn = ({ root_digest }: JsonObject): string | undefined => {
  const root = textIn(root_digest);
  return root === undefined ? undefined : sha256(root);
};

const authorizes = (edge: {
  readonly source: string;
  readonly target: string;
  readonly digest: string;
  readonly by: string;
}): Claim => ({
  source: edge.source,
  target: edge.target,
  relation: "authorizes",
  stated: { report_digest: edge.digest },
  evidence: { digest: edge.by },
});

/** Where the bundle came from, and what was held there just then, folded from that environment's own moves. */
function sourceOf({ moves }: Released, { payload, at }: RecordedMove) {
  const source = textIn(payload.source_environment);
  const before = moves.filter((move) => move.environment === source && move.at <= at);
  const held = before.at(-1);
  return {
    source_environment: source ?? null,
    root_digest: rootIn(payload) ?? null,
    source_root_digest: held === undefined ? null : (rootIn(held.payload) ?? null),
  };
}

/** The decisions that a promotion rested on. Into the first environment nothing has to be decided. */
function gateTraces(released: Released, move: RecordedMove): Traces {
  if (textIn(move.payload.source_environment) === undefined) return joined([]);
  const stated = Array.isArray(move.payload.evaluations) ? move.payload.evaluations : [];
  const going = stated.map(membersOf).filter(({ verdict, replaces }) => verdict === "GO" && !isOnOther(replaces));
  return joined(
    going.map((said): Traces => {
      const evaluation = textIn(said.evaluation_id) ?? "";
      const digest = sha256(textIn(said.decision_sha256) ?? "");
      const known = released.decisions.get(evaluation);
      const row = released.evaluations.find(({ evaluation_id }) => evaluation_id === evaluation);
      const source = known ?? decisionId({ name: `${textIn(said.policy_id) ?? "unknown"}.${evaluation}` });
      const claim = authorizes({ source, target: deploymentId(move), digest, by: sha256(move.hash) });
      const earlier = known === undefined && row !== undefined ? [earlierOf(source, row)] : [];
      return { nodes: earlier, claims: [claim], required: requiredBy([claim]), stored: [] };
    }),
  );
}

/** Whether a decision was made on other evidence than the bundle carries, on which nothing goes anywhere. */
const isOnOther = (replaces: JsonObject[string] | undefined): boolean => Array.isArray(replaces) && replaces.length > 0;

/** A decision that a newer one has taken the place of: known by its digest, its checks are in its packet. */
const earlierOf = (id: string, row: EvaluationRow): LineageNode => ({
  id,
  type: "decision",
  kind: "earlier",
  policy: `${row.policy_id} ${row.policy_version}`,
  value: row.verdict === "GO" ? "go" : "no-go",
  report_digest: sha256(row.decision_sha256),
  decided_at: formatInstant(row.decided_at),
});

interface RolledBack {
  readonly move: RecordedMove;
  readonly deployment: LineageNode;
  readonly decision: LineageNode;
}

/** What a rollback went back to, and the first decision about the bundle that was recorded after it: its canary. */
function rollbackTraces(
  { evaluations }: Released,
  own: readonly RecordedMove[],
  { move, deployment, decision }: RolledBack,
): Traces {
  const { environment, seq, at, payload } = move;
  const earlier = own.filter((one) => one.environment === environment && one.seq < seq).at(-1);
  const root_digest = rootIn(payload);
  const back = {
    source: deployment.id,
    target: earlier === undefined ? `deployment.${environment}` : deploymentId(earlier),
  };
  const claim: Claim = {
    ...back,
    relation: "rolls_back_to",
    stated: { environment, ...(root_digest === undefined ? {} : { root_digest }) },
    evidence: { digest: sha256(move.hash) },
  };
  const canary = evaluations.filter((row) => row.recorded_at >= at).at(-1);
  const looked = canary === undefined ? joined([]) : canaryTraces(decision.id, `${environment}.${seq}`, canary);
  return joined([{ nodes: [], claims: [claim], required: requiredBy([claim]), stored: [] }, looked]);
}

function canaryTraces(decision: string, name: string, row: EvaluationRow): Traces {
  const digest = sha256(row.packet_sha256);
  const node: LineageNode = {
    id: `artifact.canary.${name}`,
    type: "artifact",
    canary: true,
    path: `packets/${row.evaluation_id}.html`,
    digest,
    file_sha256: digest,
    contract: "countermark.packet.v1",
    status: row.verdict === "GO" ? "passed" : "failed",
    run_id: row.evaluation_id,
    policy: `${row.policy_id} ${row.policy_version}`,
  };
  const claim: Claim = {
    source: decision,
    target: node.id,
    relation: "records",
    stated: { digest },
    evidence: { digest },
  };
  return { nodes: [node], claims: [claim], required: requiredBy([claim]), stored: [] };
}
