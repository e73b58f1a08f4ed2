import { expect, test } from "vitest";
import { assert, instant, type JsonObject } from "../contracts/index.ts";
import { evaluate } from "./evaluate.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import { judgeRequest } from "./waiver-request.ts";
import type { PastWaiver } from "./waiver-rules.ts";

const NOW = instant(Date.UTC(2026, 6, 20, 10));
const DAY_MS = 86_400_000;

const WAIVERS = `waivers:
  approvals: 1
  ttl_seconds: 1209600
  consecutive_max: 2
  waived_seconds_max: 2592000
  waived_seconds_within: 7776000
  rules:
    - { environments: [staging, prod], approvals: 2, role: release_owner }
    - { gates: [repeated], approvals: 2, role: release_owner, ttl_seconds: 604800 }`;

const PROFILES = `profiles:
  strict: { budget: { waived: 2 }, conditions: waived_only }
  preview: { budget: { waived: 0 }, conditions: any }`;

const POLICY = `
id: release
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean, job: string } }
validity_seconds: 86400
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates:
  - { id: trend, metric: correct, limit: 0.95, severity: high, waivable: true, remedy: mend it }
  - { id: repeated, metric: correct, limit: 0.5, severity: high, waivable: true, remedy: mend it }
  - { id: job, each: job, metric: correct, limit: 0.95, severity: high, waivable: true, remedy: mend it }
  - { id: safety, metric: correct, limit: 0.2, severity: high, remedy: mend it }
  - { id: core, metric: correct, limit: 0.95, waivable: true, remedy: mend it }
${WAIVERS}
${PROFILES}`;

function policyOf(text: string): Policy {
  const read = parsePolicy(text);
  assert(read.ok, "the policy is one");
  return read.value;
}

const ENTRY = {
  waiver_id: "W-2026-0001",
  check_id: "trend",
  reason: "one flaky runner, replaced on Monday",
  remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-07-22T10:00:00Z" },
  requested_by: "dave",
  created_at: "2026-07-20T10:00:00Z",
  approvals: [],
  expires_at: "2026-07-27T10:00:00Z",
  scope: { branches: ["main"], environments: ["dev"], profiles: ["strict"] },
};

/** What ten runs come to, nine of which are good. */
function rowsOf(policy: Policy, runs: number) {
  const units = Array.from({ length: runs }, (_, index) => ({
    id: `${index}`,
    at: null,
    channel: null,
    rows: [`${index}`],
    isValid: true,
    columns: { good: index < 9, job: "smoke" },
  }));
  const evidence = { digest: policy.digest, sources: {}, facts: {}, units: { run: units } };
  const result = evaluate({ policy, profile: "strict", evidence, decidedAt: NOW, waivers: null });
  assert(result.ok, "the evaluation is made");
  return result.value.decision.gates;
}

interface Given {
  readonly policy?: string;
  readonly history?: readonly PastWaiver[];
  /** Without a decision because of which it is asked. */
  readonly isAlone?: boolean;
  readonly runs?: number;
}

function judged(change: JsonObject, { policy: text = POLICY, history = [], isAlone = false, runs = 10 }: Given = {}) {
  const policy = policyOf(text);
  const rows = isAlone ? null : rowsOf(policy, runs);
  const environments = ["dev", "staging", "prod"];
  return judgeRequest({ entry: { ...ENTRY, ...change }, policy, rows, history, environments, now: NOW });
}

const past = (fromDays: number, untilDays: number): PastWaiver => ({
  check_id: "trend",
  from: instant(NOW - fromDays * DAY_MS),
  until: instant(NOW - untilDays * DAY_MS),
});

test("a request that is in order says who has to approve it: one for dev, two with a release owner for staging, prod and a repeated breach", () => {
  const scope = (environments: string[]) => ({ scope: { ...ENTRY.scope, environments } });
  const two = { ok: true, value: { approvals: 2, roles: ["release_owner"] } };

  expect(judged({})).toMatchObject({ ok: true, value: { approvals: 1, roles: [] } });
  expect(judged(scope(["dev"]))).toMatchObject({ value: { approvals: 1, roles: [] } });
  expect(judged(scope(["staging"]))).toMatchObject(two);
  expect(judged(scope(["dev", "prod"]))).toMatchObject(two);
  expect(judged({ check_id: "repeated", expires_at: "2026-07-27T09:00:00Z" }, { isAlone: true })).toMatchObject(two);
});

test.each<[string, JsonObject, string, string, string]>([
  ["a reason of a word", { reason: "flaky" }, "WAIVER_FIELD_INVALID", "invalid_field", "$.reason"],
  [
    "nobody who does the work",
    { remediation: { ...ENTRY.remediation, owner: "" } },
    "WAIVER_FIELD_INVALID",
    "invalid_field",
    "$.remediation.owner",
  ],
  [
    "work due after it ends",
    { remediation: { ...ENTRY.remediation, due_at: "2026-07-28T10:00:00Z" } },
    "WAIVER_FIELD_INVALID",
    "invalid_field",
    "$.remediation.due_at",
  ],
  [
    "no place",
    { scope: { ...ENTRY.scope, environments: [] } },
    "WAIVER_FIELD_INVALID",
    "invalid_field",
    "$.scope.environments",
  ],
  [
    "a place that does not exist",
    { scope: { ...ENTRY.scope, environments: ["dev", "stagin"] } },
    "WAIVER_FIELD_INVALID",
    "invalid_field",
    "$.scope.environments",
  ],
  [
    "no profile",
    { scope: { ...ENTRY.scope, profiles: [] } },
    "WAIVER_FIELD_INVALID",
    "invalid_field",
    "$.scope.profiles",
  ],
  [
    "a profile that does not exist",
    { scope: { ...ENTRY.scope, profiles: ["strickt"] } },
    "WAIVER_FIELD_INVALID",
    "invalid_field",
    "$.scope.profiles",
  ],
  [
    "a profile that bears none",
    { scope: { ...ENTRY.scope, profiles: ["strict", "preview"] } },
    "WAIVER_GATE_NOT_WAIVABLE",
    "over_budget",
    "$.scope.profiles",
  ],
  ["an end that is none", { expires_at: "Friday" }, "WAIVER_FIELD_INVALID", "invalid_field", "$.expires_at"],
  ["a gate that does not exist", { check_id: "trendd" }, "WAIVER_GATE_UNKNOWN", "unknown_check", "$.gate"],
  ["a gate that has rows, as a whole", { check_id: "job" }, "WAIVER_GATE_UNKNOWN", "unknown_check", "$.gate"],
  ["a row that the decision has not", { check_id: "job:canary" }, "WAIVER_GATE_UNKNOWN", "unknown_check", "$.gate"],
  ["a gate that takes none", { check_id: "safety" }, "WAIVER_GATE_NOT_WAIVABLE", "non_waivable_class", "$.gate"],
  ["a gate that misses as critical", { check_id: "core" }, "WAIVER_GATE_NOT_WAIVABLE", "non_waivable_class", "$.gate"],
  ["a gate that passes", { check_id: "repeated" }, "WAIVER_NOT_NEEDED", "unused", "$.gate"],
  [
    "a value that is better than was measured",
    { measured_value: "19/20" },
    "WAIVER_FIELD_INVALID",
    "measurement_worsened",
    "$.measured_value",
  ],
  ["twenty days", { expires_at: "2026-08-09T10:00:00Z" }, "WAIVER_TTL_EXCEEDED", "ttl_exceeded", "$.expires_at"],
  [
    "an end at this very instant",
    { expires_at: "2026-07-20T10:00:00Z", remediation: { ...ENTRY.remediation, due_at: "2026-07-20T10:00:00Z" } },
    "WAIVER_EXPIRED",
    "expired",
    "$.expires_at",
  ],
])("7.6 a request with %s is refused with the field and the rule", (_, change, code, rule, field_path) => {
  expect(judged(change)).toMatchObject({ ok: false, refusal: { code, field_path, details: { rule } } });
});

test("a gate that had nothing to measure may be waived, as its decision offers", () => {
  expect(judged({ measured_value: "0/0" }, { runs: 0 })).toMatchObject({ ok: true });
  expect(judged({ measured_value: "0/0" })).toMatchObject({
    refusal: { code: "WAIVER_FIELD_INVALID", details: { rule: "measurement_worsened" } },
  });
});

test("7.6 WAIVER_RENEWAL_LIMIT a third waiver in a row is refused before anybody signs it", () => {
  expect(judged({}, { history: [past(9, 2), past(3, 0)] })).toMatchObject({
    refusal: { code: "WAIVER_RENEWAL_LIMIT", field_path: "$.gate", details: { rule: "renewal_limit" } },
  });
  expect(judged({}, { history: [past(3, 0)] })).toMatchObject({ ok: true });
});

test("7.6 a repeated breach is waived for seven days at most, where others are for fourteen", () => {
  const asked = (expires_at: string) => judged({ check_id: "repeated", expires_at }, { isAlone: true });

  expect(asked("2026-07-27T10:00:01Z")).toMatchObject({ refusal: { code: "WAIVER_TTL_EXCEEDED" } });
  expect(asked("2026-07-27T10:00:00Z")).toMatchObject({ ok: true });
});

test("7.6 a policy that takes no waivers refuses every request", () => {
  const policy = POLICY.replaceAll("waivable: true, ", "").replace(WAIVERS, "");

  expect(judged({}, { policy })).toMatchObject({
    refusal: { code: "WAIVER_GATE_NOT_WAIVABLE", message: "the policy takes no waivers" },
  });
});

test("7.6 a policy without profiles bears no waived gate, and refuses every request", () => {
  expect(judged({}, { policy: POLICY.replace(PROFILES, ""), isAlone: true })).toMatchObject({ ok: false });
  expect(
    judged({ scope: { ...ENTRY.scope, profiles: [] } }, { policy: POLICY.replace(PROFILES, ""), isAlone: true }),
  ).toMatchObject({ refusal: { code: "WAIVER_GATE_NOT_WAIVABLE", details: { rule: "over_budget" } } });
});

test("without a decision a row is named by the gate and its value, and one gate as it is called", () => {
  expect(judged({ check_id: "job:smoke" }, { isAlone: true })).toMatchObject({ ok: true });
  expect(judged({ check_id: "job" }, { isAlone: true })).toMatchObject({ refusal: { code: "WAIVER_GATE_UNKNOWN" } });
  expect(judged({ check_id: "trend:x" }, { isAlone: true })).toMatchObject({
    refusal: { code: "WAIVER_GATE_UNKNOWN" },
  });
});
