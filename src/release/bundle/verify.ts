import { type Instant, instant, isSameJson, parseInstant, type Refusal } from "../../contracts/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import { labelProblem, PACK_FILE, POLICIES_FILE, policiesText } from "./build.ts";
import { type Bundle, type BundleFile, listed, readBundle, rootDigest } from "./container.ts";
import { contentsOf, packIn } from "./contents.ts";
import { isSignedBy } from "./dsse.ts";
import { evidenceProblems, LINEAGE_FILE, notesText } from "./evidence.ts";
import { bundleIdOf, type Label, type Manifest, readManifest } from "./manifest.ts";
import { NOTES_FILE } from "./notes.ts";
import { readPublicKey } from "./signing-key.ts";
import { type KeyRole, type Roster, trustedKey } from "./trust.ts";

/** What a verification found. Wire form. */
export interface BundleReport {
  readonly ok: boolean;
  /** Null where no manifest could be read. */
  readonly bundle_id: string | null;
  readonly root_digest: string | null;
  readonly key_id: string | null;
  /** Every rule that does not hold; empty exactly where `ok`. */
  readonly errors: readonly Refusal[];
  readonly warnings: readonly string[];
  /** Files whose size and digest are the manifest's. */
  readonly verified_files: number;
}

/** A bundle with its report. Manifest and pack are to be used only where `report.ok`. */
export interface Verification {
  readonly report: BundleReport;
  readonly manifest: Manifest | null;
  readonly pack: CompiledPack | null;
}

export interface VerifyOptions {
  /** Whose signatures count; never taken from the bundle. */
  readonly roster: Roster;
  /** Now: a key that is revoked by then counts no more. */
  readonly at: Instant;
  /** When the key has, or had, to be valid; by default now. */
  readonly validAt?: Instant;
  /** Roles of which the signing key must have one; by default those that the label may be signed by. */
  readonly roles?: readonly KeyRole[];
}

/** Releases need the release key; what goes to dev at most may be signed by a build. */
const SIGNED_BY: { readonly [label in Label]: readonly KeyRole[] } = {
  "pr-preview": ["ci", "release"],
  candidate: ["ci", "release"],
  release: ["release"],
  hotfix: ["release"],
};

/** Checks everything about a bundle, offline: form, manifest, signature and trust, files, digests, contents. All errors, in this order. */
export function verifyBundle(bytes: Uint8Array, options: VerifyOptions): Verification {
  const bundle = readBundle(bytes);
  if (!bundle.ok) return unreadable(bundle.refusal, null);
  const keyid = keyIdIn(bundle.value);
  const read = readManifest(bundle.value.envelope);
  if (!read.ok) return unreadable(read.refusal, keyid);
  const manifest = read.value;
  const present = bundle.value.files.filter((file) => isListed(manifest, file));
  const pack = packIn(present.find(({ path }) => path === PACK_FILE)?.text ?? "") ?? null;
  const errors = [
    ...signatureErrors(bundle.value, manifest, options),
    ...fileErrors(manifest, bundle.value.files),
    ...digestErrors(manifest),
    ...contentErrors(manifest, present, pack),
  ];
  const report = {
    ok: errors.length === 0,
    bundle_id: manifest.bundle_id,
    root_digest: manifest.root_digest,
    key_id: keyid,
    errors,
    warnings: warningsAbout(manifest),
    verified_files: present.length,
  };
  return { report, manifest, pack };
}

const unreadable = (error: Refusal, key_id: string | null): Verification => ({
  report: {
    ok: false,
    bundle_id: null,
    root_digest: null,
    key_id,
    errors: [error],
    warnings: [],
    verified_files: 0,
  },
  manifest: null,
  pack: null,
});

const keyIdIn = ({ envelope }: Bundle): string => envelope.signatures[0]?.keyid ?? "";

function signatureErrors(bundle: Bundle, { label }: Manifest, options: VerifyOptions): readonly Refusal[] {
  const keyId = keyIdIn(bundle);
  const { roster, at, validAt = at, roles = SIGNED_BY[label] } = options;
  const trusted = trustedKey(roster, { keyId, at, validAt, roles });
  const known = roster.keys.find(({ keyid }) => keyid === keyId);
  const publicKey = known === undefined ? undefined : readPublicKey(known.public_key);
  const isForged = publicKey !== undefined && !isSignedBy(bundle.envelope, publicKey);
  return [
    ...(trusted.ok ? [] : [trusted.refusal]),
    ...(isForged ? [no("BUNDLE_SIGNATURE", `the signature is not one of key \`${keyId}\` over this manifest`)] : []),
  ];
}

const SAFE_PATH = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Listed files that are missing or altered, present files that are not listed, and paths that lead out of a folder. */
function fileErrors({ files: entries }: Manifest, files: readonly BundleFile[]): readonly Refusal[] {
  const missing = entries
    .filter(({ path }) => !files.some((file) => file.path === path))
    .map(({ path }) => no("BUNDLE_MISSING_FILE", `\`${path}\` is listed and not there`));
  return [
    ...[...new Set([...entries, ...files].map(({ path }) => path))]
      .filter((path) => !SAFE_PATH.test(path))
      .map((path) => no("BUNDLE_UNSAFE_PATH", `\`${path}\` is no plain path`)),
    ...missing,
    ...files.flatMap((file) => {
      const entry = entries.find(({ path }) => path === file.path);
      if (entry === undefined) return [no("BUNDLE_UNLISTED_FILE", `\`${file.path}\` is there and not listed`)];
      const { size, sha256 } = listed(file);
      const isEqual = entry.size === size && entry.sha256 === sha256;
      return isEqual ? [] : [no("BUNDLE_CHECKSUM", `\`${file.path}\` is not what the manifest lists`)];
    }),
    ...repeated(entries, "listed"),
    ...repeated(files, "there"),
  ];
}

const repeated = (entries: readonly Pick<BundleFile, "path">[], how: string): readonly Refusal[] =>
  entries
    .filter(({ path }, index) => entries.findIndex((entry) => entry.path === path) !== index)
    .map(({ path }) => no("BUNDLE_UNLISTED_FILE", `\`${path}\` is ${how} twice`));

function isListed({ files }: Manifest, file: BundleFile): boolean {
  const { path, size, sha256 } = listed(file);
  return files.some((entry) => entry.path === path && entry.size === size && entry.sha256 === sha256);
}

function digestErrors(manifest: Manifest): readonly Refusal[] {
  const { label, source, created_at, bundle_id, root_digest, files } = manifest;
  const rootFits = rootDigest(files) === root_digest;
  const createdAt = parseInstant(created_at) ?? instant(0);
  const meant = bundleIdOf({ label, createdAt, commit: source.commit, rootDigest: root_digest });
  return [
    ...(rootFits ? [] : [no("BUNDLE_CHECKSUM", "the root digest is not that of the listed files")]),
    ...(bundle_id === meant ? [] : idErrors(bundle_id, meant)),
  ];
}

/** An id that differs in the commit alone is told apart: it was built from other sources than it says. */
function idErrors(id: string, meant: string): readonly Refusal[] {
  const [parts, others] = [id.split("-"), meant.split("-")];
  const isCommit =
    parts.length === others.length && parts.every((part, at) => part === others[at] || at === parts.length - 2);
  return [
    isCommit
      ? no("BUNDLE_COMMIT_MISMATCH", `the bundle's id \`${id}\` names another commit than its source`)
      : no("BUNDLE_INVALID_MANIFEST", `the bundle's id is \`${id}\` and would have to be \`${meant}\``),
  ];
}

/** What the manifest says of the pack is computed again from the pack: the runtime will go by it. */
function contentErrors(
  manifest: Manifest,
  present: readonly BundleFile[],
  pack: CompiledPack | null,
): readonly Refusal[] {
  const { label, source, sbom, policies, files } = manifest;
  const lack = labelProblem(label, { dirty: source.dirty, hasSbom: sbom !== null });
  const policiesFile = present.find(({ path }) => path === POLICIES_FILE);
  const isBill = sbom === null || files.some(({ path, sha256 }) => path === sbom.path && sha256 === sbom.sha256);
  return [
    ...(lack === null ? [] : [lack]),
    ...(pack !== null && saysSo(manifest, pack)
      ? []
      : [no("BUNDLE_CONTENT_MISMATCH", "the manifest does not describe the pack")]),
    ...(policiesFile?.text === policiesText(policies)
      ? []
      : [no("BUNDLE_CONTENT_MISMATCH", "the manifest does not name the policies")]),
    ...(notesFit(manifest, present)
      ? []
      : [no("BUNDLE_CONTENT_MISMATCH", "the release notes are not what is to be told of this bundle")]),
    ...(isBill ? [] : [no("BUNDLE_CONTENT_MISMATCH", "the manifest does not list the bill of materials")]),
    ...evidenceProblems(manifest, present),
    ...(present.filter(isCarried).length === carriedCount(manifest)
      ? []
      : [no("BUNDLE_CONTENT_MISMATCH", "the manifest does not name all the evidence")]),
  ];
}

function notesFit(manifest: Manifest, present: readonly BundleFile[]): boolean {
  const textOf = (wanted: string): string | null => present.find(({ path }) => path === wanted)?.text ?? null;
  return textOf(NOTES_FILE) === notesText(manifest, textOf(LINEAGE_FILE));
}

const isCarried = ({ path }: BundleFile): boolean => path.startsWith("evidence/");
const carriedCount = ({ lineage, evidence }: Manifest): number => evidence.length + (lineage === null ? 0 : 1);

function saysSo(manifest: Manifest, compiled: CompiledPack): boolean {
  const { pack, tools, workflows, bounds_digest, scopes_digest, rules_digest, agents } = manifest;
  const said = { pack, tools, workflows, bounds_digest, scopes_digest, rules_digest, agents };
  return isSameJson(said, contentsOf(compiled));
}

function warningsAbout({ source, agents }: Manifest): readonly string[] {
  return [
    ...(source.dirty ? ["it was built from sources that are not committed"] : []),
    ...agents
      .filter(({ code_digest }) => code_digest === null)
      .map(({ workflow, step }) => `the graph of step \`${step}\` of \`${workflow}\` is not pinned by a digest`),
  ];
}

const no = (code: Refusal["code"], message: string): Refusal => ({ code, message });
