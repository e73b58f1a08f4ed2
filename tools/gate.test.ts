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

const check = (path: string, digest = DIGEST, now = NOW) => run(["check", path, "--digest", digest], now).exit;

function evaluate(statuses: readonly string[]) {
  const assertionResults = statuses.map((status, index) => ({ fullName: `${REQUIRED[index]} holds`, status }));
  const status = statuses.includes("failed") ? "failed" : "passed";
  const testResults = [{ name: "a.test.ts", status, endTime: NOW, assertionResults }];
  const report = join(folder, "report.json");
  writeFileSync(report, JSON.stringify({ startTime: NOW, testResults }));
  return run(["evaluate", artifactPath(), report, "--digest", DIGEST]);
}

const allPassed = REQUIRED.map(() => "passed");

test("P1-T18 a suite with forced failures ends the gate with 4, and the artifact says why", () => {
  const { exit, text } = evaluate(allPassed.with(0, "failed"));

  expect(exit).toBe(4);
  expect(text).toContain("GATE_FAILED");
  expect(readArtifact()).toMatchObject({ deploy_blocked: true, code: "GATE_FAILED", artifact_digest: DIGEST });
  expect(check(artifactPath())).toBe(4);
});

test("P1-T18 a clean suite of every required id ends the gate with 0", () => {
  expect(evaluate(allPassed).exit).toBe(0);
  expect(readArtifact()).toMatchObject({ deploy_blocked: false, code: null });
  expect(check(artifactPath())).toBe(0);
});

test("P1-T18 without evidence the gate ends with 5: an empty report, a part of the suite, no report at all", () => {
  expect(evaluate([]).exit).toBe(5);
  expect(evaluate(allPassed.slice(1)).exit).toBe(5);
  expect(run(["evaluate", artifactPath(), join(folder, "none.json"), "--digest", DIGEST]).exit).toBe(5);
  expect(readArtifact()).toMatchObject({ deploy_blocked: true, code: "GATE_EVIDENCE_MISSING", suite_ref: null });
});

test("P1-D13 a stale gate artifact, one of another build, and none at all end the check with 5", () => {
  evaluate(allPassed);

  expect(check(artifactPath(), DIGEST, after(NOW, EVIDENCE_AGE_MS_MAX + 1))).toBe(5);
  expect(check(artifactPath(), sha256Hex("another build"))).toBe(5);
  expect(check(join(folder, "none.json"))).toBe(5);
});

test.each([
  [[]],
  [["promote", "gate.json", "--digest", DIGEST]],
  [["evaluate", "gate.json", "--digest", DIGEST]],
  [["check", "gate.json", "--digest", "no digest"]],
  [["check", "gate.json", "more", "--digest", DIGEST]],
  [["check", "gate.json", "--force", "--digest", DIGEST]],
])("misuse prints the usage and ends with 2: %j", (args) => {
  const { exit, text } = run(args);

  expect(exit).toBe(2);
  expect(text).toContain("usage: gate.js evaluate ARTIFACT REPORT");
});
