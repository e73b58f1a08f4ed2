import { expect, test } from "vitest";
import type { Overview } from "../../api/wire.ts";
import { safeVerdict } from "./verdict.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const NONE = { count: 0, is_more: false, oldest_at: null };
const CALM: Overview = {
  generated_at: "2026-01-01T12:00:00Z",
  mode: "sandbox",
  runs: [{ status: "SUCCEEDED", count: 3 }],
  blocked: [],
  approvals: NONE,
  unknown_effects: NONE,
  dead_letters: NONE,
  reconciliations: NONE,
  breakers: [],
  alerts: [],
};

const waiting = (minutes: number) => ({
  count: 1,
  is_more: false,
  oldest_at: new Date(NOW - minutes * 60_000).toISOString(),
});

test("where nothing waits it is safe, and three facts say so", () => {
  const { tone, facts } = safeVerdict(CALM, NOW);

  expect(tone).toBe("good");
  expect(facts).toHaveLength(3);
});

test.each<[string, Partial<Overview>, string, string]>([
  ["a blocked run", { runs: [{ status: "BLOCKED", count: 1 }] }, "bad", "1 run is blocked"],
  ["an unknown effect", { unknown_effects: waiting(1) }, "bad", "1 effect may or may not have happened"],
  [
    "a dead letter",
    { dead_letters: { ...waiting(1), count: 200, is_more: true } },
    "bad",
    "200 or more dead letters wait for review",
  ],
  [
    "an open circuit",
    { breakers: [{ breaker_id: "stripe", state: "OPEN", opened_at: null }] },
    "bad",
    "calls to stripe are stopped, since too many failed",
  ],
  ["an approval that waits", { approvals: waiting(5) }, "wait", "1 approval waits, the oldest was asked 5 min ago"],
  [
    "one that waits for more than 15 min",
    { approvals: waiting(16) },
    "bad",
    "1 approval waits, the oldest was asked 16 min ago",
  ],
  [
    "P1-T-RK08b a secret at the record",
    { alerts: [{ alert: "secret_stopped", severity: "P1", ...waiting(5), count: 2 }] },
    "bad",
    "2 secrets or cards were stopped at the record in the last 24 hours",
  ],
  [
    "P1-T-RK08a personal data at the record",
    { alerts: [{ alert: "personal_data_masked", severity: "P2", ...waiting(5) }] },
    "wait",
    "1 piece of personal data was masked at the record in the last 24 hours",
  ],
  ["a few events to reconcile", { reconciliations: waiting(1) }, "wait", "1 provider event is not reconciled"],
])("%s comes first among the facts", (_, change, tone, text) => {
  const verdict = safeVerdict({ ...CALM, ...change }, NOW);

  expect([verdict.tone, verdict.facts[0]?.text]).toEqual([tone, text]);
});
