import { type Instant, isJsonObject, type Json, type JsonObject, parseJson, sha256Hex } from "../../contracts/index.ts";
import { CONTEXT_FILE, type Decision, type EvidenceFile, type Policy } from "../../gate/index.ts";
import type { Claim, RequiredEdge } from "./facts.ts";
import { type LineageNode, sha256 } from "./model.ts";

/** One policy, the files that it was evaluated on, and what was recorded of that. */
export interface Judged {
  /** Tells one policy's nodes from another's, such as `slo.`; empty where there is one policy alone. */
  readonly scope: string;
  /** As ids name the decision. */
  readonly name: string;
  readonly policy: Policy;
  readonly profile: string | null;
  readonly files: readonly EvidenceFile[];
  readonly decidedAt: Instant;
  /** The commit that is judged. */
  readonly commit: string;
  /** The digest by which the policy was pinned, in hex. */
  readonly policyDigest: string;
  /** Null before there is one. */
  readonly decided: Decided | null;
}

/** A decision as it was recorded. */
export interface Decided {
  readonly decision: Decision;
  /** Whether it comes out again of exactly these files: only then is it known that they fed it. */
  readonly isDecidedAgain: boolean;
  readonly evaluationId: string;
  readonly source: "ledger" | "imported";
  readonly recordedBy: string;
  readonly recordedAt: string;
  /** The root digest that it was recorded about, and the commit that the bundle with it was built from; null where there is none. */
  readonly commit: string | null;
  /** Of the packet: as it was recorded, and computed again. */
  readonly packet: { readonly recorded: string; readonly stored: string };
  /** The waiver file that was offered; null for none. */
  readonly waivers: string | null;
}

/** What a part of the evidence adds to a lineage. */
export interface Traces {
  readonly nodes: readonly LineageNode[];
  readonly claims: readonly Claim[];
  readonly required: readonly RequiredEdge[];
  readonly stored: readonly (readonly [node: string, digest: string])[];
}

export const joined = (parts: readonly Traces[]): Traces => ({
  nodes: parts.flatMap(({ nodes }) => nodes),
  claims: parts.flatMap(({ claims }) => claims),
  required: parts.flatMap(({ required }) => required),
  stored: parts.flatMap(({ stored }) => stored),
});

/** Whether the files are a pipeline's reports, which name the jobs that made them. */
export const isPipeline = ({ files }: Pick<Judged, "files">): boolean =>
  files.some(({ name }) => name === CONTEXT_FILE);

export const sourceId = ({ commit }: Pick<Judged, "commit">): string => `source.commit.${commit}`;
export const jobId = ({ scope }: Pick<Judged, "scope">, job: string): string => `job.${scope}${job}`;
export const artifactId = ({ scope }: Pick<Judged, "scope">, name: string): string => `artifact.${scope}${name}`;
export const checkId = ({ scope }: Pick<Judged, "scope">, check: string): string => `check.${scope}${check}`;
export const policyId = ({ name }: Pick<Judged, "name">): string => `input.policy.${name}`;
export const decisionId = ({ name }: Pick<Judged, "name">): string => `decision.${name.replaceAll("-", "_")}`;
export const packetId = ({ scope }: Pick<Judged, "scope">): string => `artifact.${scope}packet`;

/** What says whether the lineage is complete is no part of it (L3). */
export const isOwn = (report: string): boolean => /^R32(?:-|$)/.test(report);

/** The commit that a report says it is about, whoever brought it. */
export const statedCommit = ({ subject }: JsonObject): { readonly subject_commit?: Json } => {
  const { commit } = membersOf(subject);
  return commit === undefined ? {} : { subject_commit: commit };
};

/** A file's name without its ending. */
export const stemOf = (name: string): string => name.replace(/\.(?:json|ndjson)$/, "");

export const fileDigest = (text: string): string => sha256(sha256Hex(text));

export function objectIn(text: string): JsonObject | undefined {
  const parsed = parseJson(text);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}

export const membersOf = (value: JsonObject[string] | undefined): JsonObject =>
  value !== undefined && isJsonObject(value) ? value : {};

export const textIn = (value: JsonObject[string] | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
