import { expect, test } from "vitest";
import { assert, instant, type Json } from "../contracts/index.ts";
import { evaluate } from "./evaluate.ts";
import { decisionMarkdown } from "./markdown.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import type { WaiverInput } from "./waiver-rules.ts";

const DECIDED_AT = instant(Date.UTC(2026, 6, 20, 10));

const POLICY = `
id: release
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
validity_seconds: 86400
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates:
  - { id: trend, metric: correct, limit: 0.95, severity: high, waivable: true, remedy: mend it }
  - { id: repeated, metric: correct, limit: 0.5, severity: high, waivable: true, remedy: mend it }
  - { id: safety, metric: correct, limit: 0.2, severity: high, remedy: mend it }
waivers:
  approvals: 1
  ttl_seconds: 1209600
  consecutive_max: 2
  waived_seconds_max: 2592000
  waived_seconds_within: 7776000
  rules:
    - { environments: [staging, prod], approvals: 2, role: release_owner }
    - { gates: [repeated], approvals: 2, role: release_owner, ttl_seconds: 604800 }
profiles: { strict: { budget: { waived: 2 }, conditions: waived_only } }`;

function policyOf(text: string): Policy {
  const read = parsePolicy(text);
  assert(read.ok, "the policy is one");
  return read.value;
}

const approval = (approver: string, role: string) => ({
  approver,
  role,
  approved_at: "2026-07-18T10:00:00Z",
  method: "key",
});

const WAIVER = {
  waiver_id: "W-2026-0001",
  check_id: "trend",
  reason: "one flaky runner, replaced on Monday",
  remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-07-22T10:00:00Z" },
  requested_by: "dave",
  created_at: "2026-07-18T09:00:00Z",
  approvals: [approval("ann", "operator")],
  expires_at: "2026-07-25T10:00:00Z",
  scope: { branches: ["main"], environments: ["dev"], profiles: ["strict"] },
};

const ROSTER = { ann: ["operator"], olga: ["release_owner"], dave: ["operator"] };
const PLACE = { branch: "main", environment: "dev", commit: "c1", bundle_digest: null };

interface Given {
  readonly good?: number;
  readonly runs?: number;
  readonly place?: Partial<WaiverInput["place"]>;
  readonly history?: WaiverInput["history"];
  readonly policy?: string;
  readonly unproved?: WaiverInput["unproved"];
}

/** Decides on ten runs, nine of which are good unless told otherwise. */
function decided(exceptions: Json, given: Given = {}) {
  const { good = 9, runs = 10, place = {}, history = [], policy = POLICY, unproved } = given;
  const source = JSON.stringify({ contract: "release_exceptions_v2", exceptions });
  const units = Array.from({ length: runs }, (_, index) => ({
    id: `${index}`,
    at: null,
    channel: null,
    rows: [`${index}`],
    isValid: true,
    columns: { good: index < good },
  }));
  const evidence = { digest: policyOf(POLICY).digest, sources: {}, facts: {}, units: { run: units } };
  const waivers = { source, roster: ROSTER, place: { ...PLACE, ...place }, history, unproved };
  const result = evaluate({ policy: policyOf(policy), profile: "strict", evidence, decidedAt: DECIDED_AT, waivers });
  assert(result.ok, "the evaluation is made");
  return result.value.decision;
}

test("EXC-01 EXC-02 a valid waiver turns a failure into a condition, and the decision lists it", () => {
  const decision = decided([WAIVER]);

  expect(decision).toMatchObject({
    verdict: "GO",
    conditions: ["trend"],
    spent: { high: 0, waived: 1 },
    waivers: {
      applied: [{ waiver: "W-2026-0001", gate: "trend", approved_by: ["ann"], severity: "high" }],
      rejected: [],
    },
  });
  expect(decision.gates.find(({ id }) => id === "trend")).toMatchObject({ status: "FAIL", standing: "waived" });
});

test("EXC-02 a decision's Markdown lists the waivers that were applied, and those that were not with the reason", () => {
  const applied = decisionMarkdown(decided([WAIVER]));
  const rejected = decisionMarkdown(decided([{ ...WAIVER, check_id: "safety" }]));

  expect(applied).toContain(
    "- applied: `W-2026-0001` to `trend`, approved by ann, until 2026-07-25T10:00:00Z: one flaky",
  );
  expect(rejected).toContain("- rejected: `W-2026-0001`, `non_waivable_class`: safety is not waivable");
});

const BOTH = [approval("ann", "operator"), approval("olga", "release_owner")];

test.each([
  ["a member that is missing", { reason: "short" }, "invalid_field", "medium"],
  ["one of the future", { created_at: "2026-07-21T09:00:00Z" }, "invalid_field", "medium"],
  [
    "work due after it ends",
    { remediation: { ...WAIVER.remediation, due_at: "2026-07-26T10:00:00Z" } },
    "invalid_field",
    "medium",
  ],
  ["a gate that does not exist", { check_id: "trendd" }, "unknown_check", "medium"],
  ["a gate that takes none", { check_id: "safety" }, "non_waivable_class", "medium"],
  ["an approver who is not in the roster", { approvals: [approval("eve", "operator")] }, "approver_invalid", "medium"],
  ["an approver of no roster", { approvals: [approval("constructor", "operator")] }, "approver_invalid", "medium"],
  ["an approver without the role", { approvals: [approval("ann", "release_owner")] }, "approver_invalid", "medium"],
  ["its requester as approver", { approvals: [approval("dave", "operator")] }, "approver_is_requester", "medium"],
  ["nobody's approval", { approvals: [] }, "approvals_insufficient", "medium"],
  [
    "one person's approval twice where two people are needed",
    {
      scope: { ...WAIVER.scope, environments: ["dev", "prod"] },
      approvals: [approval("olga", "release_owner"), approval("olga", "release_owner")],
    },
    "approvals_insufficient",
    "medium",
  ],
  ["twenty days", { expires_at: "2026-08-07T09:00:00Z" }, "ttl_exceeded", "medium"],
  [
    "an end at the very instant",
    { expires_at: "2026-07-20T10:00:00Z", remediation: { ...WAIVER.remediation, due_at: "2026-07-20T10:00:00Z" } },
    "expired",
    "low",
  ],
  ["another branch", { scope: { ...WAIVER.scope, branches: ["release"] } }, "out_of_scope", "low"],
  ["another environment", { scope: { ...WAIVER.scope, environments: ["preview"] } }, "out_of_scope", "low"],
  ["another commit", { scope: { ...WAIVER.scope, commits: ["c2"] } }, "out_of_scope", "low"],
  ["another profile", { scope: { ...WAIVER.scope, profiles: ["transitional"] } }, "out_of_scope", "low"],
  ["a better value than is measured now", { measured_value: "19/20" }, "measurement_worsened", "low"],
])("a waiver with %s has no effect", (_, change, code, severity) => {
  const decision = decided([{ ...WAIVER, ...change }]);

  expect(decision).toMatchObject({ verdict: "NO-GO", waivers: { applied: [], rejected: [{ code }] } });
  expect(
    decision.gates.find(({ id }) => id === "exceptions_entry_issue:W-2026-0001" || id === "exceptions_entry_issue:0"),
  ).toMatchObject({ severity, code });
});

test("a waiver in the four fields of old is none until it is brought over", () => {
  const legacy = { check_id: "trend", approved_by: "ann", reason: WAIVER.reason, expires_at: WAIVER.expires_at };

  expect(decided([legacy])).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ waiver: "0", code: "legacy_format" }] },
  });
});

test("a measurement that is no worse keeps its waiver", () => {
  expect(decided([{ ...WAIVER, measured_value: "9/10" }]).verdict).toBe("GO");
  expect(decided([{ ...WAIVER, measured_value: "8/10" }]).verdict).toBe("GO");
});

test("a waiver of a gate that had nothing to measure is void as soon as there is something that misses", () => {
  const waiver = { ...WAIVER, measured_value: "0/0" };
  const rejected = [{ code: "measurement_worsened", detail: "9/10 is worse than the 0/0 that it was given for" }];

  expect(decided([waiver], { runs: 0 }).gates.find(({ id }) => id === "trend")).toMatchObject({
    value: "0/0",
    standing: "waived",
  });
  expect(decided([waiver])).toMatchObject({ verdict: "NO-GO", waivers: { applied: [], rejected } });
});

test("once there is a bundle, a waiver is for that bundle", () => {
  const bundle = { place: { bundle_digest: "b1" } };

  expect(decided([WAIVER], bundle)).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "out_of_scope" }] },
  });
  expect(decided([{ ...WAIVER, bundle_digest: "b1" }], bundle).verdict).toBe("GO");
});

test("EXC-03 a waiver that nothing needs is a low finding, and so is one that has ended", () => {
  expect(decided([WAIVER], { good: 10 })).toMatchObject({
    verdict: "GO",
    conditions: [],
    spent: { low: 1 },
    waivers: { rejected: [{ code: "unused" }] },
  });
});

test("of two waivers for one gate, the one that ends first applies", () => {
  const later = { ...WAIVER, waiver_id: "W-2026-0002", expires_at: "2026-07-28T10:00:00Z" };

  expect(decided([later, WAIVER])).toMatchObject({
    verdict: "GO",
    spent: { waived: 1, low: 1 },
    waivers: { applied: [{ waiver: "W-2026-0001" }], rejected: [{ waiver: "W-2026-0002", code: "duplicate" }] },
  });
});

test("7.6 two entries of one id are none, whichever gate they are for", () => {
  const decision = decided([WAIVER, { ...WAIVER, check_id: "repeated" }]);

  expect(decision).toMatchObject({
    verdict: "NO-GO",
    waivers: { applied: [], rejected: [{ code: "invalid_field" }, { code: "invalid_field" }] },
  });
});

test("what a rule tightens: staging, and the gate named, ask for two people, one of them a release owner, and seven days", () => {
  const both = { ...WAIVER, scope: { ...WAIVER.scope, environments: ["staging"] }, approvals: BOTH };
  const repeated = { ...both, waiver_id: "W-2026-0002", check_id: "repeated", expires_at: "2026-07-25T08:00:00Z" };
  const staging = { good: 4, place: { environment: "staging" } };

  expect(decided([both, repeated], staging)).toMatchObject({ verdict: "GO", spent: { waived: 2 } });
  expect(decided([both, { ...repeated, expires_at: "2026-07-25T10:00:00Z" }], staging)).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "ttl_exceeded" }] },
  });
  expect(
    decided(
      [{ ...both, approvals: [approval("ann", "operator"), approval("dave", "operator")], requested_by: "olga" }],
      staging,
    ),
  ).toMatchObject({
    waivers: { rejected: [{ code: "approvals_insufficient", detail: "no approver is release_owner" }] },
  });
});

const DAY_MS = 86_400_000;
const past = (fromDays: number, untilDays: number) => ({
  check_id: "trend",
  from: instant(DECIDED_AT - fromDays * DAY_MS),
  until: instant(DECIDED_AT - untilDays * DAY_MS),
});

test("a third waiver in a row is one too many, and so are more than thirty days of ninety", () => {
  expect(decided([WAIVER], { history: [past(8, 2)] }).verdict).toBe("GO");
  expect(decided([WAIVER], { history: [past(14, 8), past(8, 2)] })).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "renewal_limit" }] },
  });
  expect(decided([WAIVER], { history: [past(40, 26), past(20, 10)] })).toMatchObject({
    waivers: { rejected: [{ code: "renewal_limit" }] },
  });
  expect(decided([WAIVER], { history: [past(40, 30), past(20, 10)] }).verdict).toBe("GO");
});

test("more waived gates than the budget are NO-GO, as something that failed", () => {
  const policy = POLICY.replace("waived: 2", "waived: 0");

  expect(decided([WAIVER], { policy })).toMatchObject({ verdict: "NO-GO", cause: "failed", blocked_by: ["trend"] });
});

test("GATE_WAIVERS_UNREADABLE a waiver file that is none is a failure of its own, and so is one that the policy does not take", () => {
  const none = POLICY.replaceAll("waivable: true, ", "").replace(/waivers:\n[\s\S]*profiles/, "profiles");

  expect(decided({})).toMatchObject({
    verdict: "NO-GO",
    gates: expect.arrayContaining([expect.objectContaining({ id: "exceptions_file_load", severity: "high" })]),
  });
  expect(decided([WAIVER], { policy: none, good: 10 })).toMatchObject({
    verdict: "NO-GO",
    blocked_by: ["exceptions_file_load"],
  });
});

test("no decision outlasts a waiver that it rests on", () => {
  const decision = decided([WAIVER], { good: 9 });
  const short = decided([
    {
      ...WAIVER,
      expires_at: "2026-07-20T12:00:00Z",
      remediation: { ...WAIVER.remediation, due_at: "2026-07-20T12:00:00Z" },
    },
  ]);

  expect(decision).toMatchObject({ verdict: "GO", valid_until: "2026-07-21T10:00:00.000Z" });
  expect(short).toMatchObject({ verdict: "GO", valid_until: "2026-07-20T12:00:00.000Z" });
});

test("an approval whose signature was found to prove nothing is none, and the decision says why", () => {
  const unproved = [{ waiver_id: "W-2026-0001", approver: "ann", detail: "BUNDLE_KEY_REVOKED: the key was revoked" }];

  expect(decided([WAIVER], { unproved })).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "approver_invalid", detail: "ann: BUNDLE_KEY_REVOKED: the key was revoked" }] },
  });
});

test("a waiver that was asked of a policy covers nothing under a changed one", () => {
  const { digest } = policyOf(POLICY);
  const policy = { id: "release", version: "1.0.0", digest };

  expect(decided([{ ...WAIVER, policy }]).verdict).toBe("GO");
  expect(decided([{ ...WAIVER, policy }], { policy: POLICY.replace("limit: 0.2", "limit: 0.1") })).toMatchObject({
    verdict: "NO-GO",
    waivers: { rejected: [{ code: "out_of_scope", detail: "it is for release 1.0.0 as it was then" }] },
  });
});

test("where a value has to be exact, any other than the approved one makes the waiver void", () => {
  const policy = POLICY.replace("limit: 0.95, severity", 'op: "==", limit: 1, severity');

  expect(decided([{ ...WAIVER, measured_value: "9/10" }], { policy }).verdict).toBe("GO");
  expect(decided([{ ...WAIVER, measured_value: "8/10" }], { policy })).toMatchObject({
    waivers: { rejected: [{ code: "measurement_worsened" }] },
  });
});
