import { expect, test } from "vitest";
import { after, instant, type Json } from "../contracts/index.ts";
import { deployVerdict } from "./artifact.ts";

const STARTED_AT = instant(1_700_000_000_000);
const FINISHED_AT = after(STARTED_AT, 60_000);
const DAY_MS = 86_400_000;

const CLEAN = {
  contract: "gate_artifact.v1",
  artifact_version: 1,
  git_sha: "c0ffee",
  config_hash: "pack",
  suite_ref: "evidence",
  started_at: "2023-11-14T22:13:20.000Z",
  finished_at: "2023-11-14T22:14:20.000Z",
  stages: [{ name: "golden-p0", kind: "raw", n: 3, passes: 3, threshold: ">= 1", passed: true, reason: "PASS" }],
  flakes: [],
  quarantine_status: [],
  deploy_blocked: false,
  code: null,
  decision: "decision",
};

const DEPLOYED = { configHash: "pack", gitSha: "c0ffee", now: FINISHED_AT };

test("P1-T18 INV-08 a fresh gate artifact that does not block lets exactly its pack and commit be deployed", () => {
  expect(deployVerdict(CLEAN, DEPLOYED)).toEqual({ pass: true });
  expect(deployVerdict(CLEAN, { ...DEPLOYED, now: after(STARTED_AT, DAY_MS) })).toEqual({ pass: true });
});

const MISSING = "GATE_EVIDENCE_MISSING";

test.each<[string, Json | undefined, object, string]>([
  ["that is not there", undefined, {}, MISSING],
  ["with a member that we do not know", { ...CLEAN, override: true }, {}, MISSING],
  ["of another pack", CLEAN, { configHash: "other" }, MISSING],
  ["of another commit", CLEAN, { gitSha: "other" }, MISSING],
  ["of no commit", { ...CLEAN, git_sha: null }, {}, MISSING],
  ["that is older than a day", CLEAN, { now: after(STARTED_AT, DAY_MS + 1) }, MISSING],
  ["from the future", CLEAN, { now: after(FINISHED_AT, -1) }, MISSING],
  ["without a time", { ...CLEAN, started_at: null }, {}, MISSING],
  ["that lacks evidence", { ...CLEAN, deploy_blocked: true, code: MISSING }, {}, MISSING],
  ["whose suite failed", { ...CLEAN, deploy_blocked: true, code: "GATE_FAILED" }, {}, "GATE_FAILED"],
  ["that blocks without a code", { ...CLEAN, deploy_blocked: true }, {}, "GATE_FAILED"],
  ["without stages", { ...CLEAN, stages: [] }, {}, "GATE_FAILED"],
])("INV-08 P1-D13 a gate artifact %s blocks the deploy", (_, artifact, deployed, code) => {
  expect(deployVerdict(artifact, { ...DEPLOYED, ...deployed })).toMatchObject({ pass: false, refusal: { code } });
});
