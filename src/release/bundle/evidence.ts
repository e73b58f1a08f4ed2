import {
  digestOf,
  isJsonObject,
  isSameJson,
  type JsonObject,
  parseJson,
  type Refusal,
  sha256Hex,
} from "../../contracts/index.ts";
import { type Lineage, parseLineage, sha256 } from "../lineage/model.ts";
import { verifyDocument } from "../lineage/verify.ts";
import { type BundleFile, listed } from "./container.ts";
import type { Label, Manifest } from "./manifest.ts";
import { type Noted, releaseNotes } from "./notes.ts";
import { packageProblems } from "./package.ts";
import { remarksProblems } from "./remarks.ts";

/** Where a bundle has the lineage of its candidate, and what that rests on. */
export const LINEAGE_FILE = "evidence/lineage.json";
export const EVIDENCE_FOLDER = "evidence/";

/** What a bundle carries of what was known when it was built. */
export interface CarriedEvidence {
  /** The final lineage of the candidate, as it was written; null for none. */
  readonly lineage: string | null;
  /** Files that the lineage names, by the names that they have there. */
  readonly evidence: readonly { readonly name: string; readonly text: string }[];
}

/** Labels of bundles that may go to customers: what they rest on has to be complete, and go with them. */
const NEEDS_LINEAGE: readonly Label[] = ["release", "hotfix"];

export const evidenceFiles = ({ lineage, evidence }: CarriedEvidence): readonly BundleFile[] => [
  ...(lineage === null ? [] : [{ path: LINEAGE_FILE, text: lineage }]),
  ...evidence.map(({ name, text }) => ({ path: `${EVIDENCE_FOLDER}${name}`, text })),
];

/** How a manifest names what a bundle carries. */
export function evidenceEntries(files: readonly BundleFile[]): Pick<Manifest, "lineage" | "evidence" | "waivers"> {
  const text = files.find(({ path }) => path === LINEAGE_FILE)?.text;
  const lineage = text === undefined ? undefined : parseLineage(text);
  return {
    lineage:
      lineage === undefined || !lineage.ok
        ? null
        : { contract: "release_lineage_v2", schema_version: "2.0", path: LINEAGE_FILE, digest: lineage.value.digest },
    evidence: files
      .filter(({ path }) => path.startsWith(EVIDENCE_FOLDER) && path !== LINEAGE_FILE)
      .map((file) => ({ path: file.path, sha256: listed(file).sha256 }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    waivers: lineage === undefined || !lineage.ok ? [] : waiversIn(lineage.value),
  };
}

/** What is to be told of a bundle with a lineage; null without one that can be read. */
export function notesText(about: Omit<Noted, "lineage" | "waivers">, lineage: string | null): string | null {
  const parsed = lineage === null ? undefined : parseLineage(lineage);
  if (parsed === undefined || !parsed.ok) return null;
  return releaseNotes({ ...about, lineage: parsed.value, waivers: waiversIn(parsed.value) });
}

/** EXC-02: what was waived in the decisions of a lineage, by waiver, then check. */
function waiversIn({ lineage: { nodes, edges } }: Lineage): Manifest["waivers"] {
  const waived = edges.filter(({ relation }) => relation === "waives");
  return waived
    .map(({ source, target }) => {
      const node = nodes.find(({ id }) => id === source);
      const approved = Array.isArray(node?.approved_by) ? node.approved_by.map(String) : [];
      return {
        waiver_id: source.replace(/^waiver\./, ""),
        check_id: target.replace(/^check\./, ""),
        reason: String(node?.reason ?? ""),
        approved_by: approved.toSorted(),
        expires_at: String(node?.expires_at ?? ""),
      };
    })
    .toSorted((a, b) => (`${a.waiver_id} ${a.check_id}` < `${b.waiver_id} ${b.check_id}` ? -1 : 1));
}

type Described = Pick<
  Manifest,
  "label" | "source" | "pack" | "policies" | "lineage" | "evidence" | "waivers" | "remarks"
>;

/**
 * What is wrong with what a bundle carries, at the build and at every verification: a release without a complete final lineage of
 * its own commit and pack, or of a decision that says no-go; a lineage that is none; evidence that the lineage does not name.
 */
export function evidenceProblems(manifest: Described, files: readonly BundleFile[]): readonly Refusal[] {
  const { label, policies, lineage: named, evidence, waivers, remarks } = manifest;
  const isHeld = NEEDS_LINEAGE.includes(label);
  const text = files.find(({ path }) => path === LINEAGE_FILE)?.text;
  const missing = evidence
    .filter(({ path, sha256: digest }) => !files.some((file) => file.path === path && listed(file).sha256 === digest))
    .map(({ path }) => lacking(`\`${path}\` is named as evidence and not there`));
  const lineage = text === undefined ? undefined : parseLineage(text);
  if (lineage?.ok === false) return [...missing, mismatch(lineage.refusal.message)];
  if (named === null || lineage === undefined)
    return [
      ...missing,
      ...(named !== null ? [lacking("the lineage is named and not there")] : []),
      ...(isHeld ? [lacking(`a ${label} carries the final lineage of its candidate`)] : []),
      ...(waivers.length > 0 ? [mismatch("waivers go with the lineage that has them")] : []),
      ...(evidence.length > 0 ? [lacking("evidence goes with the lineage that names it")] : []),
      ...(remarks === undefined ? [] : [lacking("notes are made of a lineage, and there is none")]),
    ];
  const carried = evidence.flatMap(({ path }) => files.filter((file) => file.path === path));
  return [
    ...missing,
    ...lineageProblems(manifest, lineage.value),
    ...unnamed(lineage.value, carried),
    ...(isHeld ? packageProblems(lineage.value, new Set(carried.flatMap(({ text: known }) => digestsOf(known)))) : []),
    ...(isHeld || remarks !== undefined ? remarksProblems(remarks, policies) : []),
  ];
}

function lineageProblems(
  { label, source, pack, lineage: named, waivers }: Described,
  lineage: Lineage,
): readonly Refusal[] {
  const { candidate, stage } = lineage;
  const parts = lineage.lineage.nodes.filter(({ id }) => id.startsWith("input.pack."));
  const { refusal } = verifyDocument(lineage);
  const against = lineage.lineage.nodes.filter(({ kind, value }) => kind === "gate" && value === "no-go");
  const isHeld = NEEDS_LINEAGE.includes(label);
  return [
    ...(named?.digest === lineage.digest ? [] : [mismatch("the manifest names another lineage")]),
    ...(candidate.commit === source.commit ? [] : [mismatch(`the lineage is about commit \`${candidate.commit}\``)]),
    ...(parts.every(({ digest }) => digest === sha256(pack.digest))
      ? []
      : [mismatch("the lineage is about another pack")]),
    ...(isSameJson(waivers.map(asJson), waiversIn(lineage).map(asJson))
      ? []
      : [mismatch("the manifest does not list the waivers that the lineage has")]),
    ...(stage === "final" ? [] : [mismatch(`the lineage is of stage ${stage}, not final`)]),
    ...(refusal === null || !isHeld ? [] : [mismatch(refusal.message)]),
    ...(isHeld ? against.map(({ id }) => noGo(`${id} says no-go: no ${label} is built of it`)) : []),
  ];
}

/** Evidence is taken by its digest: what no node of the lineage is, is no evidence of this candidate. */
function unnamed({ lineage: { nodes } }: Lineage, carried: readonly BundleFile[]): readonly Refusal[] {
  const known = new Set(
    nodes.flatMap(({ file_sha256, digest, sha256: own, report_digest }) => [file_sha256, digest, own, report_digest]),
  );
  return carried
    .filter(({ text }) => !digestsOf(text).some((digest) => known.has(digest)))
    .map(({ path }) => mismatch(`\`${path}\` is nothing that the lineage names`));
}

/** The digests by which a file may be known: of its bytes, and of a report's contents without the digest that it states. */
function digestsOf(text: string): readonly string[] {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return [sha256(sha256Hex(text))];
  const { digest: _, ...document } = parsed.value;
  return [sha256(sha256Hex(text)), sha256(digestOf(document))];
}

const asJson = (waiver: Manifest["waivers"][number]): JsonObject => ({
  ...waiver,
  approved_by: [...waiver.approved_by],
});

const lacking = (message: string): Refusal => ({ code: "BUNDLE_MISSING_EVIDENCE", message });
const noGo = (message: string): Refusal => ({ code: "RELEASE_GATE_ALLOWS_PROMOTION", message });
const mismatch = (message: string): Refusal => ({ code: "BUNDLE_LINEAGE_MISMATCH", message });
