import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, instant } from "../contracts/index.ts";
import { evaluate } from "./evaluate.ts";
import { parsePolicy } from "./policy.ts";

const DECIDED_AT = instant(Date.UTC(2026, 6, 20, 10));

const READ = parsePolicy(`
id: release
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
validity_seconds: 86400
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates:
  - { id: core, metric: correct, limit: 0.95, severity: critical, waivable: true, remedy: mend it }
  - { id: safety, metric: correct, limit: 0.95, severity: high, remedy: mend it }
  - { id: trend, metric: correct, limit: 0.95, severity: high, waivable: true, remedy: mend it }
  - { id: docs, metric: correct, limit: 0.95, severity: medium, waivable: true, remedy: mend it }
waivers: { approvals: 1, ttl_seconds: 1209600, consecutive_max: 2, waived_seconds_max: 2592000, waived_seconds_within: 7776000 }
profiles: { all: { budget: { high: 9, medium: 9, waived: 9 }, conditions: any } }`);
assert(READ.ok, "the policy is one");
const POLICY = READ.value;

const UNITS = Array.from({ length: 10 }, (_, index) => ({
  id: `${index}`,
  at: null,
  channel: null,
  rows: [`${index}`],
  isValid: true,
  columns: { good: index < 9 },
}));

/** What is decided on nine good runs of ten, where every gate misses, under waivers as a file has them. */
function decided(source: string) {
  const evidence = { digest: POLICY.digest, sources: {}, facts: {}, units: { run: UNITS } };
  const place = { branch: "main", environment: "dev", commit: null, bundle_digest: null };
  const waivers = { source, roster: { ann: ["operator"], dave: ["operator"] }, place, history: [] };
  const result = evaluate({ policy: POLICY, profile: "all", evidence, decidedAt: DECIDED_AT, waivers });
  assert(result.ok, "the evaluation is made");
  return result.value.decision;
}

const fileOf = (exceptions: readonly unknown[]): string =>
  JSON.stringify({ contract: "release_exceptions_v2", exceptions });

/** Entries of which many are in order, and the others not in one or several ways. */
const entry = fc.record({
  waiver_id: fc.integer({ min: 1, max: 9 }).map((id) => `W-2026-000${id}`),
  check_id: fc.constantFrom("core", "safety", "trend", "docs", "none"),
  reason: fc.constantFrom("one flaky runner, replaced on Monday", "short"),
  remediation: fc.constant({ issue_ref: "#17", owner: "ann", due_at: "2026-07-20T11:00:00Z" }),
  requested_by: fc.constantFrom("dave", "ann"),
  created_at: fc.constantFrom("2026-07-18T09:00:00Z", "2026-07-21T09:00:00Z"),
  approvals: fc.array(
    fc.record({
      approver: fc.constantFrom("ann", "dave", "eve"),
      role: fc.constantFrom("operator", "release_owner"),
      approved_at: fc.constant("2026-07-19T09:00:00Z"),
      method: fc.constant("key"),
    }),
    { maxLength: 2 },
  ),
  expires_at: fc.constantFrom("2026-07-20T10:00:00Z", "2026-07-25T10:00:00Z", "2026-08-25T10:00:00Z"),
  scope: fc.record({
    branches: fc.constantFrom(["main"], []),
    environments: fc.constantFrom(["dev"], ["prod"]),
    profiles: fc.constant(["all"]),
  }),
});

test("no waiver, in order or not, covers what misses as critical or is not waivable; severities stay as they are", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (exceptions) => {
      const decision = decided(fileOf(exceptions));
      const rowOf = (id: string) => decision.gates.find((row) => row.id === id);

      expect(decision.verdict).toBe("NO-GO");
      expect(decision.blocked_by).toContain("core");
      expect(rowOf("core")).toMatchObject({ status: "FAIL", standing: "counts", severity: "critical" });
      expect(rowOf("safety")).toMatchObject({ status: "FAIL", standing: "counts", severity: "high" });
      expect(rowOf("trend")).toMatchObject({ status: "FAIL", severity: "high" });
    }),
  );
});

test("every entry is applied, or rejected with a code and a row of its own: none is passed over", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (exceptions) => {
      const { waivers, gates } = decided(fileOf(exceptions));
      const rejected = gates.filter(({ id }) => id.startsWith("exceptions_entry_issue:"));

      expect(waivers.applied.length + waivers.rejected.length).toBe(exceptions.length);
      expect(rejected.length).toBe(waivers.rejected.length);
    }),
  );
});

test("the order in which waivers stand in their file changes nothing that is decided", () => {
  const distinct = fc.uniqueArray(entry, { maxLength: 6, selector: ({ waiver_id }) => waiver_id });
  fc.assert(
    fc.property(distinct, (exceptions) => {
      const { waivers: there, digest: _, ...one } = decided(fileOf(exceptions));
      const { waivers: back, digest: __, ...other } = decided(fileOf(exceptions.toReversed()));

      expect(other).toEqual(one);
      expect({ ...back, digest: null }).toEqual({ ...there, digest: null });
    }),
  );
});

test("GATE_WAIVERS_UNREADABLE a file of anything is read or refused with a high finding, and never waives by accident", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((value) => fileOf([value])),
  );
  fc.assert(
    fc.property(text, (source) => {
      const { waivers, gates } = decided(source);
      const load = gates.find(({ id }) => id === "exceptions_file_load");

      expect(waivers.applied).toEqual([]);
      expect(load !== undefined || waivers.rejected.length === 1).toBe(true);
    }),
  );
});
