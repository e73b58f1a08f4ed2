import { expect, test } from "vitest";
import { stringify } from "yaml";
import { assert } from "../../contracts/index.ts";
import { differencesFrom, type ObservedRun } from "./expectation.ts";
import { filledIn, inputOf, inputsOf, parseGoldenCase } from "./golden-case.ts";

const CASE = {
  name: "a gift is paid",
  tier: "P1",
  tags: ["integration_internal", "deterministic", "oracle_state_change", "sandbox_hardened"],
  workflow: "welcome",
  start: { input: { guest: "Ada", cents: 5, tags: ["a", "b"] } },
  expect: { status: "SUCCEEDED" },
};

const read = (other: object = {}) => parseGoldenCase("gift", stringify({ ...CASE, ...other }));

function caseOf(other: object = {}) {
  const parsed = read(other);
  assert(parsed.ok, "the case is one");
  return parsed.value;
}

const codesOf = (other: object) => {
  const parsed = read(other);
  return parsed.ok ? [] : parsed.errors.map(({ code, path }) => `${code} ${path}`);
};

test("a case says what is asked of a pack; what it leaves out has a default", () => {
  expect(caseOf()).toMatchObject({ id: "gift", runs: 3, by: "golden", within_seconds: 30, approvals: [], faults: [] });
});

test.each([
  ["a tag with a hyphen", { tags: ["integration-internal", ...CASE.tags.slice(1)] }, "SUITE_TAGS_INVALID $.tags[0]"],
  ["a tag that nobody knows", { tags: [...CASE.tags, "quick"] }, "SUITE_TAGS_INVALID $.tags[4]"],
  ["no oracle", { tags: CASE.tags.filter((tag) => !tag.startsWith("oracle")) }, "SUITE_TAGS_INVALID $.tags"],
  ["two environments", { tags: [...CASE.tags, "e2e"] }, "SUITE_TAGS_INVALID $.tags"],
  ["no tier", { tier: undefined }, "SUITE_INVALID $.tier"],
  ["a tier that there is not", { tier: "P3" }, "SUITE_INVALID $.tier"],
])("a case with %s is refused", (_, other, error) => {
  expect(codesOf(other)).toContain(error);
});

test.each([
  ["a field that there is not", { retries: 3 }, "SUITE_FIELD_UNKNOWN $.retries"],
  ["nothing to start with", { start: {} }, "SUITE_INVALID $.start"],
  ["a variation of what is not there", { vary: { "$.input.name": ["Ben"] } }, 'SUITE_INVALID $.vary["$.input.name"]'],
  ["a path that is none", { vary: { guest: ["Ben"] } }, "SUITE_INVALID $.vary.guest"],
  ["an answer that is none", { tools: { greet: [{ answer: 1 }] } }, "SUITE_INVALID $.tools.greet[0]"],
  ["a signal that is none", { signals: [{ event: "x" }] }, "SUITE_INVALID $.signals[0]"],
  [
    "a step to wait at, and another status",
    { expect: { status: "SUCCEEDED", waits_at: ["door"] } },
    "SUITE_INVALID $.expect.waits_at",
  ],
  ["no runs", { runs: 0 }, "SUITE_INVALID $.runs"],
  ["a status that there is not", { expect: { status: "DONE" } }, "SUITE_INVALID $.expect.status"],
])("a case with %s is refused, naming field and rule", (_, other, error) => {
  expect(codesOf(other)).toContain(error);
});

test("text that is no YAML is refused where it breaks", () => {
  expect(parseGoldenCase("gift", "name: [")).toMatchObject({ ok: false, errors: [{ code: "SUITE_SYNTAX", line: 1 }] });
});

test("variations take turns until each met each, and begin again: reruns have the input of the run that they repeat", () => {
  const one = caseOf({ vary: { "$.input.guest": ["Ada", "Ben"], "$.input.tags[1]": ["x", "y", "z"] } });
  const inputs = [0, 1, 2, 3, 4, 5].map((run) => inputOf(one, run));

  expect(inputsOf(one)).toBe(6);
  expect(new Set(inputs.map(({ digest }) => digest)).size).toBe(6);
  expect(inputs[3]?.start).toEqual({ input: { guest: "Ben", cents: 5, tags: ["a", "y"] } });
  expect(inputOf(one, 7)).toEqual(inputs[1]);
});

test("paths into the run's input are what stands there; one that leads nowhere is refused", () => {
  const facts = { input: { guest: "Ada" } };

  expect(filledIn({ to: ["$.input.guest", "$5"] }, facts)).toEqual({ ok: true, value: { to: ["Ada", "$5"] } });
  expect(filledIn("$.input.name", facts)).toMatchObject({ ok: false, refusal: { code: "SUITE_INVALID" } });
});

const RUN: ObservedRun = {
  runId: "r1",
  status: "SUCCEEDED",
  code: null,
  waitsAt: [],
  calls: [
    { tool: "greet", input: { guest: "Ada", loud: true } },
    { tool: "pay", input: { cents: 5 } },
  ],
  document: { gift: { voucher: "v1" } },
  agents: { steps: 1, toolCalls: 2, checkpoints: 4, tokens: 500 },
};

const EXPECTED = {
  status: "SUCCEEDED",
  calls: [{ tool: "greet", input: { guest: "$.input.guest" } }, { tool: "pay" }],
  state: { "$.gift.voucher": "v1" },
  tokens_max: 500,
};

const differences = (change: Partial<ObservedRun>) =>
  differencesFrom(caseOf({ expect: EXPECTED }), { ...RUN, ...change }, { input: { guest: "Ada" } });

test("a run that ends as expected differs in nothing", () => {
  expect(differences({})).toEqual([]);
});

test.each([
  ["another status", { status: "FAILED_EXPECTED" }, "status is FAILED_EXPECTED, not SUCCEEDED"],
  ["a code", { code: "TOOL_TIMEOUT" }, "code is TOOL_TIMEOUT, not none"],
  ["a call too few", { calls: RUN.calls.slice(0, 1) }, "it called greet, not greet, pay"],
  ["no call at all", { calls: [] }, "it called nothing, not greet, pay"],
  [
    "another argument",
    { calls: RUN.calls.with(0, { tool: "greet", input: { guest: "Eve" } }) },
    'greet was called with {"guest":"Eve"}',
  ],
  ["another value in its document", { document: { gift: { voucher: "v2" } } }, '$.gift.voucher is "v2", not "v1"'],
  [
    "agents that use more tokens",
    { agents: { ...RUN.agents, tokens: 501 } },
    "its agents used 501 tokens, more than 500",
  ],
  ["nothing where a value is expected", { document: {} }, '$.gift.voucher is nothing, not "v1"'],
])("a run with %s differs in just that", (_, change, difference) => {
  expect(differences(change)).toEqual([difference]);
});
