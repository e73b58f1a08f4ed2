import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assert, instant, type JsonObject } from "../contracts/index.ts";
import { DERIVATIONS, evaluateFiles, parsePolicy } from "../gate/index.ts";
import { exitOf } from "./evaluation.ts";
import { EXIT } from "./exit-code.ts";

const read = parsePolicy(readFileSync("policies/promotion.yaml", "utf8"));
assert(read.ok, "the policy that comes with the program is one");
const policy = read.value;

const PASSED = { task_id: "a", status: "PASS" };

/** What the command ends with for a run of one task. */
function exitFor(parts: JsonObject) {
  const input = {
    version: "0.2.0",
    run_id: "pkt-1",
    queue: ["a"],
    results: [PASSED],
    verify: { exit_code: 0 },
    evidence: [],
    ...parts,
  };
  const files = [{ name: "gate.input.json", text: JSON.stringify(input) }];
  const decidedAt = instant(Date.UTC(2026, 2, 9, 2));
  const evaluated = evaluateFiles({ policy, profile: "standard", files, decidedAt, waivers: null }, DERIVATIONS);
  assert(evaluated.ok, "what is wrong inside a document is evidence");
  return exitOf(policy, evaluated.value.decision);
}

test.each([
  ["0 for a run that is approved", {}, EXIT.done],
  ["4 for a run that is rejected because something failed", { verify: { exit_code: 1 } }, EXIT.noGo],
  ["4 for a run that needs a human", { verify: null }, EXIT.noGo],
  ["5 for a run of which only evidence is missing", { results: [] }, EXIT.noGoForEvidence],
  ["5 for a document that cannot be read as one", { verify: "ok" }, EXIT.noGoForEvidence],
])("gate eval of the promotion policy ends with %s", (_, parts, exit) => {
  expect(exitFor(parts)).toBe(exit);
});
