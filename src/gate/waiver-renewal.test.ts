import { expect, test } from "vitest";
import { after, assert, instant } from "../contracts/index.ts";
import { parsePolicy } from "./policy.ts";
import { renewalOf } from "./waiver-renewal.ts";
import { entryOf } from "./waiver-shape.ts";

const NOW = instant(Date.UTC(2026, 6, 20, 10));
const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400;

const WAIVERS = `waivers: { approvals: 1, ttl_seconds: 1209600, consecutive_max: 2, waived_seconds_max: 2592000, waived_seconds_within: 7776000 }`;

const policyOf = (waivers: string) => {
  const read = parsePolicy(`
id: release
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean } }
validity_seconds: 86400
metrics: [{ id: correct, kind: ratio, from: run, good: $.good == true }]
gates: [{ id: trend, metric: correct, limit: 0.95, severity: high, ${waivers === "" ? "" : "waivable: true, "}remedy: mend it }]
${waivers}
profiles: { strict: { budget: { waived: 1 }, conditions: waived_only } }`);
  assert(read.ok, "the policy is one");
  return read.value;
};

const past = (fromDays: number, untilDays: number, check_id = "trend") => ({
  check_id,
  from: after(NOW, fromDays * DAY_MS),
  until: after(NOW, untilDays * DAY_MS),
});

function renewal(history: readonly ReturnType<typeof past>[], waivers = WAIVERS) {
  const entry = entryOf(
    {
      waiver_id: "W-2026-0001",
      check_id: "trend",
      reason: "one flaky runner, replaced on Monday",
      remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-07-22T10:00:00Z" },
      requested_by: "dave",
      created_at: "2026-07-18T09:00:00Z",
      approvals: [],
      expires_at: "2026-07-25T10:00:00Z",
      scope: { branches: [], environments: ["dev"], profiles: ["strict"] },
    },
    0,
  );
  assert(entry.ok, "the waiver is one");
  const found = renewalOf(entry.waiver, { policy: policyOf(waivers), history, now: NOW });
  return found === null ? null : { inMs: found.from - NOW, days: found.secondsMax / DAY_SECONDS };
}

test("a waiver may be renewed at once, for as long as its policy lets one hold, while it is the first in a row", () => {
  expect(renewal([past(-2, 5)])).toEqual({ inMs: 0, days: 14 });
  expect(renewal([past(-2, 5), past(-9, 0, "another")])).toEqual({ inMs: 0, days: 14 });
});

test("the last that may be in a row is renewed once it has ended, and not before", () => {
  expect(renewal([past(-6, -2), past(-2, 5)])).toEqual({ inMs: 5 * DAY_MS + 1, days: 14 });
});

test("what was waived of the span is not there for a renewal: it is shorter, or waits until that has passed out of it", () => {
  expect(renewal([past(-40, -26), past(-20, -10)])).toEqual({ inMs: 0, days: 6 });
  expect(renewal([past(-60, -46), past(-40, -24)])).toMatchObject({ inMs: 30 * DAY_MS + 1, days: 14 });
});

test("a policy that takes no waivers renews none", () => {
  expect(renewal([], "")).toBeNull();
});
