import { expect, test } from "vitest";
import type { Overview } from "../../api/wire.ts";
import { safeVerdict, shipVerdict } from "./verdict.ts";

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
  ["a blocked run", { runs: [{ status: "BLOCKED", count: 1 }] }, "bad", "1 runs blocked"],
  [
    "an unknown effect",
    { unknown_effects: waiting(1) },
    "bad",
    "1 effects of which nobody knows whether they happened",
  ],
  [
    "a dead letter",
    { dead_letters: { ...waiting(1), count: 200, is_more: true } },
    "bad",
    "200 or more dead letters to review",
  ],
  [
    "an open circuit",
    { breakers: [{ breaker_id: "stripe", state: "OPEN", opened_at: null }] },
    "bad",
    "calls to stripe are cut off",
  ],
  ["an approval that waits", { approvals: waiting(5) }, "wait", "1 approval waits, the oldest since 5 min ago"],
  [
    "one that waits for more than 15 min",
    { approvals: waiting(16) },
    "bad",
    "1 approval waits, the oldest since 16 min ago",
  ],
  ["a few events to reconcile", { reconciliations: waiting(1) }, "wait", "1 provider events to reconcile"],
])("%s comes first among the facts", (_, change, tone, text) => {
  const verdict = safeVerdict({ ...CALM, ...change }, NOW);

  expect([verdict.tone, verdict.facts[0]?.text]).toEqual([tone, text]);
});

const BUNDLE = { bundle_id: "b-1", root_digest: "a".repeat(64), label: "release", health: "good", seq: 1 } as const;
const HELD = {
  environments: [
    { environment: "dev", bundle: BUNDLE, served: false },
    { environment: "staging", bundle: null, served: false },
    { environment: "prod", bundle: BUNDLE, served: true },
  ],
  holds: [],
} as const;

const said = (policy_id: string, verdict: "GO" | "NO-GO") => ({ policy_id, verdict, subject: null });

test("it may ship where every policy's last word is GO", () => {
  const evaluations = [said("slo", "GO"), said("slo", "NO-GO")];

  expect(shipVerdict(HELD, { evaluations }).tone).toBe("good");
});

test("it may not where a policy says NO-GO, which is named", () => {
  const verdict = shipVerdict(HELD, { evaluations: [said("slo", "NO-GO"), said("slo", "GO")] });

  expect(verdict).toMatchObject({ tone: "bad", sentence: "No: slo says NO-GO." });
});

test("what runs and was not judged yet is waited for", () => {
  const environments = [{ environment: "prod", bundle: { ...BUNDLE, health: "pending" }, served: true }] as const;

  expect(shipVerdict({ environments, holds: [] }, { evaluations: [said("slo", "GO")] }).tone).toBe("wait");
});

test("a hold outweighs every GO", () => {
  const hold = { scope: "prod", reason: "incident 7" } as const;
  const verdict = shipVerdict({ ...HELD, holds: [hold] }, { evaluations: [said("slo", "GO")] });

  expect(verdict).toMatchObject({ tone: "bad", sentence: "No: prod is held." });
  expect(verdict.facts[0]?.text).toBe("prod is held: incident 7");
});
