import type { Candidate, Lineage, LineageEdge, LineageNode, Relation } from "./model.ts";

/** That something states how two nodes belong together, in the words of its own data. */
export interface Claim {
  readonly source: string;
  readonly target: string;
  readonly relation: Relation;
  /** What it states of the two, to be compared with what they are. */
  readonly stated: { readonly [name in Stated]?: string };
  /** Where it is stated. */
  readonly evidence: LineageEdge["evidence"];
}

type Stated =
  | "commit"
  | "run_id"
  | "job_id"
  | "digest"
  | "check_id"
  | "outcome"
  | "report_digest"
  | "root_digest"
  | "environment";

/** An edge that there has to be. */
export type RequiredEdge = Pick<Claim, "source" | "target" | "relation">;

/** The edges that there have to be for claims to hold. */
export const requiredBy = (claims: readonly RequiredEdge[]): readonly RequiredEdge[] =>
  claims.map(({ source, target, relation }) => ({ source, target, relation }));

/** Everything that a lineage of one stage is made from. */
export interface StageFacts {
  readonly nodes: readonly LineageNode[];
  readonly claims: readonly Claim[];
  readonly required: readonly RequiredEdge[];
  /** Artifacts that there have to be. */
  readonly reports: readonly string[];
  /** Jobs that there have to be; and how every job ended, null where nobody could read that. */
  readonly requiredJobs: readonly string[];
  readonly jobResults: { readonly [job: string]: string } | null;
  /** Digests of what is stored, computed again, by node. */
  readonly stored: { readonly [node: string]: string };
  /** The newest instant in the facts, as RFC 3339. */
  readonly at: string;
}

/** The facts of a candidate, by stage, each with those of the stages before it. */
export interface LineageFacts {
  readonly candidate: Candidate;
  readonly workflow: string;
  readonly pre: StageFacts;
  readonly final: StageFacts;
  readonly deployment: StageFacts;
  /** The final lineage that the bundle carries; null where it carries none. */
  readonly carried: Lineage | null;
}

/**
 * What has to be the same for an edge to be seen: what is stated, and the attribute of which of its ends that is compared with.
 * Everything that a relation lists has to be stated and to fit.
 */
export const PROOFS: {
  readonly [relation in Relation]: readonly (readonly [Stated, "source" | "target", string])[];
} = {
  triggers: [
    ["commit", "source", "commit"],
    ["run_id", "target", "run_id"],
  ],
  consumes: [["digest", "source", "digest"]],
  produces: [
    ["job_id", "source", "job_id"],
    ["run_id", "source", "run_id"],
    ["digest", "target", "digest"],
  ],
  feeds: [["digest", "source", "digest"]],
  governs: [["digest", "source", "digest"]],
  waives: [
    ["digest", "source", "digest"],
    ["check_id", "target", "check_id"],
  ],
  attests: [["digest", "source", "sha256"]],
  drives: [
    ["check_id", "source", "check_id"],
    ["outcome", "source", "outcome"],
    ["report_digest", "target", "report_digest"],
  ],
  records: [["digest", "target", "digest"]],
  packaged_in: [
    ["digest", "source", "file_sha256"],
    ["root_digest", "target", "root_digest"],
  ],
  authorizes: [["report_digest", "source", "report_digest"]],
  deploys: [
    ["root_digest", "source", "root_digest"],
    ["root_digest", "target", "root_digest"],
  ],
  rolls_back_to: [
    ["root_digest", "source", "root_digest"],
    ["root_digest", "target", "root_digest"],
    ["environment", "target", "environment"],
  ],
  derived_from: [["digest", "target", "digest"]],
};
