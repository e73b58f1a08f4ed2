import {
  accepted,
  assert,
  canonicalText,
  formatInstant,
  type Instant,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import { type BundleFile, bundleText, listed, rootDigest } from "./container.ts";
import { contentsOf, packText } from "./contents.ts";
import { sealEnvelope } from "./dsse.ts";
import { type CarriedEvidence, evidenceEntries, evidenceFiles, evidenceProblems, notesText } from "./evidence.ts";
import {
  bundleIdOf,
  type Compat,
  type Label,
  type Manifest,
  PAYLOAD_TYPE,
  type Remarks,
  statementText,
} from "./manifest.ts";
import { NOTES_FILE } from "./notes.ts";
import type { SigningKey } from "./signing-key.ts";

/** A policy by which the bundle's promotion is to be decided, pinned. */
export interface PolicyReference {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
}

/** Everything that a bundle is made of. */
export interface BundleInput {
  readonly pack: CompiledPack;
  readonly label: Label;
  readonly source: { readonly commit: string; readonly dirty: boolean };
  readonly builder: string;
  readonly createdAt: Instant;
  readonly policies: readonly PolicyReference[];
  /** CycloneDX text; null for none. */
  readonly sbom: string | null;
  /** What the candidate's decisions came from; a release needs it, others may go without. */
  readonly carried?: CarriedEvidence;
  /** What it says of state; nothing unless told. */
  readonly compat?: Compat;
  /** What its notes say beside what is known; a release needs them. */
  readonly remarks?: Remarks;
  readonly key: SigningKey;
}

export interface BuiltBundle {
  readonly manifest: Manifest;
  readonly text: string;
}

export const PACK_FILE = "payload/pack.json";
export const POLICIES_FILE = "payload/policies.json";
const SBOM_FILE = "sbom.cdx.json";

/** Labels of bundles that may go to customers: they say what they are made of. */
const NEEDS_SBOM: readonly Label[] = ["release", "hotfix"];

/**
 * Builds and signs a bundle. Equal inputs give the same root digest, on any machine; time, builder and signer are no part of
 * it. Refused: BUNDLE_DIRTY_SOURCE for more than a preview of what is not committed, BUNDLE_MISSING_EVIDENCE without a bill
 * of materials or a final lineage where the label needs one, BUNDLE_LINEAGE_MISMATCH where the lineage is another candidate's, is
 * not complete, or does not name the evidence, RELEASE_NOTES_COMPLETE where people have not said what the notes of a release tell.
 */
export function buildBundle(input: BundleInput): Result<BuiltBundle> {
  const { label, source, sbom } = input;
  const lack = labelProblem(label, { dirty: source.dirty, hasSbom: sbom !== null });
  if (lack !== null) return rejected(lack);
  const files = filesOf(input);
  const manifest = manifestOf(input, files);
  const [problem] = evidenceProblems(manifest, files);
  if (problem !== undefined) return rejected(problem);
  const envelope = sealEnvelope({ type: PAYLOAD_TYPE, text: statementText(manifest) }, input.key);
  return accepted({ manifest, text: bundleText({ envelope, files }) });
}

/** What a label asks of its bundle, at the build and at every verification. Null: nothing is wrong. */
export function labelProblem(label: Label, { dirty, hasSbom }: { readonly dirty: boolean; readonly hasSbom: boolean }) {
  if (dirty && label !== "pr-preview")
    return { code: "BUNDLE_DIRTY_SOURCE", message: `a ${label} is built from what is committed` } as const;
  if (!hasSbom && NEEDS_SBOM.includes(label))
    return { code: "BUNDLE_MISSING_EVIDENCE", message: `a ${label} has a bill of materials` } as const;
  return null;
}

function filesOf({ pack, policies, sbom, carried, source, remarks }: BundleInput): readonly BundleFile[] {
  const about = {
    pack: contentsOf(pack).pack,
    source,
    policies: byId(policies),
    ...(remarks === undefined ? {} : { remarks }),
  };
  const notes = notesText(about, carried?.lineage ?? null);
  return [
    ...(notes === null ? [] : [{ path: NOTES_FILE, text: notes }]),
    { path: PACK_FILE, text: packText(pack) },
    { path: POLICIES_FILE, text: policiesText(policies) },
    ...(sbom === null ? [] : [{ path: SBOM_FILE, text: sbom }]),
    ...(carried === undefined ? [] : evidenceFiles(carried)),
  ];
}

const byId = (policies: readonly PolicyReference[]): readonly PolicyReference[] =>
  [...policies].sort((a, b) => (a.id < b.id ? -1 : 1));

/** The text of a bundle's file with its policies. */
export const policiesText = (policies: readonly PolicyReference[]): string =>
  canonicalText(byId(policies).map(({ id, version, digest }) => ({ id, version, digest })));

function manifestOf(input: BundleInput, files: readonly BundleFile[]): Manifest {
  const { label, source, createdAt } = input;
  const entries = files.map(listed);
  const root_digest = rootDigest(entries);
  const sbom = entries.find(({ path }) => path === SBOM_FILE);
  assert((sbom !== undefined) === (input.sbom !== null), "a bill of materials is listed where there is one");
  return {
    contract: "release_bundle_v2",
    schema_version: "2.0",
    bundle_id: bundleIdOf({ label, createdAt, commit: source.commit, rootDigest: root_digest }),
    label,
    created_at: formatInstant(createdAt),
    builder: { identity: input.builder },
    source,
    ...contentsOf(input.pack),
    policies: byId(input.policies),
    ...(input.compat === undefined ? {} : { compat: input.compat }),
    ...(input.remarks === undefined ? {} : { remarks: input.remarks }),
    sbom: sbom === undefined ? null : { path: sbom.path, sha256: sbom.sha256 },
    ...evidenceEntries(files),
    files: entries,
    root_digest,
  };
}
