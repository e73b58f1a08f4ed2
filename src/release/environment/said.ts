import { type Instant, isJsonObject, parseJson, sha256Hex } from "../../contracts/index.ts";
import { CONTEXT_FILE, type EvaluationRow, evaluationsBy, onlyText } from "../../gate/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { EVIDENCE_FOLDER } from "../bundle/evidence.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { Packet } from "../packet/packet.ts";
import { storedPacket } from "../packet/stored.ts";
import type { ReleasePorts } from "./act.ts";

/** A recorded evaluation about a bundle, and which of the files that the bundle carries it was decided on others of. */
export interface Said extends EvaluationRow {
  readonly replaces: readonly string[];
}

/** What the policies that a bundle pins last said of it up to an instant, in each profile: on the evidence that it carries, and on other. */
export async function saidOf(
  { artifacts }: Pick<ReleasePorts, "artifacts">,
  sql: TenantQuery,
  { manifest, until }: { readonly manifest: Manifest; readonly until: Instant },
): Promise<readonly Said[]> {
  const { root_digest: subject, policies, evidence } = manifest;
  const rows = await evaluationsBy(sql, { subject, policies: policies.map(({ id }) => id), until });
  const said = new Map<string, Said>();
  for (const row of rows) {
    const own = `${row.policy_sha256} ${row.profile ?? ""}`;
    const other = `${own} other`;
    if (said.has(own) && (evidence.length === 0 || said.has(other))) continue;
    const packet = evidence.length === 0 ? undefined : await storedPacket(artifacts, sql, row);
    const replaces = packet?.ok === true ? replacedIn(manifest, packet.value) : [];
    const key = replaces.length === 0 ? own : other;
    if (!said.has(key)) said.set(key, { ...row, replaces });
  }
  return [...said.values()];
}

/**
 * The files of a bundle's evidence in whose place a decision was made on others, by name. What the gate of releases was asked is no
 * evidence; what stands in the question itself is in the place of any file that is not there.
 */
export function replacedIn(
  { evidence: carried }: Pick<Manifest, "evidence">,
  { evidence }: Pick<Packet, "evidence">,
): readonly string[] {
  const isInlined = inlines(onlyText(evidence, CONTEXT_FILE));
  return carried
    .map(({ path, sha256 }) => ({ name: path.slice(EVIDENCE_FOLDER.length), sha256 }))
    .filter(({ name, sha256 }) => {
      if (name === CONTEXT_FILE) return false;
      const given = evidence.filter((file) => file.name === name);
      return given.length === 0 ? isInlined : given.some(({ text }) => sha256Hex(text) !== sha256);
    })
    .map(({ name }) => name);
}

/** Members of the question that bring evidence. */
const INLINED = ["reports", "jobs", "slo_history"] as const;

function inlines(context: string | undefined): boolean {
  const parsed = parseJson(context ?? "");
  if (!parsed.ok || !isJsonObject(parsed.value)) return false;
  const { value } = parsed;
  return INLINED.some((name) => value[name] !== undefined);
}
