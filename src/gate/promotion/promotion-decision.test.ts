import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonObject, sha256Hex } from "../../contracts/index.ts";
import { DERIVATIONS } from "../derivations.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { exported } from "../exports.ts";
import { lintPolicy } from "../lint.ts";
import { DECIDED_AT, gated, inputOf, passed } from "./testing/gate.ts";
import { besideOf, gateOf, overrideFor, PROMOTION_POLICY, promoted, TRACE } from "./testing/promotion.ts";

const without = (document: JsonObject, member: string): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([name]) => name !== member));

const weighed = (status: string, confidence: number, risk_score: number) => gateOf(status, { confidence, risk_score });

describe("worked cases", () => {
  test.each([
    ["APPROVE", 0.7, 60, "APPROVE", []],
    ["APPROVE", 0.69, 10, "NEEDS_HUMAN", ["POLICY.NEEDS_HUMAN", "POLICY.LOW_CONFIDENCE"]],
    ["APPROVE", 0.95, 61, "NEEDS_HUMAN", ["POLICY.NEEDS_HUMAN", "POLICY.RISK_THRESHOLD"]],
    ["NEEDS_HUMAN", 0.7, 80, "NEEDS_HUMAN", ["POLICY.NEEDS_HUMAN", "POLICY.RISK_THRESHOLD"]],
    ["REJECT", 0.99, 10, "REJECT", ["VERIFY.TEST_FAILURE"]],
    ["WHAT", 0.9, 10, "REJECT", ["CONTRACT.SCHEMA_INVALID"]],
  ])("10.2 case: %s at confidence %d and risk %i is promoted as %s", (status, confidence, risk, decision, codes) => {
    const { promotion } = promoted({ gate: weighed(status, confidence, risk) });

    expect(promotion.decision).toBe(decision);
    expect(promotion.reason_codes).toEqual(codes);
  });

  test("10.2 case: NEEDS_HUMAN with an override bound to this gate decision is promoted, and says so", () => {
    const gate = weighed("NEEDS_HUMAN", 0.7, 80);
    const override = overrideFor(gate);
    const { promotion, evaluation } = promoted({ gate, override });

    expect(promotion).toMatchObject({ decision: "APPROVE", reason_codes: ["POLICY.OVERRIDE_USED"], override });
    expect(evaluation.decision.verdict).toBe("GO");
    expect(evaluation.decision.gates.filter(({ standing }) => standing === "excused").map(({ id }) => id)).toEqual([
      "approved",
      "risk",
    ]);
  });

  test("10.2 case: REJECT with an override stays REJECT, and the override is refused and recorded", () => {
    const gate = weighed("REJECT", 0.99, 10);
    const { promotion, evaluation } = promoted({ gate, override: overrideFor(gate) });

    expect(promotion).toMatchObject({ decision: "REJECT", reason_codes: ["VERIFY.TEST_FAILURE"] });
    expect(promotion.override).toBeUndefined();
    expect(promotion.notes).toContain("override_refused=ov-1: what the gate rejected, nobody overrides");
    expect(evaluation.decision.gates.find(({ id }) => id === "override_in_order")).toMatchObject({
      status: "FAIL",
      reasons: ["1", "what the gate rejected, nobody overrides"],
      failing: { count: 1, rows: ["ov-1"] },
    });
  });
});

test("10.2 what the gate left to a human without saying so says so afterwards", () => {
  const { promotion } = promoted({ gate: gateOf("NEEDS_HUMAN", { reason_codes: ["VERIFY.SKIPPED"] }) });

  expect(promotion).toMatchObject({
    decision: "NEEDS_HUMAN",
    reason_codes: ["POLICY.NEEDS_HUMAN", "VERIFY.SKIPPED"],
  });
});

const APPROVED = gateOf("APPROVE");
test.each([
  ["is missing", undefined],
  ["is no JSON", "{"],
  ["has no confidence", without(APPROVED, "confidence")],
  ["has no risk", without(APPROVED, "risk_score")],
  ["has a member that nobody knows", { ...APPROVED, approved: true }],
  ["10.3 is called otherwise in the substrate", { ...APPROVED, substrate_status: "STOP" }],
  ["10.3 has an unknown word of the substrate", { ...APPROVED, substrate_status: "HOLD" }],
  ["needs a human and says not why", gateOf("NEEDS_HUMAN", { reason_codes: [] })],
] as const)("10.2 a gate decision that %s is rejected", (_, gate) => {
  const { promotion, evaluation } = promoted({ gate });

  expect(promotion).toMatchObject({
    decision: "REJECT",
    reason_codes: expect.arrayContaining(["CONTRACT.SCHEMA_INVALID"]),
  });
  expect(evaluation.decision.verdict).toBe("NO-GO");
});

test("10.2 nothing that stands for a gate decision is promoted by accident", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(promoted({ gate: text }).promotion.decision).toBe("REJECT");
    }),
    { numRuns: 30 },
  );
});

const SHA = "a".repeat(64);
test.each([
  [
    "a file of evidence does not verify again",
    { evidence: [{ name: "summary.json", recorded_sha256: SHA, observed_sha256: "b".repeat(64) }] },
    "EVIDENCE.HASH_MISMATCH",
  ],
  ["dead letters pend", { dead_letters: ["b"] }, "DLQ.EXHAUSTED"],
  ["an alert stands", { alerts: ["SLO.FAIL_RATIO"] }, "SLO.FAIL_RATIO"],
  ["the gate decided about another run", { run_id: "pkt-dome-demo-0002" }, "STATE.AMBIGUOUS"],
  ["RT-401 an alert is in no catalogue", { alerts: ["MADE.UP"] }, "CONTRACT.UNKNOWN_REASON_CODE"],
] as const)("10.2 where %s, an approval is blocked, and no override helps", (_, parts, code) => {
  const gate = gateOf("NEEDS_HUMAN");
  const documents = { gate, beside: besideOf(parts), override: overrideFor(gate) };

  expect(promoted({ gate: APPROVED, beside: besideOf(parts) }).promotion).toMatchObject({
    decision: "REJECT",
    reason_codes: expect.arrayContaining([code]),
  });
  expect(promoted(documents).promotion).toMatchObject({
    decision: "REJECT",
    notes: expect.arrayContaining([expect.stringContaining("override_refused=ov-1")]),
  });
});

test("10.2 a gate decision whose trace refers to nothing is blocked", () => {
  const gate = gateOf("APPROVE", { telemetry_ref: { ...TRACE, span_id_hex: "0".repeat(16) } });

  expect(promoted({ gate }).promotion).toMatchObject({
    decision: "REJECT",
    reason_codes: ["EVIDENCE.TRACE_REF_MISSING"],
  });
});

test("of two gate decisions neither is promoted, in whatever order they came", () => {
  const texts = [gateOf("APPROVE"), gateOf("REJECT")].map((gate) => JSON.stringify(gate));
  const beside = { name: "promotion.input.json", text: JSON.stringify(besideOf()) };
  const decided = [texts, texts.toReversed()].map((ordered) => {
    const files = [...ordered.map((text) => ({ name: "gate.decision.json", text })), beside];
    const input = { policy: PROMOTION_POLICY, profile: null, files, decidedAt: DECIDED_AT, waivers: null };
    const evaluated = evaluateFiles(input, DERIVATIONS);
    return evaluated.ok ? exported(PROMOTION_POLICY.text, evaluated.value) : null;
  });

  expect(decided[0]).toMatchObject({ decision: "REJECT", reason_codes: ["STATE.AMBIGUOUS"] });
  expect(decided[1]).toEqual(decided[0]);
});

test("10.2 a critical code blocks whatever the gate made of it, and no override helps", () => {
  const gate = gateOf("NEEDS_HUMAN", { reason_codes: ["POLICY.NEEDS_HUMAN", "SECURITY.SECRET_LEAK"] });
  const { promotion } = promoted({ gate, override: overrideFor(gate) });

  expect(promotion).toMatchObject({
    decision: "REJECT",
    reason_codes: ["POLICY.NEEDS_HUMAN", "SECURITY.SECRET_LEAK"],
  });
  expect(promotion.notes).toContain("override_refused=ov-1: SECURITY.SECRET_LEAK is critical: nobody overrides it");
});

test("10.2 what stands beside the gate decision has to be known", () => {
  for (const beside of [undefined, "{", without(besideOf(), "runs"), besideOf({ runs: { valid: 1, good: 2 } })]) {
    const { promotion, evaluation } = promoted({ gate: APPROVED, beside });

    expect(promotion).toMatchObject({ decision: "REJECT", reason_codes: ["CONTRACT.SCHEMA_INVALID"] });
    expect(evaluation.decision.cause).toBe("missing");
  }
});

test("what needs a human ends as what failed, not as what is only missing", () => {
  expect(promoted({ gate: gateOf("NEEDS_HUMAN") }).evaluation.decision).toMatchObject({
    verdict: "NO-GO",
    cause: "failed",
    blocked_by: ["approved"],
  });
});

const HUMAN = gateOf("NEEDS_HUMAN");
test.each([
  ["is for another gate decision", overrideFor({ ...HUMAN, risk_score: 21 }), "it is for another gate decision"],
  ["is for another run", overrideFor(HUMAN, { run_id: "pkt-other" }), "it is for another run"],
  ["is its requester's own", overrideFor(HUMAN, { approver: "ann" }), "ann asked for the run"],
  ["is by somebody else", overrideFor(HUMAN, { approver: "eve" }), "eve is none of those who may approve"],
  ["has expired", overrideFor(HUMAN, { expires_at: "2026-03-09T02:00:00Z" }), "it expired at 2026-03-09T02:00:00Z"],
  ["is of the future", overrideFor(HUMAN, { recorded_at: "2026-03-09T02:00:01Z" }), "it was recorded in the future"],
] as const)("3.9 an override that %s has no effect, and the decision says why", (_, override, problem) => {
  const { promotion } = promoted({ gate: HUMAN, override });

  expect(promotion.decision).toBe("NEEDS_HUMAN");
  expect(promotion.override).toBeUndefined();
  expect(promotion.notes).toContain(`override_refused=ov-1: ${problem}`);
});

test("3.9 an override is used once", () => {
  const documents = { gate: HUMAN, override: overrideFor(HUMAN), beside: besideOf({ overrides_used: ["ov-1"] }) };

  expect(promoted(documents).promotion).toMatchObject({
    decision: "NEEDS_HUMAN",
    notes: expect.arrayContaining(["override_refused=ov-1: it has been used"]),
  });
});

test.each([
  ["a reason of a word", overrideFor(HUMAN, { reason: "ok" })],
  ["no basis", without(overrideFor(HUMAN), "policy_basis")],
  ["a member that nobody knows", overrideFor(HUMAN, { gates: ["risk"] })],
  ["no JSON in it", "{"],
] as const)("3.9 an override with %s has no effect", (_, override) => {
  const { promotion } = promoted({ gate: HUMAN, override });

  expect(promotion.decision).toBe("NEEDS_HUMAN");
  expect(promotion.notes.some((note) => note.startsWith("override_refused=unreadable"))).toBe(true);
});

test("3.9 where nobody is named who may approve, nobody may", () => {
  const documents = { gate: HUMAN, override: overrideFor(HUMAN), beside: without(besideOf(), "approvers") };

  expect(promoted(documents).promotion.decision).toBe("NEEDS_HUMAN");
});

test("3.9 an override that nothing needs is not used", () => {
  const { promotion } = promoted({ gate: APPROVED, override: overrideFor(APPROVED) });

  expect(promotion).toMatchObject({ decision: "APPROVE", reason_codes: [] });
  expect(promotion.override).toBeUndefined();
});

test("RT-1102 RT-1103 a month over its error budget freezes promotions, except those that carry an override", () => {
  const beside = besideOf({ runs: { valid: 10_000, good: 9_989 } });
  const frozen = promoted({ gate: APPROVED, beside });

  expect(frozen.promotion).toMatchObject({
    decision: "NEEDS_HUMAN",
    reason_codes: ["POLICY.NEEDS_HUMAN", "SLO.ERROR_BUDGET_EXHAUSTED"],
  });
  expect(frozen.promotion.notes).toContain("error_budget=11 bad of 10 allowed, 10000 valid");
  expect(promoted({ gate: APPROVED, beside, override: overrideFor(APPROVED) }).promotion).toMatchObject({
    decision: "APPROVE",
    reason_codes: ["POLICY.OVERRIDE_USED"],
  });
});

test("RT-1102 one failure of fewer than 1000 runs is a breach, shown as one of few", () => {
  const few = (good: number) =>
    promoted({ gate: APPROVED, beside: besideOf({ runs: { valid: 999, good } }) }).promotion;

  expect(few(998)).toMatchObject({ decision: "NEEDS_HUMAN" });
  expect(few(998).notes).toContain("error_budget=1 bad of 0 allowed, 999 valid, low_volume");
  expect(few(999)).toMatchObject({ decision: "APPROVE" });
});

test("a promotion decision has exactly the members of its contract", () => {
  const { evaluation } = promoted({ gate: HUMAN, override: overrideFor(HUMAN), beside: besideOf({ stage: "canary" }) });

  expect(exported(PROMOTION_POLICY.text, evaluation)).toEqual({
    version: "0.2.0",
    run_id: "pkt-dome-demo-0001",
    decision: "APPROVE",
    reason_codes: ["POLICY.OVERRIDE_USED"],
    confidence: 0.9,
    risk_score: 20,
    notes: [
      "APPROVE: nothing stands against it",
      "override_used=ov-1 by ben",
      "error_budget=10 bad of 10 allowed, 10000 valid",
    ],
    gate_decision_ref: { task_id: "wave-gate", telemetry_ref: TRACE },
    gate_decision_sha256: sha256Hex(JSON.stringify(HUMAN)),
    override: overrideFor(HUMAN),
    stage: "canary",
  });
});

test("a gate decision as the gate writes it can be promoted", () => {
  const written = (hint: number) => JSON.stringify(gated(inputOf({ results: [passed(hint)] })).gate);

  expect(promoted({ gate: written(59) }).promotion.decision).toBe("APPROVE");
  expect(promoted({ gate: written(60) }).promotion.decision).toBe("NEEDS_HUMAN");
});

test("a folder without any of the documents is no evidence", () => {
  const input = { policy: PROMOTION_POLICY, profile: null, files: [], decidedAt: DECIDED_AT, waivers: null };

  expect(evaluateFiles(input, DERIVATIONS)).toMatchObject({ ok: false, refusal: { code: "GATE_EVIDENCE_MISSING" } });
});

test("the policy has no gate that nothing could pass or fail", () => {
  expect(lintPolicy(PROMOTION_POLICY).filter(({ level }) => level !== "info")).toEqual([]);
});
