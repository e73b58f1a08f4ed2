import { z } from "zod";
import {
  canonicalText,
  firstIssue,
  formatInstant,
  type Instant,
  parseInstant,
  parseJson,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { type Envelope, payloadOf } from "./dsse.ts";

/** What a bundle is for. A preview goes to dev and no further. */
export const LABELS = ["pr-preview", "candidate", "release", "hotfix"] as const;

export type Label = (typeof LABELS)[number];

const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hex");
/** A git commit: SHA-1 or SHA-256. */
const commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "must be a whole commit id in lower-case hex");
const time = z.string().refine((text) => parseInstant(text) !== undefined, "must be an RFC 3339 date-time");

const listedFile = z.strictObject({ path: z.string(), size: z.int().nonnegative(), sha256: digest }).readonly();
const listOf = <T extends z.ZodType>(element: T) => z.array(element).readonly();

const COMPAT = z
  .strictObject({
    /** Of the state that it reads and writes, outside of runs. */
    state_version: z.int().positive(),
    /** What was done to that state up to this version, and whether it can be undone. */
    migrations: listOf(z.strictObject({ id: z.string().min(1), reversible: z.boolean() }).readonly()),
  })
  .readonly();

/** What of earlier and later state a bundle can live with. */
export type Compat = z.infer<typeof COMPAT>;

const policyReference = z.strictObject({ id: z.string(), version: z.string(), digest }).readonly();
/** A sentence of a person: said, and no page. */
const sentence = z.string().trim().min(1, "must be said").max(1_000);

/** What people say of a release, beside what is known of it. */
const REMARKS = z
  .strictObject({
    /** What it is known not to do, or not to do well. */
    limitations: listOf(sentence),
    /** GATE-12: why a policy is another than before, by its id. */
    policy_changes: z.record(z.string(), sentence).readonly(),
    /** What it takes the place of, and goes back to; null for a first release. */
    replaces: z
      .strictObject({ bundle_id: z.string(), root_digest: digest, policies: listOf(policyReference) })
      .readonly()
      .nullable(),
    /** What was rolled back before it, and why. */
    rolled_back: z.strictObject({ bundle_id: z.string(), reason: sentence }).readonly().exactOptional(),
  })
  .readonly();

export type Remarks = z.infer<typeof REMARKS>;

/** As people write them: what is replaced is named, and stands in its bundle. */
const WRITTEN = REMARKS.unwrap().extend({ replaces: z.string().nullable() });

/**
 * Reads what people say of a release, and takes from the bundle that it replaces by which policies that was decided. Refused with
 * RELEASE_NOTES_COMPLETE where something is not said, or another bundle is named than the one at hand.
 */
export function readRemarks(document: unknown, replaced: Manifest | null): Result<Remarks> {
  const parsed = WRITTEN.safeParse(document);
  if (!parsed.success) return incomplete(shapeText(parsed.error));
  const { replaces, ...said } = parsed.data;
  if (replaces !== (replaced?.bundle_id ?? null))
    return incomplete(
      replaces === null
        ? "`replaces` is null, as of a first release, and a bundle that it replaces is given"
        : `\`replaces\` names \`${replaces}\`, and ${replaced === null ? "no" : "another"} bundle is given`,
    );
  if (replaced === null) return { ok: true, value: { ...said, replaces: null } };
  const { bundle_id, root_digest, policies } = replaced;
  return { ok: true, value: { ...said, replaces: { bundle_id, root_digest, policies } } };
}

const incomplete = (message: string) => rejected({ code: "RELEASE_NOTES_COMPLETE", message });

/** Reads what somebody states of a bundle's state. Refused with BUNDLE_INVALID_MANIFEST. */
export function readCompat(document: unknown): Result<Compat> {
  const parsed = COMPAT.safeParse(document);
  return parsed.success ? { ok: true, value: parsed.data } : invalid(shapeText(parsed.error));
}

const MANIFEST = z
  .strictObject({
    contract: z.literal("release_bundle_v2"),
    schema_version: z.literal("2.0"),
    bundle_id: z.string(),
    label: z.enum(LABELS),
    created_at: time,
    builder: z.strictObject({ identity: z.string().min(1) }).readonly(),
    source: z.strictObject({ commit, dirty: z.boolean() }).readonly(),
    pack: z.strictObject({ id: z.string(), version: z.string(), digest }).readonly(),
    tools: listOf(z.strictObject({ name: z.string(), version: z.string(), contract_digest: digest }).readonly()),
    workflows: listOf(z.strictObject({ id: z.string(), digest }).readonly()),
    bounds_digest: digest,
    scopes_digest: digest,
    rules_digest: digest,
    agents: listOf(
      z
        .strictObject({
          workflow: z.string(),
          step: z.string(),
          graph: z.string(),
          version: z.string(),
          code_digest: digest.nullable(),
          models: listOf(z.strictObject({ service: z.string(), origin: z.string() }).readonly()),
        })
        .readonly(),
    ),
    policies: listOf(policyReference),
    sbom: z.strictObject({ path: z.string(), sha256: digest }).readonly().nullable(),
    /** The final lineage of the candidate, in the bundle; null where it carries none. */
    lineage: z
      .strictObject({
        contract: z.literal("release_lineage_v2"),
        schema_version: z.literal("2.0"),
        path: z.string(),
        digest: z.string(),
      })
      .readonly()
      .nullable(),
    evidence: listOf(z.strictObject({ path: z.string(), sha256: digest }).readonly()),
    /** Waivers that were applied in the decisions of its lineage: what it goes out in spite of. */
    waivers: listOf(
      z
        .strictObject({
          waiver_id: z.string(),
          check_id: z.string(),
          reason: z.string(),
          approved_by: listOf(z.string()),
          expires_at: z.string(),
        })
        .readonly(),
    ),
    /** Not there in one that says nothing of state. */
    compat: COMPAT.exactOptional(),
    /** Not there where nobody said anything; a release has them. */
    remarks: REMARKS.exactOptional(),
    files: listOf(listedFile),
    root_digest: digest,
  })
  .readonly();

/** What a bundle says of itself; signed as the predicate of its statement. */
export type Manifest = z.infer<typeof MANIFEST>;

const PREDICATE_TYPE = "https://countermark.dev/release_bundle/v2";

/** Of in-toto statements in DSSE envelopes. */
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

const STATEMENT = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z
    .array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: digest }) }))
    .length(1)
    .readonly(),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.unknown(),
});

/**
 * The in-toto statement about a bundle: its subject is the root digest.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export const statementText = (manifest: Manifest): string =>
  canonicalText({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: manifest.bundle_id, digest: { sha256: manifest.root_digest } }],
    predicateType: PREDICATE_TYPE,
    predicate: manifest,
  });

/** The manifest of an envelope. Refused: BUNDLE_MISSING_MANIFEST, BUNDLE_CONTRACT, BUNDLE_INVALID_MANIFEST. */
export function readManifest(envelope: Envelope): Result<Manifest> {
  const parsed = parseJson(payloadOf(envelope));
  const statement = STATEMENT.safeParse(parsed.ok ? parsed.value : null).data;
  if (envelope.payloadType !== PAYLOAD_TYPE || statement === undefined)
    return rejected({ code: "BUNDLE_MISSING_MANIFEST", message: "the envelope holds no statement about a bundle" });
  const { predicate, subject } = statement;
  const { contract } = z.looseObject({ contract: z.unknown() }).safeParse(predicate).data ?? {};
  if (contract !== "release_bundle_v2")
    return rejected({ code: "BUNDLE_CONTRACT", message: "the manifest is not of contract `release_bundle_v2`" });
  const manifest = MANIFEST.safeParse(predicate);
  if (!manifest.success) return invalid(shapeText(manifest.error));
  const { bundle_id, root_digest } = manifest.data;
  const [about] = subject;
  const fits = about?.name === bundle_id && about.digest.sha256 === root_digest;
  return fits ? { ok: true, value: manifest.data } : invalid("the statement is about another bundle");
}

function shapeText(error: z.ZodError): string {
  const { field_path, message } = firstIssue(error);
  return `${field_path}: ${message}`;
}

const invalid = (message: string) => rejected({ code: "BUNDLE_INVALID_MANIFEST", message });

/** The id of a bundle: `<label>-<yyyymmdd-hhmmss>-<commit8>-<root12>`, time in UTC. */
export function bundleIdOf(named: {
  readonly label: Label;
  readonly createdAt: Instant;
  readonly commit: string;
  readonly rootDigest: string;
}): string {
  const [day, time] = formatInstant(named.createdAt).replaceAll(/[-:]/g, "").split(/[T.]/);
  return [named.label, day, time, named.commit.slice(0, 8), named.rootDigest.slice(0, 12)].join("-");
}
