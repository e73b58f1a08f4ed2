import { expect, test } from "vitest";
import { shipVerdict } from "./ship.ts";

const BUNDLE = {
  bundle_id: "candidate-20260130-120000-3f1d2c4b-0a1b2c3d4e5f",
  root_digest: "a".repeat(64),
  label: "candidate",
  seq: 1,
};
const held = (environment: "dev" | "staging" | "prod", health: "good" | "pending" | "bad" | null = "good") => ({
  environment,
  bundle: health === null ? null : { ...BUNDLE, health },
  served: environment === "prod",
  canary: null,
});

const REST = { environments: [held("dev"), held("staging"), held("prod")], holds: [], next: [] };

const failed = (code: string, message: string) => ({
  check: "a",
  passed: false,
  outcome: "fail" as const,
  code,
  message,
});
const waiting = (...checks: readonly ReturnType<typeof failed>[]) => [
  {
    environment: "staging",
    bundle: BUNDLE,
    preview: { checks: [{ check: "b", passed: true, outcome: "pass" as const, code: null, message: "" }, ...checks] },
  },
];

test("a bundle that nothing keeps back may ship, and it is said where to", () => {
  expect(shipVerdict({ ...REST, next: waiting() })).toMatchObject({
    tone: "good",
    sentence: "Yes: candidate 0a1b2c3 may go to staging.",
  });
});

test("one that a gate says NO-GO about may not, and what it said comes first, as the way to it", () => {
  const verdict = shipVerdict({
    ...REST,
    next: waiting(failed("RELEASE_GATE_ALLOWS_PROMOTION", "policy `slo` says NO-GO")),
  });

  expect(verdict).toMatchObject({ tone: "bad", sentence: "No: candidate 0a1b2c3 may not go to staging." });
  expect(verdict.facts[0]).toEqual({
    text: "staging: policy `slo` says NO-GO",
    tone: "bad",
    place: "releases",
    id: "staging",
  });
});

test("one for which only evidence, time or people are wanting may not yet", () => {
  const verdict = shipVerdict({ ...REST, next: waiting(failed("APPROVALS_SATISFIED", "prod needs 2")) });

  expect(verdict).toMatchObject({ tone: "wait", sentence: "Not yet: candidate 0a1b2c3 still waits for staging." });
});

test("a hold outweighs everything", () => {
  const verdict = shipVerdict({ ...REST, holds: [{ scope: "prod", reason: "incident 7" }], next: waiting() });

  expect(verdict).toMatchObject({ tone: "bad", sentence: "No: prod is held." });
  expect(verdict.facts[0]).toMatchObject({ text: "prod is held: incident 7", id: "prod" });
});

test("where nothing waits, it is said what runs, or that a version is being tried", () => {
  const canary = {
    bundle_id: "b",
    baseline_bundle_id: "a",
    share_percent: 25,
    step: 1,
    steps: [],
    step_since: "",
    started_at: "",
    next_look_at: "",
    looks: 2,
    stalled_at: null,
  };

  expect(shipVerdict(REST)).toMatchObject({
    tone: "good",
    sentence: "Nothing waits to ship, and the release in prod is healthy.",
  });
  expect(shipVerdict({ ...REST, environments: [held("dev"), { ...held("prod", "pending"), canary }] })).toMatchObject({
    tone: "busy",
    sentence: "A version is being tried in prod, on 25 % of its new runs.",
  });
  expect(shipVerdict({ ...REST, environments: [held("prod", null)] }).sentence).toBe("Nothing has been released yet.");
});

test("one of which nobody can say yet is not said to be none", () => {
  const [one] = waiting();
  const verdict = shipVerdict({ ...REST, next: one === undefined ? [] : [{ ...one, preview: null }] });

  expect(verdict).toMatchObject({
    tone: "wait",
    sentence: "It is not known yet whether candidate 0a1b2c3 may go to staging.",
  });
  expect(verdict.facts.map(({ text }) => text)).toContain("candidate 0a1b2c3 waits for staging");
});
