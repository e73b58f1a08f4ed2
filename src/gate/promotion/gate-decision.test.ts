import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instant, sha256Hex } from "../../contracts/index.ts";
import { DERIVATIONS } from "../derivations.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { exported } from "../exports.ts";
import { lintPolicy } from "../lint.ts";
import { DECIDED_AT, gated, gatedText, inputOf, passed, policyIn } from "./testing/gate.ts";

const ofThreshold = (threshold: number) =>
  policyIn("promotion.yaml", (source) =>
    source.replace("params: { risk_threshold: 60 }", `params: { risk_threshold: ${threshold} }`),
  );

const SHA = "a".repeat(64);
const OTHER_SHA = "b".repeat(64);
const failed = (code: string, task = "b") => ({ task_id: task, status: "FAIL", reason_code: code });
const blocked = { task_id: "a", status: "BLOCKED", reason_code: "STATE.DEPENDENCY_FAILED" };

describe("worked cases", () => {
  test.each([
    [
      "PASS with hint 59 and a verify command that ends with 0 is approved at risk 59",
      [passed(59)],
      "APPROVE",
      0.9,
      59,
    ],
    ["PASS with hint 60, the threshold itself, needs a human", [passed(60)], "NEEDS_HUMAN", 0.7, 60],
    ["PASS with hint 5 is approved at risk 20", [passed(5)], "APPROVE", 0.9, 20],
    ["PASS and FAIL is rejected", [passed(), failed("EXEC.NONZERO_EXIT")], "REJECT", 0.95, 85],
    ["BLOCKED is rejected", [blocked], "REJECT", 0.95, 85],
    ["no result at all is rejected", [], "REJECT", 0.98, 95],
  ] as const)("10.1 case: %s", (_, results, status, confidence, risk_score) => {
    const queue = results.map(({ task_id }) => task_id);
    const { gate } = gated(inputOf({ queue, results }));

    expect(gate).toMatchObject({ status, confidence, risk_score });
  });

  test("10.1 case: PASS without a hint counts as 20, which a threshold of 20 does not let pass", () => {
    const { gate } = gated(inputOf(), { policy: ofThreshold(20) });

    expect(gate).toMatchObject({ status: "NEEDS_HUMAN", confidence: 0.7, risk_score: 20 });
  });

  test("10.1 case: FAIL and a verify command that fails is rejected for the verification", () => {
    const { gate } = gated(
      inputOf({ results: [failed("EXEC.TIMEOUT", "a")], verify: { exit_code: 1, output: "2 failed" } }),
    );

    expect(gate).toMatchObject({ status: "REJECT", reason_codes: ["VERIFY.TEST_FAILURE"] });
    expect(gate).toMatchObject({ confidence: 0.98, risk_score: 95 });
  });
});

test.each([
  ["there are no results", { results: [] }, ["EVIDENCE.MISSING"], "missing"],
  ["there is neither a queue nor a result", { queue: [], results: [] }, ["EVIDENCE.MISSING"], "missing"],
  ["a queued task has no result", { queue: ["a", "b"] }, ["EVIDENCE.MISSING"], "missing"],
  [
    "a file of evidence is not there",
    { evidence: [{ name: "summary.json", recorded_sha256: SHA, observed_sha256: null }] },
    ["EVIDENCE.MISSING"],
    "failed",
  ],
  [
    "a file of evidence is not what it was",
    { evidence: [{ name: "summary.json", recorded_sha256: SHA, observed_sha256: OTHER_SHA }] },
    ["EVIDENCE.HASH_MISMATCH"],
    "failed",
  ],
  [
    "the trace refers to nothing",
    { telemetry_ref: { trace_id_hex: "0".repeat(32), span_id_hex: "0".repeat(16) } },
    ["EVIDENCE.TRACE_REF_MISSING"],
    "failed",
  ],
  ["a task is queued twice", { queue: ["a", "a"] }, ["PLAN.DUPLICATE_TASK"], "failed"],
  ["a task has two results", { results: [passed(), passed(59)] }, ["STATE.AMBIGUOUS"], "failed"],
  [
    "RT-401 a code is in no catalogue",
    { results: [failed("MADE.UP", "a")] },
    ["CONTRACT.UNKNOWN_REASON_CODE"],
    "failed",
  ],
  [
    "RT-350 a failure states no code",
    { results: [{ task_id: "a", status: "FAIL", reason_code: null }] },
    ["CONTRACT.SCHEMA_INVALID"],
    "failed",
  ],
  [
    "RT-350 a success states a code",
    { results: [{ ...passed(), reason_code: "EXEC.TIMEOUT" }] },
    ["CONTRACT.SCHEMA_INVALID"],
    "failed",
  ],
  ["the version is not read", { version: "0.3.0" }, ["CONTRACT.VERSION_UNSUPPORTED"], "failed"],
  ["RT-202 the run's id is none", { run_id: "Run-1" }, ["CONTRACT.SCHEMA_INVALID"], "missing"],
  ["a status is unknown", { results: [{ task_id: "a", status: "OK" }] }, ["CONTRACT.SCHEMA_INVALID"], "missing"],
  ["a member is unknown", { approved: true }, ["CONTRACT.SCHEMA_INVALID"], "missing"],
  ["a risk is over 100", { results: [passed(101)] }, ["CONTRACT.SCHEMA_INVALID"], "missing"],
] as const)("10.1 row 0: where %s, the run is rejected", (_, parts, reason_codes, cause) => {
  const { gate, evaluation } = gated(inputOf(parts));

  expect(gate).toMatchObject({ status: "REJECT", substrate_status: "DENY", reason_codes });
  expect(gate).toMatchObject({ confidence: 0.98, risk_score: 95 });
  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause });
});

test("10.1 row 0: a document that is no JSON is rejected, never a crash", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { gate } = gatedText(text);

      expect(gate).toMatchObject({ status: "REJECT", reason_codes: ["CONTRACT.SCHEMA_INVALID"], risk_score: 95 });
    }),
  );
});

test("10.1 row 0: without the document nothing is judged", () => {
  const files = [{ name: "other.json", text: "{}" }];
  const policy = policyIn("promotion.yaml");
  const input = { policy, profile: "standard", files, decidedAt: DECIDED_AT, waivers: null };

  expect(evaluateFiles(input, DERIVATIONS)).toMatchObject({ ok: false, refusal: { code: "GATE_EVIDENCE_MISSING" } });
});

test("10.1 row 1: a verify command that fails rejects the run, whatever it left out", () => {
  const { gate, evaluation } = gated(inputOf({ verify: { exit_code: 124, skipped: true, skips: 3 } }));

  expect(gate).toMatchObject({ status: "REJECT", reason_codes: ["VERIFY.TEST_FAILURE"] });
  expect(gate).toMatchObject({ confidence: 0.98, risk_score: 95 });
  expect(evaluation.decision.cause).toBe("failed");
});

test("10.1 row 2: results that did not pass reject the run, and their own codes cross unchanged", () => {
  const results = [
    passed(),
    failed("STATE.INVALID_TRANSITION.RUNNING.CLAIM"),
    failed("EXEC.TIMEOUT", "c"),
    failed("EXEC.TIMEOUT", "d"),
  ];
  const { gate } = gated(inputOf({ results }));

  expect(gate).toMatchObject({ status: "REJECT", confidence: 0.95, risk_score: 85 });
  expect(gate.reason_codes).toEqual(["EXEC.NONZERO_EXIT", "EXEC.TIMEOUT", "STATE.INVALID_TRANSITION.RUNNING.CLAIM"]);
});

test("10.1 row 2: a task that nobody queued has to pass like the others", () => {
  const { gate } = gated(inputOf({ results: [passed(), failed("EXEC.TIMEOUT", "unqueued")] }));

  expect(gate.status).toBe("REJECT");
});

test.each([
  ["absent", null],
  ["skipped", { exit_code: null, skipped: true }],
  ["not run", { exit_code: null }],
  ["reporting skips", { exit_code: 0, skips: 1 }],
] as const)("10.1 row 3: a verify command that is %s needs a human, unless the profile waives it", (_, verify) => {
  const input = inputOf({ verify, results: [passed(30)] });
  const { gate, evaluation } = gated(input);

  expect(gate).toMatchObject({ status: "NEEDS_HUMAN", substrate_status: "STOP", confidence: 0.7, risk_score: 30 });
  expect(gate.reason_codes).toEqual(["POLICY.NEEDS_HUMAN", "VERIFY.SKIPPED"]);
  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause: "failed" });
  expect(gated(input, { profile: "unverified" }).gate).toMatchObject({ status: "APPROVE", risk_score: 30 });
});

test("10.1 row 3: what the profile waives, a verify command that fails still fails", () => {
  expect(gated(inputOf({ verify: { exit_code: 1 } }), { profile: "unverified" }).gate.status).toBe("REJECT");
});

test("10.1 row 4: the highest risk that a result hints at is compared, and a risk at the threshold needs a human", () => {
  const results = [passed(10), { ...passed(60), task_id: "b" }, { ...passed(), task_id: "c" }];
  const { gate, evaluation } = gated(inputOf({ results }));

  expect(gate).toMatchObject({ status: "NEEDS_HUMAN", confidence: 0.7, risk_score: 60 });
  expect(gate.reason_codes).toEqual(["POLICY.NEEDS_HUMAN", "POLICY.RISK_THRESHOLD"]);
  expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause: "failed", blocked_by: ["risk"] });
});

test("10.1 row 5: otherwise the run is approved, without a code", () => {
  const { gate, evaluation } = gated(inputOf());

  expect(gate).toMatchObject({ status: "APPROVE", substrate_status: "PROMOTE", reason_codes: [] });
  expect(gate).toMatchObject({ confidence: 0.9, risk_score: 20 });
  expect(evaluation.decision).toMatchObject({ verdict: "GO", conditions: [], cause: null });
});

test("the first gate that is missed gives the codes, and everything that is missed is in the notes", () => {
  const { gate } = gated(inputOf({ verify: null, results: [passed(90)] }));

  expect(gate.reason_codes).toEqual(["POLICY.NEEDS_HUMAN", "VERIFY.SKIPPED"]);
  expect(gate.notes[0]).toBe("NEEDS_HUMAN: verify_ran 1, risk 90");
});

test("what rejects comes before what a human could waive, so that the first gate that is missed tells which it is", () => {
  const { gates, profiles } = policyIn("promotion.yaml").text;
  const asked = gates.filter(({ id }) => profiles.standard?.excluded.includes(id) === false);

  expect(asked.map(({ waivable }) => waivable)).toEqual([false, false, false, false, false, true, true]);
});

test("a gate decision has exactly the members of its contract", () => {
  const text = JSON.stringify(inputOf({ verify: { exit_code: 0, output: "12 passed, token=abcdefgh12345678" } }));
  const { evaluation } = gatedText(text);

  expect(exported(policyIn("promotion.yaml").text, evaluation)).toEqual({
    version: "0.2.0",
    run_id: "pkt-dome-demo-0001",
    task_id: "wave-gate",
    status: "APPROVE",
    substrate_status: "PROMOTE",
    reason_codes: [],
    confidence: 0.9,
    risk_score: 20,
    notes: [
      "APPROVE: nothing stands against it",
      "trace_source=derived",
      "verify_rc=0",
      "verify_output=12 passed, token=[REDACTED]",
    ],
    telemetry_ref: { trace_id_hex: "b7301565972a696944cbf0a45990bdd4", span_id_hex: "b78e8e779231dc6c" },
    inputs_digest: sha256Hex(text),
  });
});

test.each([
  ["pkt-dome-livefix-0001", "68a8856d40b51217ad28d0181c126f14", "56eb826284ecad94"],
  ["pkt-dome-demo-0001", "b7301565972a696944cbf0a45990bdd4", "b78e8e779231dc6c"],
])("RT-213 the run %s, which has no trace, is referred to by its id", (run_id, trace_id_hex, span_id_hex) => {
  expect(gated(inputOf({ run_id })).gate.telemetry_ref).toEqual({ trace_id_hex, span_id_hex });
});

test("what is wrong with evidence stands in the decision, each with what it is about", () => {
  const { gate } = gated(inputOf({ queue: ["a", "a"], results: [passed(), failed("MADE.UP")] }));

  expect(gate.reason_codes).toEqual(["CONTRACT.UNKNOWN_REASON_CODE", "PLAN.DUPLICATE_TASK"]);
  expect(gate.notes[0]).toContain("evidence 2 b: `MADE.UP` is in no catalogue a: it is queued twice");
});

test("a run that has a trace is found by it", () => {
  const telemetry_ref = { trace_id_hex: "1".repeat(32), span_id_hex: "2".repeat(16) };
  const { gate } = gated(inputOf({ telemetry_ref }));

  expect(gate.telemetry_ref).toEqual(telemetry_ref);
  expect(gate.notes).toContain("trace_source=given");
});

test("a verify command's output is quoted to 4000 characters", () => {
  const { gate } = gated(inputOf({ verify: { exit_code: 0, output: "x ".repeat(5000) } }));

  expect(gate.notes.at(-1)?.length).toBe("verify_output=".length + 4000);
});

test("the same document is decided alike at any time", () => {
  const input = inputOf({ results: [passed(60)] });

  expect(gated(input, { decidedAt: instant(Date.UTC(2030, 0, 1)) }).gate).toEqual(gated(input).gate);
});

test("the policy has no gate that nothing could pass or fail", () => {
  expect(lintPolicy(policyIn("promotion.yaml")).filter(({ level }) => level !== "info")).toEqual([]);
});
