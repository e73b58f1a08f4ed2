import { resolve } from "node:path";
import { expect, test } from "vitest";
import { B0, bundleOf, lightStory, numbered, times } from "../../src/gate/beta/testing/baseline.ts";
import type { Bundle } from "../../src/gate/beta/testing/bundle.ts";
import { capability } from "../../src/gate/beta/testing/rows.ts";
import { APPLIED } from "../../src/gate/beta/testing/story.ts";
import { writeBundle } from "../../src/gate/beta/testing/write-bundle.ts";
import { newFolder, runCli } from "./run-cli.ts";

const POLICY = resolve("policies/dual-track-beta.yaml");

/** A signoff from the command line, on a bundle in a folder. */
async function signedOff(bundle: Bundle, ...more: readonly string[]) {
  const cwd = newFolder();
  writeBundle(cwd, bundle);
  return runCli(["gate", "eval", POLICY, "--evidence", ".", "--at", "2026-03-09T02:00:00Z", ...more], { cwd });
}

/** As many attempts as drills make, of which none is rolled back, and no partial apply. */
const withoutRollbacks: Bundle = bundleOf({
  ...B0,
  drills: times(8, (index) => lightStory(numbered("plain-", index), APPLIED)).flat(),
  partials: [],
  cases: Object.fromEntries(Object.entries(B0.cases).filter(([name]) => !name.startsWith("partial-"))),
});
const violated: Bundle = bundleOf({ ...B0, others: [...B0.others, capability("v1")] });

test.each([
  ["W1 a sound beta is GO", bundleOf(B0), 0, { decision: "GO", integrityFailures: [] }],
  ["W34 a violation is NO-GO because something failed", violated, 4, { decision: "NO-GO" }],
  ["W33 a beta without rollbacks is NO-GO because too little happened", withoutRollbacks, 5, { decision: "NO-GO" }],
] as const)("gate eval signs the beta off: %s", async (_, bundle, exit, document) => {
  const said = await signedOff(bundle, "--json");

  expect(said).toMatchObject({ exit, stderr: "" });
  expect(JSON.parse(said.stdout)).toMatchObject({ schemaVersion: "signoff.report.v1", ...document });
});

test("gate eval signs the beta off for people too, naming what failed and what would mend it", async () => {
  const said = await signedOff(violated);

  expect(said.exit).toBe(4);
  expect(said.stdout).toContain("NO-GO");
  expect(said.stdout).toContain("S-SLO-3");
});

test("the beta's policy has no gate that nothing could pass or fail", async () => {
  const said = await runCli(["gate", "lint", POLICY, "--json"]);

  expect(said.exit).toBe(0);
  expect(JSON.parse(said.stdout)).toMatchObject({ id: "dual-track-beta", findings: [] });
});

test("a folder without a manifest is no evidence", async () => {
  const said = await runCli(["gate", "eval", POLICY, "--evidence", ".", "--at", "2026-03-09T02:00:00Z"], {
    cwd: newFolder(),
  });

  expect(said.exit).toBe(5);
  expect(said.stderr).toContain("GATE_EVIDENCE_MISSING");
});
