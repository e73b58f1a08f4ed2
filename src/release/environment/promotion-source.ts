import { z } from "zod";
import { issueText, type Refusal, type Result, rejected } from "../../contracts/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { ENVIRONMENTS, type Environment } from "./environment.ts";
import type { JudgedGate } from "./judged-gates.ts";
import type { EnvironmentSettings } from "./settings.ts";

const text = z.string().min(1).max(1_000);

/** PRM-02: which run built a bundle, as the pipeline that ran it wrote it down (`release_bundle_promotion_source.json`). */
const PROMOTION_SOURCE = z
  .strictObject({
    source_run_id: text,
    source_artifact_name: text,
    /** The run that verified the same commit; its reports are what the release gate decided on. */
    source_verification_run_id: text,
    source_head_sha: text,
    source_head_branch: text,
    source_workflow_path: text,
    source_run_conclusion: text,
    bundle_id: text,
    root_digest: text,
    target_environment: z.enum(ENVIRONMENTS),
  })
  .readonly();

export type PromotionSource = z.infer<typeof PROMOTION_SOURCE>;

/** Reads such a record. Refused with SOURCE_PROVENANCE_VALID. */
export function readPromotionSource(document: unknown): Result<PromotionSource> {
  const parsed = PROMOTION_SOURCE.safeParse(document);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : rejected(no(`the record of the run: ${issueText(parsed.error)}`));
}

/** The only artifact by which the build of a pull request hands a bundle on. */
const PREVIEW_ARTIFACT = "release-preview-bundle";

/** What is wrong with where a bundle comes from; null where nothing is. Where nothing is said, the environment says whether it has to be. */
export function provenanceProblem(facts: {
  readonly to: Environment;
  readonly manifest: Pick<Manifest, "bundle_id" | "root_digest" | "label" | "source">;
  readonly source: PromotionSource | null;
  readonly settings: Pick<EnvironmentSettings, "provenance">;
  readonly gates: readonly JudgedGate[];
}): Refusal | null {
  const { to, manifest, source, settings, gates } = facts;
  if (source === null)
    return settings.provenance === "required" ? no(`${to} asks which run built the bundle, and nobody says`) : null;
  const { bundle_id, root_digest, label } = manifest;
  const runs = gates.flatMap(({ readiness }) => (readiness === null ? [] : [readiness.runId]));
  const other = runs.find((run) => run !== source.source_verification_run_id);
  const problems: readonly (readonly [isSo: boolean, problem: string])[] = [
    [source.bundle_id === bundle_id && source.root_digest === root_digest, "it is about another bundle"],
    [source.target_environment === to, `it is for ${source.target_environment}`],
    [source.source_run_conclusion === "success", `the run ended with \`${source.source_run_conclusion}\``],
    [source.source_head_sha === manifest.source.commit, `it built commit \`${source.source_head_sha}\``],
    [
      label !== "pr-preview" || source.source_artifact_name === PREVIEW_ARTIFACT,
      `a pr-preview is handed on as \`${PREVIEW_ARTIFACT}\``,
    ],
    [other === undefined, `the release gate decided on what run \`${other ?? ""}\` reported`],
  ];
  const found = problems.find(([isSo]) => !isSo);
  return found === undefined ? null : no(`the record of run \`${source.source_run_id}\`: ${found[1]}`);
}

const no = (message: string): Refusal => ({ code: "SOURCE_PROVENANCE_VALID", message });
