import { expect, test } from "vitest";
import { after, instant, sha256Hex } from "../contracts/index.ts";
import { deployVerdict, EVIDENCE_AGE_MS_MAX, gateArtifact } from "./artifact.ts";
import { goldenStage } from "./golden-suite.ts";
import { parseTestReports } from "./test-report.ts";

const DIGEST = sha256Hex("the artifact");
const STARTED_AT = instant(1_700_000_000_000);
const FINISHED_AT = after(STARTED_AT, 60_000);

const CLEAN = { fullName: "P1-T18 a clean test", status: "passed" };
const FORCED = { fullName: "P1-T18 a forced failure", status: "failed" };
const SKIPPED = { fullName: "P1-T18 a skipped test", status: "skipped" };
const OTHER = { fullName: "a failure that names no id", status: "failed" };

const fileOf = (...assertionResults: readonly { readonly status: string }[]) => ({
  name: "test/flow/shop.test.ts",
  status: assertionResults.some(({ status }) => status === "failed") ? "failed" : "passed",
  endTime: FINISHED_AT,
  assertionResults,
});

const suiteOf = (...testResults: readonly unknown[]) => ({ startTime: STARTED_AT, testResults });

function artifactOf(suite: unknown, required: readonly string[] = []) {
  const report = parseTestReports([suite].flat());
  return gateArtifact({
    artifactDigest: DIGEST,
    suite: report === undefined ? null : { ref: sha256Hex("the report"), ...report },
    stages: [goldenStage(report, required)],
    evaluatedAt: FINISHED_AT,
  });
}

const clean = artifactOf(suiteOf(fileOf(CLEAN)));
const deployed = { digest: DIGEST, now: FINISHED_AT };

test("P1-T18 a suite with forced failures blocks the deploy, and the artifact says so", () => {
  const artifact = artifactOf(suiteOf(fileOf(CLEAN, FORCED, SKIPPED)));

  expect(artifact).toMatchObject({ deploy_blocked: true, code: "GATE_FAILED", artifact_digest: DIGEST });
  expect(artifact.stages).toMatchObject([{ kind: "raw", n: 3, passes: 1, threshold: 1, failed: [FORCED.fullName] }]);
  expect(deployVerdict(artifact, deployed)).toMatchObject({ pass: false, refusal: { code: "GATE_FAILED" } });
});

test("P1-T18 a suite without a failure lets exactly its artifact be deployed", () => {
  expect(clean).toMatchObject({ deploy_blocked: false, code: null, finished_at: "2023-11-14T22:14:20.000Z" });
  expect(deployVerdict(clean, deployed)).toEqual({ pass: true });
});

const unrun = { ...fileOf(), status: "failed", name: "test/flow/broken.test.ts" };

test.each([
  ["no report", undefined],
  ["a report of another kind", { tests: [] }],
  ["an empty report", suiteOf()],
  ["only tests that name no id", suiteOf(fileOf({ ...OTHER, status: "passed" }))],
  ["a test that was skipped everywhere", suiteOf(fileOf(CLEAN, SKIPPED))],
  ["a test file that did not load", suiteOf(fileOf(CLEAN), unrun)],
])("P1-T18 %s is missing evidence and blocks the deploy", (_, suite) => {
  expect(artifactOf(suite)).toMatchObject({ deploy_blocked: true, code: "GATE_EVIDENCE_MISSING" });
});

test("P1-T18 a required id that no passing test shows blocks the deploy", () => {
  const artifact = artifactOf(suiteOf(fileOf(CLEAN)), ["P1-T18", "INV-08"]);

  expect(artifact).toMatchObject({ code: "GATE_EVIDENCE_MISSING", stages: [{ missing: ["INV-08"] }] });
});

test("attempts of one test are one unit: each that ran has to pass, one that was skipped says nothing", () => {
  const twice = (status: string) => suiteOf(fileOf(CLEAN), fileOf({ ...CLEAN, status }));

  expect(artifactOf(twice("skipped"))).toMatchObject({ code: null, stages: [{ n: 1, passes: 1 }] });
  expect(artifactOf(twice("failed"))).toMatchObject({ code: "GATE_FAILED", stages: [{ n: 1, passes: 0 }] });
  expect(artifactOf(twice("pending"))).toMatchObject({ code: "GATE_EVIDENCE_MISSING" });
});

test("P1-T18 several reports are one suite: each is read, each run of a test has to pass, the oldest gives the age", () => {
  const [passing, failing] = [suiteOf(fileOf(CLEAN)), suiteOf(fileOf({ ...CLEAN, status: "failed" }))];
  const old = { ...passing, startTime: STARTED_AT - EVIDENCE_AGE_MS_MAX };

  expect(artifactOf([passing, passing])).toMatchObject({ code: null, stages: [{ n: 1, passes: 1 }] });
  expect(artifactOf([passing, failing])).toMatchObject({ code: "GATE_FAILED" });
  expect(artifactOf([passing, undefined])).toMatchObject({ code: "GATE_EVIDENCE_MISSING" });
  expect(artifactOf([passing, old])).toMatchObject({ code: "GATE_EVIDENCE_MISSING" });
});

test("a failure that names no id is not this gate's", () => {
  expect(artifactOf(suiteOf(fileOf(CLEAN, OTHER))).deploy_blocked).toBe(false);
});

test("P1-D13 a stale gate artifact blocks", () => {
  const lastMoment = after(STARTED_AT, EVIDENCE_AGE_MS_MAX);

  expect(deployVerdict(clean, { digest: DIGEST, now: lastMoment }).pass).toBe(true);
  for (const now of [after(lastMoment, 1), after(FINISHED_AT, -1)]) {
    expect(deployVerdict(clean, { digest: DIGEST, now })).toMatchObject({ refusal: { code: "GATE_EVIDENCE_MISSING" } });
  }
});

test.each([
  ["that is not there", undefined, "GATE_EVIDENCE_MISSING"],
  ["of another artifact", { ...clean, artifact_digest: sha256Hex("another") }, "GATE_EVIDENCE_MISSING"],
  ["with a member we do not know", { ...clean, override: true }, "GATE_EVIDENCE_MISSING"],
  ["without a time", { ...clean, started_at: null }, "GATE_EVIDENCE_MISSING"],
  ["without stages", { ...clean, stages: [] }, "GATE_FAILED"],
  ["that blocks without a code", { ...clean, deploy_blocked: true }, "GATE_FAILED"],
])("P1-D13 INV-08 a gate artifact %s blocks", (_, artifact, code) => {
  expect(deployVerdict(artifact, deployed)).toMatchObject({ pass: false, refusal: { code } });
});
