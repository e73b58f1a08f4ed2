import { describe, expect, test } from "vitest";
import { after, type Instant, instant } from "../../contracts/index.ts";
import {
  escalate,
  evaluateHeartbeat,
  type HeartbeatFacts,
  latestOutput,
  overtimeCode,
  recordedStatus,
  silenceCode,
} from "./heartbeat.ts";
import { CONTINUITY_POLICY, checkPolicy, checkThresholds } from "./policy.ts";

const NOW = instant(Date.parse("2026-02-12T15:30:00Z"));
const ago = (seconds: number): Instant => after(NOW, -seconds * 1_000);

const facts = (changes: Partial<HeartbeatFacts>): HeartbeatFacts => ({
  now: NOW,
  isActive: true,
  awaitsApproval: false,
  beatAt: null,
  outputAt: null,
  leasedAt: null,
  ...changes,
});

const evaluated = (changes: Partial<HeartbeatFacts>) => {
  const result = evaluateHeartbeat(facts(changes), CONTINUITY_POLICY);
  return result.ok ? result.value : result.refusal.code;
};

describe("a heartbeat with thresholds 900 and 1200", () => {
  test.each([
    [0, "ACTIVE", null, "RUNNING"],
    [899, "ACTIVE", null, "RUNNING"],
    [900, "WARNING", "NO_OUTPUT_15M", "WARNING"],
    [1_199, "WARNING", "NO_OUTPUT_15M", "WARNING"],
    [1_200, "STALE", "NO_OUTPUT_20M", "STALE"],
    [3_600, "STALE", "NO_OUTPUT_20M", "STALE"],
  ] as const)("silent for %i s is %s", (seconds, status, reason_code, recorded) => {
    const found = evaluated({ beatAt: ago(seconds) });

    expect(found).toMatchObject({ status, reason_code, silence_seconds: seconds });
    expect(recordedStatus({ status })).toBe(recorded);
  });

  test("takes the later of beat and output", () => {
    expect(evaluated({ beatAt: ago(1_800), outputAt: ago(30) })).toMatchObject({
      status: "ACTIVE",
      silence_seconds: 30,
    });
  });

  test("K-10 of a holder that never beat counts from the lease's beginning, and without a lease is stale", () => {
    expect(evaluated({ leasedAt: ago(60) })).toMatchObject({ status: "ACTIVE", silence_seconds: 60 });
    expect(evaluated({})).toMatchObject({ status: "STALE", silence_seconds: 1_200, effective_signal_at: null });
  });

  test("CO-302 a sign of life from the future is refused with CLOCK_SKEW, not taken for silence of zero", () => {
    expect(evaluated({ beatAt: ago(-60) })).toBe("CLOCK_SKEW");
    expect(evaluated({ beatAt: ago(-5) })).toMatchObject({ status: "ACTIVE", silence_seconds: 0 });
  });

  test("of a run that nobody should advance is idle, and of one that waits for a person blocked", () => {
    expect(evaluated({ isActive: false, beatAt: ago(9_999) })).toMatchObject({ status: "IDLE", silence_seconds: 0 });
    expect(evaluated({ awaitsApproval: true, beatAt: ago(9_999) })).toMatchObject({
      status: "BLOCKED",
      reason_code: "AWAITING_APPROVAL",
    });
  });

  test("does not get better as a silence grows", () => {
    const order = ["ACTIVE", "WARNING", "STALE"];
    const ranks = Array.from({ length: 1_500 }, (_, seconds) => evaluated({ beatAt: ago(seconds) })).map((found) =>
      typeof found === "string" ? -1 : order.indexOf(found.status),
    );

    expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
  });
});

test.each([
  [90, "NO_OUTPUT_90S"],
  [900, "NO_OUTPUT_15M"],
  [7_200, "NO_OUTPUT_2H"],
])("a threshold of %i s is named %s", (seconds, code) => {
  expect(silenceCode(seconds)).toBe(code);
});

test("CO-510 K-11 an output is a sign of life of its run and step under its present epoch, of nothing else", () => {
  const own = { run_id: "r", step_id: "s", epoch: 2 };
  const outputs = [
    { ...own, at: ago(300) },
    { ...own, epoch: 1, at: ago(10) },
    { ...own, step_id: "t", at: ago(20) },
    { ...own, run_id: "q", at: ago(30) },
  ];

  expect(latestOutput(outputs, own)).toBe(ago(300));
  expect(latestOutput([], own)).toBeNull();
});

test("CO-511 a step that beats and never ends is over after its hard limit", () => {
  expect(overtimeCode(ago(3_599), NOW)).toBeNull();
  expect(overtimeCode(ago(3_600), NOW)).toBe("TIMEOUT_60M");
  expect(overtimeCode(ago(90), NOW, 90)).toBe("TIMEOUT_90S");
});

describe("an escalation", () => {
  const at = (now: Instant) => ({ task: "T", run: "R", step: "S", now, stale_after_seconds: 1_200 });
  const look = (before: Parameters<typeof escalate>[0], now: Instant, beatAt: Instant) => {
    const result = evaluateHeartbeat(facts({ now, beatAt }), CONTINUITY_POLICY);
    return result.ok ? escalate(before, result.value, at(now)) : null;
  };

  test("is one event for a streak of silence, whenever it is looked at", () => {
    const silentSince = instant(Date.parse("2026-02-12T15:06:40Z"));
    const first = look("RUNNING", NOW, silentSince);
    const second = look("STALE", ago(-120), silentSince);
    const again = look("RUNNING", ago(-120), silentSince);

    expect(first?.event).toMatchObject({
      type: "heartbeat.stale",
      severity: "warning",
      payload: {
        reason_code: "NO_OUTPUT_20M",
        silence_seconds: 1_400,
        stale_after_seconds: 1_200,
        effective_signal_at: "2026-02-12T15:06:40.000Z",
      },
    });
    expect(second).toBeNull();
    expect(again?.dedupKey).toBe(first?.dedupKey);
    expect(first?.dedupKey).toBe("heartbeat-stale:T:R:S:NO_OUTPUT_20M:2026-02-12T15:06:40.000Z");
  });

  test("ends with a fresh sign of life, which is recorded", () => {
    expect(look("STALE", NOW, ago(5))?.event).toMatchObject({
      type: "heartbeat.recovered",
      payload: { operation: "HEARTBEAT_RECOVERED", silence_seconds: 5 },
    });
    expect(look("RUNNING", NOW, ago(5))).toBeNull();
  });
});

describe("CO-632 a policy", () => {
  test("of the continuity profile lets a lost holder be noticed while its lease can be adopted", () => {
    expect(checkPolicy(CONTINUITY_POLICY)).toEqual({ pass: true });
    expect(CONTINUITY_POLICY).toMatchObject({ ttl_seconds: 1_800, renew_seconds: 300, on_loss: "block" });
  });

  test.each([
    ["a lease that is over when its silence is noticed (K-15)", { ttl_seconds: 1_200 }],
    ["a second less than stale + check + 60", { ttl_seconds: 1_559 }],
    ["a renewal rarer than a third of the lease", { renew_seconds: 601 }],
    ["a lease of no whole seconds", { ttl_seconds: 1_800.5 }],
    ["a check rarer than its warning", { check_interval_seconds: 901 }],
    ["a warning after what is stale", { warning_after_seconds: 1_201 }],
    ["a threshold of zero", { check_interval_seconds: 0 }],
  ])("is refused for %s", (_, changes) => {
    expect(checkPolicy({ ...CONTINUITY_POLICY, ...changes })).toMatchObject({
      pass: false,
      refusal: { code: "E_CHECK_HEARTBEAT_INVALID" },
    });
  });

  test("at the very bounds passes", () => {
    expect(checkPolicy({ ...CONTINUITY_POLICY, ttl_seconds: 1_560, renew_seconds: 520 })).toEqual({ pass: true });
    expect(checkThresholds({ check_interval_seconds: 1, warning_after_seconds: 1, stale_after_seconds: 1 }).pass).toBe(
      true,
    );
  });
});
