import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { after, assert, instant } from "../contracts/index.ts";
import { DERIVATIONS } from "./derivations.ts";
import { evaluateFiles } from "./evaluate-files.ts";
import { parsePolicy } from "./policy.ts";

const DAY_MS = 86_400_000;
const STARTED_AT = instant(1_700_000_000_000);
const NOW = after(STARTED_AT, 60_000);

const CLEAN = { fullName: "P1-T18 a clean test", status: "passed" };
const FORCED = { fullName: "P1-T18 a forced failure", status: "failed" };
const SKIPPED = { fullName: "P1-T18 a skipped test", status: "skipped" };
const OTHER = { fullName: "a failure that names no id", status: "failed" };

const fileOf = (...assertionResults: readonly { readonly status: string }[]) => ({
  name: "test/flow/shop.test.ts",
  status: assertionResults.some(({ status }) => status === "failed") ? "failed" : "passed",
  assertionResults,
});

const suiteOf = (...testResults: readonly unknown[]) => ({ startTime: STARTED_AT, testResults });

function judged(reports: readonly unknown[], required: unknown = ["P1-T18"], decidedAt = NOW) {
  const policy = parsePolicy(readFileSync("policies/test-suite.yaml", "utf8"));
  assert(policy.ok, "the policy is one");
  const files = [
    ...reports.map((one, index) => ({ name: `report-${index}.json`, text: JSON.stringify(one) ?? "" })),
    { name: "required.json", text: JSON.stringify(required) },
  ];
  const evaluated = evaluateFiles(
    { policy: policy.value, profile: null, files, decidedAt, waivers: null },
    DERIVATIONS,
  );
  return evaluated.ok
    ? { verdict: evaluated.value.decision.verdict, cause: evaluated.value.decision.cause }
    : evaluated.refusal.code;
}

const GO = { verdict: "GO", cause: null };
const FAILED = { verdict: "NO-GO", cause: "failed" };
const MISSING = { verdict: "NO-GO", cause: "missing" };

test("P1-T18 a suite with forced failures is stopped, one without goes on", () => {
  expect(judged([suiteOf(fileOf(CLEAN, FORCED, SKIPPED))])).toEqual(FAILED);
  expect(judged([suiteOf(fileOf(CLEAN))])).toEqual(GO);
});

test.each([
  ["a report of another kind", { tests: [] }],
  ["an empty report", suiteOf()],
  ["only tests that name no id", suiteOf(fileOf({ ...OTHER, status: "passed" }))],
  ["a test that was skipped everywhere", suiteOf(fileOf(CLEAN, SKIPPED))],
  ["a test file that did not load", suiteOf(fileOf(CLEAN), { ...fileOf(), status: "failed" })],
])("P1-T18 %s is missing evidence", (_, suite) => {
  expect(judged([suite])).toEqual(MISSING);
});

test("P1-T18 without a report nothing is decided; a required id that no passing test shows, or no list of them, is missing evidence", () => {
  expect(judged([])).toBe("GATE_EVIDENCE_MISSING");
  expect(judged([suiteOf(fileOf(CLEAN))], ["P1-T18", "P1-T19"])).toEqual(MISSING);
  expect(judged([suiteOf(fileOf(CLEAN))], "all")).toEqual(MISSING);
});

test("P1-T18 attempts of one test are one unit: each that ran has to pass, one that was skipped says nothing", () => {
  const twice = (status: string) => judged([suiteOf(fileOf(CLEAN)), suiteOf(fileOf({ ...CLEAN, status }))]);

  expect([twice("passed"), twice("skipped"), twice("failed"), twice("pending")]).toEqual([GO, GO, FAILED, MISSING]);
});

test("a failure that names no id is not this gate's", () => {
  expect(judged([suiteOf(fileOf(CLEAN, OTHER))])).toEqual(GO);
});

test("P1-D13 reports of yesterday, by the oldest of them, and of tomorrow say nothing of today", () => {
  const old = { ...suiteOf(fileOf(CLEAN)), startTime: STARTED_AT - DAY_MS };

  expect(judged([suiteOf(fileOf(CLEAN)), old])).toEqual(MISSING);
  expect(judged([suiteOf(fileOf(CLEAN))], ["P1-T18"], after(STARTED_AT, -1))).toEqual(MISSING);
});
