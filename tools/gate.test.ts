import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { after, instant, sha256Hex } from "../src/contracts/index.ts";
import { EVIDENCE_AGE_MS_MAX } from "../src/gate/index.ts";
import { gate } from "./gate.ts";
import { REQUIRED } from "./traceability.ts";

const DIGEST = sha256Hex("the build");
const NOW = instant(1_700_000_000_000);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const artifactPath = () => join(folder, "gate.json");
const readArtifact = () => JSON.parse(readFileSync(artifactPath(), "utf8"));

function run(args: readonly string[], now = NOW) {
  const lines: string[] = [];
  return { exit: gate(args, { now, say: (line) => lines.push(line) }), text: lines.join("\n") };
}

function evaluate(statuses: readonly string[], digest: string = DIGEST) {
  const assertionResults = statuses.map((status, index) => ({ fullName: `${REQUIRED[index]} holds`, status }));
  const status = statuses.includes("failed") ? "failed" : "passed";
  const testResults = [{ name: "a.test.ts", status, endTime: NOW, assertionResults }];
  const report = join(folder, "report.json");
  writeFileSync(report, JSON.stringify({ startTime: NOW, testResults }));
  return run(["evaluate", report, artifactPath(), digest]);
}

const allPassed = REQUIRED.map(() => "passed");

test("P1-T18 a suite with forced failures ends the gate with 4, and the artifact says why", () => {
  const { exit, text } = evaluate(allPassed.with(0, "failed"));

  expect(exit).toBe(4);
  expect(text).toContain("GATE_FAILED");
  expect(readArtifact()).toMatchObject({ deploy_blocked: true, code: "GATE_FAILED", artifact_digest: DIGEST });
  expect(run(["check", artifactPath(), DIGEST]).exit).toBe(4);
});

test("P1-T18 a clean suite of every required id ends the gate with 0", () => {
  expect(evaluate(allPassed).exit).toBe(0);
  expect(readArtifact()).toMatchObject({ deploy_blocked: false, code: null });
  expect(run(["check", artifactPath(), DIGEST]).exit).toBe(0);
});

test("P1-T18 without evidence the gate ends with 5: an empty report, a part of the suite, no report at all", () => {
  expect(evaluate([]).exit).toBe(5);
  expect(evaluate(allPassed.slice(1)).exit).toBe(5);
  expect(run(["evaluate", join(folder, "none.json"), artifactPath(), DIGEST]).exit).toBe(5);
  expect(readArtifact()).toMatchObject({ deploy_blocked: true, code: "GATE_EVIDENCE_MISSING", suite_ref: null });
});

test("P1-D13 a stale gate artifact, one of another build, and none at all end the check with 5", () => {
  evaluate(allPassed);

  expect(run(["check", artifactPath(), DIGEST], after(NOW, EVIDENCE_AGE_MS_MAX + 1)).exit).toBe(5);
  expect(run(["check", artifactPath(), sha256Hex("another build")]).exit).toBe(5);
  expect(run(["check", join(folder, "none.json"), DIGEST]).exit).toBe(5);
});

test.each([
  [[]],
  [["promote"]],
  [["evaluate", "report.json"]],
  [["check", "gate.json", "no digest"]],
  [["check", "gate.json", DIGEST, "more"]],
])("misuse prints the usage and ends with 2: %j", (args) => {
  const { exit, text } = run(args);

  expect(exit).toBe(2);
  expect(text).toContain("usage: gate.js evaluate REPORT ARTIFACT");
});
