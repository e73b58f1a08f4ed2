import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { assert, instant, sha256Hex } from "../../contracts/index.ts";
import { DERIVATIONS, evaluateFiles, exported, parsePolicy } from "../../gate/index.ts";
import { compilePack, parsePack } from "../../run/index.ts";
import { type Attempt, flakeReports, retriesOf, suiteEvidence, suiteOutcome } from "./outcome.ts";
import { readSuite, type Suite, type SuiteFile } from "./suite.ts";

const NOW = instant(Date.UTC(2026, 2, 20));

function packOf(name: string) {
  const parsed = parsePack(readFileSync(`examples/${name}/pack.yaml`, "utf8"));
  assert(parsed.ok, "the example is a pack");
  const compilation = compilePack(parsed.pack);
  assert(compilation.ok, "and compiles");
  return compilation.compiled;
}

const PACK = packOf("hello");

const caseText = (other: object = {}) =>
  stringify({
    name: "a guest is greeted",
    tier: "P0",
    tags: ["integration_internal", "pseudo_deterministic", "oracle_state_change", "sandbox_hardened"],
    workflow: "welcome",
    start: { input: { guest: "Ada", gift_cents: 0 } },
    vary: { "$.input.gift_cents": Array.from({ length: 100 }, (_, cents) => cents) },
    expect: { status: "SUCCEEDED" },
    ...other,
  });

const file = (name: string, text: string): SuiteFile => ({ name, text });
const settings = (other: object = {}) =>
  file("suite.yaml", stringify({ owner: "reception", profile: "p0-only", ...other }));
const entry = (test_id: string, quarantined_at: string, sla_expires_at: string) => ({
  test_id,
  quarantined_at,
  sla_expires_at,
  quarantine_reason: "now and then",
  owner: "reception",
  status: "QUARANTINED",
});
const registry = (...quarantined: readonly object[]) => file("quarantine.yaml", stringify({ quarantined }));

/** Twenty-one cases of the first tier, so that one flaky of them is less than one in twenty; and one of the second. */
const P0 = Array.from({ length: 21 }, (_, index) => file(`c${index}.yaml`, caseText()));
const P1 = file("second.yaml", caseText({ tier: "P1", runs: 73 }));

const codesOf = (...files: readonly SuiteFile[]) =>
  readSuite(files, PACK).findings.map((finding) => `${finding.file} ${finding.code} ${finding.path}`);

function suiteOf(...files: readonly SuiteFile[]): Suite {
  const { suite, findings } = readSuite(files, PACK);
  assert(suite !== null, findings.map(({ message }) => message).join("; "));
  return suite;
}

describe("a suite's files", () => {
  test.each([
    ["without settings", [P0[0]], ["suite.yaml SUITE_INVALID $.owner"]],
    ["without cases", [settings()], ["suite.yaml SUITE_EMPTY $"]],
    [
      "of a workflow that the pack does not have",
      [settings(), file("a.yaml", caseText({ workflow: "bye" }))],
      ["a.yaml SUITE_NAME_UNKNOWN $.workflow"],
    ],
    [
      "that answer for a tool that the pack does not have",
      [settings(), file("a.yaml", caseText({ tools: { call: [{ fault: "no" }] } }))],
      ["a.yaml SUITE_NAME_UNKNOWN $.tools"],
    ],
    [
      "that expect a call of one",
      [settings(), file("a.yaml", caseText({ expect: { status: "SUCCEEDED", calls: [{ tool: "call" }] } }))],
      ["a.yaml SUITE_NAME_UNKNOWN $.expect.calls"],
    ],
    [
      "whose P0 case runs on two inputs",
      [settings(), file("a.yaml", caseText({ vary: { "$.input.guest": ["Ada", "Ben"] } }))],
      ["a.yaml SUITE_UNSATISFIABLE $.runs"],
    ],
    [
      "whose P1 cases run on 72 inputs",
      [settings({ profile: "whole" }), file("a.yaml", caseText()), file("b.yaml", caseText({ tier: "P1", runs: 72 }))],
      ["suite.yaml SUITE_UNSATISFIABLE $.profile"],
    ],
    [
      "without a P0 case",
      [settings(), file("b.yaml", caseText({ tier: "P1", runs: 73 }))],
      ["suite.yaml SUITE_UNSATISFIABLE $"],
    ],
  ])("%s are refused", (_, files, findings) => {
    expect(codesOf(...files.filter((one) => one !== undefined))).toEqual(findings);
  });

  test("are a suite, its cases by id", () => {
    const suite = suiteOf(file("b.yaml", caseText()), settings({ profile: "whole" }), P1, file("a.yaml", caseText()));

    expect(suite.cases.map(({ id }) => id)).toEqual(["a", "b", "second"]);
    expect(suite.registry).toEqual({ quarantined: [], known_flaky: [] });
  });
});

const attempt = (caseId: string, input: number, passed = true): Attempt => ({
  caseId,
  inputDigest: sha256Hex(String(input)),
  runId: `${caseId}-${input}`,
  differences: passed ? [] : ["status is FAILED_UNEXPECTED, not SUCCEEDED"],
  ms: 1,
  agents: null,
});

/** Three clean runs of each case, but for what is said of one. */
const cleanBut = (suite: Suite, caseId: string | null, attempts: readonly Attempt[]): readonly Attempt[] =>
  suite.cases.flatMap(({ id, runs }) =>
    id === caseId ? attempts : Array.from({ length: runs }, (_, input) => attempt(id, input)),
  );

function judged(suite: Suite, attempts: readonly Attempt[], profile = suite.settings.profile) {
  const policy = parsePolicy(readFileSync("policies/golden-suite.yaml", "utf8"));
  assert(policy.ok, "the policy is one");
  const outcome = suiteOutcome(suite, attempts, { startedAt: NOW, finishedAt: NOW });
  const files = [suiteEvidence(outcome, { packId: "hello", packDigest: PACK.config_hash, gitSha: "abc" })];
  const evaluated = evaluateFiles({ policy: policy.value, profile, files, decidedAt: NOW, waivers: null }, DERIVATIONS);
  assert(evaluated.ok, "it is decided");
  const { decision } = evaluated.value;
  return { outcome, decision, artifact: exported(policy.value.text, evaluated.value) };
}

const FLAKE = [attempt("c0", 0), attempt("c0", 1, false), attempt("c0", 1), attempt("c0", 2)];

describe("P1-TR07 the flake policy", () => {
  const suite = suiteOf(settings(), ...P0);

  test("a clean suite may be deployed", () => {
    expect(judged(suite, cleanBut(suite, null, [])).decision).toMatchObject({ verdict: "GO" });
  });

  test("what fails and passes when tried again is flaky, and has failed: a retry never turns red into green", () => {
    const { outcome, decision } = judged(suite, cleanBut(suite, "c0", FLAKE));

    expect(outcome.cases[0]).toMatchObject({ id: "c0", status: "flaky" });
    expect(outcome.cases[0]?.units.map(({ passed, flaky }) => [passed, flaky])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
    expect(decision).toMatchObject({ verdict: "NO-GO", cause: "failed", blocked_by: ["golden-p0"] });
    expect(flakeReports(outcome)[0]).toEqual({ id: "c0", runs: 3, flakes: 1 });
  });

  test("what fails twice in a row is a failure to be looked at now, and no flake", () => {
    const twice = [attempt("c0", 0, false), attempt("c0", 0, false), attempt("c0", 1), attempt("c0", 2)];
    const { outcome } = judged(suite, cleanBut(suite, "c0", twice));

    expect(outcome.cases[0]).toMatchObject({ status: "triage" });
    expect(flakeReports(outcome)[0]).toMatchObject({ flakes: 0 });
  });

  test("reruns are one case: a hundred runs on one input are one unit, which is too little", () => {
    const reruns = Array.from({ length: 100 }, () => attempt("c0", 0));
    const { outcome, decision } = judged(suite, cleanBut(suite, "c0", reruns));

    expect(outcome.cases[0]?.units).toHaveLength(1);
    expect(decision).toMatchObject({ verdict: "NO-GO", cause: "missing", blocked_by: ["golden-p0-runs:c0"] });
  });

  test("only a pseudo-deterministic case is tried again, once", () => {
    expect(retriesOf({ tags: ["pseudo_deterministic"] })).toBe(1);
    expect(retriesOf({ tags: ["deterministic"] })).toBe(0);
    expect(retriesOf({ tags: ["stochastic"] })).toBe(0);
  });

  test("more than one flaky case in twenty blocks the deploy, whatever else passes", () => {
    const [few, many] = [P0.slice(0, 18), P0].map((cases) => suiteOf(settings({ profile: "whole" }), ...cases, P1));
    assert(few !== undefined && many !== undefined, "there are two suites");
    const flaky = [...Array.from({ length: 200 }, (_, input) => attempt("second", input)), attempt("second", 0, false)];
    const blockedBy = (one: Suite) => judged(one, cleanBut(one, "second", flaky)).decision.blocked_by;

    expect(blockedBy(few)).toEqual(["flakes"]);
    expect(blockedBy(many)).toEqual([]);
  });
});

describe("P1-TR07 quarantine at the gate", () => {
  const whole = (...entries: readonly object[]) =>
    suiteOf(settings({ profile: "whole" }), ...P0, P1, registry(...entries));
  const failing = [...Array.from({ length: 73 }, (_, input) => attempt("second", input, input !== 0))];
  const verdictOf = (suite: Suite) => judged(suite, cleanBut(suite, "second", failing)).decision;

  test("a case that is quarantined for less than seven days counts like any other", () => {
    expect(verdictOf(whole(entry("second", "2026-03-19T00:00:00Z", "2026-04-02T00:00:00Z"))).blocked_by).toContain(
      "golden-p1",
    );
  });

  test("after seven days it is out of the suite, and its tier has too little left to pass", () => {
    const decision = verdictOf(whole(entry("second", "2026-03-10T00:00:00Z", "2026-03-24T00:00:00Z")));

    expect(decision).toMatchObject({ verdict: "NO-GO", cause: "missing", blocked_by: ["golden-p1"] });
  });

  test("a case of the first tier that is quarantined blocks the deploy although it passes: setting aside is no way around", () => {
    const suite = suiteOf(settings(), ...P0, registry(entry("c0", "2026-03-20T00:00:00Z", "2026-04-03T00:00:00Z")));

    expect(judged(suite, cleanBut(suite, null, [])).decision).toMatchObject({
      verdict: "NO-GO",
      blocked_by: ["golden-p0"],
    });
  });

  test("an entry past its end blocks the deploy until somebody works on it", () => {
    const late = entry("second", "2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z");

    expect(verdictOf(whole(late)).blocked_by).toContain("quarantine-ends");
    expect(verdictOf(whole({ ...late, status: "FIXING" })).blocked_by).not.toContain("quarantine-ends");
  });

  test("flakes of a case that is known to be flaky still fail it, and are not counted as flaky", () => {
    const known = {
      test_id: "second",
      justification: "the printer",
      approved_by: "grace",
      approved_at: "2026-03-01T00:00:00Z",
      next_review_at: "2026-05-01T00:00:00Z",
    };
    const suite = suiteOf(
      settings({ profile: "whole" }),
      ...P0.slice(0, 10),
      P1,
      file("quarantine.yaml", stringify({ known_flaky: [known] })),
    );
    const flaky = [...Array.from({ length: 73 }, (_, input) => attempt("second", input)), attempt("second", 0, false)];

    expect(judged(suite, cleanBut(suite, "second", flaky)).decision.blocked_by).toEqual(["golden-p1"]);
  });
});

describe("INV-08 the gate artifact", () => {
  const suite = suiteOf(settings(), ...P0);

  test("names commit, pack, evidence and every stage with its numbers, and lets a clean suite be deployed", () => {
    const { artifact, decision } = judged(suite, cleanBut(suite, null, []));

    expect(artifact).toMatchObject({
      artifact_version: 1,
      git_sha: "abc",
      config_hash: PACK.config_hash,
      suite_ref: decision.evidence.digest,
      started_at: "2026-03-20T00:00:00.000Z",
      flakes: [],
      quarantine_status: [],
      deploy_blocked: false,
      code: null,
    });
    expect(Object(artifact).stages[0]).toMatchObject({
      name: "golden-p0",
      kind: "raw",
      n: 21,
      passes: 21,
      passed: true,
    });
  });

  test("blocks the deploy with GATE_FAILED where a case failed, with GATE_EVIDENCE_MISSING where one was not played", () => {
    const partial = suite.cases.slice(1).flatMap(({ id }) => [0, 1, 2].map((input) => attempt(id, input)));

    expect(judged(suite, cleanBut(suite, "c0", FLAKE)).artifact).toMatchObject({
      deploy_blocked: true,
      code: "GATE_FAILED",
      flakes: ["c0"],
    });
    expect(judged(suite, partial).decision.blocked_by).toEqual(["whole-suite"]);
    expect(judged(suite, []).artifact).toMatchObject({ deploy_blocked: true });
  });
});

test("a case tells a run only what its workflow waits for, and waits only where that does", () => {
  const pack = packOf("courier");
  const delivered = (change: (text: string) => string) =>
    readSuite(
      [settings(), file("delivered.yaml", change(readFileSync("examples/courier/golden/delivered.yaml", "utf8")))],
      pack,
    ).findings.map(({ code, path, message }) => `${code} ${path} ${message}`);

  expect(delivered((text) => text.replace("event_type: parcel.delivered", "event_type: parcel.lost"))).toEqual([
    "SUITE_NAME_UNKNOWN $.signals[0] the workflow `deliver` has no WAIT step for `parcel.lost`",
  ]);
  expect(delivered((text) => text.replace("resume: checked", "resume: settle"))).toEqual([
    "SUITE_NAME_UNKNOWN $.signals[1] the workflow `deliver` has no WAIT step `settle` that a person ends",
  ]);
  expect(delivered((text) => text.replace("status: SUCCEEDED", "status: SUSPENDED_WAIT\n  waits_at: [route]"))).toEqual(
    ["SUITE_NAME_UNKNOWN $.expect.waits_at the workflow `deliver` has no WAIT step `route`"],
  );
});

test("a case plays a graph only where the suite says where that is, before models that its agent has", () => {
  const pack = packOf("agent");
  const read = (name: string) => readFileSync(`examples/agent/golden/${name}`, "utf8");
  const found = (its: string, played: string) =>
    readSuite([file("suite.yaml", its), file("a.yaml", played)], pack).findings.map(
      ({ code, path, message }) => `${code} ${path} ${message}`,
    );
  const [its, played] = [read("suite.yaml"), read("parcel-under-way.yaml")];

  expect(found("{ owner: support, profile: p0-only }", played)).toEqual([
    "SUITE_NAME_UNKNOWN $.graphs a case plays the graph `support`, and nothing says where it is",
  ]);
  expect(found(`${its}  other: { module: x.js }\n`, played)).toEqual([
    "SUITE_NAME_UNKNOWN $.graphs.other the pack has no AGENT step with the graph `other`",
  ]);
  expect(found(its, played.replace("  anthropic:", "  openai:"))).toEqual([
    "SUITE_NAME_UNKNOWN $.models.openai no agent of `where-is-my-order` has a model `openai`",
  ]);
});

describe("what agents did is evidence", () => {
  const suite = suiteOf(settings(), ...P0);
  const did = { steps: 1, toolCalls: 2, checkpoints: 5, tokens: 900, modelCalls: 2, hasStrayed: false };
  const withAgent = (change: Partial<typeof did>) => [
    { ...attempt("c0", 0), agents: { ...did, ...change } },
    attempt("c0", 1),
    attempt("c0", 2),
  ];

  test("a unit for each run with an AGENT step says what it took", () => {
    const outcome = suiteOutcome(suite, cleanBut(suite, "c0", withAgent({})), { startedAt: NOW, finishedAt: NOW });
    const { text } = suiteEvidence(outcome, { packId: "hello", packDigest: PACK.config_hash, gitSha: null });
    const units = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ kind, columns }) => kind === "agent" && columns !== undefined);

    expect(units.map(({ columns }) => columns)).toEqual([
      {
        case: "c0",
        tier: "P0",
        passed: true,
        strayed: false,
        steps: 1,
        model_calls: 2,
        tool_calls: 2,
        checkpoints: 5,
        tokens: 900,
      },
    ]);
  });

  test("an agent that asked its model otherwise than was recorded blocks the deploy, also where the case passed", () => {
    expect(judged(suite, cleanBut(suite, "c0", withAgent({}))).decision.verdict).toBe("GO");
    expect(judged(suite, cleanBut(suite, "c0", withAgent({ hasStrayed: true }))).decision).toMatchObject({
      verdict: "NO-GO",
      blocked_by: ["agents-recorded"],
    });
  });
});

test.each(["hello", "commerce", "courier", "agent"])(
  "the golden cases of the example %s are a suite of its pack",
  (name) => {
    const folder = `examples/${name}/golden`;
    const files = readdirSync(folder).map((one) => file(one, readFileSync(`${folder}/${one}`, "utf8")));

    expect(readSuite(files, packOf(name)).findings).toEqual([]);
  },
);
