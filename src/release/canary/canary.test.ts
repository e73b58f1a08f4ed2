import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assert, formatInstant, instant } from "../../contracts/index.ts";
import { DERIVATIONS, evaluateFiles, type GateRow, ledgerEvidence, lintPolicy, parsePolicy } from "../../gate/index.ts";
import { type CanaryState, LIVE_STEPS, lookEnd, nextLooks, SANDBOX_STEPS } from "./canary.ts";

const NOW = instant(Date.UTC(2026, 0, 30, 12));
const MINUTE = 60_000;

const later = (ms: number) => instant(NOW + ms);

const policy = parsePolicy(readFileSync(new URL("../../../policies/canary.yaml", import.meta.url), "utf8"));
assert(policy.ok, "the policy of canaries can be read");
const POLICY = policy.value;

type Ending = "SUCCESS" | "EXPECTED_FAILURE" | "UNEXPECTED_FAILURE";

/** What the policy says of runs that ended so. */
function decided(endings: readonly Ending[], receipts: readonly string[] = []) {
  const at = later(-MINUTE);
  const runs = endings.map((outcome, index) => ({
    run_id: `r${index}`,
    workflow_id: "W",
    pack_id: "p",
    pack_digest: "d",
    channel: "prod_traffic",
    outcome,
    code: null,
    cost_micros: 0,
    started_at: at,
    ended_at: at,
  }));
  const effects = receipts.map((status, index) => ({
    receipt_id: `e${index}`,
    execution_id: "r0",
    tool_name: "t",
    status,
    created_at: at,
  }));
  const input = { policy: POLICY, profile: null, files: ledgerEvidence(runs, effects), decidedAt: NOW, waivers: null };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  assert(evaluated.ok, "runs can be judged");
  return evaluated.value.decision;
}

const many = (count: number, ending: Ending): readonly Ending[] => Array.from({ length: count }, () => ending);

/** A canary in its first step, whose time is over and whose look is due. */
const canaryOf = (other: Partial<CanaryState> = {}): CanaryState => ({
  steps: LIVE_STEPS,
  step: 0,
  step_since: later(-30 * MINUTE),
  next_look_at: NOW,
  stalled_at: null,
  ...other,
});

test("steps take 5, 25, then 100 % of the new runs, wherever they are", () => {
  for (const steps of [LIVE_STEPS, SANDBOX_STEPS])
    expect(steps.map(({ share_percent }) => share_percent)).toEqual([5, 25, 100]);
  expect(LIVE_STEPS.map(({ dwell_seconds, runs_min }) => [dwell_seconds / 60, runs_min]).slice(0, 2)).toEqual([
    [30, 50],
    [60, 200],
  ]);
});

test("the next share is taken on a GO, after the step's time, with its runs; the last step passes", () => {
  const good = decided(many(50, "SUCCESS"));

  expect(lookEnd(canaryOf(), good, NOW)).toEqual({ end: "advance", step: 1 });
  expect(lookEnd(canaryOf({ step_since: later(-29 * MINUTE) }), good, NOW)).toMatchObject({ end: "hold" });
  expect(lookEnd(canaryOf(), decided(many(49, "SUCCESS")), NOW)).toEqual({
    end: "hold",
    why: "49 of the 50 runs that it takes",
  });
  expect(lookEnd(canaryOf({ next_look_at: later(1) }), good, NOW)).toMatchObject({ end: "hold" });
  const last = canaryOf({ step: 2, step_since: later(-1_440 * MINUTE) });
  expect(lookEnd(last, decided(many(200, "SUCCESS")), NOW)).toEqual({ end: "pass" });
});

describe("PRM-05, RBK-06: what ran badly aborts", () => {
  const failing = decided([...many(5, "EXPECTED_FAILURE"), ...many(15, "SUCCESS")]);

  test("W47: a ratio that is shown to be too bad aborts at a look on schedule, whatever the step still waits for", () => {
    const early = canaryOf({ step_since: NOW });

    expect(lookEnd(early, failing, NOW)).toMatchObject({ end: "abort", gates: ["completion"] });
  });

  test("it does not between them, so that looking often makes no good version fail", () => {
    expect(lookEnd(canaryOf({ next_look_at: later(1) }), failing, NOW)).toMatchObject({ end: "hold" });
  });

  test("what is critical aborts at once: a run that ended as none may, an effect that its provider contradicts", () => {
    const unscheduled = canaryOf({ step_since: NOW, next_look_at: later(MINUTE) });
    const wrong = decided([...many(60, "SUCCESS"), "UNEXPECTED_FAILURE"]);
    const contradicted = decided(many(60, "SUCCESS"), ["confirmed", "contradicted"]);

    expect(lookEnd(unscheduled, wrong, NOW)).toMatchObject({ end: "abort", gates: ["no-wrong-ends"] });
    expect(lookEnd(unscheduled, contradicted, NOW)).toMatchObject({ end: "abort", gates: ["no-contradicted-effects"] });
  });

  test("a few failures that may be chance abort nothing; an effect of which nobody knows holds it", () => {
    const unlucky = decided([...many(2, "EXPECTED_FAILURE"), ...many(8, "SUCCESS")]);

    expect(lookEnd(canaryOf({ step_since: NOW }), unlucky, NOW)).toMatchObject({ end: "hold" });
    expect(lookEnd(canaryOf(), decided(many(50, "SUCCESS"), ["unknown"]), NOW)).toEqual({
      end: "hold",
      why: "not GO yet: effects-known",
    });
  });
});

test("no evidence moves nothing on: not without a run, and not where a source is unreadable", () => {
  const none = decided([]);

  expect(none.verdict).toBe("NO-GO");
  expect(lookEnd(canaryOf({ steps: SANDBOX_STEPS }), none, NOW)).toMatchObject({ end: "hold" });
  expect(
    lookEnd(canaryOf({ steps: [{ share_percent: 100, dwell_seconds: 0, runs_min: 0 }] }), none, NOW),
  ).toMatchObject({ end: "hold", why: expect.stringContaining("completion") });
});

test("a step without enough runs in four times its time is held once for people, and goes on being judged", () => {
  const waiting = canaryOf({ step_since: later(-120 * MINUTE) });
  const few = decided(many(3, "SUCCESS"));

  expect(lookEnd(waiting, few, NOW)).toEqual({ end: "stall", why: "3 of the 50 runs that it takes" });
  expect(lookEnd({ ...waiting, stalled_at: NOW }, few, NOW)).toMatchObject({ end: "hold" });
  expect(lookEnd({ ...waiting, stalled_at: NOW }, decided(many(50, "SUCCESS")), NOW)).toMatchObject({ end: "advance" });
});

test("a waived or excused row aborts nothing, a counting one always does where it is critical", () => {
  const [row] = decided(["UNEXPECTED_FAILURE"]).gates.filter(({ id }) => id === "no-wrong-ends");
  assert(row !== undefined, "the policy has the gate");
  const decision = decided(many(60, "SUCCESS"));

  fc.assert(
    fc.property(
      fc.constantFrom<GateRow["standing"]>("counts", "waived", "excused", "excluded"),
      fc.integer({ min: -1_000, max: 1_000 }),
      (standing, offset) => {
        const canary = canaryOf({ next_look_at: later(offset) });
        const end = lookEnd(canary, { ...decision, gates: [{ ...row, standing }] }, NOW).end;
        return (end === "abort") === (standing === "counts");
      },
    ),
  );
});

test("a step is looked at six times in its time, and glanced at for what is critical each minute", () => {
  const looks = nextLooks({ share_percent: 5, dwell_seconds: 1_800, runs_min: 50 }, NOW);

  expect(formatInstant(looks.next_look_at)).toBe("2026-01-30T12:05:00.000Z");
  expect(formatInstant(looks.next_glance_at)).toBe("2026-01-30T12:01:00.000Z");
});

test("the policy that comes with the program can be passed by a good version and failed by a bad one", () => {
  expect(lintPolicy(POLICY).filter(({ level }) => level !== "info")).toEqual([]);
});
