import { type JsonObject, sha256Hex } from "../../contracts/index.ts";
import { observedIn } from "./graph.ts";
import type { Lineage, LineageNode, Relation } from "./model.ts";

/**
 * What happened, as OpenLineage's run events: a job, a gate's decision and a deployment each are a run with what it read and what
 * it made. Only edges that were seen are told; ids follow from digests, so that the same lineage is the same events.
 *
 * @see https://openlineage.io/spec/2-0-2/OpenLineage.json
 */
export function lineageEvents(lineage: Lineage): readonly JsonObject[] {
  const { nodes } = lineage.lineage;
  const runs = nodes.filter(({ type, kind }) => type === "job" || type === "deployment" || kind === "gate");
  return runs.flatMap((node) => [
    eventOf(lineage, node, "START"),
    eventOf(lineage, node, ENDED.get(endOf(node)) ?? "OTHER"),
  ]);
}

const PRODUCER = "https://countermark.dev/release_lineage/v2";
const SCHEMA_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

const ENDED: ReadonlyMap<string, string> = new Map([
  ["success", "COMPLETE"],
  ["failure", "FAIL"],
  ["cancelled", "ABORT"],
  ["skipped", "ABORT"],
]);

/** A gate that says no-go ran to its end: its word is in a facet. */
const endOf = ({ type, result }: LineageNode): string => (type === "job" ? String(result) : "success");

function eventOf(lineage: Lineage, node: LineageNode, eventType: string): JsonObject {
  const { generated_at, candidate } = lineage;
  const at = [node.at, node.decided_at, node.finished_at, generated_at].find((time) => typeof time === "string");
  const namespace = namespaceOf(lineage);
  return {
    eventType,
    eventTime: String(at),
    producer: PRODUCER,
    schemaURL: SCHEMA_URL,
    run: {
      runId: uuidOf(`${candidate.commit} ${node.id} ${String(node.run_id ?? node.report_digest ?? "")}`),
      facets: facetsOf(lineage, node),
    },
    job: { namespace, name: node.id },
    inputs: datasets(lineage, node, { near: "target", far: "source" }),
    outputs: eventType === "START" ? [] : datasets(lineage, node, { near: "source", far: "target" }),
  };
}

const namespaceOf = ({ lineage: { nodes } }: Lineage): string =>
  `release-governance/${String(nodes.find(({ type }) => type === "source")?.repository ?? "unknown")}`;

function facetsOf(lineage: Lineage, node: LineageNode): JsonObject {
  if (node.kind !== "gate") return {};
  const waived = observedIn(lineage.lineage).filter(
    ({ relation, target }) => relation === "waives" && drives(lineage, target, node.id),
  );
  const { value = null, profile = null, policy = null, report_digest = null } = node;
  return {
    releaseGate: facet("releaseGate", { decision: value, profile, policyVersion: policy, reportDigest: report_digest }),
    releaseWaivers: facet("releaseWaivers", {
      waivers: waived.map(({ source, target }) => ({ waiver: source, check: target })),
    }),
  };
}

const drives = ({ lineage }: Lineage, check: string, decision: string): boolean =>
  observedIn(lineage).some(
    ({ source, target, relation }) => relation === "drives" && source === check && target === decision,
  );

const facet = (name: string, body: JsonObject): JsonObject => ({
  _producer: PRODUCER,
  _schemaURL: `${PRODUCER}/facets.json#/$defs/${name}`,
  ...body,
});

/** Between runs and data there may be a step that is neither, such as a check: what fed it is what the decision read. */
const THROUGH: readonly Relation[] = ["drives"];

function datasets(
  lineage: Lineage,
  { id }: LineageNode,
  { near, far }: { readonly near: "source" | "target"; readonly far: "source" | "target" },
): readonly JsonObject[] {
  const seen = observedIn(lineage.lineage);
  const direct = seen.filter((edge) => edge[near] === id);
  const between = new Set(direct.filter(({ relation }) => THROUGH.includes(relation)).map((edge) => edge[far]));
  const ids = new Set([
    ...direct.map((edge) => edge[far]),
    ...(near === "target" ? seen.filter((edge) => between.has(edge.target)).map(({ source }) => source) : []),
  ]);
  return lineage.lineage.nodes.filter((node) => ids.has(node.id)).flatMap((node) => datasetOf(lineage, node));
}

/** What has a digest is data: it is named by it. */
function datasetOf(lineage: Lineage, { id, digest, sha256, root_digest }: LineageNode): readonly JsonObject[] {
  const known = digest ?? sha256 ?? root_digest;
  return typeof known === "string" ? [{ namespace: namespaceOf(lineage), name: `evidence/${id}@${known}` }] : [];
}

/** A UUID of version 8, whose bits are those of a digest. */
function uuidOf(text: string): string {
  const hex = sha256Hex(text);
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) % 4] ?? "8";
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
