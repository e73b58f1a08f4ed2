import { describe, expect, test } from "vitest";
import { type PolicyChange, policyChangeChecks } from "./policy-change.ts";
import { EVALUATED_AT, POLICY_TEXT, policyOf } from "./testing/release.ts";

const RECORD = { rationale: "issue 4711: fewer false alarms", expiresAt: null };
const previous = policyOf(POLICY_TEXT);

/** The policy with something otherwise, and its next version. */
function changed(from: string, to: string, version = "9.0.0"): PolicyChange["next"] {
  expect(POLICY_TEXT).toContain(from);
  return policyOf(POLICY_TEXT.replace(from, to).replace(/^version: .*$/m, `version: ${version}`));
}

const failing = (other: Partial<PolicyChange>) =>
  policyChangeChecks({ next: previous, previous, record: RECORD, at: EVALUATED_AT, ...other })
    .filter(({ passed }) => !passed)
    .map(({ check_id, detail }) => `${check_id}: ${detail}`);

const STRICTER = changed(
  "transitional:\n    budget: { high: 0, medium: 2",
  "transitional:\n    budget: { high: 0, medium: 1",
);
const RELAXED = changed(
  "transitional:\n    budget: { high: 0, medium: 2",
  "transitional:\n    budget: { high: 0, medium: 3",
);
const TELL = "transitional: more medium findings are borne";

describe("GATE-11, SLO-02: a policy of releases takes the place of the one before", () => {
  test("as it is, stricter under a higher version, or as the first", () => {
    expect(failing({ record: null })).toEqual([]);
    expect(failing({ next: STRICTER })).toEqual([]);
    expect(failing({ previous: null })).toEqual([]);
  });

  test("never with another content under the same version, or under a lower one", () => {
    const { version } = previous.text;
    const same = changed(
      "transitional:\n    budget: { high: 0, medium: 2",
      "transitional:\n    budget: { high: 0, medium: 1",
      version,
    );
    const lower = changed("validity_seconds: 86400", "validity_seconds: 3600", "0.1.0");

    expect(failing({ next: same })).toEqual([`policy_version_increased: it changed, and is still ${version}`]);
    expect(failing({ next: lower })).toEqual([`policy_version_increased: 0.1.0 is lower than ${version}`]);
  });

  test("never without a word on why", () => {
    for (const record of [null, { ...RECORD, rationale: "  " }])
      expect(failing({ next: STRICTER, record })).toEqual(["policy_rationale: nothing says why it is as it is"]);
    expect(failing({ previous: null, record: null })).toHaveLength(1);
  });

  test("never under the floors", () => {
    const low = changed(
      "preview:\n    params: { durability_min_scenarios: 0, durability_min_tests: 0 }\n    budget: { high: 0",
      "preview:\n    params: { durability_min_scenarios: 0, durability_min_tests: 0 }\n    budget: { high: 1",
    );

    expect(failing({ next: low })[0]).toBe("policy_floors: preview bears high findings");
  });
});

describe("GATE-13 what is relaxed is so under transitional or preview, until an instant that is written down", () => {
  const until = (expiresAt: string | null) => failing({ next: RELAXED, record: { ...RECORD, expiresAt } });

  test("it needs one that has not come yet", () => {
    expect(until("2026-07-20T10:00:00.001Z")).toEqual([]);
    expect(until("2026-07-20T10:00:00Z")).toEqual([`policy_relaxations: ${TELL}: held until 2026-07-20T10:00:00Z`]);
    expect(until(null)).toEqual([`policy_relaxations: ${TELL}: the change record says not until when (expires_at)`]);
    expect(until("next week")).toEqual([
      `policy_relaxations: ${TELL}: the change record says not until when (expires_at)`,
    ]);
  });

  test.each<[string, string, string, string]>([
    [
      "a profile of releases",
      "strict:\n    budget: { high: 0, medium: 0, waived: 2",
      "strict:\n    budget: { high: 0, medium: 0, waived: 3",
      "strict: more waived findings are borne",
    ],
    [
      "more conditions",
      "budget: { high: 0, medium: 0, waived: 2 }\n    conditions: waived_only",
      "budget: { high: 0, medium: 0, waived: 2 }\n    conditions: any",
      "strict: a GO may have more conditions",
    ],
    [
      "older reports",
      "report_max_age_hours: 336",
      "report_max_age_hours: 400",
      "promotion: report_max_age_hours is looser",
    ],
    ["a longer GO", "validity_seconds: 86400", "validity_seconds: 90000", "a GO holds 90000 seconds, not 86400"],
    ["a parameter for all", "durability_min_tests: 48", "durability_min_tests: 47", "what is measured is another"],
  ])("not %s, whatever the record says", (_, from, to, told) => {
    const record = { ...RECORD, expiresAt: "2027-01-01T00:00:00Z" };

    expect(failing({ next: changed(from, to), record })).toEqual([`policy_relaxations: ${told}`]);
  });

  test("a gate that is gone, weighs less, may be waived, or asks for something else is relaxed for everybody", () => {
    const gates = previous.text.gates.map((gate) => ({ ...gate }));
    const withGates = (change: (gate: (typeof gates)[number]) => object | null) => ({
      ...previous,
      text: {
        ...previous.text,
        version: "9.0.0",
        gates: gates.flatMap((gate) => {
          const now = change(gate);
          return now === null ? [] : [{ ...gate, ...now }];
        }),
      },
    });
    const first = gates[0]?.id ?? "";
    const only = (id: string, change: object | null) => withGates((gate) => (gate.id === id ? change : {}));

    expect(failing({ next: only(first, null) }).join()).toContain(`${first} is gone`);
    expect(failing({ next: only(first, { severity: "low" }) }).join()).toContain(`${first} weighs less`);
    expect(failing({ next: only(first, { metric: "other" }) }).join()).toContain(`${first} asks for something else`);
    expect(failing({ next: only(first, { remedy: "do it otherwise" }) })).toEqual([]);
  });
});
