import { formatInstant, isJsonObject, parseJson, type Result, rejected, sha256Hex } from "../../contracts/index.ts";
import { type EvaluationRow, evaluationsAbout, findEvaluation, parsePolicy } from "../../gate/index.ts";
import { type ArtifactStore, readStreamOf } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { policiesText } from "../bundle/build.ts";
import { type Bundle, readBundle } from "../bundle/container.ts";
import { LINEAGE_FILE } from "../bundle/evidence.ts";
import { type Manifest, readManifest } from "../bundle/manifest.ts";
import { concerns, ENVIRONMENTS, type Environment, streamOf } from "../environment/environment.ts";
import { findBundle } from "../environment/queries.ts";
import { decideAgain } from "../packet/packet.ts";
import { packetIn, storedPage } from "../packet/stored.ts";
import { buildLineage } from "./build.ts";
import { MOVED, type RecordedMove, releasedTraces } from "./deployments.ts";
import type { LineageFacts } from "./facts.ts";
import { decisionId, type Judged } from "./judged.ts";
import { type Lineage, parseLineage, type Stage, sha256 } from "./model.ts";
import { type TracedCandidate, traceCandidate } from "./trace.ts";

/** What the record is read through. */
export interface RecordPorts {
  readonly artifacts: ArtifactStore;
}

/** A bundle's file, opened. */
export interface OpenedBundle {
  readonly bundle: Bundle;
  readonly manifest: Manifest;
}

/** Refused as bundles are. */
export function openBundle(bytes: Uint8Array): Result<OpenedBundle> {
  const bundle = readBundle(bytes);
  if (!bundle.ok) return bundle;
  const manifest = readManifest(bundle.value.envelope);
  return manifest.ok ? { ok: true, value: { bundle: bundle.value, manifest: manifest.value } } : manifest;
}

/** A bundle that was promoted before, by its id or root digest. Refused with BUNDLE_NOT_FOUND. */
export async function storedBundle(
  { artifacts }: RecordPorts,
  sql: TenantQuery,
  idOrRoot: string,
): Promise<Result<OpenedBundle>> {
  const stored = await findBundle(sql, idOrRoot);
  if (stored === undefined)
    return rejected({ code: "BUNDLE_NOT_FOUND", message: `no bundle \`${idOrRoot}\` was promoted before` });
  return openBundle(await artifacts.get(sql, stored.artifact_digest));
}

/**
 * The lineage of a bundle, from nothing but the record: the evaluations that policies which it pins were recorded with, the packets
 * from which these are decided again, and the moves of environments.
 *
 * @param environment for which the bundle is judged: what was said for another one does not count; null for any
 * @param stage null for as far as the bundle came
 */
export async function recordedLineage(
  ports: RecordPorts,
  sql: TenantQuery,
  {
    opened,
    environment,
    stage,
  }: { readonly opened: OpenedBundle; readonly environment: Environment | null; readonly stage: Stage | null },
): Promise<Lineage> {
  const evaluations = await evaluationsAbout(sql, opened.manifest.root_digest);
  const judged: JudgedRow[] = [];
  const unheard: Pick<Judged, "name" | "scope">[] = [];
  for (const pin of opened.manifest.policies) {
    const row = evaluations.find(
      ({ policy_sha256, profile }) => policy_sha256 === pin.digest && concerns(environment, profile),
    );
    const one = row === undefined ? undefined : await judgedOf(ports, sql, opened, { pin, row });
    if (one === undefined) unheard.push(namesOf(opened.manifest, pin));
    else judged.push(one);
  }
  const moves = await recordedMoves(sql);
  const facts = factsOf(opened, { judged, unheard, evaluations, moves });
  const isDeployed = facts.deployment.nodes.some(({ type }) => type === "deployment");
  return buildLineage(facts, stage ?? (isDeployed ? "deployment" : "final"));
}

/**
 * What one recorded decision came from, by its evaluation's id or its own digest; null where it is about no bundle that was
 * promoted. Refused with GATE_EVALUATION_NOT_FOUND.
 */
export async function lineageOfDecision(
  ports: RecordPorts,
  sql: TenantQuery,
  idOrDigest: string,
): Promise<Result<Lineage | null>> {
  const row = await findEvaluation(sql, idOrDigest);
  if (row === undefined)
    return rejected({ code: "GATE_EVALUATION_NOT_FOUND", message: `there is no evaluation \`${idOrDigest}\`` });
  return { ok: true, value: await lineageOfEvaluation(ports, sql, row) };
}

/** The same of an evaluation that was read. */
export async function lineageOfEvaluation(
  ports: RecordPorts,
  sql: TenantQuery,
  row: EvaluationRow,
): Promise<Lineage | null> {
  const opened = row.subject === null ? undefined : await storedBundle(ports, sql, row.subject);
  if (opened === undefined || !opened.ok) return null;
  const pin = { id: row.policy_id, version: row.policy_version, digest: row.policy_sha256 };
  const one = await judgedOf(ports, sql, opened.value, { pin, row });
  if (one === undefined) return null;
  const known = { judged: [one], unheard: [], evaluations: [row], moves: [] };
  return buildLineage(factsOf(opened.value, known), "final");
}

type Pin = Manifest["policies"][number];

interface JudgedRow {
  readonly row: EvaluationRow;
  readonly judged: Judged;
}

/** How nodes of a policy are named; with its version where the bundle pins two. */
function namesOf({ policies }: Manifest, { id, version }: Pin): Pick<Judged, "name" | "scope"> {
  const isAlone = policies.filter((pin) => pin.id === id).length < 2;
  const name = isAlone ? id : `${id}@${version}`;
  return { name, scope: `${name}.` };
}

/** A recorded evaluation with everything in its packet, decided again; undefined where this version cannot read the packet. */
async function judgedOf(
  { artifacts }: RecordPorts,
  sql: TenantQuery,
  { manifest }: OpenedBundle,
  { pin, row }: { readonly pin: Pin; readonly row: EvaluationRow },
): Promise<JudgedRow | undefined> {
  const page = await storedPage(artifacts, sql, row);
  const packet = packetIn(page);
  const policy = packet.ok ? parsePolicy(packet.value.policy) : undefined;
  if (!packet.ok || policy?.ok !== true) return undefined;
  const { decision, evidence, profile, decidedAt, waivers } = packet.value;
  const again = decideAgain(packet.value);
  const isAbout = row.subject === manifest.root_digest;
  const judged: Judged = {
    ...namesOf(manifest, pin),
    policy: policy.value,
    profile,
    files: evidence,
    decidedAt,
    commit: manifest.source.commit,
    policyDigest: pin.digest,
    decided: {
      decision,
      isDecidedAgain: again.ok && again.value.decision.digest === row.decision_sha256,
      evaluationId: row.evaluation_id,
      source: row.source,
      recordedBy: row.recorded_by,
      recordedAt: formatInstant(row.recorded_at),
      commit: isAbout ? manifest.source.commit : null,
      packet: { recorded: row.packet_sha256, stored: sha256Hex(page) },
      waivers: waivers?.source ?? null,
    },
  };
  return { row, judged };
}

interface Known {
  readonly judged: readonly JudgedRow[];
  readonly unheard: TracedCandidate["unheard"];
  readonly evaluations: readonly EvaluationRow[];
  readonly moves: readonly RecordedMove[];
}

function factsOf({ bundle, manifest }: OpenedBundle, { judged, unheard, evaluations, moves }: Known): LineageFacts {
  const { pack, source, policies, root_digest } = manifest;
  const last = moves.findLast(({ payload }) => payload.root_digest === root_digest);
  const carried = bundle.files.find(({ path }) => path === LINEAGE_FILE);
  const read = carried === undefined ? undefined : parseLineage(carried.text);
  return traceCandidate({
    candidate: {
      commit: source.commit,
      branch: "",
      registry_ref: `${pack.id}@${pack.version}`,
      policy_digest: sha256(sha256Hex(policiesText(policies))),
      bundle_digest: sha256(root_digest),
    },
    repository: pack.id,
    ref: source.commit,
    judged: judged.map((one) => one.judged),
    unheard,
    parts: [{ id: `input.pack.${pack.id}`, type: "input", version: pack.version, digest: sha256(pack.digest) }],
    released: releasedTraces({
      manifest,
      keyId: bundle.envelope.signatures[0]?.keyid ?? "",
      files: bundle.files,
      moves,
      evaluations,
      decisions: new Map(judged.map((one) => [one.row.evaluation_id, decisionId(one.judged)])),
    }),
    releasedAt: last === undefined ? null : formatInstant(last.at),
    carried: read?.ok === true ? read.value : null,
  });
}

/** Moves that are read of one environment; more than anybody makes. */
const MOVES_MAX = 10_000;

async function recordedMoves(sql: TenantQuery): Promise<readonly RecordedMove[]> {
  const moves: RecordedMove[] = [];
  for (const environment of ENVIRONMENTS)
    for (const { seq, type, at, actor, hash, payload } of await readStreamOf(sql, {
      stream: streamOf(environment),
      types: MOVED,
      after: 0,
      limit: MOVES_MAX,
    })) {
      const parsed = parseJson(payload ?? "{}");
      const body = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
      moves.push({ environment, seq, type, at, actor, hash, payload: body });
    }
  return moves.sort((a, b) => a.at - b.at || a.seq - b.seq);
}
