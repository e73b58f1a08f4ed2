import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assert, formatInstant, instant, after as later } from "../../contracts/index.ts";
import { parsePolicy } from "../../gate/index.ts";
import type { Hold } from "../environment/environment.ts";
import {
  afterSignoff,
  type Beta,
  basisOf,
  basisOfIncident,
  type Correction,
  enableProblem,
  INCIDENTS,
  liftProblem,
  type Signoff,
} from "./beta.ts";
import { BETA_POLICY, BETA_POLICY_SHA256 } from "./moves.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DECIDED = instant(Date.UTC(2026, 2, 9, 2));

const GO: Beta = {
  enabled: false,
  verdict: "GO",
  evaluation_id: "e-go",
  report_sha256: "a".repeat(64),
  window_start: later(DECIDED, -7 * DAY_MS),
  decided_at: DECIDED,
  valid_until: later(DECIDED, DAY_MS),
};
const NO_GO: Signoff = {
  ...GO,
  verdict: "NO-GO",
  failed: { gates: ["S-SLO-1", "integrity"], items: [4, 6], metrics: ["S-SLO-1"] },
};
const HELD: Hold = { hold_id: "h", scope: "beta", reason: "NO-GO", placed_by: "ann", placed_at: DECIDED, basis: null };

const POLICY = parsePolicy(readFileSync("policies/dual-track-beta.yaml", "utf8"));
assert(POLICY.ok, "the beta's policy can be read");

test("the policy whose GO counts is the one that comes with the program", () => {
  expect(POLICY.ok && POLICY.value.text.id).toBe(BETA_POLICY);
  expect(BETA_POLICY_SHA256).toContain(POLICY.ok && POLICY.value.digest);
});

test("what must never happen breaks gates that the policy has", () => {
  const gates = POLICY.ok ? POLICY.value.text.gates.map(({ id }) => id) : [];

  expect(gates).toEqual(expect.arrayContaining(Object.values(INCIDENTS)));
});

test("a NO-GO turns the beta off, and a GO leaves it as it was", () => {
  expect(afterSignoff({ ...GO, enabled: true }, NO_GO)).toMatchObject({ enabled: false, verdict: "NO-GO" });
  expect(afterSignoff({ ...GO, enabled: true }, { ...NO_GO, verdict: "GO" })).toMatchObject({ enabled: true });
  expect(afterSignoff({ ...GO, enabled: false }, { ...NO_GO, verdict: "GO" })).toMatchObject({ enabled: false });
  expect(afterSignoff(undefined, { ...NO_GO, verdict: "GO" })).toMatchObject({ enabled: false });
});

describe("TS-17 the beta is turned on by quoting the report of a GO that is younger than 24 hours", () => {
  const problem = (beta: Beta | undefined, other: Partial<Parameters<typeof enableProblem>[1]> = {}) =>
    enableProblem(beta, { hold: undefined, reportSha256: GO.report_sha256, now: later(DECIDED, HOUR_MS), ...other })
      ?.code ?? null;

  test.each([
    ["in time", GO, {}, null],
    ["at the last millisecond", GO, { now: later(DECIDED, DAY_MS - 1) }, null],
    ["after exactly 24 hours", GO, { now: later(DECIDED, DAY_MS) }, "BETA_SIGNOFF_MISSING"],
    ["decided for an instant that has not come", GO, { now: later(DECIDED, -1) }, "BETA_SIGNOFF_MISSING"],
    ["another report", GO, { reportSha256: "b".repeat(64) }, "BETA_SIGNOFF_MISSING"],
    ["a NO-GO", { ...GO, verdict: "NO-GO" as const }, {}, "BETA_SIGNOFF_MISSING"],
    ["no signoff", undefined, {}, "BETA_SIGNOFF_MISSING"],
    ["a hold", GO, { hold: HELD }, "BETA_HELD"],
  ])("%s", (_, beta, other, code) => {
    expect(problem(beta, other)).toBe(code);
  });
});

describe("SO-11: a hold is lifted by a correction for each failed gate and a GO on a window that begins after them", () => {
  const LATER = later(DECIDED, 9 * DAY_MS);
  const fresh: Beta = {
    ...GO,
    window_start: later(DECIDED, DAY_MS),
    decided_at: LATER,
    valid_until: later(LATER, DAY_MS),
  };
  const correction = (gate_id: string, corrected_at = later(DECIDED, DAY_MS)): Correction => ({
    gate_id,
    corrected_at,
    evidence: "change 4711",
  });
  const BOTH = [correction("S-SLO-1"), correction("integrity")];
  const basis = basisOf(NO_GO, []);
  const problem = (other: Partial<Parameters<typeof liftProblem>[1]> = {}) =>
    liftProblem(basis, { beta: fresh, corrections: BOTH, now: later(LATER, HOUR_MS), ...other });

  test("all corrected, and a GO since", () => {
    expect(problem()).toBeNull();
  });

  test.each([
    ["a gate without correction", { corrections: [correction("S-SLO-1")] }, "no correction of integrity"],
    ["no correction at all", { corrections: [] }, "no correction of S-SLO-1, integrity"],
    ["no GO since, only corrections", { beta: { ...fresh, verdict: "NO-GO" as const } }, "no signoff since says GO"],
    ["a GO from before the NO-GO", { beta: GO }, "no signoff since says GO"],
    [
      "a window that begins a millisecond before the last correction",
      { corrections: [correction("S-SLO-1"), correction("integrity", later(DECIDED, DAY_MS + 1))] },
      "the window of the GO begins at 2026-03-10T02:00:00.000Z, before the last correction",
    ],
    [
      "a correction of tomorrow",
      { corrections: [correction("S-SLO-1"), correction("integrity", later(LATER, DAY_MS))] },
      "a correction is of a time that has not come",
    ],
    [
      "a GO that has run out",
      { now: later(LATER, DAY_MS) },
      `the GO since holds until ${formatInstant(later(LATER, DAY_MS))}`,
    ],
  ])("not with %s", (_, other, message) => {
    expect(problem(other)).toMatchObject({ code: "HOLD_CORRECTIONS_MISSING", message });
  });

  test("a second NO-GO takes over what the first found, and since when", () => {
    const again = {
      ...NO_GO,
      decided_at: later(DECIDED, DAY_MS),
      failed: { gates: ["L-KPI-1"], items: [2], metrics: [] },
    };

    expect(basisOf(again, [basis])).toMatchObject({
      schema: "signoff.hold.v1",
      since: formatInstant(DECIDED),
      decidedAt: formatInstant(later(DECIDED, DAY_MS)),
      gates: ["S-SLO-1", "integrity", "L-KPI-1"],
      items: [4, 6, 2],
    });
  });
});

describe("SO-12: what must never happen, while the beta is on, opens a hold", () => {
  const on = { ...GO, enabled: true };
  const incident = (kind: keyof typeof INCIDENTS, channel: "prod_traffic" | "controlled_fixture" = "prod_traffic") =>
    ({ kind, channel, evidence: "event 4711" }) as const;

  test.each([
    ["a policy violation in production", incident("policy_violation"), { gates: ["S-SLO-3"], items: [4] }],
    ["a lost transaction of a drill", incident("failed_terminal", "controlled_fixture"), { items: [5], metrics: [] }],
    ["an approval bypass", incident("approval_bypass"), { gates: ["S-SLO-1"], items: [4] }],
  ])("%s", (_, what, basis) => {
    expect(basisOfIncident(on, what, DECIDED)).toMatchObject({ since: formatInstant(DECIDED), ...basis });
  });

  test("a violation that a fixture provokes is what it is for, and a beta that is off cannot be turned off", () => {
    expect(basisOfIncident(on, incident("policy_violation", "controlled_fixture"), DECIDED)).toBeNull();
    expect(basisOfIncident(GO, incident("approval_bypass"), DECIDED)).toBeNull();
    expect(basisOfIncident(undefined, incident("approval_bypass"), DECIDED)).toBeNull();
  });
});
