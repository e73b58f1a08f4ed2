import { describe, expect, test } from "vitest";
import { builtOf } from "../bundle/testing/shop.ts";
import type { JudgedGate } from "./judged-gates.ts";
import { provenanceProblem, readPromotionSource } from "./promotion-source.ts";

const { manifest } = builtOf({});
const { bundle_id, root_digest, source } = manifest;

const RECORD = {
  source_run_id: "run-99",
  source_artifact_name: "release-candidate-bundle",
  source_verification_run_id: "run-100",
  source_head_sha: source.commit,
  source_head_branch: "main",
  source_workflow_path: ".github/workflows/candidate.yml",
  source_run_conclusion: "success",
  bundle_id,
  root_digest,
  target_environment: "staging",
} as const;

/** A release gate that decided on what a run reported. */
const gate = (runId: string): JudgedGate => ({
  evaluation_id: "e1",
  policy_id: "release-readiness",
  problem: null,
  readiness: { runId, target: "staging", present: null, ready: null },
});

const problem = (other: Partial<Parameters<typeof provenanceProblem>[0]> = {}) =>
  provenanceProblem({
    to: "staging",
    manifest,
    source: RECORD,
    settings: { provenance: "required" },
    gates: [gate("run-100")],
    ...other,
  })?.message ?? null;

describe("PRM-02: source_provenance_valid", () => {
  test("a bundle comes from a run that succeeded, of its own commit, whose verification the release gate decided on", () => {
    expect(problem()).toBeNull();
    expect(problem({ gates: [] })).toBeNull();
  });

  test.each<[string, Partial<Parameters<typeof provenanceProblem>[0]>, string]>([
    ["a run that failed", { source: { ...RECORD, source_run_conclusion: "failure" } }, "ended with `failure`"],
    ["another commit", { source: { ...RECORD, source_head_sha: "c0ffee" } }, "it built commit `c0ffee`"],
    ["another bundle's id", { source: { ...RECORD, bundle_id: "another" } }, "about another bundle"],
    ["another root digest", { source: { ...RECORD, root_digest: "0".repeat(64) } }, "about another bundle"],
    ["another environment", { source: { ...RECORD, target_environment: "prod" } }, "it is for prod"],
    ["reports of another run", { gates: [gate("run-101")] }, "decided on what run `run-101` reported"],
    [
      "a preview handed on otherwise",
      { manifest: { ...manifest, label: "pr-preview" } },
      "handed on as `release-preview-bundle`",
    ],
  ])("%s is not", (_, other, message) => {
    expect(problem(other)).toContain(message);
  });

  test("where nobody says which run it was, the environment says whether somebody has to", () => {
    expect(problem({ source: null })).toContain("nobody says");
    expect(problem({ source: null, settings: { provenance: "optional" } })).toBeNull();
  });

  test("a record that lacks a member, or has one that nobody knows, is refused", () => {
    const { source_run_id: _, ...less } = RECORD;

    expect(readPromotionSource(RECORD)).toMatchObject({ ok: true });
    for (const document of [less, { ...RECORD, extra: 1 }, null])
      expect(readPromotionSource(document)).toMatchObject({ refusal: { code: "SOURCE_PROVENANCE_VALID" } });
  });
});
