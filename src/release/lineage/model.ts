import { z } from "zod";
import {
  accepted,
  digestOf,
  firstIssue,
  type Json,
  type JsonObject,
  parseInstant,
  parseJson,
  type Result,
  rejected,
} from "../../contracts/index.ts";

/*
 * A lineage says what a decision, and what was deployed by it, came from: nodes, and edges that data proves.
 *
 * L1 An edge is observed only where two pieces of data state the same; that it is expected proves nothing. What is expected and
 *    not proven stands there as missing.
 * L2 Equal facts give equal bytes: nothing of it depends on when, where or by whom it is made.
 * L3 A stage holds the digest of the stage before it, and nothing that holds its own.
 */

/** Before the decision; with it; with what was deployed by it. */
export const STAGES = ["pre", "final", "deployment"] as const;
export type Stage = (typeof STAGES)[number];

const NODE_TYPES = [
  "source",
  "input",
  "job",
  "artifact",
  "external",
  "waiver",
  "evidence",
  "check",
  "decision",
  "bundle",
  "deployment",
] as const;
export type NodeType = (typeof NODE_TYPES)[number];

const RELATIONS = [
  "triggers",
  "consumes",
  "produces",
  "feeds",
  "governs",
  "waives",
  "attests",
  "drives",
  "records",
  "packaged_in",
  "authorizes",
  "deploys",
  "rolls_back_to",
  "derived_from",
] as const;
export type Relation = (typeof RELATIONS)[number];

const text = z.string().min(1);
const count = z.int().nonnegative();
const json = z.custom<Json>((value) => value !== undefined);

const node = z.object({ id: text, type: z.enum(NODE_TYPES) }).catchall(json);
const edge = z.strictObject({
  source: text,
  target: text,
  relation: z.enum(RELATIONS),
  status: z.enum(["observed", "missing"]),
  /** Where it was stated; empty where it is missing. */
  evidence: z.strictObject({ digest: text.optional(), run_id: text.optional() }),
});
const completenessCheck = z.strictObject({ check_id: text, passed: z.boolean(), detail: z.string() });
const candidate = z.strictObject({
  commit: text,
  branch: z.string(),
  registry_ref: text,
  policy_digest: text,
  bundle_digest: text.optional(),
});

const DOCUMENT = z.strictObject({
  contract: z.literal("release_lineage_v2"),
  schema_version: z.literal("2.0"),
  stage: z.enum(STAGES),
  generated_at: z.string().refine((value) => parseInstant(value) !== undefined, "must be an RFC 3339 date-time"),
  candidate,
  provenance: z.strictObject({
    generator: text,
    generator_version: text,
    source_workflow: text,
    required_jobs: z.strictObject({ total: count, present: count, results: z.record(z.string(), z.string()) }),
  }),
  status: z.enum(["passed", "failed"]),
  summary: z.strictObject({
    total_checks: count,
    passed_checks: count,
    failed_checks: count,
    nodes_total: count,
    edges_total: count,
    node_type_counts: z.record(z.string(), count),
    edge_relation_counts: z.record(z.string(), count),
  }),
  lineage: z.strictObject({ nodes: z.array(node).readonly(), edges: z.array(edge).readonly() }),
  completeness_checks: z.array(completenessCheck).readonly(),
  /** Of the stage before; null for the first. */
  prev_digest: text.nullable(),
  digest: text,
});

/** What stands in the lineage as it is written: `release_lineage_v2`. */
export type Lineage = z.infer<typeof DOCUMENT>;
export type LineageNode = z.infer<typeof node>;
export type LineageEdge = z.infer<typeof edge>;
export type CompletenessCheck = z.infer<typeof completenessCheck>;
export type Candidate = z.infer<typeof candidate>;

/** How digests are written in a lineage. */
export const sha256 = (hex: string): string => `sha256:${hex}`;

export const edgeKey = ({ source, target, relation }: Pick<LineageEdge, "source" | "target" | "relation">): string =>
  `${source} ${relation} ${target}`;

/** An edge as messages name it. */
export const edgeText = ({ source, target, relation }: Pick<LineageEdge, "source" | "target" | "relation">): string =>
  `${source} -${relation}-> ${target}`;

/** The lineage with its digest; one that it had before is no part of what is hashed. */
export function sealLineage(document: Omit<Lineage, "digest"> & { readonly digest?: string }): Lineage {
  const { digest: _, ...rest } = document;
  return { ...rest, digest: digestWithout(rest) };
}

/** The digest that a lineage has, whatever it states. */
export function lineageDigest({ digest: _, ...document }: Lineage): string {
  return digestWithout(document);
}

const digestWithout = (document: Omit<Lineage, "digest">): string => sha256(digestOf(plain(document)));

/** Members that are not there are left out: a digest is taken over JSON. */
const plain = (document: Omit<Lineage, "digest">): JsonObject => JSON.parse(JSON.stringify(document));

export const lineageText = (lineage: Lineage): string => `${JSON.stringify(lineage, null, 2)}\n`;

/**
 * Reads a lineage that was written somewhere. Refused with LINEAGE_CORRUPT where it is none or not what its digest says; whether it
 * is complete is another question.
 */
export function parseLineage(source: string): Result<Lineage> {
  const parsed = parseJson(source);
  return parsed.ok ? readLineage(parsed.value) : corrupt(parsed.refusal.message);
}

/** The same of a document that was read already. */
export function readLineage(value: Json): Result<Lineage> {
  const shaped = DOCUMENT.safeParse(value);
  if (!shaped.success) {
    const { field_path, message } = firstIssue(shaped.error);
    return corrupt(`${field_path}: ${message}`);
  }
  const isWhole = lineageDigest(shaped.data) === shaped.data.digest;
  return isWhole ? accepted(shaped.data) : corrupt("its digest is not that of its contents");
}

const corrupt = (message: string) => rejected({ code: "LINEAGE_CORRUPT", message: `this is no lineage: ${message}` });
